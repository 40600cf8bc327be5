"""The ranking of a round's applications, on which its panel decides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction

import msgspec

from domain.forms import Rubric
from domain.panels.facts import RankingPlace
from domain.reviews.scores import mean, rests_on_few, score
from domain.reviews.state import Review


def rank(submitted: Mapping[str, Collection[Review]], rubrics: Sequence[Rubric]) -> tuple[RankingPlace, ...]:
    """The ranking of applications by the exact mean of their submitted reviews' scores, the best first. `rubrics` are
    all versions of the stage's rubric: each review is scored by its own version.

    Equal means share a rank; applications that share one are in the order of their random ids.
    """
    scored = {
        application: mean(
            points for review in reviews if (points := score(review, _rubric_of(review, rubrics))) is not None
        )
        for application, reviews in submitted.items()
    }
    order = sorted(scored, key=lambda application: (-_or_last(scored[application]), application))
    places: list[RankingPlace] = []
    for number, application in enumerate(order, start=1):
        tied = bool(places) and scored[places[-1].application] == scored[application]
        places.append(
            RankingPlace(
                application=application,
                rank=places[-1].rank if tied else number,
                score=_written(scored[application]),
                reviews=len(submitted[application]),
                on_few_criteria=sum(
                    rests_on_few(review, _rubric_of(review, rubrics)) for review in submitted[application]
                ),
            )
        )
    return tuple(places)


def _rubric_of(review: Review, rubrics: Sequence[Rubric]) -> Rubric:
    return rubrics[review.rubric_version - 1]


def without(places: Iterable[RankingPlace], hidden: Collection[str]) -> tuple[RankingPlace, ...]:
    """A ranking without some applications: the others move up, so that no rank shows where those stood."""
    left = [place for place in places if place.application not in hidden]
    ranks: dict[int, int] = {}
    for number, place in enumerate(left, start=1):
        ranks.setdefault(place.rank, number)
    return tuple(msgspec.structs.replace(place, rank=ranks[place.rank]) for place in left)


def _or_last(points: Fraction | None) -> Fraction:
    return Fraction(-1) if points is None else points


def _written(points: Fraction | None) -> str | None:
    return None if points is None else f"{points.numerator}/{points.denominator}"
