"""Scores: an exact weighted mean, which is rounded only to be shown."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.forms import Criterion, Rubric
from domain.reviews.scores import mean, rests_on_few, score
from domain.reviews.state import Review, ReviewStatus
from projections.reviews import percent


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
        (((10, 1),), (10,), "1"),
        (((10, 1),), (0,), "0"),
        (((10, 2), (5, 1)), (8, 3), "11/15"),  # (2 · 0.8 + 1 · 0.6) / 3
        (((10, 2), (5, 1)), (8, None), "4/5"),  # the weight of what was not judged does not count
        (((3, 1),), (1,), "1/3"),
        (((64, 1),), (1,), "1/64"),
    ],
)
def test_a_score_is_worked_by_hand(
    criteria: tuple[tuple[int, int], ...], points: tuple[int | None, ...], expected: str
) -> None:
    """Points over scale, weighted, of the criteria that were judged."""
    assert score(submitted(*points), rubric(*criteria)) == Fraction(expected)


def test_a_review_without_points_or_that_is_not_submitted_has_no_score() -> None:
    """An assigned juror counts only once they judged."""
    assert score(submitted(None), rubric((10, 1))) is None
    for status in ReviewStatus:
        if status is not ReviewStatus.SUBMITTED:
            assert score(Review(status=status, scores={"c0": 10}), rubric((10, 1))) is None


@given(
    st.lists(
        st.tuples(st.integers(1, 100), st.integers(1, 100), st.none() | st.integers(0, 100)),
        min_size=1,
        max_size=20,
    )
)
def test_a_score_is_the_exact_mean(drawn: list[tuple[int, int, int | None]]) -> None:
    """The same figure as by whole numbers over one denominator, whatever the scales."""
    judged = [(scale, weight, min(points, scale)) for scale, weight, points in drawn if points is not None]
    review = submitted(*(None if points is None else min(points, scale) for scale, _, points in drawn))
    found = score(review, rubric(*((scale, weight) for scale, weight, _ in drawn)))
    if not judged:
        assert found is None
        return
    scales = math.lcm(*(scale for scale, _, _ in judged))
    reached = sum(weight * points * (scales // scale) for scale, weight, points in judged)
    possible = scales * sum(weight for _, weight, _ in judged)
    assert found is not None
    assert found.numerator * possible == reached * found.denominator


def test_a_mean_is_exact_and_each_review_counts_the_same() -> None:
    """A review that judged one criterion weighs as much as one that judged three: the written rule says so."""
    assert mean(()) is None
    assert mean((Fraction(7, 10), Fraction(23, 30))) == mean((Fraction(22, 30),) * 2) == Fraction(11, 15)


@pytest.mark.parametrize(
    ("points", "shown"),
    [
        (None, None),
        (Fraction(0), "0.000"),
        (Fraction(1), "100.000"),
        (Fraction(7, 8), "87.500"),
        (Fraction(11, 15), "73.333"),
        (Fraction(2, 3), "66.667"),
        (Fraction(1, 64), "1.563"),  # 1.5625 rounds up
    ],
)
def test_a_score_is_rounded_half_up_to_be_shown(points: Fraction | None, shown: str | None) -> None:
    """Three decimals of a per cent."""
    assert percent(points) == shown


@pytest.mark.parametrize(
    ("points", "few"),
    [
        ((10, None, None), True),
        ((10, 9, None), False),
        ((10, 9, 9), False),
        ((10, None), True),
        ((10,), False),
    ],
)
def test_a_score_rests_on_few_criteria_where_half_or_fewer_were_judged(
    points: tuple[int | None, ...], few: bool
) -> None:
    """The chair is warned of it beside the ranking."""
    assert rests_on_few(submitted(*points), rubric(*((10, 1) for _ in points))) is few
    cleared = Review(status=ReviewStatus.CLEARED)
    assert not rests_on_few(cleared, rubric(*((10, 1) for _ in points)))
