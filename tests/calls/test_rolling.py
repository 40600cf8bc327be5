"""A rolling call: applications come in all the time, and each is judged in a round of its own as it arrives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from domain.applications.facts import ApplicationSubmitted
from domain.applications.state import APPLICATION as APPLICATIONS
from domain.applications.state import ApplicationStatus
from domain.calls.facts import CallAwardReleased, CallAwardsConfirmed, CallPublished
from domain.calls.state import CALL as CALLS
from domain.commands.announcing import AnnouncePanel
from domain.commands.applications.ending import WithdrawApplication
from domain.commands.applications.examining import FindApplicationEligible
from domain.commands.applications.helping import RecordWriter
from domain.commands.applications.returning import ResubmitApplication, ReturnApplication
from domain.commands.applications.submitting import ChangeApplication, SubmitApplication
from domain.commands.call_forms import ChangeCallForm
from domain.commands.calls import CancelCall, ChangeCall
from domain.commands.grants.offering import DeclineGrant, OfferGrant
from domain.commands.panels import ClosePanel, ConfirmPanel, OpenPanel, SetPanelOutcome
from domain.commands.persons import ErasePerson
from domain.commands.reviews import AssignReview, DeclareNoConflict, SubmitReview
from domain.commands.rounds import ExtendRound, OpenRound
from domain.due_dates import set_by
from domain.forms import Form, Question
from domain.funds import FundOpened, FundPledged, FundReceived
from domain.initiatives.facts import MemberRemoved
from domain.persons.facts import PersonHandleGiven
from domain.readings import ReadingRecorded, reading_of
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.rounds.facts import RoundClosed, RoundOpened
from domain.rounds.state import ROUND as ROUNDS
from domain.rounds.state import RoundStatus
from domain.values import SYSTEM
from tests.calls.test_calls import changed, funded
from tests.driving import World
from tests.scene import (
    ARTIST,
    CALL,
    CHAIR,
    CLOSES,
    FUND,
    FUNDER,
    INITIATIVE,
    JUROR,
    KEEPER,
    OFFICER,
    OTHER_ARTIST,
    ROUND,
    SECOND_JUROR,
    STAGE,
    drafted,
    euros,
    peopled,
)

START = CLOSES - timedelta(days=10)
COMMAND = SubmitApplication(
    call=CALL,
    title="Invented Work",
    requested=euros("500.00"),
    answers={"work": "A song about snow"},
)


ASKED = "500.00"


class Season:
    """A published rolling call with a budget of 1000.00 EUR."""

    def __init__(self, **fields: Any) -> None:
        self.world: World = peopled()
        call = msgspec.structs.replace(
            drafted(), **{"intake": "rolling", "decide_within_days": 14, "takes_until": None} | fields
        )
        self.world.given(CALL, call, CallPublished(call=CALL))
        self.now = START

    def do(self, actor: str, command: Any) -> str:
        return self.world.run(command, actor, self.now).answers

    def turned_down(self, actor: str, command: Any) -> Any:
        return self.world.turned_down(command, actor, self.now)

    def apply(self, artist: str = ARTIST) -> tuple[str, str]:
        """The application and its round."""
        application = self.do(artist, COMMAND)
        return application, self.world.state(APPLICATIONS, application).round

    def judged(self, artist: str = ARTIST) -> tuple[str, str]:
        """An application with two reviews, and its open panel."""
        application, round = self.apply(artist)
        self.do(OFFICER, FindApplicationEligible(application=application))
        for juror in (JUROR, SECOND_JUROR):
            review = self.do(OFFICER, AssignReview(application=application, juror=juror))
            self.do(juror, DeclareNoConflict(review=review))
            self.do(juror, SubmitReview(review=review, scores={"art": 8, "need": 3}))
        return application, self.do(OFFICER, OpenPanel(round=round))

    def confirm(self, panel: str) -> None:
        """Confirm a panel and announce its results."""
        self.do(OFFICER, ConfirmPanel(panel=panel))
        self.do(OFFICER, AnnouncePanel(panel=panel))

    def award(self, application: str, panel: str, amount: str) -> None:
        self.do(
            CHAIR,
            SetPanelOutcome(
                panel=panel,
                application=application,
                outcome="award",
                amount=euros(amount),
                reason="quality",
                more_because="costs_rose" if amount > ASKED else None,
            ),
        )
        self.do(CHAIR, ClosePanel(panel=panel))

    def status(self, application: str) -> ApplicationStatus | None:
        return self.world.state(APPLICATIONS, application).status


class TestDrafting:
    @pytest.mark.parametrize(
        ("fields", "errors"),
        [
            (
                {"intake": "rolling"},
                {"decide_within_days": "Write within how many days an application is decided."},
            ),
            (
                {"intake": "rolling", "decide_within_days": 366},
                {"decide_within_days": "Write a whole number from 1 to 365; this is 366."},
            ),
            (
                {"decide_within_days": 14},
                {"decide_within_days": "Only a rolling call has this; leave it empty."},
            ),
            (
                {"takes_until": CLOSES.replace(tzinfo=None)},
                {"takes_until": "Only a rolling call has this; leave it empty."},
            ),
        ],
    )
    def test_what_does_not_fit_is_told_by_field(self, fields: dict[str, Any], errors: dict[str, str]) -> None:
        assert funded().turned_down(changed(**fields), OFFICER) == (Invalid, errors)


class TestTheJuryOfOtherRounds:
    """Each application is decided by itself, so whoever judged another one is nobody's rival in its own round."""

    def test_applies_and_helps_with_applications_that_others_judge(self) -> None:
        season = Season()
        judged, its_round = season.apply()
        season.do(OFFICER, FindApplicationEligible(application=judged))
        season.do(OFFICER, AssignReview(application=judged, juror=JUROR))
        season.world.given(JUROR, PersonHandleGiven(person=JUROR, scope=CALL, handle="dark-newt"))
        reading = reading_of(JUROR, its_round)
        season.world.given(
            reading,
            ReadingRecorded(
                reading=reading,
                viewer=JUROR,
                initiative=INITIATIVE,
                call=CALL,
                round=its_round,
                kind="judged",
                application=judged,
            ),
        )
        season.world.given(INITIATIVE, MemberRemoved(initiative=INITIATIVE, person=JUROR))
        other, _ = season.apply(OTHER_ARTIST)
        season.do(JUROR, COMMAND)
        season.do(SYSTEM, RecordWriter(application=other, person=JUROR, owner=OTHER_ARTIST))
        assert season.turned_down(SYSTEM, RecordWriter(application=judged, person=JUROR, owner=ARTIST)) == (
            Forbidden,
            "You were asked to review applications to this call, so you cannot write in a draft for it.",
        )


class TestAnApplication:
    def test_opens_and_closes_a_round_of_its_own_and_is_due_to_be_decided(self) -> None:
        season = Season()
        application, round = season.apply()
        assert season.world.facts(round) == (
            RoundOpened(
                round=round,
                initiative=INITIATIVE,
                call=CALL,
                stage=STAGE,
                closes_at=START,
                closes_local="2026-03-21 22:59",
                time_zone="Europe/Berlin",
                grace_minutes=0,
                last=True,
                rolling=True,
            ),
            RoundClosed(round=round, applications=(application,)),
        )
        (submitted,) = season.world.facts(application)
        assert isinstance(submitted, ApplicationSubmitted)
        assert submitted.decide_by == START + timedelta(days=14)
        assert season.world.state(ROUNDS, round).status is RoundStatus.CLOSED
        season.now += timedelta(days=30)
        assert season.world.pass_time(season.now) == (), "no round is left to be closed"
        assert set_by(season.world.facts(round)[0]) is None, "not even within the append"

    def test_is_judged_and_decided_while_others_come_in(self) -> None:
        season = Season()
        application, panel = season.judged()
        season.apply(OTHER_ARTIST)
        season.award(application, panel, "500.00")
        season.confirm(panel)
        assert season.status(application) is ApplicationStatus.AWARDED

    def test_cannot_be_changed_but_returned_and_submitted_again(self) -> None:
        season = Season()
        application, _ = season.apply()
        fields: dict[str, Any] = {
            "application": application,
            "title": "Work",
            "requested": euros("500.00"),
            "answers": COMMAND.answers,
        }
        assert season.turned_down(ARTIST, ChangeApplication(**fields)) == (
            Refused,
            (
                "Applications to this call go to review as they arrive, so they cannot be changed. Ask the programme staff "
                "to return it to you, or withdraw it."
            ),
        )
        by = (season.now + timedelta(days=3)).replace(tzinfo=None)
        season.do(OFFICER, ReturnApplication(application=application, questions="Why?", resubmit_by=by))
        season.do(ARTIST, ResubmitApplication(**fields))
        assert season.status(application) is ApplicationStatus.SUBMITTED

    def test_names_no_round_and_other_calls_need_one(self) -> None:
        season = Season()
        _, round = season.apply()
        for named in (round, ROUND):
            command = msgspec.structs.replace(COMMAND, round=named)
            assert season.turned_down(OTHER_ARTIST, command) == (NotFound, "This call has no such round.")
        season = Season(intake="deadline", decide_within_days=None)
        assert season.turned_down(ARTIST, COMMAND) == (
            Invalid,
            {"round": "Choose a round of the call. Only a rolling call needs none."},
        )


class TestTheCall:
    def test_has_no_round_to_open_or_extend(self) -> None:
        season = Season()
        _, round = season.apply()
        local = (season.now + timedelta(days=1)).replace(tzinfo=None)
        assert season.turned_down(OFFICER, OpenRound(call=CALL, closes_at=local)) == (
            Refused,
            "This call takes applications all the time, so there is no round to open.",
        )
        assert season.turned_down(OFFICER, ExtendRound(round=round, closes_at=local, reason="other")) == (
            Refused,
            "This call takes applications all the time, so there is no deadline to extend.",
        )

    def test_takes_applications_until_its_end_if_it_has_one(self) -> None:
        season = Season(takes_until=CLOSES)
        season.now = CLOSES - timedelta(microseconds=1)
        season.apply()
        season.now = CLOSES
        assert season.turned_down(OTHER_ARTIST, COMMAND) == (
            Refused,
            "This call accepted applications until 2026-03-31 21:59 UTC; they are no longer accepted.",
        )

    def test_can_be_changed_at_any_time(self) -> None:
        season = Season()
        application, panel = season.judged()
        season.award(application, panel, "500.00")
        season.confirm(panel)
        season.do(OFFICER, ChangeCall(call=CALL, title={"en": "Another title"}))
        form = Form(questions=(Question(id="other", kind="text", label={"en": "Other"}),))
        season.do(OFFICER, ChangeCallForm(call=CALL, stage=STAGE, form=form))

    def test_is_cancelled_with_what_is_undecided(self) -> None:
        season = Season()
        decided, panel = season.judged()
        season.award(decided, panel, "500.00")
        season.confirm(panel)
        waiting, _ = season.apply(OTHER_ARTIST)
        season.do(OFFICER, CancelCall(call=CALL, reason="events"))
        assert (season.status(decided), season.status(waiting)) == (
            ApplicationStatus.AWARDED,
            ApplicationStatus.CANCELLED,
        )
        assert season.turned_down(ARTIST, COMMAND) == (
            Refused,
            "This call was cancelled; it takes no more applications.",
        )


class TestTheBudget:
    def test_bounds_the_awards_of_all_rounds_together(self) -> None:
        season = Season()
        first, panel = season.judged()
        season.award(first, panel, "700.00")
        season.confirm(panel)
        counted = CallAwardsConfirmed(call=CALL, panel=panel, amount=70_000)
        assert season.world.facts(CALL)[-1] == counted
        assert season.world.state(CALLS, CALL).awarded == 70_000
        second, panel = season.judged(OTHER_ARTIST)
        beyond = SetPanelOutcome(
            panel=panel, application=second, outcome="award", amount=euros("300.01"), reason="quality"
        )
        assert season.turned_down(CHAIR, beyond) == (
            Refused,
            "The call's budget has 300.00 EUR left, which does not cover this award.",
        )
        season.award(second, panel, "300.00")
        season.confirm(panel)

    def test_is_free_again_where_an_offer_is_declined_or_lapses(self) -> None:
        for end in ("decline", "lapse"):
            season = Season()
            season.world.given(
                FUND,
                FundOpened(fund=FUND, initiative=INITIATIVE, name="Fund", currency="EUR", basis="received"),
                FundPledged(
                    fund=FUND, pledge="pledge-1", funder=FUNDER, name=None, amount=100_000, restriction=None
                ),
                FundReceived(fund=FUND, pledge="pledge-1", amount=100_000, received_on=START.date()),
            )
            application, panel = season.judged()
            season.award(application, panel, "700.00")
            season.confirm(panel)
            respond_by = season.now + timedelta(days=1)
            grant = season.do(OFFICER, OfferGrant(application=application, respond_by=respond_by))
            if end == "decline":
                season.do(ARTIST, DeclineGrant(grant=grant, reason="terms"))
            else:
                season.world.pass_time(respond_by)
            assert season.world.facts(CALL)[-1] == CallAwardReleased(call=CALL, grant=grant, amount=70_000)
            assert season.world.state(CALLS, CALL).awarded == 0

    @pytest.mark.parametrize(
        ("command", "actor", "announced"),
        [
            (lambda each: WithdrawApplication(application=each, reason="other"), ARTIST, False),
            (lambda _: ErasePerson(person=ARTIST, reason="safety"), KEEPER, False),
            (lambda _: ErasePerson(person=ARTIST, reason="safety"), KEEPER, True),
        ],
        ids=["withdrawn", "erased", "erased after the announcement"],
    )
    def test_is_free_again_where_an_award_ends_before_it_is_offered(
        self, command: Callable[[str], Any], actor: str, announced: bool
    ) -> None:
        """One that ends between the confirmation and the announcement is freed by the announcement."""
        season = Season()
        application, panel = season.judged()
        season.award(application, panel, "700.00")
        season.do(OFFICER, ConfirmPanel(panel=panel))
        if announced:
            season.do(OFFICER, AnnouncePanel(panel=panel))
        season.do(actor, command(application))
        if not announced:
            assert season.world.state(CALLS, CALL).awarded == 70_000
            season.do(OFFICER, AnnouncePanel(panel=panel))
        assert season.world.facts(CALL)[-1] == CallAwardReleased(call=CALL, grant=None, amount=70_000)
        assert season.world.state(CALLS, CALL).awarded == 0

    def test_bounds_two_that_were_decided_at_the_same_time(self) -> None:
        season = Season()
        first, panel = season.judged()
        second, other = season.judged(OTHER_ARTIST)
        season.award(first, panel, "700.00")
        season.award(second, other, "700.00")
        season.confirm(panel)
        assert season.turned_down(OFFICER, ConfirmPanel(panel=other)) == (
            Refused,
            "The call's budget has 300.00 EUR left, which does not cover this award.",
        )

    def test_is_not_lowered_below_what_was_awarded_already(self) -> None:
        season = Season()
        application, panel = season.judged()
        season.award(application, panel, "700.00")
        season.confirm(panel)
        lower = ChangeCall(call=CALL, budget=euros("699.99"), maximum_award=euros("600.00"))
        assert season.turned_down(OFFICER, lower) == (
            Invalid,
            {"budget.amount": "This call has awarded 700.00 EUR already, so its budget cannot be lower."},
        )
        season.do(OFFICER, ChangeCall(call=CALL, budget=euros("800.00")))
        assert season.world.state(CALLS, CALL).budget == 80_000


class TestTheWaitingList:
    def test_has_no_places_since_each_panel_decides_on_one_application(self) -> None:
        season = Season()
        application, panel = season.judged()
        wait = SetPanelOutcome(
            panel=panel, application=application, outcome="waitlist", rank=1, amount=euros("500.00")
        )
        assert season.turned_down(CHAIR, wait) == (
            Invalid,
            {"outcome": "A rolling call has no waiting list. Award now, or decline."},
        )
