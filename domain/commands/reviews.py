"""Asking for what can be done with a review."""

from __future__ import annotations

from domain import access, limits, reviews
from domain.applications import APPLICATION
from domain.calls import CALL
from domain.deciding import Act, Command, Given, Outcome, Plan, Registered, ahead, maybe, members, some, the
from domain.indexes import applications_by, reviews_of
from domain.initiatives import INITIATIVE
from domain.persons import PERSON, check_registered
from domain.readings import READING, reading_of
from domain.reviews import REVIEW, ConflictReason
from domain.rounds import ROUND


class AssignReview(Command, frozen=True, kw_only=True):
    """Ask a juror to judge an application."""

    application: str
    juror: str


class DeclareNoConflict(Command, frozen=True, kw_only=True):
    """Declare, as the juror, to have no conflict of interest; only then is the application shown."""

    review: str


class DeclareConflict(Command, frozen=True, kw_only=True):
    """Step back, as the juror, for a conflict of interest."""

    review: str
    reason: ConflictReason
    explanation: limits.Explanation | None = None


class ReplaceReview(Command, frozen=True, kw_only=True):
    """Ask another juror in place of one who stepped back."""

    review: str
    juror: str


class SubmitReview(Command, frozen=True, kw_only=True):
    """Submit one's review: whole points for every criterion, or null where there is no basis to judge."""

    review: str
    scores: dict[str, int | None]
    comment_jury: limits.Comment | None = None
    comment_applicant: limits.Comment | None = None


def _assign(command: AssignReview, given: Given) -> Plan:
    return (yield from _ask(command.application, command.juror, given))


def _replace(command: ReplaceReview, given: Given) -> Plan:
    review = yield from the(REVIEW, command.review)
    return (yield from _ask(review.application, command.juror, given, replaced=command.review))


def _ask(application_id: str, juror: str, given: Given, *, replaced: str | None = None) -> Plan:
    application = yield from the(APPLICATION, application_id)
    juror_reading = reading_of(juror, application.round)
    yield from ahead(
        (CALL, application.call),
        (ROUND, application.round),
        (INITIATIVE, application.initiative),
        (READING, juror_reading),
    )
    call = yield from the(CALL, application.call)
    round = yield from the(ROUND, application.round)
    initiative = yield from the(INITIATIVE, application.initiative)
    person = yield from maybe(PERSON, juror)
    own = yield from members(applications_by(given.actor, application.round))
    applied = yield from members(applications_by(juror, application.round))
    read = yield from maybe(READING, juror_reading)
    existing = yield from some(REVIEW, (yield from members(reviews_of(application_id))))
    review = given.new("review")

    def decide() -> Outcome:
        check_registered(person)
        stepped_back = (
            {replaced: reviews.replace(replaced, existing[replaced], replacement=review)} if replaced else {}
        )
        assigned = reviews.assign(
            review,
            application_id,
            application,
            call,
            round,
            initiative,
            juror=juror,
            existing=tuple(existing.values()),
            juror_applied=bool(applied),
            juror_read=read,
        )
        return Outcome(
            facts={**stepped_back, review: assigned},
            answers=review,
        )

    return Act(
        may=access.examines(given.actor, initiative, application, own=own, reviews=existing.values()),
        initiative=application.initiative,
        scope=application.call,
        decide=decide,
    )


def _declare_no_conflict(command: DeclareNoConflict, given: Given) -> Plan:
    review = yield from the(REVIEW, command.review)
    reading = reading_of(given.actor, review.round)
    yield from ahead(
        (INITIATIVE, review.initiative),
        (ROUND, review.round),
        (CALL, review.call),
        (READING, reading),
    )
    initiative = yield from the(INITIATIVE, review.initiative)
    round = yield from the(ROUND, review.round)
    call = yield from the(CALL, review.call)
    read = yield from maybe(READING, reading)
    return Act(
        may=access.declares_no_conflict(given.actor, initiative, call, review, read=read),
        initiative=review.initiative,
        scope=review.call,
        decide=lambda: Outcome(
            facts={command.review: reviews.declare_no_conflict(command.review, review, round)},
            answers=command.review,
        ),
    )


def _declare_conflict(command: DeclareConflict, given: Given) -> Plan:
    review = yield from the(REVIEW, command.review)
    initiative = yield from the(INITIATIVE, review.initiative)
    return Act(
        may=access.juror_of(given.actor, initiative, review),
        initiative=review.initiative,
        scope=review.call,
        decide=lambda: Outcome(
            facts={
                command.review: reviews.declare_conflict(
                    command.review, review, reason=command.reason, explanation=command.explanation
                )
            },
            answers=command.review,
        ),
    )


def _submit(command: SubmitReview, given: Given) -> Plan:
    review = yield from the(REVIEW, command.review)
    reading = reading_of(given.actor, review.round)
    yield from ahead(
        (INITIATIVE, review.initiative),
        (APPLICATION, review.application),
        (ROUND, review.round),
        (CALL, review.call),
        (READING, reading),
    )
    initiative = yield from the(INITIATIVE, review.initiative)
    application = yield from the(APPLICATION, review.application)
    round = yield from the(ROUND, review.round)
    call = yield from the(CALL, review.call)
    read = yield from maybe(READING, reading)
    return Act(
        may=access.submits_review(given.actor, initiative, call, review, read=read),
        initiative=review.initiative,
        scope=review.call,
        decide=lambda: Outcome(
            facts={
                command.review: reviews.submit(
                    command.review,
                    review,
                    application,
                    round,
                    call.rubric,
                    scores=command.scores,
                    comment_jury=command.comment_jury,
                    comment_applicant=command.comment_applicant,
                )
            },
            answers=command.review,
        ),
    )


COMMANDS = (
    Registered("review.assign", AssignReview, _assign),
    Registered("review.declare_no_conflict", DeclareNoConflict, _declare_no_conflict),
    Registered("review.declare_conflict", DeclareConflict, _declare_conflict),
    Registered("review.replace", ReplaceReview, _replace),
    Registered("review.submit", SubmitReview, _submit),
)
