"""The rules for submitting a review, and for changing it until the panel opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain import limits
from domain.applications.state import Application, ApplicationStatus
from domain.deciding import Fact
from domain.forms import Rubric
from domain.messages import msg
from domain.refusals import FieldError, Invalid, Refused
from domain.reviews.facts import ReviewChanged, ReviewSubmitted
from domain.reviews.state import STEPPED_BACK, Review, ReviewStatus
from domain.rounds.state import Round, RoundStatus
from domain.texts import check_text


def check_eligible(application: Application) -> None:
    """Raise `Refused` if an application cannot be reviewed."""
    if application.status is not ApplicationStatus.ELIGIBLE:
        raise Refused(
            msg(
                "Only an eligible application can be reviewed; this one is {status}.",
                status=application.status,
            )
        )


def check_in_review(round: Round) -> None:
    """Raise `Refused` unless the round is in review."""
    if round.status is RoundStatus.OPEN:
        raise Refused(msg("The round is still open; reviews begin when it has closed."))
    if round.status is RoundStatus.CANCELLED:
        raise Refused(msg("This call was cancelled, so its applications are no longer reviewed."))
    if round.status is not RoundStatus.CLOSED:
        raise Refused(msg("The panel of this round is already open, so its reviews are complete."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a juror wrote: points by criterion, None where they cannot judge it, and two comments."""

    scores: Mapping[str, int | None]
    comment_jury: str | None
    comment_applicant: str | None


def submit(
    review_id: str,
    review: Review,
    application: Application,
    round: Round,
    rubric: Rubric,
    written: Written,
) -> tuple[Fact, ...]:
    """Submit a review: every criterion of the rubric has a score, or None where the juror cannot judge it."""
    if review.status is ReviewStatus.SUBMITTED:
        raise Refused(
            msg(
                "This review was submitted before. Open it to change it; that is possible until the panel opens."
            )
        )
    _check_writing(review, application, round)
    checked = check_written(written, rubric)
    return (
        ReviewSubmitted(
            review=review_id,
            juror=review.juror,
            dossier=application.dossier,
            rubric_version=rubric.version,
            scores=dict(checked.scores),
            comment_jury=checked.comment_jury,
            comment_applicant=checked.comment_applicant,
        ),
    )


def change(
    review_id: str,
    review: Review,
    application: Application,
    round: Round,
    rubric: Rubric,
    written: Written,
) -> tuple[Fact, ...]:
    """Change a submitted review until the panel opens; all of it is replaced."""
    if review.status is ReviewStatus.CLEARED:
        raise Refused(msg("This review is not submitted yet, so there is nothing to change. Submit it."))
    _check_writing(review, application, round)
    checked = check_written(written, rubric)
    return (
        ReviewChanged(
            review=review_id,
            juror=review.juror,
            dossier=application.dossier,
            rubric_version=rubric.version,
            scores=dict(checked.scores),
            comment_jury=checked.comment_jury,
            comment_applicant=checked.comment_applicant,
        ),
    )


def _check_writing(review: Review, application: Application, round: Round) -> None:
    """Raise `Refused` unless the juror can write this review."""
    if review.status is ReviewStatus.EXPIRED:
        raise Refused(
            msg("The panel opened before this review was submitted, so it is no longer needed. Thank you.")
        )
    if review.status is ReviewStatus.ASSIGNED:
        raise Refused(msg("Declare first whether you have a conflict of interest with this application."))
    if review.status in STEPPED_BACK:
        raise Refused(msg("The juror of this review stepped back, so it is no longer written."))
    check_in_review(round)
    check_eligible(application)


def check_written(written: Written, rubric: Rubric) -> Written:
    """The scores and comments with their texts trimmed. All are checked, and all errors are reported together. Raises
    `Invalid`."""
    errors: list[FieldError] = []
    checked = Written(
        scores=_check_scores(written.scores, rubric, errors),
        comment_jury=_check_comment(written.comment_jury, "comment_jury", errors),
        comment_applicant=_check_comment(written.comment_applicant, "comment_applicant", errors),
    )
    if errors:
        raise Invalid(tuple(errors))
    return checked


def _check_scores(
    scores: Mapping[str, int | None], rubric: Rubric, errors: list[FieldError]
) -> dict[str, int | None]:
    known = {criterion.id for criterion in rubric.criteria}
    if not known.issuperset(scores):
        # An unknown name is the client's own text, so it is not repeated.
        errors.append(
            FieldError("scores", msg("There is a score for a criterion that this call does not have."))
        )
    for criterion in rubric.criteria:
        field = f"scores.{criterion.id}"
        if criterion.id not in scores:
            errors.append(FieldError(field, msg("Score this criterion, or say that you cannot judge it.")))
        elif (points := scores[criterion.id]) is not None and not 0 <= points <= criterion.scale:
            errors.append(FieldError(field, limits.outside(points, 0, criterion.scale)))
    if not errors and all(points is None for points in scores.values()):
        errors.append(
            FieldError(
                "scores", msg("Score at least one criterion; if you can judge none, step back instead.")
            )
        )
    return {criterion.id: scores.get(criterion.id) for criterion in rubric.criteria}


def _check_comment(comment: str | None, field: str, errors: list[FieldError]) -> str | None:
    if comment is None or not comment.strip():
        return None
    try:
        return check_text(comment, field, most=limits.COMMENT, long=True)
    except Invalid as invalid:
        errors.extend(invalid.errors)
        return None
