"""The ranking: exact, the same each time it is asked for, and without a place for what is left out."""

import itertools

from domain.commands.panels import OpenPanel
from domain.forms import Criterion, Rubric
from domain.panels.facts import RankingPlace
from domain.panels.ranking import rank, without
from domain.reviews.state import Review, ReviewStatus
from tests.panels.scene import place, received
from tests.scene import (
    APPLICATION,
    OFFICER,
    OTHER_APPLICATION,
    REVIEW,
    SECOND_JUROR,
    THIRD_JUROR,
    cleared,
    expired,
    numbered,
    review,
)

THIRD = numbered("application", 3)
THREE = Rubric(
    criteria=tuple(Criterion(id=name, label={"en": name}, scale=10, weight=1) for name in ("a", "b", "c"))
)


def written(*points: int | None) -> Review:
    """A submitted review by three criteria that count the same."""
    return Review(status=ReviewStatus.SUBMITTED, scores=dict(zip(("a", "b", "c"), points, strict=True)))


EQUAL_TOTALS = {
    APPLICATION: (written(8, 7, 7), written(8, 7, 7)),
    OTHER_APPLICATION: (written(7, 7, 7), written(8, 8, 7)),
}


def test_equal_totals_share_a_rank_though_each_review_would_be_rounded_otherwise() -> None:
    """44 points of 60 each; rounded review by review they would differ by a thousandth of a per cent."""
    assert rank(EQUAL_TOTALS, (THREE,)) == (
        place(APPLICATION, 1, "11/15", 2, 0),
        place(OTHER_APPLICATION, 1, "11/15", 2, 0),
    )


def test_the_rank_after_two_that_share_the_first_is_the_third() -> None:
    """1, 1, 3."""
    ranking = rank({**EQUAL_TOTALS, THIRD: (written(7, 7, 7),)}, (THREE,))
    assert [(entry.application, entry.rank) for entry in ranking] == [
        (APPLICATION, 1),
        (OTHER_APPLICATION, 1),
        (THIRD, 3),
    ]


def test_scores_that_look_the_same_when_shown_are_ranked_by_what_they_are() -> None:
    """They differ in the sixth decimal of a per cent, which is not shown."""
    rubric = Rubric(
        criteria=(
            Criterion(id="a", label={"en": "a"}, scale=100, weight=100),
            *(Criterion(id=f"b{number}", label={"en": "b"}, scale=100, weight=100) for number in range(19)),
        )
    )

    def points(first: int) -> Review:
        scores: dict[str, int | None] = {"a": first, **{f"b{number}": 50 for number in range(19)}}
        return Review(status=ReviewStatus.SUBMITTED, scores=scores)

    many = {
        APPLICATION: (points(50),) * 999 + (points(50),),
        OTHER_APPLICATION: (points(50),) * 999 + (points(51),),
    }
    assert [(entry.application, entry.rank) for entry in rank(many, (rubric,))] == [
        (OTHER_APPLICATION, 1),
        (APPLICATION, 2),
    ]


def test_the_order_is_the_same_in_whatever_order_applications_and_reviews_come() -> None:
    """Within a rank they stand by their random ids."""
    everything = {**EQUAL_TOTALS, THIRD: (written(8, 8, 7), written(7, 7, 7))}
    rankings = {
        rank({name: everything[name][::step] for name in names}, (THREE,))
        for names in itertools.permutations(everything)
        for step in (1, -1)
    }
    assert len(rankings) == 1


def test_no_basis_to_judge_counts_neither_for_nor_against_and_is_marked() -> None:
    """10 by one criterion of three is a full score, before 10, 9 and 9; whoever decides is warned that it rests on few."""
    ranking = rank(
        {APPLICATION: (written(10, None, None),), OTHER_APPLICATION: (written(10, 9, 9),)}, (THREE,)
    )
    assert ranking == (
        RankingPlace(application=APPLICATION, rank=1, score="1/1", reviews=1, on_few_criteria=1),
        RankingPlace(application=OTHER_APPLICATION, rank=2, score="14/15", reviews=1, on_few_criteria=0),
    )


class TestWithout:
    """Of whatever is left out, no rank tells where it stood."""

    ranking = (
        place(numbered("application", 1), 1),
        place(numbered("application", 2), 2),
        place(numbered("application", 3), 2),
        place(numbered("application", 4), 4),
    )

    def ranks(self, *hidden: int) -> list[int]:
        left = without(self.ranking, {numbered("application", number) for number in hidden})
        return [entry.rank for entry in left]

    def test_the_others_are_numbered_as_if_it_had_never_been(self) -> None:
        assert self.ranks() == [1, 2, 2, 4]
        assert self.ranks(1) == [1, 1, 3]
        assert self.ranks(2) == [1, 2, 3]
        assert self.ranks(4) == [1, 2, 2]
        assert self.ranks(1, 3) == [1, 2]
        assert self.ranks(1, 2, 3, 4) == []

    def test_what_a_place_says_else_stays(self) -> None:
        left = without(self.ranking, {numbered("application", 1)})
        assert left[2] == place(numbered("application", 4), 3)


class TestWhenThePanelOpens:
    def test_every_review_that_is_still_owed_expires(self) -> None:
        world = received(first=(5, 6))
        owed, asked = numbered("review", 8), numbered("review", 9)
        review(world, owed, APPLICATION, THIRD_JUROR)
        review(world, asked, OTHER_APPLICATION, SECOND_JUROR, cleared(SECOND_JUROR, review=asked))
        outcome = world.run(OpenPanel(round=world.streams[REVIEW][0].round), OFFICER)  # type: ignore[attr-defined]
        expiring = {stream: facts for stream, facts in outcome.facts.items() if stream.startswith("review-")}
        assert expiring == {owed: (expired(review=owed),), asked: (expired(review=asked),)}
