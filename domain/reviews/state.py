"""The state of a review, folded from its facts."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Final, assert_never

import msgspec

from domain.deciding import Aggregate
from domain.reviews.facts import (
    ReviewAssigned,
    ReviewChanged,
    ReviewCleared,
    ReviewConflictDeclared,
    ReviewExpired,
    ReviewFact,
    ReviewReplaced,
    ReviewSubmitted,
)


class ReviewStatus(enum.StrEnum):
    """The statuses of a review."""

    ASSIGNED = "assigned"
    CLEARED = "cleared"
    RECUSED = "recused"
    REPLACED = "replaced"
    SUBMITTED = "submitted"
    EXPIRED = "expired"


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a review, without personal data. `cleared`: the juror declared that they have no conflict of
    interest."""

    status: ReviewStatus | None = None
    initiative: str = ""
    call: str = ""
    round: str = ""
    application: str = ""
    juror: str = ""
    cleared: bool = False
    rubric_version: int = 1
    scores: dict[str, int | None] = {}


def evolve(review: Review, fact: ReviewFact) -> Review:
    """The review after one more fact."""
    replace = msgspec.structs.replace
    match fact:
        case ReviewAssigned():
            return Review(
                status=ReviewStatus.ASSIGNED,
                initiative=fact.initiative,
                call=fact.call,
                round=fact.round,
                application=fact.application,
                juror=fact.juror,
            )
        case ReviewCleared():
            expired = review.status is ReviewStatus.EXPIRED
            return replace(
                review, status=ReviewStatus.EXPIRED if expired else ReviewStatus.CLEARED, cleared=True
            )
        case ReviewConflictDeclared():
            return replace(review, status=ReviewStatus.RECUSED)
        case ReviewReplaced():
            return replace(review, status=ReviewStatus.REPLACED)
        case ReviewSubmitted() | ReviewChanged():
            return replace(
                review, status=ReviewStatus.SUBMITTED, scores=fact.scores, rubric_version=fact.rubric_version
            )
        case ReviewExpired():
            return replace(review, status=ReviewStatus.EXPIRED)
        case _:
            assert_never(fact)


REVIEW = Aggregate(kind="review", empty=Review(), evolve=evolve)
OUTSTANDING: Final = (ReviewStatus.ASSIGNED, ReviewStatus.CLEARED)
"""The statuses of a review that its juror still owes."""
STEPPED_BACK: Final = (ReviewStatus.RECUSED, ReviewStatus.REPLACED)
"""The statuses of a review whose juror has a conflict of interest, and must see nothing of the application."""


def concerning(reviews: Mapping[str, Review], round_id: str) -> dict[str, Review]:
    """Of an application's reviews, those that count in a round: the round's own, and those of earlier stages whose
    jurors stepped back, because a conflict of interest does not end with a stage."""
    return {
        each: review
        for each, review in reviews.items()
        if review.round == round_id or review.status in STEPPED_BACK
    }


def asked_in(reviews: Iterable[Review], round_id: str) -> bool:
    """Whether a juror was asked in this round."""
    return any(review.round == round_id for review in reviews)


def undeclared(review: Review) -> bool:
    """Whether the juror was asked about a conflict of interest and has not answered."""
    return review.status is ReviewStatus.ASSIGNED or (
        review.status is ReviewStatus.EXPIRED and not review.cleared
    )
