"""Applications written anew: changed while the round is open, returned with questions, submitted again, never dropped."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from domain.applications.facts import (
    ApplicationChanged,
    ApplicationResubmitted,
    ApplicationReturned,
    ApplicationReturnLapsed,
)
from domain.applications.state import APPLICATION as APPLICATIONS
from domain.applications.state import ApplicationStatus
from domain.commands.applications.ending import WithdrawApplication
from domain.commands.applications.examining import FindApplicationEligible, FindApplicationIneligible
from domain.commands.applications.returning import (
    LapseApplicationReturn,
    ResubmitApplication,
    ReturnApplication,
)
from domain.commands.applications.submitting import ChangeApplication
from domain.commands.panels import OpenPanel
from domain.commands.rounds import CloseRound
from domain.deciding import Due, Fact, Outcome
from domain.personal import personal_fields
from domain.readings import reading_of
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.rounds.facts import RoundClosed
from tests.driving import World
from tests.scene import (
    AFTER,
    APPLICATION,
    ARTIST,
    CLOSES,
    GRACE,
    OFFICER,
    OTHER_ARTIST,
    REVIEW,
    ROUND,
    STAGE,
    calling,
    closed,
    dossier_of,
    euros,
    found_eligible,
    found_ineligible,
    has_read,
    put_to_panel,
    receive,
    review,
    withdrawn,
)

TEXT: dict[str, Any] = {
    "application": APPLICATION,
    "title": "Better Work",
    "requested": euros("600.00"),
    "answers": {"work": "Two songs"},
}
CHANGE = ChangeApplication(**TEXT)
RESUBMIT = ResubmitApplication(**TEXT)
BY = AFTER + timedelta(days=7)
"""2026-04-08 23:59 in Berlin."""
BY_LOCAL = datetime.fromisoformat("2026-04-08 23:59")
RETURN = ReturnApplication(application=APPLICATION, questions=" Why snow? ", resubmit_by=BY_LOCAL)
WRITTEN: dict[str, Any] = {
    "application": APPLICATION,
    "applicant": ARTIST,
    "dossier": dossier_of(APPLICATION),
    "stage": STAGE,
    "form_version": 1,
    "requested": 60_000,
    "currency": "EUR",
    "title": "Better Work",
    "answers": {"work": "Two songs", "budget": None, "home": None},
}
RETURNED = ApplicationReturned(
    application=APPLICATION,
    round=ROUND,
    dossier=dossier_of(APPLICATION),
    questions="Why snow?",
    resubmit_by=BY,
    resubmit_local="2026-04-08 23:59",
    time_zone="Europe/Berlin",
)
ELIGIBLE = FindApplicationEligible(application=APPLICATION)


def with_application(*facts: Fact, round: tuple[Fact, ...] = ()) -> World:
    """The artist's application, which the officer has read."""
    world = calling()
    receive(world, APPLICATION, ARTIST, *facts)
    world.given(ROUND, *round)
    world.given(reading_of(OFFICER, ROUND), *has_read(OFFICER, "applicants", "answers"))
    return world


def only(outcome: Outcome) -> tuple[Fact, ...]:
    """The facts of an outcome that is about the application alone."""
    assert set(outcome.facts) == {APPLICATION}
    return outcome.facts[APPLICATION]


class TestWhileTheRoundIsOpen:
    def test_the_applicant_changes_the_whole_application(self) -> None:
        assert only(with_application().run(CHANGE, ARTIST)) == (ApplicationChanged(**WRITTEN),)

    def test_title_and_answers_are_sealed(self) -> None:
        assert personal_fields(ApplicationChanged) == {"title": "dossier", "answers": "dossier"}
        assert personal_fields(ApplicationResubmitted) == {"title": "dossier", "answers": "dossier"}

    def test_it_is_changed_as_often_as_they_like_in_the_minutes_of_grace_too(self) -> None:
        world = with_application()
        world.run(CHANGE, ARTIST)
        world.run(CHANGE, ARTIST, CLOSES + GRACE - timedelta(microseconds=1))
        assert world.turned_down(CHANGE, ARTIST, CLOSES + GRACE) == (
            Refused,
            "The deadline was 2026-03-31 21:59 UTC; applications are no longer accepted.",
        )

    @pytest.mark.parametrize("finding", [found_eligible(), found_ineligible()])
    def test_what_was_found_is_to_be_found_again(self, finding: Fact) -> None:
        world = with_application(finding)
        world.run(CHANGE, ARTIST)
        assert world.state(APPLICATIONS, APPLICATION).status is ApplicationStatus.SUBMITTED
        assert world.state(APPLICATIONS, APPLICATION).requested == 60_000

    def test_all_that_is_wrong_is_told_at_once(self) -> None:
        wrong = msgspec.structs.replace(CHANGE, title=" ", answers={})
        kind, errors = with_application().turned_down(wrong, ARTIST)
        assert isinstance(errors, dict)
        assert (kind, set(errors)) == (Invalid, {"title", "answers.work"})

    def test_nobody_else_changes_it(self) -> None:
        assert with_application().turned_down(CHANGE, OTHER_ARTIST)[0] is NotFound
        assert with_application().turned_down(CHANGE, OFFICER)[0] is NotFound

    def test_one_that_was_withdrawn_is_not_changed(self) -> None:
        assert with_application(withdrawn()).turned_down(CHANGE, ARTIST) == (
            Refused,
            "Only an application that the panel has not decided on can be changed; this one is withdrawn.",
        )

    def test_one_that_was_returned_is_submitted_again_instead(self) -> None:
        assert with_application(RETURNED).turned_down(CHANGE, ARTIST) == (
            Refused,
            "This application was returned with questions; submit it again instead.",
        )


class TestWhenStaffHaveQuestions:
    @pytest.mark.parametrize("before", [(), (found_eligible(),)])
    @pytest.mark.parametrize("round", [(), (closed(),)])
    def test_it_is_returned_with_them_and_a_date(
        self, before: tuple[Fact, ...], round: tuple[Fact, ...]
    ) -> None:
        world = with_application(*before, round=round)
        assert only(world.run(RETURN, OFFICER)) == (RETURNED,)
        assert world.due[f"resubmit {APPLICATION}"] == Due(
            key=f"resubmit {APPLICATION}", at=BY, command=LapseApplicationReturn(application=APPLICATION)
        )

    def test_the_questions_are_sealed_with_the_application(self) -> None:
        assert personal_fields(ApplicationReturned) == {"questions": "dossier"}

    def test_that_the_officer_read_it_is_recorded(self) -> None:
        world = calling()
        receive(world, APPLICATION, ARTIST)
        reading = reading_of(OFFICER, ROUND)
        assert world.run(RETURN, OFFICER).facts[reading] == has_read(OFFICER, "applicants", "answers")

    def test_it_can_be_returned_once_more_with_another_date(self) -> None:
        world = with_application(RETURNED)
        world.run(msgspec.structs.replace(RETURN, resubmit_by=BY_LOCAL + timedelta(days=1)), OFFICER)
        assert world.due[f"resubmit {APPLICATION}"].at == BY + timedelta(days=1)

    def test_not_once_a_juror_was_asked(self) -> None:
        world = with_application(found_eligible(), round=(closed(),))
        review(world, REVIEW, APPLICATION, OTHER_ARTIST)
        assert world.turned_down(RETURN, OFFICER) == (
            Refused,
            ("Jurors are already assigned to this application, so it cannot be returned to the applicant."),
        )

    def test_not_once_the_round_is_in_panel(self) -> None:
        world = with_application(found_eligible(), round=(closed(), put_to_panel()))
        assert world.turned_down(RETURN, OFFICER) == (
            Refused,
            "The panel of this round is already open, so no more applications can be returned.",
        )

    def test_the_date_lies_in_the_future(self) -> None:
        assert with_application().turned_down(RETURN, OFFICER, BY) == (
            Invalid,
            {"resubmit_by": "The date for the answers must lie in the future."},
        )

    def test_nobody_returns_it_but_staff(self) -> None:
        assert with_application().turned_down(RETURN, ARTIST)[0] is NotFound


class TestWhenItWasReturned:
    @pytest.mark.parametrize("round", [(), (closed(),)])
    def test_the_applicant_submits_it_again_also_after_the_round_closed(
        self, round: tuple[Fact, ...]
    ) -> None:
        world = with_application(round=round)
        world.run(RETURN, OFFICER)
        assert only(world.run(RESUBMIT, ARTIST, BY - timedelta(microseconds=1))) == (
            ApplicationResubmitted(**WRITTEN),
        )
        assert world.state(APPLICATIONS, APPLICATION).status is ApplicationStatus.SUBMITTED
        assert f"resubmit {APPLICATION}" not in world.due

    def test_not_after_its_date(self) -> None:
        assert with_application(RETURNED).turned_down(RESUBMIT, ARTIST, BY) == (
            Refused,
            (
                "This application could be submitted again until 2026-04-08 21:59 UTC; its last "
                "submitted version counts."
            ),
        )

    def test_when_its_date_passes_it_stands_as_it_was_last_submitted(self) -> None:
        world = with_application()
        world.run(RETURN, OFFICER)
        assert [only(each) for each in world.pass_time(BY) if APPLICATION in each.facts] == [
            (ApplicationReturnLapsed(application=APPLICATION),)
        ]
        assert world.state(APPLICATIONS, APPLICATION).status is ApplicationStatus.SUBMITTED
        world.run(ELIGIBLE, OFFICER, BY)

    def test_the_wait_does_not_end_before(self) -> None:
        lapse = LapseApplicationReturn(application=APPLICATION)
        assert (
            with_application(RETURNED).turned_down(lapse, "system", BY - timedelta(seconds=1))[0] is Refused
        )
        assert with_application(RETURNED).turned_down(lapse, OFFICER, BY)[0] is Forbidden

    @pytest.mark.parametrize(
        "finding", [ELIGIBLE, FindApplicationIneligible(application=APPLICATION, reason="incomplete")]
    )
    def test_staff_may_examine_it_as_it_stands_and_then_nobody_waits(self, finding: Any) -> None:
        world = with_application()
        world.run(RETURN, OFFICER)
        world.run(finding, OFFICER)
        assert f"resubmit {APPLICATION}" not in world.due
        assert world.turned_down(RESUBMIT, ARTIST)[0] is Refused

    def test_the_applicant_may_withdraw_it(self) -> None:
        world = with_application()
        world.run(RETURN, OFFICER)
        world.run(WithdrawApplication(application=APPLICATION, reason="other"), ARTIST)
        assert f"resubmit {APPLICATION}" not in world.due

    def test_no_panel_opens_without_it_and_the_officer_is_told_what_to_do(self) -> None:
        world = with_application(RETURNED, round=(closed(),))
        assert world.turned_down(OpenPanel(round=ROUND), OFFICER) == (
            Refused,
            (
                "1 application was returned with questions and not submitted again yet. Wait until its date, or find it "
                "eligible or ineligible as it stands."
            ),
        )

    def test_it_is_among_those_received_when_the_round_closes(self) -> None:
        world = with_application(RETURNED)
        outcome = world.run(CloseRound(round=ROUND), OFFICER, AFTER)
        assert outcome.facts[ROUND] == (RoundClosed(round=ROUND, applications=(APPLICATION,)),)
