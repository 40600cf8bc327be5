"""The table of reviews."""

from __future__ import annotations

from typing import Final

from domain.reviews.facts import (
    ReviewChanged,
    ReviewCleared,
    ReviewConflictDeclared,
    ReviewFact,
    ReviewReplaced,
    ReviewSubmitted,
)
from domain.reviews.state import Review, ReviewStatus, evolve
from projections.placed import Placed
from projections.projection import Projection
from projections.rows import Rows, Shown
from projections.tables import Table, TableRow


class ReviewRow(TableRow, frozen=True, kw_only=True):
    """The state of a review. `handle` is the juror's within the call, unknown until they first act there;
    `written_version` is the version of the fact that contains the comments, or the explanation of a conflict."""

    review: str
    version: int
    initiative: str
    call: str
    round: str
    application: str
    juror: str
    handle: str | None = None
    status: ReviewStatus
    scores: dict[str, int | None] | None
    rubric_version: int
    reason: str | None = None
    written_version: int | None = None
    replacement: str | None = None


REVIEWS: Final = Table("reviews", ReviewRow, key=("review",))
_SHOWN: Final = Shown(ReviewRow, Review(), evolve)


def fold(rows: Rows, fact: ReviewFact, placed: Placed) -> None:
    """Store the state of each review; comments and explanations stay in their facts."""
    rows.put(REVIEWS, review_row(rows.get(REVIEWS, fact.review), fact, placed))


def review_row(row: ReviewRow | None, fact: ReviewFact, placed: Placed) -> ReviewRow:
    """A review's row after one more fact."""
    given: dict[str, object] = {"scores": None if row is None else row.scores}
    if (
        isinstance(fact, ReviewCleared | ReviewConflictDeclared | ReviewSubmitted | ReviewChanged)
        and placed.handle
    ):
        given["handle"] = placed.handle
    match fact:
        case ReviewConflictDeclared():
            given |= {"reason": fact.reason, "written_version": placed.version}
        case ReviewSubmitted() | ReviewChanged():
            given |= {"scores": fact.scores, "written_version": placed.version}
        case ReviewReplaced():
            given["replacement"] = fact.replacement
        case _:
            pass  # the status is enough
    return _SHOWN(row, fact, **given)


PROJECTION: Final = Projection("reviews", (REVIEWS,), fold)
