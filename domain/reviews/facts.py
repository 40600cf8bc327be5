"""The facts of a review."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from domain.deciding import Fact
from domain.personal import Personal, Withheld
from domain.topic import FOLLOWERS, stored_as
from domain.values import Role

ConflictReason = Literal[
    "family", "friendship", "collaboration", "employment", "financial", "rivalry", "other"
]
JUDGING: Final = (Role.JUROR, Role.CHAIR)
"""The roles with which a member can be assigned to an application."""


@stored_as("review.assigned.v1", audience=FOLLOWERS)
class ReviewAssigned(Fact, frozen=True, kw_only=True):
    """Staff asked a juror to review an application."""

    review: str
    initiative: str
    call: str
    round: str
    application: str
    juror: str


@stored_as("review.cleared.v1", audience=FOLLOWERS)
class ReviewCleared(Fact, frozen=True, kw_only=True):
    """The juror declared that they have no conflict of interest. They may read the application from now on."""

    review: str
    juror: str


@stored_as("review.conflict_declared.v1", audience=FOLLOWERS)
class ReviewConflictDeclared(Fact, frozen=True, kw_only=True):
    """The juror declared a conflict of interest and stepped back; another juror can be asked. `after_submitting`: the
    review was already submitted, and its scores no longer count."""

    review: str
    application: str
    round: str
    juror: str
    after_submitting: bool
    reason: ConflictReason
    explanation: Annotated[str | Withheld | None, Personal(of="juror")]


@stored_as("review.replaced.v1", audience=FOLLOWERS)
class ReviewReplaced(Fact, frozen=True, kw_only=True):
    """Staff asked another juror in place of the one who stepped back; `replacement` is the new review."""

    review: str
    replacement: str


@stored_as("review.submitted.v1", audience=FOLLOWERS)
class ReviewSubmitted(Fact, frozen=True, kw_only=True):
    """The juror submitted the review. `scores` are whole points by criterion of a version of the stage's rubric; None
    if the juror could not judge it. One comment is for the jury, the other for the applicant; both are sealed in the
    application's `dossier`."""

    review: str
    juror: str
    dossier: str
    rubric_version: int
    scores: dict[str, int | None]
    comment_jury: Annotated[str | Withheld | None, Personal(of="dossier")]
    comment_applicant: Annotated[str | Withheld | None, Personal(of="dossier")]


@stored_as("review.changed.v1", audience=FOLLOWERS)
class ReviewChanged(Fact, frozen=True, kw_only=True):
    """The juror changed the submitted review before the panel opened. The fields are those of `ReviewSubmitted`, and replace
    what it said; it stays in the history."""

    review: str
    juror: str
    dossier: str
    rubric_version: int
    scores: dict[str, int | None]
    comment_jury: Annotated[str | Withheld | None, Personal(of="dossier")]
    comment_applicant: Annotated[str | Withheld | None, Personal(of="dossier")]


@stored_as("review.expired.v1", audience=FOLLOWERS)
class ReviewExpired(Fact, frozen=True, kw_only=True):
    """The panel opened before the juror submitted the review, so it is no longer needed."""

    review: str


ReviewFact = (
    ReviewAssigned
    | ReviewCleared
    | ReviewConflictDeclared
    | ReviewReplaced
    | ReviewSubmitted
    | ReviewChanged
    | ReviewExpired
)
