"""A call of two stages: a letter, judged blind, and a project, to which the best are invited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from domain.applications.facts import ApplicationContinued, ApplicationInvitationLapsed, ApplicationInvited
from domain.applications.state import APPLICATION as APPLICATIONS
from domain.applications.state import ApplicationStatus
from domain.calls.facts import CallPublished
from domain.commands.announcing import AnnouncePanel
from domain.commands.applications.ending import WithdrawApplication
from domain.commands.applications.examining import FindApplicationEligible
from domain.commands.applications.submitting import ContinueApplication, SubmitApplication
from domain.commands.calls import CancelCall
from domain.commands.grants.offering import AcceptGrant, OfferGrant
from domain.commands.grants.payee import ConfirmGrantPayee
from domain.commands.panels import ClosePanel, ConfirmPanel, OpenPanel, ReturnPanel, SetPanelOutcome
from domain.commands.reviews import AssignReview, DeclareConflict, DeclareNoConflict, SubmitReview
from domain.commands.rounds import CloseRound, ExtendRound, OpenRound
from domain.forms import Criterion, Form, Question, Rubric
from domain.funds import FundOpened, FundPledged
from domain.indexes import applications_of
from domain.initiatives.facts import MemberAdded
from domain.panels.facts import PanelOutcome
from domain.persons.facts import PersonHandleGiven
from domain.readings import EXAMINED, ReadingRecorded, reading_of
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.rounds.facts import RoundClosed
from domain.rounds.state import ROUND as ROUNDS
from domain.rounds.state import RoundStatus
from domain.stages import Blindness, Stage
from domain.values import Role
from tests.driving import World
from tests.scene import (
    ARTIST,
    CALL,
    CHAIR,
    CLOSES,
    FORM,
    FUND,
    FUNDER,
    INITIATIVE,
    JUROR,
    OFFICER,
    OTHER_ARTIST,
    RUBRIC,
    SECOND_JUROR,
    THIRD_JUROR,
    drafted,
    euros,
    numbered,
    peopled,
)

DAY = timedelta(days=1)
START = CLOSES - 10 * DAY


def staged(blindness: Blindness = "double") -> tuple[Stage, ...]:
    project = Form(questions=(Question(id="plan", kind="long_text", label={"en": "Plan"}),))
    craft = Rubric(criteria=(Criterion(id="craft", label={"en": "Craft"}, scale=10),))
    return (
        Stage(id="letter", title={"en": "Letter"}, form=FORM, rubric=RUBRIC, quorum=1),
        Stage(
            id="project", title={"en": "Project"}, form=project, rubric=craft, quorum=1, blindness=blindness
        ),
    )


class Season:
    """The call from its publication on, a day at a time."""

    def __init__(self, blindness: Blindness = "double") -> None:
        self.world: World = peopled()
        call = msgspec.structs.replace(drafted(), stages=staged(blindness))
        self.world.given(CALL, call, CallPublished(call=CALL))
        self.now = START
        self.round = self.open()

    def do(self, actor: str, command: Any) -> str:
        return self.world.run(command, actor, self.now).answers

    def turned_down(self, actor: str, command: Any) -> Any:
        return self.world.turned_down(command, actor, self.now)

    def open(self) -> str:
        closes = (self.now + 2 * DAY).replace(tzinfo=None)
        return self.do(OFFICER, OpenRound(call=CALL, closes_at=closes))

    def apply(self, artist: str) -> str:
        return self.do(
            artist,
            SubmitApplication(
                call=CALL,
                round=self.round,
                title="Letter",
                requested=euros("500.00"),
                answers={"work": "A song about snow", "home": "Nowhere"},
            ),
        )

    def close(self) -> None:
        self.now += 3 * DAY
        self.do(OFFICER, CloseRound(round=self.round))

    def judge(self, application: str, juror: str, **scores: int) -> str:
        self.do(OFFICER, FindApplicationEligible(application=application))
        review = self.do(OFFICER, AssignReview(application=application, juror=juror))
        self.do(juror, DeclareNoConflict(review=review))
        return self.do(juror, SubmitReview(review=review, scores=dict(scores)))

    def decide(self, **outcomes: tuple[str, PanelOutcome]) -> str:
        panel = self.do(OFFICER, OpenPanel(round=self.round))
        for application, outcome in outcomes.values():
            reason: Any = {"decline": "not_selected", "award": "quality"}.get(outcome)
            amount = euros("500.00") if outcome == "award" else None
            self.do(
                CHAIR,
                SetPanelOutcome(
                    panel=panel, application=application, outcome=outcome, reason=reason, amount=amount
                ),
            )
        self.do(CHAIR, ClosePanel(panel=panel))
        self.do(OFFICER, ConfirmPanel(panel=panel))
        self.do(OFFICER, AnnouncePanel(panel=panel))
        return panel

    def first_stage(self) -> tuple[str, str]:
        """Two apply; the first is invited, the second declined."""
        first, second = self.apply(ARTIST), self.apply(OTHER_ARTIST)
        self.close()
        self.judge(first, JUROR, art=8, need=3)
        self.judge(second, JUROR, art=2, need=1)
        self.decide(first=(first, "invite"), second=(second, "decline"))
        return first, second

    def status(self, application: str) -> ApplicationStatus | None:
        return self.world.state(APPLICATIONS, application).status


def going_on(application: str) -> ContinueApplication:
    return ContinueApplication(
        application=application,
        title="Project",
        requested=euros("600.00"),
        answers={"plan": "Twelve evenings"},
    )


class TestTheWholeJourney:
    def test_who_is_invited_answers_the_next_form_is_judged_by_its_rubric_and_awarded(self) -> None:
        season = Season()
        first, second = season.first_stage()
        letter = season.round
        assert (season.status(first), season.status(second)) == (
            ApplicationStatus.INVITED,
            ApplicationStatus.DECLINED,
        )
        assert [fact for fact in season.world.facts(first) if isinstance(fact, ApplicationInvited)]
        assert season.turned_down(ARTIST, going_on(first)) == (
            Refused,
            "The next stage is not open yet; you can answer its form as soon as it is.",
        )
        project = season.round = season.open()
        season.do(ARTIST, going_on(first))
        fact = season.world.facts(first)[-1]
        assert isinstance(fact, ApplicationContinued)
        assert (fact.stage, fact.round, fact.form_version, fact.answers) == (
            "project",
            project,
            1,
            {"plan": "Twelve evenings"},
        )
        state = season.world.state(APPLICATIONS, first)
        assert (state.round, state.stage, state.earlier, state.requested) == (
            project,
            "project",
            (letter,),
            60_000,
        )
        season.close()
        closed = season.world.facts(project)[-1]
        assert closed == RoundClosed(round=project, applications=(first,))
        season.judge(first, JUROR, craft=9)
        season.decide(first=(first, "award"))
        assert season.status(first) is ApplicationStatus.AWARDED
        assert season.world.state(ROUNDS, project).status is RoundStatus.DECIDED
        assert season.world.indexes[applications_of(letter)] == {first, second}

    def test_who_does_not_answer_in_time_is_told_so_and_may_still_if_the_round_opens_again(self) -> None:
        season = Season()
        first, _ = season.first_stage()
        season.round = season.open()
        season.close()
        assert season.world.facts(first)[-1] == ApplicationInvitationLapsed(
            application=first, round=season.round
        )
        assert season.status(first) is ApplicationStatus.LAPSED
        assert season.turned_down(ARTIST, going_on(first))[0] is Refused
        longer = (season.now + 2 * DAY).replace(tzinfo=None)
        season.do(OFFICER, ExtendRound(round=season.round, closes_at=longer, reason="technical_trouble"))
        season.do(ARTIST, going_on(first))
        assert season.status(first) is ApplicationStatus.SUBMITTED

    def test_the_next_stage_takes_only_those_who_were_invited(self) -> None:
        season = Season()
        first, second = season.first_stage()
        season.round = season.open()
        assert season.turned_down(OTHER_ARTIST, going_on(second)) == (
            Refused,
            (
                "Only an application that was invited to the next stage can continue to it; this one "
                "is declined."
            ),
        )
        assert season.turned_down(OTHER_ARTIST, going_on(first))[0] is NotFound
        with pytest.raises(Refused, match="This stage is open only to applications that were invited to it"):
            season.apply(OTHER_ARTIST)

    def test_an_invited_application_can_be_withdrawn_and_ends_with_its_call(self) -> None:
        season = Season()
        first, _ = season.first_stage()
        season.do(ARTIST, WithdrawApplication(application=first, reason="safety"))
        assert season.status(first) is ApplicationStatus.WITHDRAWN
        season = Season()
        first, second = season.first_stage()
        season.do(OFFICER, CancelCall(call=CALL, reason="events"))
        assert (season.status(first), season.status(second)) == (
            ApplicationStatus.CANCELLED,
            ApplicationStatus.DECLINED,
        )
        assert season.world.state(ROUNDS, season.round).status is RoundStatus.DECIDED


class TestTheRounds:
    def test_open_one_after_another(self) -> None:
        season = Season()
        command = OpenRound(call=CALL, closes_at=(START + DAY).replace(tzinfo=None))
        assert season.turned_down(OFFICER, command) == (
            Refused,
            "The stage before is not decided yet; announce the results of its panel first.",
        )
        season.first_stage()
        season.open()
        command = OpenRound(call=CALL, closes_at=(season.now + DAY).replace(tzinfo=None))
        assert season.turned_down(OFFICER, command) == (
            Refused,
            "Every stage of this call has its round; draft another call to accept applications again.",
        )


class TestThePanel:
    def test_invites_before_the_last_stage_and_awards_in_it(self) -> None:
        season = Season()
        first = season.apply(ARTIST)
        season.close()
        season.judge(first, JUROR, art=8, need=3)
        panel = season.do(OFFICER, OpenPanel(round=season.round))
        award = SetPanelOutcome(panel=panel, application=first, outcome="award", amount=euros("500.00"))
        waiting = SetPanelOutcome(panel=panel, application=first, outcome="waitlist", rank=1)
        for early in (award, waiting):
            assert season.turned_down(CHAIR, early) == (
                Invalid,
                {"outcome": "Awards are made in the last stage; here, invite to the next stage or decline."},
            )
        season = Season()
        first, _ = season.first_stage()
        season.round = season.open()
        season.do(ARTIST, going_on(first))
        season.close()
        season.judge(first, JUROR, craft=9)
        panel = season.do(OFFICER, OpenPanel(round=season.round))
        late = SetPanelOutcome(panel=panel, application=first, outcome="invite")
        assert season.turned_down(CHAIR, late) == (
            Invalid,
            {"outcome": "This is the last stage, so there is no next one to invite to."},
        )


class TestKnowledge:
    def continued(self, blindness: Blindness = "double") -> tuple[Season, str]:
        season = Season(blindness)
        first, _ = season.first_stage()
        season.round = season.open()
        season.do(ARTIST, going_on(first))
        season.close()
        season.do(OFFICER, FindApplicationEligible(application=first))
        return season, first

    def read(self, season: Season, who: str, round: str) -> None:
        for kind in EXAMINED:
            season.world.given(
                reading_of(who, round),
                ReadingRecorded(
                    reading=reading_of(who, round),
                    viewer=who,
                    initiative=INITIATIVE,
                    call=CALL,
                    round=round,
                    kind=kind,
                    application=None,
                ),
            )

    def test_who_applied_is_still_known_in_a_later_blind_stage(self) -> None:
        season, first = self.continued()
        (letter,) = season.world.state(APPLICATIONS, first).earlier
        self.read(season, THIRD_JUROR, letter)
        assert season.turned_down(OFFICER, AssignReview(application=first, juror=THIRD_JUROR)) == (
            Refused,
            "This person cannot be asked to judge this application; ask another juror.",
        )
        self.read(season, CHAIR, letter)
        asked = season.do(OFFICER, AssignReview(application=first, juror=JUROR))
        season.do(JUROR, DeclareNoConflict(review=asked))
        season.do(JUROR, SubmitReview(review=asked, scores={"craft": 9}))
        panel = season.do(OFFICER, OpenPanel(round=season.round))
        outcome = SetPanelOutcome(panel=panel, application=first, outcome="decline", reason="other")
        assert season.turned_down(CHAIR, outcome)[0] is Forbidden

    def test_in_a_later_open_stage_it_excludes_from_nothing(self) -> None:
        season, first = self.continued("open")
        (letter,) = season.world.state(APPLICATIONS, first).earlier
        self.read(season, THIRD_JUROR, letter)
        assert season.do(OFFICER, AssignReview(application=first, juror=THIRD_JUROR))

    def test_a_juror_of_the_first_stage_judges_the_second_too(self) -> None:
        season, first = self.continued()
        assert season.do(OFFICER, AssignReview(application=first, juror=JUROR))

    def test_a_conflict_of_interest_does_not_end_with_a_stage(self) -> None:
        season = Season()
        first = season.apply(ARTIST)
        season.close()
        season.judge(first, JUROR, art=8, need=3)
        review = season.do(OFFICER, AssignReview(application=first, juror=SECOND_JUROR))
        season.do(SECOND_JUROR, DeclareConflict(review=review, reason="friendship"))
        season.decide(first=(first, "invite"))
        season.round = season.open()
        season.do(ARTIST, going_on(first))
        season.close()
        season.do(OFFICER, FindApplicationEligible(application=first))
        assert season.turned_down(OFFICER, AssignReview(application=first, juror=SECOND_JUROR)) == (
            Refused,
            "This juror is already assigned to this application.",
        )

    def test_who_has_read_others_answers_of_either_stage_does_not_continue(self) -> None:
        for stage in ("letter", "project"):
            season = Season()
            letter = season.round
            first, _ = season.first_stage()
            project = season.round = season.open()
            season.world.given(ARTIST, PersonHandleGiven(person=ARTIST, scope=CALL, handle="dark-newt"))
            self.read(season, ARTIST, letter if stage == "letter" else project)
            assert season.turned_down(ARTIST, going_on(first)) == (
                Forbidden,
                "You have read others' applications to this call, so you can no longer write in this one.",
            )


class TestStaffWhoApplied:
    """They are rivals in every stage from their invitation on, not only once they continued."""

    def test_have_no_hand_in_the_next_stage_before_they_continue(self) -> None:
        season = Season()
        season.world.given(
            INITIATIVE, MemberAdded(initiative=INITIATIVE, person=ARTIST, roles=(Role.OFFICER,))
        )
        first, second = season.apply(ARTIST), season.apply(OTHER_ARTIST)
        season.close()
        season.judge(first, JUROR, art=8, need=3)
        season.judge(second, JUROR, art=8, need=3)
        season.decide(first=(first, "invite"), second=(second, "invite"))
        season.round = season.open()
        season.do(OTHER_ARTIST, going_on(second))
        longer = (season.now + 9 * DAY).replace(tzinfo=None)
        extend = ExtendRound(round=season.round, closes_at=longer, reason="technical_trouble")
        refusal = (
            Forbidden,
            "You or your organisation applied in this round, so you cannot take part in deciding on it.",
        )
        eligible = FindApplicationEligible(application=second)
        asked = AssignReview(application=second, juror=JUROR)
        for status in (ApplicationStatus.INVITED, ApplicationStatus.LAPSED):
            assert season.status(first) is status
            for command in (extend, eligible, asked):
                assert season.turned_down(ARTIST, command) == refusal
            if status is ApplicationStatus.INVITED:
                season.close()
        season.do(OFFICER, extend)


class TestConflictsOfInterest:
    """Who declared one in the first stage has no hand in the second, nor in the grant."""

    def conflicted(self) -> tuple[Season, str, str]:
        """The second juror, who is also a chair, an officer and finance, declared a conflict with the first of two letters."""
        season = Season()
        roles = (Role.JUROR, Role.CHAIR, Role.OFFICER, Role.FINANCE)
        season.world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=SECOND_JUROR, roles=roles))
        first, second = season.apply(ARTIST), season.apply(OTHER_ARTIST)
        season.close()
        season.judge(first, JUROR, art=8, need=3)
        season.judge(second, JUROR, art=8, need=3)
        review = season.do(OFFICER, AssignReview(application=first, juror=SECOND_JUROR))
        season.do(SECOND_JUROR, DeclareConflict(review=review, reason="friendship"))
        return season, first, second

    def to_the_panel(self, season: Season, application: str) -> str:
        """The second stage up to its closed panel, which awards the application."""
        season.round = season.open()
        artist = season.world.state(APPLICATIONS, application).applicant
        season.do(artist, going_on(application))
        season.close()
        season.judge(application, JUROR, craft=9)
        panel = season.do(OFFICER, OpenPanel(round=season.round))
        award: Any = {"outcome": "award", "reason": "quality", "amount": euros("500.00")}
        season.do(CHAIR, SetPanelOutcome(panel=panel, application=application, **award))
        season.do(CHAIR, ClosePanel(panel=panel))
        return panel

    def test_exclude_from_confirming_a_later_panel_on_the_application(self) -> None:
        season, first, second = self.conflicted()
        season.decide(first=(first, "invite"), second=(second, "decline"))
        panel = self.to_the_panel(season, first)
        refusal = (
            Forbidden,
            "You declared a conflict of interest with an application of this round, so somebody else must confirm the panel.",
        )
        assert season.turned_down(SECOND_JUROR, ConfirmPanel(panel=panel)) == refusal
        assert season.turned_down(SECOND_JUROR, ReturnPanel(panel=panel, reason="procedure")) == refusal

    def test_do_not_exclude_from_a_later_panel_that_the_application_did_not_reach(self) -> None:
        season, first, second = self.conflicted()
        season.decide(first=(first, "decline"), second=(second, "invite"))
        panel = self.to_the_panel(season, second)
        assert season.do(SECOND_JUROR, ConfirmPanel(panel=panel))

    def test_exclude_from_the_grant(self) -> None:
        season, first, second = self.conflicted()
        season.decide(first=(first, "invite"), second=(second, "decline"))
        panel = self.to_the_panel(season, first)
        season.do(OFFICER, ConfirmPanel(panel=panel))
        season.do(OFFICER, AnnouncePanel(panel=panel))
        season.world.given(
            FUND,
            FundOpened(
                fund=FUND, initiative=INITIATIVE, name="Invented Fund", currency="EUR", basis="pledged"
            ),
            FundPledged(
                fund=FUND, pledge=numbered("pledge", 1), funder=FUNDER, amount=1_000_000, restriction=None
            ),
        )
        offer = OfferGrant(application=first, respond_by=season.now + 20 * DAY)
        conflicted = (Forbidden, "You declared a conflict of interest with this application.")
        assert season.turned_down(SECOND_JUROR, offer) == conflicted
        grant = season.do(OFFICER, offer)
        season.do(ARTIST, AcceptGrant(grant=grant))
        assert season.turned_down(SECOND_JUROR, ConfirmGrantPayee(grant=grant, setting=1)) == conflicted
