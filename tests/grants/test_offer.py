"""A grant's offer: what was awarded, bound in the fund in the same breath, answered by the recipient alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import msgspec
import pytest

from domain import funds
from domain.applications.facts import ApplicationAwarded, ApplicationGrantOffered
from domain.commands.grants.offering import AcceptGrant, DeclineGrant, LapseGrant, OfferGrant
from domain.deciding import Command, Outcome
from domain.funds import FundCommitted, FundReleased
from domain.grants import state
from domain.grants.facts import GrantAccepted, GrantDeclined, GrantLapsed, GrantOffered
from domain.panels.facts import PanelAwardFreed, PanelOpened
from domain.persons.facts import PersonErased, PersonHandleGiven
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import SYSTEM
from tests.driving import NOON, World
from tests.grants.scene import (
    ADMINISTRATOR,
    APPLICATION,
    APPROVER,
    ARTIST,
    AWARD,
    CALL,
    FINANCE,
    FUND,
    FUNDER,
    GRANT,
    HANDLE,
    INITIATIVE,
    OFFICER,
    PANEL,
    PAYMENTS,
    RESPOND_BY,
    ROUND,
    STRANGER,
    accepted,
    awarded,
    call,
    dossier_opened,
    eligible,
    member_too,
    offered,
    opened,
    payable,
    pledged,
    received,
    world_with_fund,
    world_with_grant,
)

NOT_FOUND = (NotFound, "Not found, or you have no access.")
OFFER = OfferGrant(application=APPLICATION, respond_by=RESPOND_BY)


def world_before(amount: int = AWARD, in_fund: int = 1_000_000) -> World:
    """An awarded application, and a fund of `in_fund` cents that is bound to nothing yet."""
    world = world_with_fund(opened(), pledged(in_fund), received(in_fund))
    world.given(CALL, *call())
    world.given(APPLICATION, *awarded(amount))
    world.given(
        PANEL,
        PanelOpened(panel=PANEL, initiative=INITIATIVE, call=CALL, round=ROUND, stage="main", ranking=()),
    )
    return world


class TestAnAwardedApplication:
    def test_an_officer_offers_the_award_and_the_fund_is_bound_at_once(self) -> None:
        world = world_before()
        world.given(ARTIST, PersonHandleGiven(person=ARTIST, scope=CALL, handle=HANDLE))
        made = World()
        grant, dossier = made.new("grant"), made.new("dossier")
        assert world.run(OFFER, OFFICER) == Outcome(
            facts={
                dossier: (dossier_opened(dossier, "payment", grant),),
                grant: (
                    GrantOffered(
                        grant=grant,
                        initiative=INITIATIVE,
                        call=CALL,
                        application=APPLICATION,
                        fund=FUND,
                        recipient=ARTIST,
                        recipient_handle=HANDLE,
                        dossier=dossier,
                        amount=AWARD,
                        currency="EUR",
                        respond_by=RESPOND_BY,
                    ),
                ),
                APPLICATION: (ApplicationGrantOffered(application=APPLICATION, grant=grant),),
                FUND: (FundCommitted(fund=FUND, grant=grant, amount=AWARD),),
            },
            answers=grant,
            subjects=(dossier,),
        )

    def test_it_is_offered_once(self) -> None:
        world = world_before()
        world.run(OFFER, OFFICER)
        assert world.turned_down(OFFER, OFFICER) == (Refused, "This application was already offered a grant.")

    def test_it_is_not_offered_anew_after_it_was_declined(self) -> None:
        world = world_before()
        grant = world.run(OFFER, OFFICER).answers
        world.run(DeclineGrant(grant=grant, reason="safety"), ARTIST)
        assert world.turned_down(OFFER, OFFICER) == (Refused, "This application was already offered a grant.")

    def test_the_fund_must_cover_it_to_the_last_cent(self) -> None:
        assert world_before(in_fund=AWARD - 1).turned_down(OFFER, OFFICER) == (
            Refused,
            "The fund has 999.99 EUR available, which does not cover the grant of 1000.00 EUR.",
        )
        world = world_before(in_fund=AWARD)
        world.run(OFFER, OFFICER)
        assert world.state(funds.FUND, FUND).available == 0

    def test_the_time_to_respond_is_kept_in_utc(self) -> None:
        world = world_before()
        local = datetime(2026, 3, 16, 15, 0, tzinfo=timezone(timedelta(hours=3)))
        grant = world.run(OfferGrant(application=APPLICATION, respond_by=local), OFFICER).answers
        assert msgspec.to_builtins(world.facts(grant)[0])["respond_by"] == "2026-03-16T12:00:00Z"

    @pytest.mark.parametrize(
        ("respond_by", "detail"),
        [
            (NOON, "The deadline for an answer must lie in the future."),
            (NOON - timedelta(days=1), "The deadline for an answer must lie in the future."),
            (
                datetime(2026, 3, 16, 12, 0),  # noqa: DTZ001 - the missing zone is what is tested
                "Write the time with its offset, such as 2026-03-31T12:00:00Z.",
            ),
            (
                datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-timedelta(hours=23, minutes=59))),
                "This time is too far away; choose another one.",
            ),
        ],
    )
    def test_the_time_to_respond_lies_ahead(self, respond_by: datetime, detail: str) -> None:
        command = OfferGrant(application=APPLICATION, respond_by=respond_by)
        assert world_before().turned_down(command, OFFICER) == (Invalid, {"respond_by": detail})

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, FINANCE, APPROVER, FUNDER])
    def test_no_other_member_offers_it(self, actor: str) -> None:
        assert world_before().turned_down(OFFER, actor) == (
            Forbidden,
            "In this initiative, only people with this role can do this: officer.",
        )

    @pytest.mark.parametrize("actor", [ARTIST, STRANGER])
    def test_nobody_from_outside_offers_it(self, actor: str) -> None:
        assert world_before().turned_down(OFFER, actor) == NOT_FOUND

    def test_an_officer_does_not_offer_a_grant_to_themself(self) -> None:
        world = world_before()
        member_too(world, ARTIST)
        assert world.turned_down(OFFER, ARTIST) == (
            Forbidden,
            "This is your own application, so somebody else must do this.",
        )


class TestAnApplicationThatIsNotAwarded:
    def test_it_is_offered_nothing(self) -> None:
        world = world_before()
        world.streams[APPLICATION] = list(eligible())
        assert world.turned_down(OFFER, OFFICER) == (
            Refused,
            "A grant can be offered only for an awarded application; this one is eligible.",
        )

    def test_an_award_in_another_currency_than_the_funds_is_offered_nothing(self) -> None:
        world = world_before()
        submitted, *_ = eligible()
        world.streams[APPLICATION] = [
            msgspec.structs.replace(submitted, currency="USD"),
            ApplicationAwarded(
                application=APPLICATION, panel=PANEL, amount=AWARD, currency="USD", reason="quality"
            ),
        ]
        assert world.turned_down(OFFER, OFFICER) == (
            Refused,
            "The award is in USD, but the call's fund is in EUR.",
        )

    def test_what_does_not_exist_is_not_found(self) -> None:
        assert world_with_fund(opened()).turned_down(OFFER, OFFICER) == (
            NotFound,
            "Not found, or you have no access.",
        )


class TestAnOfferedGrant:
    def test_the_recipient_accepts_it_up_to_its_time(self) -> None:
        world = world_with_grant(*offered())
        last = RESPOND_BY - timedelta(microseconds=1)
        assert world.run(AcceptGrant(grant=GRANT), ARTIST, last) == Outcome(
            facts={GRANT: (GrantAccepted(grant=GRANT),)}, answers=GRANT
        )

    def test_after_its_time_it_is_not_accepted(self) -> None:
        world = world_with_grant(*offered())
        assert world.turned_down(AcceptGrant(grant=GRANT), ARTIST, RESPOND_BY) == (
            Refused,
            "The offer ended on 2026-03-16 12:00 UTC; it can no longer be accepted.",
        )

    @pytest.mark.parametrize("now", [NOON, RESPOND_BY + timedelta(days=30)])
    def test_the_recipient_declines_it_at_any_time_and_the_fund_is_free_at_once(self, now: datetime) -> None:
        world = world_with_grant(*offered())
        command = DeclineGrant(grant=GRANT, reason="funded_elsewhere", explanation=" A bigger grant. ")
        assert world.run(command, ARTIST, now) == Outcome(
            facts={
                GRANT: (
                    GrantDeclined(
                        grant=GRANT,
                        dossier=PAYMENTS,
                        reason="funded_elsewhere",
                        explanation="A bigger grant.",
                    ),
                ),
                FUND: (FundReleased(fund=FUND, grant=GRANT, amount=AWARD, reason="grant_declined"),),
                PANEL: (
                    PanelAwardFreed(
                        panel=PANEL, application=APPLICATION, grant=GRANT, amount=AWARD, freed_at=now
                    ),
                ),
            },
            answers=GRANT,
        )
        assert world.state(funds.FUND, FUND).available == 1_000_000

    @pytest.mark.parametrize("command", [AcceptGrant(grant=GRANT), DeclineGrant(grant=GRANT, reason="other")])
    @pytest.mark.parametrize("actor", [ADMINISTRATOR, OFFICER, FINANCE, APPROVER, FUNDER, STRANGER])
    def test_nobody_else_answers_it(self, command: AcceptGrant | DeclineGrant, actor: str) -> None:
        assert world_with_grant(*offered()).turned_down(command, actor) == NOT_FOUND

    def test_an_explanation_has_a_limit(self) -> None:
        command = DeclineGrant(grant=GRANT, reason="other", explanation="x" * 4001)
        assert world_with_grant(*offered()).turned_down(command, ARTIST) == (
            Invalid,
            {"explanation": "At most 4000 characters; this has 4001."},
        )


class TestAnOfferThatNobodyAnswers:
    def test_it_lapses_by_itself_at_its_time_and_the_fund_is_free(self) -> None:
        world = world_before(in_fund=AWARD)
        grant = world.run(OFFER, OFFICER).answers
        assert world.state(funds.FUND, FUND).available == 0
        assert world.pass_time(RESPOND_BY - timedelta(microseconds=1)) == ()
        assert world.pass_time(RESPOND_BY) == (
            Outcome(
                facts={
                    grant: (GrantLapsed(grant=grant),),
                    FUND: (FundReleased(fund=FUND, grant=grant, amount=AWARD, reason="grant_lapsed"),),
                    PANEL: (
                        PanelAwardFreed(
                            panel=PANEL,
                            application=APPLICATION,
                            grant=grant,
                            amount=AWARD,
                            freed_at=RESPOND_BY,
                        ),
                    ),
                },
                answers=grant,
            ),
        )
        assert world.state(funds.FUND, FUND).available == AWARD

    @pytest.mark.parametrize("answer", [AcceptGrant, lambda grant: DeclineGrant(grant=grant, reason="other")])
    def test_an_answered_one_does_not_lapse(self, answer: Callable[..., Command]) -> None:
        world = world_before()
        grant = world.run(OFFER, OFFICER).answers
        world.run(answer(grant=grant), ARTIST)
        later = world.pass_time(RESPOND_BY + timedelta(days=1))
        assert not any(grant in outcome.facts for outcome in later)
        done = "accepted" if answer is AcceptGrant else "declined"
        assert world.turned_down(LapseGrant(grant=grant), SYSTEM, RESPOND_BY) == (
            Refused,
            f"Only an open offer can lapse; this grant is {done}.",
        )

    def test_it_does_not_lapse_before_its_time(self) -> None:
        assert world_with_grant(*offered()).turned_down(LapseGrant(grant=GRANT), SYSTEM) == (
            Refused,
            "The offer is open until 2026-03-16 12:00 UTC; it cannot lapse before.",
        )

    @pytest.mark.parametrize("command", [AcceptGrant, DeclineGrant])
    def test_a_lapsed_one_is_not_answered(self, command: type[Command]) -> None:
        world = world_with_grant(*offered(), GrantLapsed(grant=GRANT))
        more = {"reason": "other"} if command is DeclineGrant else {}
        assert world.turned_down(command(grant=GRANT, **more), ARTIST) == (
            Refused,
            "Only an open offer can be accepted or declined; this grant is lapsed.",
        )


class TestAnErasedApplicant:
    def test_is_offered_no_grant(self) -> None:
        world = world_before()
        world.given(ARTIST, PersonErased(person=ARTIST, reason="safety", dossiers=(), kept=()))
        assert world.turned_down(OFFER, OFFICER) == (
            Refused,
            "The applicant's data was erased, so they can no longer be offered a grant.",
        )


class TestAnAnsweredGrant:
    @pytest.mark.parametrize("command", [AcceptGrant(grant=GRANT), DeclineGrant(grant=GRANT, reason="other")])
    def test_an_accepted_one_is_not_answered_again(self, command: AcceptGrant | DeclineGrant) -> None:
        assert world_with_grant(*accepted()).turned_down(command, ARTIST) == (
            Refused,
            "Only an open offer can be accepted or declined; this grant is accepted.",
        )

    @pytest.mark.parametrize("command", [AcceptGrant(grant=GRANT), DeclineGrant(grant=GRANT, reason="other")])
    def test_a_declined_one_is_not_answered_again(self, command: AcceptGrant | DeclineGrant) -> None:
        world = world_with_grant(*offered())
        world.run(DeclineGrant(grant=GRANT, reason="terms"), ARTIST)
        assert world.turned_down(command, ARTIST) == (
            Refused,
            "Only an open offer can be accepted or declined; this grant is declined.",
        )

    def test_a_grant_that_does_not_exist_is_not_found(self) -> None:
        world = world_with_grant()
        assert world.turned_down(AcceptGrant(grant=GRANT), ARTIST) == (
            NotFound,
            "Not found, or you have no access.",
        )


def test_the_state_holds_nothing_personal() -> None:
    """A grant's state is kept in memory and must not keep what its facts seal."""
    world = world_with_grant(*payable())
    held = msgspec.json.encode(world.state(state.GRANT, GRANT)).decode()
    assert "DE89" not in held
    assert "Applicant One" not in held
