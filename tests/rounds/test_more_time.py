"""More time: a deadline put off for everybody, or for one applicant, of whom nobody else is told that they came late."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from domain.applications.state import APPLICATION as APPLICATIONS
from domain.commands.applications.submitting import ChangeApplication, SubmitApplication
from domain.commands.rounds import CloseRound, ExtendRound, GrantLateAccess
from domain.deciding import Due, Fact
from domain.personal import personal_fields
from domain.readings import READING, reading_of
from domain.refusals import Forbidden, Invalid, Refused
from domain.rounds.facts import RoundClosed, RoundDeadlineExtended, RoundLateAccessGranted
from domain.rounds.state import ROUND as ROUNDS
from domain.rounds.state import RoundStatus
from tests.driving import World
from tests.scene import (
    AFTER,
    APPLICATION,
    ARTIST,
    CALL,
    CLOSES,
    GRACE,
    JUROR,
    OFFICER,
    OTHER_ARTIST,
    REVIEW,
    ROUND,
    calling,
    closed,
    euros,
    found_eligible,
    put_to_panel,
    receive,
    review,
)

LATER = CLOSES + timedelta(days=7)
LOCAL = datetime.fromisoformat("2026-04-07 23:59")
EXTEND = ExtendRound(round=ROUND, closes_at=LOCAL, reason="technical_trouble", explanation=" The server ")
LATE = GrantLateAccess(
    round=ROUND, applicant=OTHER_ARTIST, until=LOCAL, reason="illness", explanation=" In hospital "
)
EXTENDED = RoundDeadlineExtended(
    round=ROUND,
    officer=OFFICER,
    closes_at=LATER,
    closes_local="2026-04-07 23:59",
    time_zone="Europe/Berlin",
    grace_minutes=15,
    closing_at=LATER + GRACE,
    reason="technical_trouble",
    explanation="The server",
)
LET_IN = RoundLateAccessGranted(
    round=ROUND,
    applicant=OTHER_ARTIST,
    until=LATER,
    until_local="2026-04-07 23:59",
    time_zone="Europe/Berlin",
    closing_at=LATER,
    reopens=False,
    reason="illness",
    explanation="In hospital",
)
TEXT: dict[str, Any] = {"title": "Work", "requested": euros("500.00"), "answers": {"work": "A song"}}
SUBMIT = SubmitApplication(call=CALL, round=ROUND, **TEXT)


def with_round(*facts: Fact) -> World:
    world = calling()
    receive(world, APPLICATION, ARTIST)
    world.given(ROUND, *facts)
    return world


class TestForEverybody:
    @pytest.mark.parametrize("before", [(), (closed(),)])
    def test_the_deadline_is_put_off_also_once_the_round_closed(self, before: tuple[Fact, ...]) -> None:
        world = with_round(*before)
        assert world.run(EXTEND, OFFICER, AFTER).facts == {ROUND: (EXTENDED,)}
        assert world.due[f"close {ROUND}"] == Due(
            key=f"close {ROUND}", at=LATER + GRACE, command=CloseRound(round=ROUND)
        )
        world.run(SUBMIT, OTHER_ARTIST, LATER + GRACE - timedelta(seconds=1))
        assert world.turned_down(SUBMIT, OTHER_ARTIST, LATER + GRACE)[0] is Refused

    def test_the_next_closing_records_all_applications(self) -> None:
        world = with_round(closed())
        world.run(EXTEND, OFFICER, AFTER)
        late = world.run(SUBMIT, OTHER_ARTIST, AFTER).answers
        world.pass_time(LATER + GRACE)
        assert world.facts(ROUND)[-1] == RoundClosed(
            round=ROUND, applications=tuple(sorted((APPLICATION, late)))
        )

    def test_it_is_never_brought_forward(self) -> None:
        sooner = msgspec.structs.replace(EXTEND, closes_at=LOCAL - timedelta(days=8))
        assert with_round().turned_down(sooner, OFFICER) == (
            Invalid,
            {"closes_at": "A deadline can only be extended; it is 2026-03-31 21:59 UTC now."},
        )

    def test_the_free_text_is_sealed(self) -> None:
        assert personal_fields(RoundDeadlineExtended) == {"explanation": "officer"}
        assert personal_fields(RoundLateAccessGranted) == {"explanation": "applicant"}


class TestForOneApplicant:
    @pytest.mark.parametrize("before", [(), (closed(),)])
    def test_they_apply_and_change_until_then_and_nobody_else_does(self, before: tuple[Fact, ...]) -> None:
        world = with_round(*before)
        expected = msgspec.structs.replace(LET_IN, reopens=bool(before))
        assert world.run(LATE, OFFICER, AFTER).facts[ROUND] == (expected,)
        late = world.run(SUBMIT, OTHER_ARTIST, AFTER).answers
        world.run(ChangeApplication(application=late, **TEXT), OTHER_ARTIST, AFTER)
        assert world.turned_down(SUBMIT, ARTIST, AFTER)[0] is Refused
        assert (
            world.turned_down(ChangeApplication(application=APPLICATION, **TEXT), ARTIST, AFTER)[0] is Refused
        )
        assert world.turned_down(SUBMIT, OTHER_ARTIST, LATER)[0] is Refused

    def test_the_round_closes_for_all_at_once_when_their_time_has_passed(self) -> None:
        """So that the one who came late is among the others when the jury first sees any."""
        world = with_round(closed())
        world.run(LATE, OFFICER, AFTER)
        assert world.state(ROUNDS, ROUND).status is RoundStatus.OPEN
        assert world.state(ROUNDS, ROUND).applications == ()
        late = world.run(SUBMIT, OTHER_ARTIST, AFTER).answers
        assert world.turned_down(CloseRound(round=ROUND), OFFICER, LATER - timedelta(seconds=1))[0] is Refused
        world.pass_time(LATER)
        assert world.state(ROUNDS, ROUND).applications == tuple(sorted((APPLICATION, late)))
        assert world.state(APPLICATIONS, late).applicant == OTHER_ARTIST

    def test_whoever_let_them_in_knows_who_they_are(self) -> None:
        world = with_round()
        world.run(LATE, OFFICER)
        assert world.state(READING, reading_of(OFFICER, ROUND)).breaks_blindness

    def test_nobody_lets_themself_in(self) -> None:
        own = msgspec.structs.replace(LATE, applicant=OFFICER)
        assert with_round().turned_down(own, OFFICER) == (
            Forbidden,
            "You cannot give yourself more time; another member of the staff can.",
        )

    def test_it_ends_after_everybody_s_deadline(self) -> None:
        early = msgspec.structs.replace(LATE, until=LOCAL - timedelta(days=7))
        assert with_round().turned_down(early, OFFICER) == (
            Invalid,
            {
                "until": "The round is open to everybody until 2026-03-31 22:14 UTC; late access ends after that."
            },
        )


@pytest.mark.parametrize("command", [EXTEND, LATE])
class TestNotAnyMore:
    def test_once_a_juror_was_asked_who_would_see_who_came_late(self, command: Any) -> None:
        world = calling()
        receive(world, APPLICATION, ARTIST, found_eligible())
        world.given(ROUND, closed())
        review(world, REVIEW, APPLICATION, JUROR)
        assert world.turned_down(command, OFFICER, AFTER) == (
            Refused,
            ("Jurors have already been asked and would see who was late, so nobody can apply any more."),
        )

    def test_once_the_round_is_in_panel(self, command: Any) -> None:
        assert with_round(closed(), put_to_panel()).turned_down(command, OFFICER, AFTER) == (
            Refused,
            "The panel of this round is already open, so nobody can apply any more.",
        )
