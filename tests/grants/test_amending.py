"""An amendment: proposed by an officer, accepted or declined by the recipient; the fund's commitment follows."""

from __future__ import annotations

from datetime import date

import pytest

from domain import funds
from domain.commands.grants.amending import AcceptGrantAmendment, DeclineGrantAmendment, ProposeGrantAmendment
from domain.commands.grants.instalments import RequestInstalment
from domain.commands.grants.scheduling import ScheduleGrant
from domain.deciding import Command, Fact, Outcome
from domain.funds import FundReleased
from domain.grants.facts import (
    GrantAmended,
    GrantAmendmentDeclined,
    GrantAmendmentProposed,
    GrantCompleted,
    GrantSuspended,
    Instalment,
)
from domain.grants.rules import PlannedInstalment
from domain.grants.state import GRANT as GRANTS
from domain.refusals import Invalid, Refused
from domain.values import Money
from tests.grants.scene import (
    ARTIST,
    FUND,
    GRANT,
    OFFICER,
    PAYMENTS,
    accepted,
    euros,
    offered,
    paid,
    payable,
    reported,
    requested,
    world_with_grant,
)

DUE = date(2026, 9, 1)
END = date(2026, 12, 31)
ACCEPT = AcceptGrantAmendment(grant=GRANT, amendment=1)
DECLINE = DeclineGrantAmendment(grant=GRANT, amendment=1)


def propose(
    amount: str | None = None, *parts: str, left: str | None = None, ends_on: date | None = None
) -> ProposeGrantAmendment:
    """Another sum in EUR, other instalments, another end date."""
    return ProposeGrantAmendment(
        grant=GRANT,
        amount=None if amount is None else euros(amount),
        ends_on=ends_on,
        instalments=tuple(PlannedInstalment(amount=euros(part), due=DUE) for part in parts) or None,
        unscheduled=None if left is None else euros(left),
        explanation="As we said.",
    )


def proposed(
    amount: int = 100_000,
    *,
    number: int = 1,
    ends_on: date | None = None,
    instalments: tuple[Instalment, ...] | None = None,
    unscheduled: int = 0,
) -> GrantAmendmentProposed:
    """What the officer proposed, in cents."""
    return GrantAmendmentProposed(
        grant=GRANT,
        dossier=PAYMENTS,
        amendment=number,
        amount=amount,
        ends_on=ends_on,
        instalments=instalments,
        unscheduled=unscheduled,
        explanation="As we said.",
    )


def planned(number: int, amount: int) -> Instalment:
    return Instalment(number=number, amount=amount, condition="none", due=DUE)


class TestAProposal:
    def test_lowers_the_grant_to_what_its_instalments_need(self) -> None:
        world = world_with_grant(*payable((60_000, "none")))
        assert world.run(propose("700"), OFFICER) == Outcome(
            facts={GRANT: (proposed(70_000, unscheduled=10_000),)}, answers=GRANT
        )

    def test_changes_nothing_before_it_is_accepted(self) -> None:
        world = world_with_grant(*payable((60_000, "none")))
        world.run(propose("700", "300", "400", ends_on=END), OFFICER)
        grant = world.state(GRANTS, GRANT)
        assert (grant.amount, grant.ends_on, len(grant.instalments)) == (100_000, None, 1)
        assert world.state(funds.FUND, FUND).available == 900_000

    def test_puts_other_instalments_in_place_of_those_not_yet_requested(self) -> None:
        """They are numbered after those that stay."""
        world = world_with_grant(*payable(), *paid(1, 60_000))
        assert world.run(propose(None, "150", "250"), OFFICER) == Outcome(
            facts={GRANT: (proposed(instalments=(planned(2, 15_000), planned(3, 25_000))),)},
            answers=GRANT,
        )

    @pytest.mark.parametrize(("amount", "left"), [("800", "200"), ("600", "0")])
    def test_lets_those_not_yet_requested_fall_away(self, amount: str, left: str) -> None:
        """Where what is left is said, and no other instalment is planned."""
        world = world_with_grant(*payable(), *paid(1, 60_000))
        world.run(propose(amount, left=left), OFFICER)
        world.run(ACCEPT, ARTIST)
        grant = world.state(GRANTS, GRANT)
        assert (list(grant.instalments), grant.amount) == ([1], int(amount) * 100)

    def test_leaves_no_grant_without_instalments(self) -> None:
        world = world_with_grant(*payable())
        assert world.turned_down(propose("800", left="800"), OFFICER)[0] is Invalid

    def test_moves_the_end_date_alone(self) -> None:
        world = world_with_grant(*payable())
        assert world.run(propose(ends_on=END), OFFICER) == Outcome(
            facts={GRANT: (proposed(ends_on=END),)}, answers=GRANT
        )

    @pytest.mark.parametrize("day", ["ends_on", "due"])
    def test_asks_about_days_in_the_past(self, day: str) -> None:
        past = date(2020, 1, 1)
        fields = {
            "ends_on": {"ends_on": past},
            "due": {"instalments": (PlannedInstalment(amount=euros("1000"), due=past),)},
        }[day]
        world = world_with_grant(*accepted())
        kind, told = world.turned_down(ProposeGrantAmendment(grant=GRANT, **fields), OFFICER)
        field = {"ends_on": "ends_on", "due": "instalments[0].due"}[day]
        sentence = "This day is in the past. Change it, or confirm that the dates in the past are right."
        assert (kind, told) == (Invalid, {field: sentence})
        meant = ProposeGrantAmendment(grant=GRANT, **fields, confirm_past_due=True)
        assert world.run(meant, OFFICER).answers == GRANT

    @pytest.mark.parametrize(
        ("command", "field", "sentence"),
        [
            (
                propose("1000.01"),
                "amount.amount",
                "An amendment can only lower the grant, which is 1000.00 EUR.",
            ),
            (
                propose("599.99"),
                "amount.amount",
                "Instalments of 600.00 EUR were already requested or paid; the grant cannot fall below that.",
            ),
            (
                propose("800"),
                "instalments",
                (
                    "The instalments add up to 1000.00 EUR, which would be more than the grant. Change "
                    "the instalments, too."
                ),
            ),
            (
                propose("800", "100"),
                "unscheduled.amount",
                (
                    "These instalments leave 100.00 EUR of the grant unscheduled. Add an instalment, or write this sum here "
                    "to leave it."
                ),
            ),
            (
                propose("800", *["1"] * 12),
                "instalments",
                "A grant is paid in 1 to 12 instalments; this schedule has 13.",
            ),
            (
                ProposeGrantAmendment(grant=GRANT, amount=Money(amount="1", currency="USD")),
                "amount.currency",
                "The amount must be in EUR.",
            ),
        ],
    )
    def test_fits_what_was_requested_and_paid(
        self, command: ProposeGrantAmendment, field: str, sentence: str
    ) -> None:
        world = world_with_grant(*payable(), *paid(1, 60_000))
        assert world.turned_down(command, OFFICER) == (Invalid, {field: sentence})

    def test_never_plans_more_than_the_grant_would_be(self) -> None:
        world = world_with_grant(*payable(), *paid(1, 60_000))
        assert world.turned_down(propose("800", "200.01"), OFFICER)[0] is Refused

    @pytest.mark.parametrize("command", [propose(), propose("1000")])
    def test_says_what_is_different(self, command: ProposeGrantAmendment) -> None:
        assert world_with_grant(*payable()).turned_down(command, OFFICER) == (
            Refused,
            "This changes nothing. Give a lower amount, other instalments or another end date.",
        )

    def test_takes_the_place_of_an_earlier_one(self) -> None:
        world = world_with_grant(*payable((60_000, "none")), proposed(70_000, unscheduled=10_000))
        world.run(propose("800"), OFFICER)
        assert world.turned_down(ACCEPT, ARTIST) == (
            Refused,
            "Another amendment has been proposed since; read it, then answer it.",
        )
        world.run(AcceptGrantAmendment(grant=GRANT, amendment=2), ARTIST)
        assert world.state(GRANTS, GRANT).amount == 80_000

    @pytest.mark.parametrize(
        ("command", "actor"),
        [
            (RequestInstalment(grant=GRANT, instalment=1), ARTIST),
            (
                ScheduleGrant(grant=GRANT, instalments=(PlannedInstalment(amount=euros("1000"), due=DUE),)),
                OFFICER,
            ),
        ],
    )
    def test_is_answered_before_anything_is_requested_or_scheduled(
        self, command: Command, actor: str
    ) -> None:
        """So that it fits when it is accepted as it did when it was proposed."""
        world = world_with_grant(*payable(), proposed(ends_on=END))
        assert world.turned_down(command, actor) == (
            Refused,
            "An amendment of this grant waits for the recipient's answer. It must be answered first.",
        )
        world.run(DECLINE, ARTIST)
        assert world.run(command, actor).answers == GRANT

    @pytest.mark.parametrize(
        ("facts", "status"),
        [(offered(), "offered"), ((*accepted(), GrantCompleted(grant=GRANT)), "completed")],
    )
    def test_is_made_only_of_a_grant_that_is_under_way(self, facts: tuple[Fact, ...], status: str) -> None:
        assert world_with_grant(*facts).turned_down(propose("1"), OFFICER) == (
            Refused,
            f"This is possible only for an accepted grant; this one is {status}.",
        )


class TestAnAnswer:
    def test_that_accepts_changes_the_grant_and_what_the_fund_has_set_aside(self) -> None:
        plan = (planned(2, 15_000), planned(3, 5_000))
        world = world_with_grant(
            *payable(), *paid(1, 60_000), proposed(80_000, ends_on=END, instalments=plan)
        )
        assert world.run(ACCEPT, ARTIST) == Outcome(
            facts={
                GRANT: (
                    GrantAmended(
                        grant=GRANT,
                        amendment=1,
                        amount=80_000,
                        ends_on=END,
                        instalments=plan,
                        unscheduled=0,
                    ),
                ),
                FUND: (FundReleased(fund=FUND, grant=GRANT, amount=20_000, reason="grant_amended"),),
            },
            answers=GRANT,
        )
        grant = world.state(GRANTS, GRANT)
        assert (grant.amount, grant.ends_on, grant.amendment) == (80_000, END, None)
        assert [grant.instalments[number].plan.amount for number in (1, 2, 3)] == [60_000, 15_000, 5_000]
        assert grant.settled == 60_000
        assert world.state(funds.FUND, FUND).commitments[GRANT] == 80_000

    def test_that_accepts_a_new_date_releases_nothing(self) -> None:
        world = world_with_grant(*payable(), proposed(ends_on=END))
        assert world.run(ACCEPT, ARTIST).facts.keys() == {GRANT}

    def test_that_declines_leaves_the_grant_as_it_was(self) -> None:
        world = world_with_grant(*payable(), proposed(ends_on=END))
        assert world.run(DECLINE, ARTIST) == Outcome(
            facts={GRANT: (GrantAmendmentDeclined(grant=GRANT, amendment=1),)}, answers=GRANT
        )
        assert world.state(GRANTS, GRANT).ends_on is None

    @pytest.mark.parametrize("command", [ACCEPT, DECLINE])
    def test_is_given_once(self, command: Command) -> None:
        world = world_with_grant(*payable(), proposed(ends_on=END))
        world.run(DECLINE, ARTIST)
        assert world.turned_down(command, ARTIST) == (
            Refused,
            "No amendment of this grant is waiting for an answer.",
        )

    def test_may_be_given_while_the_grant_is_suspended(self) -> None:
        suspended = GrantSuspended(grant=GRANT, dossier=PAYMENTS, reason="under_review", explanation=None)
        world = world_with_grant(*payable(), suspended, proposed(ends_on=END))
        assert world.run(ACCEPT, ARTIST).answers == GRANT


def test_a_report_still_meets_a_condition_of_the_new_plan() -> None:
    """Numbers may have gaps, since what is requested keeps its number."""
    follows = Instalment(number=4, amount=10_000, condition="report", due=DUE)
    facts = (
        *payable((30_000, "none"), (30_000, "none"), (40_000, "none")),
        requested(1),
        requested(3),
        proposed(80_000, instalments=(follows,)),
    )
    world = world_with_grant(*facts)
    world.run(ACCEPT, ARTIST)
    world.given(GRANT, *reported())
    assert world.run(RequestInstalment(grant=GRANT, instalment=4), ARTIST).facts == {
        GRANT: (requested(4, report=1),)
    }
