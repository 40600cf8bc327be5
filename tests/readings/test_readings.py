"""Readings: what a person was shown of a round, once for each kind, in a stream that is found by its name."""

from __future__ import annotations

import pytest

from domain.commands.readings import RecordReading
from domain.deciding import Outcome
from domain.readings import READING, Reading, ReadingKind, reading_of
from domain.refusals import Forbidden, NotFound, Refused
from tests.driving import World
from tests.scene import (
    APPLICATION,
    ARTIST,
    CHAIR,
    FINANCE,
    JUROR,
    OFFICER,
    OTHER_APPLICATION,
    ROUND,
    STRANGER,
    calling,
    closed,
    decided,
    has_read,
    numbered,
    put_to_panel,
    receive,
)

OWN = reading_of(OFFICER, ROUND)


def state(world: World) -> Reading:
    return world.state(READING, OWN)


class TestTheStream:
    def test_is_named_after_the_person_and_the_round(self) -> None:
        """So that it is found without an index; from its name neither can be told."""
        others = {reading_of(JUROR, ROUND), reading_of(OFFICER, numbered("round", 2))}
        assert OWN not in others
        assert len(others) == 2
        assert "reading-" + OWN[8:] == OWN
        assert len(OWN[8:]) == 32
        assert OFFICER[7:] not in OWN

    def test_says_nothing_before_anything_is_read(self) -> None:
        assert Reading() == state(calling())
        assert not Reading().breaks_blindness


class TestRecording:
    def test_is_one_fact_for_each_kind(self) -> None:
        command = RecordReading(round=ROUND, kinds=("applicants", "answers"))
        world = calling()
        assert world.run(command, OFFICER) == Outcome(
            facts={OWN: has_read(OFFICER, "applicants", "answers")}, answers=OWN
        )
        assert (state(world).has("applicants"), state(world).has("answers")) == (True, True)
        assert not state(world).has("scores")
        assert state(world).breaks_blindness

    def test_adds_what_is_new_and_refuses_what_is_not(self) -> None:
        world = calling()
        world.run(RecordReading(round=ROUND, kinds=("applicants",)), OFFICER)
        both = RecordReading(round=ROUND, kinds=("applicants", "answers"))
        assert world.run(both, OFFICER).facts == {OWN: has_read(OFFICER, "answers")}
        assert world.turned_down(both, OFFICER) == (
            Refused,
            "It is already recorded that you have read this.",
        )

    def test_of_scores_is_of_one_application_or_of_all(self) -> None:
        world = calling()
        one = RecordReading(round=ROUND, kinds=("scores",), applications=(APPLICATION,))
        assert world.run(one, OFFICER).facts == {OWN: has_read(OFFICER, "scores", of=APPLICATION)}
        assert state(world).has("scores", APPLICATION)
        assert not state(world).has("scores", OTHER_APPLICATION)
        assert not state(world).breaks_blindness
        world.run(RecordReading(round=ROUND, kinds=("scores",)), OFFICER)
        assert state(world).has("scores", OTHER_APPLICATION)
        assert world.turned_down(one, OFFICER)[0] is Refused

    def test_of_several_applications_is_one_fact_for_each_that_is_new(self) -> None:
        world = calling()
        one = RecordReading(round=ROUND, kinds=("judged",), applications=(APPLICATION,))
        world.run(one, JUROR)
        both = RecordReading(round=ROUND, kinds=("judged",), applications=(APPLICATION, OTHER_APPLICATION))
        assert world.run(both, JUROR).facts == {
            reading_of(JUROR, ROUND): has_read(JUROR, "judged", of=OTHER_APPLICATION)
        }
        assert world.turned_down(both, JUROR)[0] is Refused

    def test_leaves_out_what_excludes_from_nothing_any_more(self) -> None:
        """Scores once the panel is open, all else once the round is decided."""
        kinds: tuple[ReadingKind, ...] = ("applicants", "answers", "times", "scores")
        world = calling()
        world.given(ROUND, closed(), put_to_panel())
        assert world.run(RecordReading(round=ROUND, kinds=kinds), JUROR).facts == {
            reading_of(JUROR, ROUND): has_read(JUROR, "applicants", "answers", "times")
        }
        world.given(ROUND, decided())
        assert world.turned_down(RecordReading(round=ROUND, kinds=kinds), OFFICER) == (
            Refused,
            "It is no longer recorded who reads this round.",
        )

    @pytest.mark.parametrize("who", [OFFICER, JUROR, CHAIR])
    def test_is_for_those_who_are_shown_any_of_it(self, who: str) -> None:
        assert calling().run(RecordReading(round=ROUND, kinds=("scores",)), who).facts

    @pytest.mark.parametrize(
        ("who", "turned"), [(FINANCE, Forbidden), (STRANGER, NotFound), (ARTIST, NotFound)]
    )
    def test_is_for_nobody_else(self, who: str, turned: type[Exception]) -> None:
        command = RecordReading(round=ROUND, kinds=("applicants",))
        assert calling().turned_down(command, who)[0] is turned

    def test_is_not_for_whoever_applied_in_the_round_a_moment_ago(self) -> None:
        """They were about to be shown their rivals' answers."""
        world = calling()
        receive(world, APPLICATION, OFFICER)
        assert world.turned_down(RecordReading(round=ROUND, kinds=("answers",)), OFFICER) == (
            Forbidden,
            "You or your organisation applied in this round, or you helped to write an application, so others are not shown to you before it is decided.",
        )
