"""A conflict of interest that is found after the review was submitted, and reviews that are still owed when the panel
opens."""

import pytest

from domain.commands.panels import OpenPanel
from domain.commands.reviews import DeclareConflict, DeclareNoConflict, ReplaceReview, SubmitReview
from domain.deciding import Fact, Outcome
from domain.indexes import conflicts_of, entries_of
from domain.panels.state import PANEL as PANEL_AGGREGATE
from domain.refusals import Refused
from domain.reviews.state import REVIEW as REVIEWS
from domain.reviews.state import ReviewStatus, undeclared
from tests.driving import World
from tests.scene import (
    APPLICATION,
    CHAIR,
    JUROR,
    OFFICER,
    REVIEW,
    ROUND,
    SECOND_JUROR,
    cleared,
    conflict_declared,
    decided,
    expired,
    judged,
    numbered,
    put_to_panel,
    replaced,
    review,
    reviewing,
)

CONFLICT = DeclareConflict(review=REVIEW, reason="friendship")
OTHER_REVIEW = numbered("review", 2)
MEANWHILE = "The panel is open and its ranking already counts this review. Tell the chair, who can decide without it; if you are the chair, ask the administrator to name another one for this call."


def judged_by_two(*facts: Fact) -> World:
    """The juror gave 8 and 3 points, the second juror 2 and 1, and then of the first review…"""
    world = reviewing(quorum=1)
    review(world, REVIEW, APPLICATION, JUROR, cleared(), judged(), *facts)
    of_second = (
        cleared(SECOND_JUROR, review=OTHER_REVIEW),
        judged(SECOND_JUROR, art=2, need=1, review=OTHER_REVIEW),
    )
    review(world, OTHER_REVIEW, APPLICATION, SECOND_JUROR, *of_second)
    return world


class TestWhenTheReviewIsSubmittedAndThePanelIsNotOpen:
    def test_the_juror_steps_back_and_the_history_says_that_the_scores_no_longer_count(self) -> None:
        assert judged_by_two().run(CONFLICT, JUROR) == Outcome(
            facts={REVIEW: (conflict_declared(after_submitting=True),)},
            answers=REVIEW,
        )

    def test_they_have_a_conflict_like_one_who_stepped_back_before(self) -> None:
        (declared,) = judged_by_two().run(CONFLICT, JUROR).facts[REVIEW]
        assert entries_of(declared, JUROR) == ((conflicts_of(JUROR, ROUND), APPLICATION),)

    def test_the_score_leaves_the_mean(self) -> None:
        world = judged_by_two()
        world.run(CONFLICT, JUROR)
        (place,) = world.state(PANEL_AGGREGATE, world.run(OpenPanel(round=ROUND), OFFICER).answers).ranking
        assert (place.score, place.reviews) == (
            "1/5",
            1,
        )  # (2 · 0.2 + 1 · 0.2) / 3, of the second juror alone

    def test_a_replacement_can_be_asked(self) -> None:
        world = judged_by_two(conflict_declared(after_submitting=True))
        outcome = world.run(ReplaceReview(review=REVIEW, juror=CHAIR), OFFICER)
        assert outcome.facts[REVIEW] == (replaced(replacement=outcome.answers),)

    @pytest.mark.parametrize("more", [(), (replaced(replacement=OTHER_REVIEW),)])
    def test_nobody_steps_back_twice(self, more: tuple[Fact, ...]) -> None:
        world = judged_by_two(conflict_declared(after_submitting=True), *more)
        assert world.turned_down(CONFLICT, JUROR) == (
            Refused,
            "The juror of this review has already stepped back.",
        )


class TestWhenTheReviewIsSubmittedAndThePanelIsOpen:
    def test_the_juror_is_told_what_to_do_instead(self) -> None:
        world = judged_by_two()
        world.given(ROUND, put_to_panel())
        assert world.turned_down(CONFLICT, JUROR) == (
            Refused,
            MEANWHILE,
        )

    def test_once_the_round_is_decided_the_staff_is_to_know(self) -> None:
        world = judged_by_two()
        world.given(ROUND, put_to_panel(), decided())
        assert world.turned_down(CONFLICT, JUROR) == (
            Refused,
            "The round is decided, so this review can no longer be taken back; tell the programme staff.",
        )


class TestWhenTheReviewHasExpired:
    """The panel opened while it was owed."""

    @staticmethod
    def world(*facts: Fact) -> World:
        world = reviewing()
        review(world, REVIEW, APPLICATION, JUROR, *facts, expired())
        world.given(ROUND, put_to_panel())
        return world

    @pytest.mark.parametrize("facts", [(), (cleared(),)])
    def test_it_is_not_submitted_any_more(self, facts: tuple[Fact, ...]) -> None:
        command = SubmitReview(review=REVIEW, scores={"art": 8, "need": 3})
        assert self.world(*facts).turned_down(command, JUROR) == (
            Refused,
            "The panel opened before this review was submitted, so it is no longer needed. Thank you.",
        )

    def test_whoever_never_answered_about_a_conflict_still_can(self) -> None:
        """A chair decides on nothing before that, and the panel would never end."""
        world = self.world()
        assert undeclared(world.state(REVIEWS, REVIEW))
        world.run(DeclareNoConflict(review=REVIEW), JUROR)
        state = world.state(REVIEWS, REVIEW)
        assert (state.status, undeclared(state)) == (ReviewStatus.EXPIRED, False)
        assert world.turned_down(DeclareNoConflict(review=REVIEW), JUROR) == (
            Refused,
            "You are asked about a conflict of interest only once, at the beginning; this review is expired.",
        )

    @pytest.mark.parametrize("facts", [(), (cleared(),)])
    def test_a_conflict_is_still_declared(self, facts: tuple[Fact, ...]) -> None:
        outcome = self.world(*facts).run(CONFLICT, JUROR)
        assert outcome.facts == {REVIEW: (conflict_declared(),)}
        assert entries_of(conflict_declared(), JUROR) == ((conflicts_of(JUROR, ROUND), APPLICATION),)
