"""The rules for assigning reviews: asking jurors, their conflicts of interest, and what happens when a juror cannot
review."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from domain import fast_track
from domain.applications.state import Application
from domain.deciding import Fact
from domain.initiatives.state import Initiative
from domain.messages import Message, msg
from domain.parties import OwnApplications
from domain.readings import Reading
from domain.refusals import Invalid, Refused
from domain.reviews.facts import (
    JUDGING,
    ConflictReason,
    ReviewAssigned,
    ReviewCleared,
    ReviewConflictDeclared,
    ReviewExpired,
    ReviewReplaced,
)
from domain.reviews.state import OUTSTANDING, STEPPED_BACK, Review, ReviewStatus, undeclared
from domain.reviews.writing import check_eligible, check_in_review
from domain.rounds.facts import QuorumReason, RoundQuorumLowered
from domain.rounds.state import Round, RoundStatus
from domain.stages import Stage
from domain.texts import check_explanation

CANNOT_BE_ASKED: Final = msg("This person cannot be asked to judge this application; ask another juror.")


def why_not_asked(
    application_id: str,
    stage: Stage,
    *,
    juror: str,
    existing: Iterable[Review],
    juror_applied: Collection[str],
    juror_read: Reading,
) -> Message | None:
    """Why a member of the jury cannot be asked to review an application, in one sentence; None if they can. They must
    not know who applied, unless the stage is open, nor others' scores.

    In a blind stage the sentence does not show whether they applied themselves or have read something; in none whether the
    applicant named them as somebody who must not read it. `existing` are
    all reviews of the application; `juror_applied` are the applications in the same round of the juror and of
    organisations for which they act or acted, and `juror_read` is what they have read of it.
    """
    if any(review.juror == juror for review in existing):
        return msg("This juror is already assigned to this application.")
    if isinstance(juror_applied, OwnApplications) and application_id in juror_applied.avoided:
        return CANNOT_BE_ASKED
    scores_seen = juror_read.has("scores", application_id)
    if stage.blind:
        excluded = bool(juror_applied) or scores_seen or juror_read.breaks_blindness
        if excluded:
            return CANNOT_BE_ASKED
        return None
    if application_id in juror_applied:
        return msg("Nobody reviews an application of their own, or one that they helped to write.")
    if juror_applied:
        return msg(
            "This person applied in the same round, or helped to write an application, so they cannot judge this one."
        )
    if scores_seen:
        return msg("This person has seen others' scores of this application, so they cannot judge it.")
    return None


def why_blocked(
    application_id: str,
    stage: Stage,
    review: Review,
    *,
    juror_applied: Collection[str],
    juror_read: Reading,
) -> Message | None:
    """Why a review that is owed can no longer be written by its juror, in the sentence of `why_not_asked`; None if it can. What
    excludes from being asked also excludes from writing when it comes later."""
    if review.status not in OUTSTANDING:
        return None
    return why_not_asked(
        application_id,
        stage,
        juror=review.juror,
        existing=(),
        juror_applied=juror_applied,
        juror_read=juror_read,
    )


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
    """Ask a juror or chair to review an eligible application of a closed round; see `why_not_asked`."""
    # Checked first, so that nobody can find out about other people whether they applied.
    if initiative.roles(juror).isdisjoint(JUDGING):
        raise Invalid.field("juror", msg("Choose a member who is a juror or a chair."))
    check_in_review(round)
    check_eligible(application)
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
    """Declare that one has no conflict of interest, before reading the application. This is also possible when the
    round is in panel and the review has expired, so that a chair who had not answered can decide."""
    if round.status is RoundStatus.DECIDED:
        raise Refused(msg("The round is decided, so conflicts of interest are no longer asked about."))
    if round.status is not RoundStatus.IN_PANEL:
        check_in_review(round)
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
    """Step back because of a conflict of interest. This is also possible for a conflict that shows only in reading, or
    after submitting the review, until the panel opens; its scores then leave the ranking."""
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


def end_by_joining(
    review_id: str, review: Review, round_id: str, *, person: str, own: Collection[str]
) -> tuple[Fact, ...]:
    """Step back, in the name of a juror, from a review that they submitted in a round before they began to act for an
    applicant of it; nothing for other reviews. `own` are the applications of that party: a conflict of interest. The others
    are its rivals."""
    if (review.juror, review.round, review.status) != (person, round_id, ReviewStatus.SUBMITTED):
        return ()
    return (
        ReviewConflictDeclared(
            review=review_id,
            application=review.application,
            round=review.round,
            juror=review.juror,
            after_submitting=True,
            reason="collaboration" if review.application in own else "rivalry",
            explanation=None,
        ),
    )


def expire(review_id: str, review: Review) -> tuple[Fact, ...]:
    """Expire a review that its juror still owes when the panel opens; nothing for other reviews."""
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
    on_fast_track: bool,
) -> tuple[Fact, ...]:
    """Let an application go to the panel with fewer reviews than the call asks for, once nobody is left to ask. The
    quorum cannot be lower than the number of reviews that were submitted, or are owed by people who are still on the
    jury.

    `reviews` are all reviews of the application, `jury` its registered jurors and chairs without those who can no
    longer write the review that they owe. `can_be_asked` is whether one of them can still be asked; their number would
    show that somebody applied.
    """
    check_in_review(round)
    check_eligible(application)
    if on_fast_track:
        fast_track.check_quorum_stays()
    written = sum(review.status is ReviewStatus.SUBMITTED for review in reviews)
    owed = sum(review.status in OUTSTANDING and review.juror in jury for review in reviews)
    needed = round.quorum(application_id, stage)
    if written >= needed:
        raise Refused(msg("This application has all the reviews that it needs."))
    least = written + owed
    if least >= needed:
        raise Refused(
            msg(
                "This application will still have enough reviews once every juror submits. Wait "
                "for them, or ask the administrator to end the role of a juror who does not "
                "answer."
            )
        )
    if can_be_asked:
        raise Refused(
            msg(
                "The quorum can be lowered only when no juror is left to ask. There still is one; tell the programme staff "
                "to ask them."
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
    """Record that the review `replacement` replaces one whose juror stepped back."""
    if review.status is not ReviewStatus.RECUSED:
        raise Refused(
            msg(
                "Only a juror who declared a conflict of interest can be replaced; this review is {status}.",
                status=review.status,
            )
        )
    return (ReviewReplaced(review=review_id, replacement=replacement),)
