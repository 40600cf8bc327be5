"""The rules for submitting a review."""

from __future__ import annotations

from collections.abc import Mapping

from domain import limits
from domain.applications.state import Application, ApplicationStatus
from domain.deciding import Fact
from domain.forms import Rubric
from domain.messages import msg
from domain.refusals import FieldError, Invalid, Refused
from domain.reviews.facts import ReviewSubmitted
from domain.reviews.state import Review, ReviewStatus
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


def submit(
    review_id: str,
    review: Review,
    application: Application,
    round: Round,
    rubric: Rubric,
    *,
    scores: Mapping[str, int | None],
    comment_jury: str | None,
    comment_applicant: str | None,
) -> tuple[Fact, ...]:
    """Submit a review: every criterion of the rubric has a score, or None where the juror cannot judge it."""
    if review.status is ReviewStatus.EXPIRED:
        raise Refused(
            msg("The panel opened before this review was submitted, so it is no longer needed. Thank you.")
        )
    if review.status is ReviewStatus.ASSIGNED:
        raise Refused(msg("Declare first whether you have a conflict of interest with this application."))
    if review.status is not ReviewStatus.CLEARED:
        raise Refused(msg("A review can be submitted only once; this one is {status}.", status=review.status))
    check_in_review(round)
    check_eligible(application)
    errors: list[FieldError] = []
    checked = _check_scores(scores, rubric, errors)
    jury = _check_comment(comment_jury, "comment_jury", errors)
    artist = _check_comment(comment_applicant, "comment_applicant", errors)
    if errors:
        raise Invalid(tuple(errors))
    return (
        ReviewSubmitted(
            review=review_id,
            juror=review.juror,
            dossier=application.dossier,
            rubric_version=rubric.version,
            scores=checked,
            comment_jury=jury,
            comment_applicant=artist,
        ),
    )


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
