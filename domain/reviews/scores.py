"""The calculation of scores, in exact fractions."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from domain.forms import Rubric
from domain.reviews.state import Review, ReviewStatus


def score(review: Review, rubric: Rubric) -> Fraction | None:
    """A submitted review's score as a share of full points, from 0 to 1; None if it is not submitted.

    It is the mean of points / scale over the criteria that the juror could judge, weighted by their weights. It is
    exact: scores are compared as fractions and rounded only for display.
    """
    judged = [
        (criterion, points)
        for criterion in rubric.criteria
        if (points := review.scores.get(criterion.id)) is not None
    ]
    if review.status is not ReviewStatus.SUBMITTED or not judged:
        return None
    reached = sum(
        (Fraction(criterion.weight * points, criterion.scale) for criterion, points in judged), Fraction()
    )
    return reached / sum(criterion.weight for criterion, _ in judged)


def mean(scores: Iterable[Fraction]) -> Fraction | None:
    """The exact mean of some reviews' scores, with equal weights; None if there are none."""
    counted = tuple(scores)
    return sum(counted, Fraction()) / len(counted) if counted else None


def rests_on_few(review: Review, rubric: Rubric) -> bool:
    """Whether a submitted review scored half of the rubric's criteria or fewer."""
    judged = sum(points is not None for points in review.scores.values())
    return review.status is ReviewStatus.SUBMITTED and 2 * judged <= len(rubric.criteria)
