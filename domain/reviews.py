"""A review: one juror's judgement of one application in one round."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from typing import Annotated, Final, Literal, assert_never

import msgspec

from domain import limits
from domain.applications import Application, ApplicationStatus, check_explanation
from domain.deciding import Aggregate, Fact
from domain.forms import Rubric
from domain.initiatives import Initiative
from domain.messages import Message, msg
from domain.personal import Personal, Withheld
from domain.readings import Reading
from domain.refusals import FieldError, Invalid, Refused
from domain.rounds import QuorumReason, Round, RoundQuorumLowered, RoundStatus
from domain.stages import Stage
from domain.values import Role, check_text

ConflictReason = Literal[
    "family", "friendship", "collaboration", "employment", "financial", "rivalry", "other"
]

JUDGING: Final = (Role.JUROR, Role.CHAIR)
"""The roles in which a member can be assigned to an application."""

# Facts


class ReviewAssigned(Fact, frozen=True, kw_only=True):
    """Staff asked a juror to judge an application."""

    review: str
    initiative: str
    call: str
    round: str
    application: str
    juror: str


class ReviewCleared(Fact, frozen=True, kw_only=True):
    """The juror declared to have no conflict of interest, and may read the application from now on."""

    review: str
    juror: str


class ReviewConflictDeclared(Fact, frozen=True, kw_only=True):
    """The juror declared a conflict of interest and stepped back; another may be asked. `after_submitting`: the juror had
    submitted the review by then, and its scores no longer count."""

    review: str
    application: str
    round: str
    juror: str
    after_submitting: bool
    reason: ConflictReason
    explanation: Annotated[str | Withheld | None, Personal(of="juror")]


class ReviewReplaced(Fact, frozen=True, kw_only=True):
    """Staff asked another juror in place of the one who stepped back, in the review named `replacement`."""

    review: str
    replacement: str


class ReviewSubmitted(Fact, frozen=True, kw_only=True):
    """The juror judged the application. `scores` are whole points by criterion of a version of the stage's rubric; None says
    that there was no basis to judge. One comment is for the jury, the other for the applicant; both are sealed in the
    application's `dossier`."""

    review: str
    juror: str
    dossier: str
    rubric_version: int
    scores: dict[str, int | None]
    comment_jury: Annotated[str | Withheld | None, Personal(of="dossier")]
    comment_applicant: Annotated[str | Withheld | None, Personal(of="dossier")]


class ReviewExpired(Fact, frozen=True, kw_only=True):
    """The panel opened before the juror submitted the review, and nobody waits for it any more."""

    review: str


ReviewFact = (
    ReviewAssigned | ReviewCleared | ReviewConflictDeclared | ReviewReplaced | ReviewSubmitted | ReviewExpired
)

# State


class ReviewStatus(enum.StrEnum):
    """Where a review stands."""

    ASSIGNED = "assigned"
    CLEARED = "cleared"
    RECUSED = "recused"
    REPLACED = "replaced"
    SUBMITTED = "submitted"
    EXPIRED = "expired"


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """A review as its facts left it; it holds nothing personal. `cleared`: the juror declared to have no conflict of
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
        case ReviewSubmitted():
            return replace(
                review, status=ReviewStatus.SUBMITTED, scores=fact.scores, rubric_version=fact.rubric_version
            )
        case ReviewExpired():
            return replace(review, status=ReviewStatus.EXPIRED)
        case _:
            assert_never(fact)


REVIEW = Aggregate(kind="review", empty=Review(), evolve=evolve)

OUTSTANDING: Final = (ReviewStatus.ASSIGNED, ReviewStatus.CLEARED)
"""A review that its juror still owes."""

STEPPED_BACK: Final = (ReviewStatus.RECUSED, ReviewStatus.REPLACED)
"""A review whose juror has a conflict of interest and is to see nothing of the application."""


def concerning(reviews: Mapping[str, Review], round_id: str) -> dict[str, Review]:
    """Of all reviews of an application those that count in a round: the round's own, and those of earlier stages whose jurors
    stepped back, for a conflict of interest does not end with a stage."""
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


def score(review: Review, rubric: Rubric) -> Fraction | None:
    """A submitted review's score as a share of full points, from 0 to 1; None if it is not submitted.

    It is the mean of points / scale over the criteria that the juror could judge, weighted by their weights. It is exact:
    scores are compared as they are and rounded only to be shown.
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
    """The exact mean of some reviews' scores, each counting the same; None of no scores."""
    counted = tuple(scores)
    return sum(counted, Fraction()) / len(counted) if counted else None


def rests_on_few(review: Review, rubric: Rubric) -> bool:
    """Whether a submitted review judged half of the rubric's criteria or fewer, so that its score rests on little."""
    judged = sum(points is not None for points in review.scores.values())
    return review.status is ReviewStatus.SUBMITTED and 2 * judged <= len(rubric.criteria)


# Rules


def why_not_asked(
    application_id: str,
    stage: Stage,
    *,
    juror: str,
    existing: Iterable[Review],
    juror_applied: Collection[str],
    juror_read: Reading,
) -> Message | None:
    """Why somebody of the jury cannot be asked to judge an application, in one sentence; None if they can. They know
    neither who applied, unless the stage is open, nor what others thought of it.

    In a blind stage the sentence does not tell whether they applied themselves or have read something. `existing` are all
    reviews of the application; `juror_applied` are the applications of the same round of the juror and of organisations for
    which they act or acted, and `juror_read` what they
    have read of it.
    """
    if any(review.juror == juror for review in existing):
        return msg("This juror is already assigned to this application.")
    scores_seen = juror_read.has("scores", application_id)
    if stage.blind:
        excluded = bool(juror_applied) or scores_seen or juror_read.breaks_blindness
        if excluded:
            return msg("This person cannot be asked to judge this application; ask another juror.")
        return None
    if application_id in juror_applied:
        return msg("Nobody reviews their own application.")
    if juror_applied:
        return msg("This person applied in the same round, so they cannot judge this application.")
    if scores_seen:
        return msg("This person has seen others' scores of this application, so they cannot judge it.")
    return None


def assign(
    review_id: str,
    application_id: str,
    application: Application,
    stage: Stage,
    round: Round,
    initiative: Initiative,
    *,
    juror: str,
    existing: Iterable[Review],
    juror_applied: Collection[str],
    juror_read: Reading,
) -> tuple[Fact, ...]:
    """Ask a juror or chair to judge an eligible application of a closed round; the rest is as in `why_not_asked`."""
    # Asked before anything else about them, so that of nobody else it can be found out whether they applied.
    if initiative.roles(juror).isdisjoint(JUDGING):
        raise Invalid.field("juror", msg("Choose a member who is a juror or a chair."))
    _check_in_review(round)
    _check_eligible(application)
    why_not = why_not_asked(
        application_id,
        stage,
        juror=juror,
        existing=existing,
        juror_applied=juror_applied,
        juror_read=juror_read,
    )
    if why_not is not None:
        raise Refused(why_not)
    return (
        ReviewAssigned(
            review=review_id,
            initiative=application.initiative,
            call=application.call,
            round=application.round,
            application=application_id,
            juror=juror,
        ),
    )


def declare_no_conflict(review_id: str, review: Review, round: Round) -> tuple[Fact, ...]:
    """Declare to have no conflict of interest, before reading the application; also when the round is in panel and the
    review has expired, so that a chair who owed the answer can go on deciding."""
    if round.status is RoundStatus.DECIDED:
        raise Refused(msg("The round is decided, so conflicts of interest are no longer asked about."))
    if round.status is not RoundStatus.IN_PANEL:
        _check_in_review(round)
    if not undeclared(review):
        raise Refused(
            msg(
                "You are asked about a conflict of interest only once, at the beginning; this review is {status}.",
                status=review.status,
            )
        )
    return (ReviewCleared(review=review_id, juror=review.juror),)


def declare_conflict(
    review_id: str, review: Review, round: Round, *, reason: ConflictReason, explanation: str | None
) -> tuple[Fact, ...]:
    """Step back for a conflict of interest; also for one that shows only in reading, or after the review was submitted:
    until the panel opens, its scores then leave the ranking."""
    if review.status in STEPPED_BACK:
        raise Refused(msg("The juror of this review has already stepped back."))
    submitted = review.status is ReviewStatus.SUBMITTED
    if submitted and round.status is RoundStatus.DECIDED:
        raise Refused(
            msg("The round is decided, so this review can no longer be taken back; tell the programme staff.")
        )
    if submitted and round.status is RoundStatus.IN_PANEL:
        raise Refused(
            msg(
                "The panel is open and its ranking already counts this review. Tell the chair, who can decide without "
                "it; if you are the chair, ask the administrator to name another one for this call."
            )
        )
    return (
        ReviewConflictDeclared(
            review=review_id,
            application=review.application,
            round=review.round,
            juror=review.juror,
            after_submitting=submitted,
            reason=reason,
            explanation=check_explanation(explanation),
        ),
    )


def expire(review_id: str, review: Review) -> tuple[Fact, ...]:
    """End the wait for a review that its juror still owes, as the panel opens; nothing for any other review."""
    return (ReviewExpired(review=review_id),) if review.status in OUTSTANDING else ()


def lower_quorum(
    round_id: str,
    round: Round,
    stage: Stage,
    application_id: str,
    application: Application,
    *,
    quorum: int,
    reason: QuorumReason,
    reviews: Collection[Review],
    jury: Collection[str],
    can_be_asked: bool,
) -> tuple[Fact, ...]:
    """Let one application go to the panel with fewer reviews than the call asks for, once nobody is left to be asked: with
    no fewer than were submitted or are owed by somebody who is of the jury still.

    `reviews` are all reviews of the application, `jury` its registered jurors and chairs; `can_be_asked` says that one of
    them could be asked for a review yet, not how many, for that may tell that somebody applied.
    """
    _check_in_review(round)
    _check_eligible(application)
    written = sum(review.status is ReviewStatus.SUBMITTED for review in reviews)
    owed = sum(review.status in OUTSTANDING and review.juror in jury for review in reviews)
    needed = round.quorum(application_id, stage)
    if written >= needed:
        raise Refused(msg("This application has all the reviews that it needs."))
    if can_be_asked:
        raise Refused(
            msg(
                "The quorum can be lowered only when no juror is left to ask. There still is one; tell the programme staff "
                "to ask them."
            )
        )
    least = written + owed
    if least >= needed:
        raise Refused(
            msg(
                "This application still gets enough reviews once every juror submits. Wait for them, or ask the "
                "administrator to end the role of a juror who does not answer."
            )
        )
    if not least <= quorum < needed:
        if least == needed - 1:
            raise Invalid.field(
                "quorum", msg("The quorum of this application can be lowered only to {least}.", least=least)
            )
        raise Invalid.field(
            "quorum",
            msg(
                "The quorum of this application can be lowered to a number from {least} to {most}.",
                least=least,
                most=needed - 1,
            ),
        )
    return (RoundQuorumLowered(round=round_id, application=application_id, quorum=quorum, reason=reason),)


def replace(review_id: str, review: Review, *, replacement: str) -> tuple[Fact, ...]:
    """Record that the review `replacement` stands in for one whose juror stepped back."""
    if review.status is not ReviewStatus.RECUSED:
        raise Refused(
            msg(
                "Only a juror who declared a conflict of interest can be replaced; this review is {status}.",
                status=review.status,
            )
        )
    return (ReviewReplaced(review=review_id, replacement=replacement),)


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
    """Submit a review: every criterion of the rubric is scored, or said to give no basis to judge."""
    if review.status is ReviewStatus.EXPIRED:
        raise Refused(
            msg("The panel opened before this review was submitted, so it is no longer needed. Thank you.")
        )
    if review.status is ReviewStatus.ASSIGNED:
        raise Refused(msg("Declare first whether you have a conflict of interest with this application."))
    if review.status is not ReviewStatus.CLEARED:
        raise Refused(msg("A review can be submitted only once; this one is {status}.", status=review.status))
    _check_in_review(round)
    _check_eligible(application)
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


def _check_eligible(application: Application) -> None:
    if application.status is not ApplicationStatus.ELIGIBLE:
        raise Refused(
            msg(
                "Only an eligible application can be reviewed; this one is {status}.",
                status=application.status,
            )
        )


def _check_in_review(round: Round) -> None:
    if round.status is RoundStatus.OPEN:
        raise Refused(msg("The round is still open; reviews begin when it has closed."))
    if round.status is RoundStatus.CANCELLED:
        raise Refused(msg("This call was cancelled, so its applications are not reviewed any more."))
    if round.status is not RoundStatus.CLOSED:
        raise Refused(msg("The panel of this round is already open, so its reviews are complete."))


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
