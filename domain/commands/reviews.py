"""Asking for what can be done with a review."""

from __future__ import annotations

from collections.abc import Collection, Generator
from typing import Any

from domain import access, limits, reviews
from domain.applications import APPLICATION, Application
from domain.calls import CALL, Call
from domain.commands.chairs import nobody_chairs
from domain.deciding import (
    Act,
    Command,
    Given,
    Outcome,
    Plan,
    Registered,
    Wish,
    ahead,
    maybe,
    members,
    some,
    the,
)
from domain.indexes import applications_by, reviews_of
from domain.initiatives import INITIATIVE, Initiative
from domain.persons import PERSON, check_registered
from domain.readings import READING, reading_of
from domain.refusals import Refused
from domain.reviews import JUDGING, REVIEW, ConflictReason, Review
from domain.rounds import ROUND, QuorumReason, Round
from domain.values import ApplicationId, PersonId, ReviewId


class AssignReview(Command, frozen=True, kw_only=True):
    """Ask a juror to judge an application."""

    application: ApplicationId
    juror: PersonId


class DeclareNoConflict(Command, frozen=True, kw_only=True):
    """Declare, as the juror, to have no conflict of interest; only then is the application shown."""

    review: ReviewId


class DeclareConflict(Command, frozen=True, kw_only=True):
    """Step back, as the juror, for a conflict of interest; after the review was submitted, until the panel opens."""

    review: ReviewId
    reason: ConflictReason
    explanation: limits.Explanation | None = None


class ReplaceReview(Command, frozen=True, kw_only=True):
    """Ask another juror in place of one who stepped back."""

    review: ReviewId
    juror: PersonId


class LowerQuorum(Command, frozen=True, kw_only=True):
    """Let an application go to the panel with fewer reviews than the call asks for, as no juror is left to be asked.
    The answer names the round, in whose history this is noted."""

    application: ApplicationId
    quorum: int
    reason: QuorumReason


class SubmitReview(Command, frozen=True, kw_only=True):
    """Submit one's review: whole points for every criterion, or null where there is no basis to judge."""

    review: ReviewId
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
    initiative = (yield from the(INITIATIVE, application.initiative)).within(application.call)
    person = yield from maybe(PERSON, juror)
    own = yield from members(applications_by(given.actor, application.round))
    applied = yield from members(applications_by(juror, application.round))
    read = yield from maybe(READING, juror_reading)
    existing = yield from some(REVIEW, (yield from members(reviews_of(application_id))))
    review = given.new("review")

    def decide() -> Outcome:
        check_registered(person, juror)
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


def _can_be_asked(
    application_id: str,
    application: Application,
    call: Call,
    round: Round,
    initiative: Initiative,
    existing: Collection[Review],
) -> Generator[Wish, Any, int]:
    """How many of the jury could still be asked to judge an application: those for whom assigning it is not refused."""
    jury = [person for person in sorted(initiative.members) if initiative.roles(person) & set(JUDGING)]
    people = yield from some(PERSON, jury)
    found = 0
    for person in jury:
        applied = yield from members(applications_by(person, application.round))
        read = yield from maybe(READING, reading_of(person, application.round))
        try:
            check_registered(people[person], person)
            reviews.assign(
                "",
                application_id,
                application,
                call,
                round,
                initiative,
                juror=person,
                existing=existing,
                juror_applied=bool(applied),
                juror_read=read,
            )
        except Refused:
            continue
        found += 1
    return found


def _lower_quorum(command: LowerQuorum, given: Given) -> Plan:
    application = yield from the(APPLICATION, command.application)
    reading = reading_of(given.actor, application.round)
    yield from ahead(
        (CALL, application.call),
        (ROUND, application.round),
        (INITIATIVE, application.initiative),
        (READING, reading),
    )
    call = yield from the(CALL, application.call)
    round = yield from the(ROUND, application.round)
    initiative = (yield from the(INITIATIVE, application.initiative)).within(application.call)
    own = yield from members(applications_by(given.actor, application.round))
    read = yield from maybe(READING, reading)
    existing = yield from some(REVIEW, (yield from members(reviews_of(command.application))))
    written = tuple(existing.values())
    no_chair_can = yield from nobody_chairs(given.actor, initiative, application.round, written)
    left = yield from _can_be_asked(command.application, application, call, round, initiative, written)
    return Act(
        may=access.decides_on(
            given.actor,
            initiative,
            call,
            own=own,
            read=read,
            reviews=written,
            no_chair_can=no_chair_can,
        ),
        initiative=application.initiative,
        scope=application.call,
        decide=lambda: Outcome(
            facts={
                application.round: reviews.lower_quorum(
                    application.round,
                    round,
                    call,
                    command.application,
                    application,
                    quorum=command.quorum,
                    reason=command.reason,
                    reviews=written,
                    can_be_asked=left,
                )
            },
            answers=application.round,
        ),
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
    initiative = (yield from the(INITIATIVE, review.initiative)).within(review.call)
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
    yield from ahead((INITIATIVE, review.initiative), (ROUND, review.round))
    initiative = (yield from the(INITIATIVE, review.initiative)).within(review.call)
    round = yield from the(ROUND, review.round)
    return Act(
        may=access.juror_of(given.actor, initiative, review),
        initiative=review.initiative,
        scope=review.call,
        decide=lambda: Outcome(
            facts={
                command.review: reviews.declare_conflict(
                    command.review, review, round, reason=command.reason, explanation=command.explanation
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
    initiative = (yield from the(INITIATIVE, review.initiative)).within(review.call)
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
    # It is noted in the round's stream, which also counts the quorums of applications that are hidden from this chair.
    Registered("application.lower_quorum", LowerQuorum, _lower_quorum, versioned=False),
)
