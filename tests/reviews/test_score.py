"""Scores: an exact weighted mean, in thousandths of a per cent, rounded half up once."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.forms import Criterion, Rubric
from domain.reviews import FULL_SCORE, Review, ReviewStatus, mean, rounded_half_up, score


def rubric(*criteria: tuple[int, int]) -> Rubric:
    """A rubric of (scale, weight)."""
    return Rubric(
        criteria=tuple(
            Criterion(id=f"c{number}", label={"en": "?"}, scale=scale, weight=weight)
            for number, (scale, weight) in enumerate(criteria)
        )
    )


def submitted(*points: int | None) -> Review:
    """A submitted review with these points."""
    return Review(
        status=ReviewStatus.SUBMITTED, scores={f"c{number}": given for number, given in enumerate(points)}
    )


@pytest.mark.parametrize(
    ("criteria", "points", "expected"),
    [
        (((10, 1),), (10,), FULL_SCORE),
        (((10, 1),), (0,), 0),
        (((10, 2), (5, 1)), (8, 3), 73_333),  # (2 · 0.8 + 1 · 0.6) / 3 = 0.7333…
        (((10, 2), (5, 1)), (8, None), 80_000),  # the weight of what was not judged does not count
        (((3, 1),), (1,), 33_333),
        (((3, 1),), (2,), 66_667),
        (((64, 1),), (1,), 1_563),  # 1562.5 rounds up
        (((10, 1),), (None,), None),
    ],
)
def test_a_score_is_worked_by_hand(
    criteria: tuple[tuple[int, int], ...], points: tuple[int | None, ...], expected: int | None
) -> None:
    """Points over scale, weighted, of the criteria that were judged."""
    assert score(submitted(*points), rubric(*criteria)) == expected


def test_a_review_that_is_not_submitted_has_no_score() -> None:
    """An assigned juror counts only once they judged."""
    assert score(Review(status=ReviewStatus.CLEARED), rubric((10, 1))) is None


@given(
    st.lists(
        st.tuples(st.integers(1, 100), st.integers(1, 100), st.none() | st.integers(0, 100)),
        min_size=1,
        max_size=20,
    )
)
def test_a_score_is_the_exact_mean_rounded_half_up(drawn: list[tuple[int, int, int | None]]) -> None:
    """The same figure as by fractions, whatever the scales."""
    judged = [(scale, weight, min(points, scale)) for scale, weight, points in drawn if points is not None]
    review = submitted(*(None if points is None else min(points, scale) for scale, _, points in drawn))
    found = score(review, rubric(*((scale, weight) for scale, weight, _ in drawn)))
    if not judged:
        assert found is None
        return
    total = sum(weight for _, weight, _ in judged)
    exact = sum((Fraction(weight * points, scale) for scale, weight, points in judged), Fraction()) / total
    assert found == (exact * FULL_SCORE + Fraction(1, 2)).__floor__()


def test_a_mean_is_rounded_half_up() -> None:
    """Of scores as they are shown, so that a reader can work it out from what they see."""
    assert [mean(()), mean((1, 2)), mean((1, 1, 2)), mean((FULL_SCORE,) * 3)] == [None, 2, 1, FULL_SCORE]
    assert [rounded_half_up(number, 4) for number in range(8)] == [0, 0, 1, 1, 1, 1, 2, 2]
