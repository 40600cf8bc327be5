"""Who may not judge for what they have read, whatever their roles are: see `domain.readings`."""

from __future__ import annotations

import copy

import pytest

from domain.commands.panels import OpenPanel
from domain.commands.reviews import (
    AssignReview,
    ChangeReview,
    DeclareConflict,
    DeclareNoConflict,
    ReplaceReview,
    SubmitReview,
)
from domain.initiatives.facts import MemberAdded
from domain.panels.facts import PanelOpened
from domain.readings import ReadingKind, reading_of
from domain.refusals import Forbidden, Invalid, Refused
from domain.stages import Blindness
from domain.values import Role
from tests.driving import World, person
from tests.scene import (
    APPLICATION,
    ARTIST,
    INITIATIVE,
    JUDGING_OFFICER,
    JUROR,
    OFFICER,
    OTHER_APPLICATION,
    OTHER_ARTIST,
    REVIEW,
    ROUND,
    SECOND_JUROR,
    STRANGER,
    THIRD_JUROR,
    cleared,
    conflict_declared,
    has_read,
    judged,
    receive,
    review,
    reviewing,
)

ASSIGN_SECOND = AssignReview(application=APPLICATION, juror=SECOND_JUROR)
NO_CONFLICT = DeclareNoConflict(review=REVIEW)
CONFLICT = DeclareConflict(review=REVIEW, reason="other")
SUBMIT = SubmitReview(review=REVIEW, scores={"art": 8, "need": 3})

KNOWS = "This call is blind, and you have seen who applied, what they wrote or when. So you cannot judge or decide in it."
CANNOT_BE_ASKED = "This person cannot be asked to judge this application; ask another juror."
UNREAD = "In a blind call, jurors are asked by staff who have read the applications and so do not judge themselves. Read the application first if you will not judge, or leave this to a colleague."
BLINDNESS: tuple[Blindness, ...] = ("open", "single", "double")


class TestWhetherStaffCanJudge:
    ASSIGN = AssignReview(application=APPLICATION, juror=JUDGING_OFFICER)

    @pytest.mark.parametrize("blindness", BLINDNESS)
    def test_staff_who_have_read_nothing_judge_too(self, blindness: Blindness) -> None:
        assert reviewing(blindness=blindness).run(self.ASSIGN, OFFICER).facts

    @pytest.mark.parametrize("kind", ["applicants", "answers", "times"])
    @pytest.mark.parametrize("blindness", BLINDNESS)
    def test_whoever_knows_who_applied_does_not_judge_in_a_blind_call_whatever_they_are_now(
        self, blindness: Blindness, kind: ReadingKind
    ) -> None:
        """Staff, staff no longer, and whoever takes a recused juror's place."""
        for juror in (JUDGING_OFFICER, SECOND_JUROR):
            world = reviewing(blindness=blindness)
            world.given(reading_of(juror, ROUND), *has_read(juror, kind))
            review(world, REVIEW, APPLICATION, JUROR, conflict_declared())
            for command in (
                AssignReview(application=APPLICATION, juror=juror),
                ReplaceReview(review=REVIEW, juror=juror),
            ):
                if blindness == "open":
                    assert copy.deepcopy(world).run(command, OFFICER).facts
                else:
                    assert world.turned_down(command, OFFICER) == (
                        Refused,
                        CANNOT_BE_ASKED,
                    )

    @pytest.mark.parametrize("blindness", BLINDNESS)
    def test_whoever_has_seen_others_scores_of_an_application_is_asked_for_no_review_of_it(
        self, blindness: Blindness
    ) -> None:
        """One by one or in the ranking; another application they judge."""
        for of in (APPLICATION, None):
            world = reviewing(blindness=blindness)
            world.given(reading_of(SECOND_JUROR, ROUND), *has_read(SECOND_JUROR, "scores", of=of))
            assert world.turned_down(ASSIGN_SECOND, OFFICER) == (
                Refused,
                "This person has seen others' scores of this application, so they cannot judge it."
                if blindness == "open"
                else CANNOT_BE_ASKED,
            )
        world = reviewing(blindness=blindness)
        world.given(reading_of(SECOND_JUROR, ROUND), *has_read(SECOND_JUROR, "scores", of=OTHER_APPLICATION))
        assert world.run(ASSIGN_SECOND, OFFICER).facts


def with_members(world: World) -> World:
    """The artist, a rival, one who has read of the round and one who has seen scores are of the jury."""
    for who in (ARTIST, OTHER_ARTIST, STRANGER):
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=who, roles=(Role.JUROR,)))
    receive(world, OTHER_APPLICATION, OTHER_ARTIST)
    world.given(reading_of(STRANGER, ROUND), *has_read(STRANGER, "answers"))
    world.given(reading_of(THIRD_JUROR, ROUND), *has_read(THIRD_JUROR, "scores"))
    review(world, REVIEW, APPLICATION, JUROR, conflict_declared())
    return world


EXCLUDED = (ARTIST, OTHER_ARTIST, STRANGER, THIRD_JUROR)


@pytest.mark.parametrize("blindness", ["single", "double"])
class TestWhatAskingTellsInABlindCall:
    """Who of the jury applied, and which application is whose, is told to nobody who may judge."""

    def test_one_sentence_says_of_all_who_are_excluded_that_they_are(self, blindness: Blindness) -> None:
        """Own application, a rival's, read of the round, seen the scores."""
        world = with_members(reviewing(blindness=blindness))
        for juror in EXCLUDED:
            for command in (
                AssignReview(application=APPLICATION, juror=juror),
                ReplaceReview(review=REVIEW, juror=juror),
            ):
                assert world.turned_down(command, OFFICER) == (Refused, CANNOT_BE_ASKED)

    def test_of_nobody_outside_the_jury_anything_is_told(self, blindness: Blindness) -> None:
        """An applicant, one who reads, and somebody who does not exist, whatever state the application is in."""
        world = reviewing(blindness=blindness)
        review(world, REVIEW, APPLICATION, JUROR, conflict_declared())
        receive(world, OTHER_APPLICATION, OTHER_ARTIST)
        for juror in (ARTIST, OTHER_ARTIST, STRANGER, OFFICER, person(99)):
            for command in (
                AssignReview(application=APPLICATION, juror=juror),
                AssignReview(application=OTHER_APPLICATION, juror=juror),
                ReplaceReview(review=REVIEW, juror=juror),
            ):
                assert world.turned_down(command, OFFICER) == (
                    Invalid,
                    {"juror": "Choose a member who is a juror or a chair."},
                )

    def test_staff_who_have_read_nothing_are_told_the_same_of_everybody(self, blindness: Blindness) -> None:
        """They could judge afterwards; even that somebody cannot be asked would tell them something."""
        world = with_members(reviewing(blindness=blindness))
        for juror in (*EXCLUDED, SECOND_JUROR, JUROR, OFFICER, person(99)):
            for command in (
                AssignReview(application=APPLICATION, juror=juror),
                ReplaceReview(review=REVIEW, juror=juror),
            ):
                assert world.turned_down(command, JUDGING_OFFICER) == (Forbidden, UNREAD)

    @pytest.mark.parametrize("kind", ["applicants", "answers", "times"])
    def test_staff_ask_who_could_not_judge_any_more_whatever_they_read(
        self, blindness: Blindness, kind: ReadingKind
    ) -> None:
        world = reviewing(blindness=blindness)
        assert world.turned_down(ASSIGN_SECOND, JUDGING_OFFICER)[0] is Forbidden
        world.given(reading_of(JUDGING_OFFICER, ROUND), *has_read(JUDGING_OFFICER, kind))
        assert world.run(ASSIGN_SECOND, JUDGING_OFFICER).facts
        by_scores = reviewing(blindness=blindness)
        by_scores.given(reading_of(JUDGING_OFFICER, ROUND), *has_read(JUDGING_OFFICER, "scores"))
        assert by_scores.turned_down(ASSIGN_SECOND, JUDGING_OFFICER) == (Forbidden, UNREAD)


class TestWhetherTheJurorLearnedSomethingMeanwhile:
    @pytest.mark.parametrize("kind", ["applicants", "answers", "times"])
    @pytest.mark.parametrize("blindness", BLINDNESS)
    def test_in_a_blind_call_they_neither_declare_nor_submit_but_step_back(
        self, blindness: Blindness, kind: ReadingKind
    ) -> None:
        for facts, command in (((), NO_CONFLICT), ((cleared(),), SUBMIT)):
            world = reviewing(blindness=blindness)
            review(world, REVIEW, APPLICATION, JUROR, *facts)
            world.given(reading_of(JUROR, ROUND), *has_read(JUROR, kind))
            if blindness == "open":
                assert world.run(command, JUROR).facts
            else:
                assert world.turned_down(command, JUROR) == (Forbidden, KNOWS)
                assert world.run(CONFLICT, JUROR).facts

    @pytest.mark.parametrize("blindness", BLINDNESS)
    def test_with_others_scores_in_mind_they_submit_nothing_but_step_back(self, blindness: Blindness) -> None:
        for of in (APPLICATION, None):
            world = reviewing(blindness=blindness)
            review(world, REVIEW, APPLICATION, JUROR, cleared())
            world.given(reading_of(JUROR, ROUND), *has_read(JUROR, "scores", of=of))
            assert world.turned_down(SUBMIT, JUROR) == (
                Forbidden,
                "You have seen others' scores of this application, so you cannot review it.",
            )
            assert world.run(CONFLICT, JUROR).facts

    def test_with_others_scores_in_mind_they_change_nothing(self) -> None:
        change = ChangeReview(review=REVIEW, scores={"art": 1, "need": 1})
        world = reviewing()
        review(world, REVIEW, APPLICATION, JUROR, cleared(), judged())
        assert world.run(change, JUROR).facts
        world.given(reading_of(JUROR, ROUND), *has_read(JUROR, "scores", of=APPLICATION))
        assert world.turned_down(change, JUROR) == (
            Forbidden,
            "You have seen others' scores of this application, so you can no longer change your review.",
        )

    def test_what_they_submitted_before_stands(self) -> None:
        """It counts in the ranking on which the panel opens."""
        world = reviewing(quorum=1)
        review(world, REVIEW, APPLICATION, JUROR, cleared(), judged())
        world.given(reading_of(JUROR, ROUND), *has_read(JUROR, "applicants", "answers", "scores"))
        opened = world.run(OpenPanel(round=ROUND), OFFICER)
        (panel,) = opened.facts[opened.answers]
        assert isinstance(panel, PanelOpened)
        assert [place.reviews for place in panel.ranking] == [1]
