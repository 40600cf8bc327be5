"""Commands for reviews."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from typing import Any

from domain import access, limits
from domain.applications.state import APPLICATION, Application
from domain.calls.state import CALL, Call
from domain.commands.chairs import every_chair_is_excluded
from domain.commands.judged import known_of
from domain.deciding import (
    Command,
    CommandContext,
    Fact,
    Outcome,
    Part,
    Plan,
    PlannedCommand,
    PlanRequest,
    Registered,
    Verdict,
    index_entries,
    maybe,
    some,
    the,
    together,
)
from domain.forms import Rubric
from domain.indexes import reviews_of
from domain.initiatives.state import INITIATIVE, Initiative
from domain.parties import Actor, OwnApplications, actor_in, applied_by
from domain.persons.rules import check_registered
from domain.persons.state import PERSON, PersonStatus
from domain.readings import READING, reading_of
from domain.refusals import NotFound
from domain.reviews import assigning, writing
from domain.reviews.facts import JUDGING, ConflictReason
from domain.reviews.state import OUTSTANDING, REVIEW, Review, concerning
from domain.rounds.facts import QuorumReason
from domain.rounds.state import ROUND, Round
from domain.stages import Stage
from domain.values import ApplicationId, PersonId, ReviewId


class AssignReview(Command, frozen=True, kw_only=True):
    """Ask a juror to review an application."""

    application: ApplicationId
    juror: PersonId


class DeclareNoConflict(Command, frozen=True, kw_only=True):
    """Declare, as the juror, that one has no conflict of interest. Only then is the application shown."""

    review: ReviewId


class DeclareConflict(Command, frozen=True, kw_only=True):
    """Step back, as the juror, because of a conflict of interest. This is possible until the panel opens, even after
    submitting the review."""

    review: ReviewId
    reason: ConflictReason
    explanation: limits.Explanation | None = None


class ReplaceReview(Command, frozen=True, kw_only=True):
    """Ask another juror in place of one who stepped back."""

    review: ReviewId
    juror: PersonId


class LowerQuorum(Command, frozen=True, kw_only=True):
    """Let an application go to the panel with fewer reviews than the call asks for, when no juror is left to ask and
    those who were asked cannot write enough. The answer names the round, whose history records it."""

    application: ApplicationId
    quorum: int
    reason: QuorumReason


class SubmitReview(Command, frozen=True, kw_only=True):
    """Submit one's own review: whole points for every criterion, or null where one cannot judge it."""

    review: ReviewId
    scores: dict[str, int | None]
    comment_jury: limits.Comment | None = None
    comment_applicant: limits.Comment | None = None


class ChangeReview(SubmitReview, frozen=True, kw_only=True):
    """Change one's own submitted review until the panel opens: what is sent replaces all of it."""


def _assign(command: AssignReview, context: CommandContext) -> Plan:
    return (yield from _ask(command.application, command.juror, context))


def _replace(command: ReplaceReview, context: CommandContext) -> Plan:
    review = yield from the(REVIEW, command.review)
    return (yield from _ask(review.application, command.juror, context, replaced=command.review))


def _ask(application_id: str, juror: str, context: CommandContext, *, replaced: str | None = None) -> Plan:
    application = yield from the(APPLICATION, application_id)
    # The readings are loaded with the rest, so that `known_of` finds them without a round trip of its own; as below.
    call, round, initiative, person, _, _ = yield from together(
        the(CALL, application.call),
        the(ROUND, application.round),
        the(INITIATIVE, application.initiative),
        maybe(PERSON, juror),
        maybe(READING, reading_of(context.actor, application.round)),
        maybe(READING, reading_of(juror, application.round)),
    )
    initiative = initiative.within(application.call, application.round)
    (actor, own), applied, asked = yield from together(
        actor_in(context.actor, application.round, application.call),
        applied_by(Actor.of(juror, person), application.round, application.call),
        index_entries(reviews_of(application_id)),
    )
    existing = concerning((yield from some(REVIEW, asked)), application.round)
    read = yield from known_of(context.actor, application.round, round.stage, application.call, call)
    juror_read = yield from known_of(juror, application.round, round.stage, application.call, call)
    review = context.new("review")

    def decide() -> Outcome:
        stepped_back = (
            {replaced: assigning.replace(replaced, existing[replaced], replacement=review)}
            if replaced
            else {}
        )
        assigned = assigning.assign(
            review,
            application_id,
            application,
            call.stage(round.stage),
            round,
            initiative,
            juror=juror,
            existing=existing.values(),
            juror_applied=applied,
            juror_read=juror_read,
        )
        check_registered(person, juror)
        return Outcome(
            facts={**stepped_back, review: assigned},
            answers=review,
        )

    return PlannedCommand(
        may=access.asks_juror(
            actor,
            initiative,
            call.stage(round.stage),
            application,
            own=own,
            read=read,
            reviews=existing.values(),
        ),
        initiative=application.initiative,
        scope=application.call,
        decide=decide,
    )


def _jury(initiative: Initiative) -> Generator[PlanRequest, Any, list[str]]:
    """The jurors and chairs of an initiative who were not erased."""
    named = [person for person in sorted(initiative.members) if initiative.roles(person) & set(JUDGING)]
    people = yield from some(PERSON, named)
    return [person for person in named if people[person].status is not PersonStatus.ERASED]


def _can_be_asked(
    application_id: str,
    application: Application,
    call: Call,
    stage: Stage,
    jury: Collection[str],
    existing: Collection[Review],
) -> Generator[PlanRequest, Any, bool]:
    """Whether any member of the jury can still be asked for a review of an application."""
    for person in jury:
        _, applied = yield from actor_in(person, application.round, application.call)
        read = yield from known_of(person, application.round, stage.id, application.call, call)
        why_not = assigning.why_not_asked(
            application_id,
            stage,
            juror=person,
            existing=existing,
            juror_applied=applied,
            juror_read=read,
        )
        if why_not is None:
            return True
    return False


def _blocked(
    application_id: str, application: Application, call: Call, stage: Stage, existing: Collection[Review]
) -> Generator[PlanRequest, Any, set[str]]:
    """The jurors who owe a review of an application and can no longer write it."""
    found = set()
    for review in existing:
        if review.status in OUTSTANDING:
            _, applied = yield from actor_in(review.juror, application.round, application.call)
            read = yield from known_of(review.juror, application.round, stage.id, application.call, call)
            if assigning.why_blocked(application_id, stage, review, juror_applied=applied, juror_read=read):
                found.add(review.juror)
    return found


def _lower_quorum(command: LowerQuorum, context: CommandContext) -> Plan:
    application = yield from the(APPLICATION, command.application)
    call, round, initiative, _, (_, own), asked = yield from together(
        the(CALL, application.call),
        the(ROUND, application.round),
        the(INITIATIVE, application.initiative),
        maybe(READING, reading_of(context.actor, application.round)),
        actor_in(context.actor, application.round, application.call),
        index_entries(reviews_of(command.application)),
    )
    initiative = initiative.within(application.call, application.round)
    stage = call.stage(round.stage)
    if command.application in own.avoided:
        raise NotFound(named=command.application)
    written = tuple(concerning((yield from some(REVIEW, asked)), application.round).values())
    read = yield from known_of(context.actor, application.round, round.stage, application.call, call)
    no_chair_can = yield from every_chair_is_excluded(
        context.actor, initiative, application.call, call, application.round, round.stage, written
    )
    jury = yield from _jury(initiative)
    left = yield from _can_be_asked(command.application, application, call, stage, jury, written)
    blocked = yield from _blocked(command.application, application, call, stage, written)
    return PlannedCommand(
        may=access.decides_on(
            context.actor,
            initiative,
            stage,
            own=own,
            read=read,
            reviews=written,
            no_chair_can=no_chair_can,
        ),
        initiative=application.initiative,
        scope=application.call,
        decide=lambda: Outcome(
            facts={
                application.round: assigning.lower_quorum(
                    application.round,
                    round,
                    stage,
                    command.application,
                    application,
                    quorum=command.quorum,
                    reason=command.reason,
                    reviews=written,
                    jury=[person for person in jury if person not in blocked],
                    can_be_asked=left,
                    on_fast_track=call.on_fast_track,
                )
            },
            answers=application.round,
        ),
    )


def _applied_since(juror: str, round_id: str, call_id: str) -> Part[OwnApplications]:
    """The applications in a round of a juror and the organisations with which they are tied, and those that they must
    never read. Nobody is asked to judge in a round in which they applied, and nobody applies in it once jurors were
    asked; but they may have begun to act for one that did, and an applicant may have named them since."""
    _, own = yield from actor_in(juror, round_id, call_id)
    return own


def _declare_no_conflict(command: DeclareNoConflict, context: CommandContext) -> Plan:
    review = yield from the(REVIEW, command.review)
    initiative, round, call, own, _ = yield from together(
        the(INITIATIVE, review.initiative),
        the(ROUND, review.round),
        the(CALL, review.call),
        _applied_since(context.actor, review.round, review.call),
        maybe(READING, reading_of(context.actor, review.round)),
    )
    read = yield from known_of(context.actor, review.round, round.stage, review.call, call)
    initiative = initiative.within(review.call, review.round)
    return PlannedCommand(
        may=access.declares_no_conflict(
            context.actor, initiative, call.stage(round.stage), review, own=own, read=read
        ),
        initiative=review.initiative,
        scope=review.call,
        decide=lambda: Outcome(
            facts={command.review: assigning.declare_no_conflict(command.review, review, round)},
            answers=command.review,
        ),
    )


def _declare_conflict(command: DeclareConflict, context: CommandContext) -> Plan:
    review = yield from the(REVIEW, command.review)
    initiative, round = yield from together(the(INITIATIVE, review.initiative), the(ROUND, review.round))
    initiative = initiative.within(review.call, review.round)
    return PlannedCommand(
        may=access.juror_of(context.actor, initiative, review),
        initiative=review.initiative,
        scope=review.call,
        decide=lambda: Outcome(
            facts={
                command.review: assigning.declare_conflict(
                    command.review, review, round, reason=command.reason, explanation=command.explanation
                )
            },
            answers=command.review,
        ),
    )


def _submit(command: SubmitReview, context: CommandContext) -> Plan:
    return (yield from _write(command, context, writing.submit, access.submits_review))


def _change(command: ChangeReview, context: CommandContext) -> Plan:
    return (yield from _write(command, context, writing.change, access.changes_review))


def _write(
    command: SubmitReview,
    context: CommandContext,
    rule: Callable[[str, Review, Application, Round, Rubric, writing.Written], tuple[Fact, ...]],
    may: Callable[..., Verdict],
) -> Plan:
    review = yield from the(REVIEW, command.review)
    initiative, application, round, call, own, _ = yield from together(
        the(INITIATIVE, review.initiative),
        the(APPLICATION, review.application),
        the(ROUND, review.round),
        the(CALL, review.call),
        _applied_since(context.actor, review.round, review.call),
        maybe(READING, reading_of(context.actor, review.round)),
    )
    read = yield from known_of(context.actor, review.round, round.stage, review.call, call)
    initiative = initiative.within(review.call, review.round)
    return PlannedCommand(
        may=may(context.actor, initiative, call.stage(round.stage), review, own=own, read=read),
        initiative=review.initiative,
        scope=review.call,
        decide=lambda: Outcome(
            facts={
                command.review: rule(
                    command.review,
                    review,
                    application,
                    round,
                    call.stage(round.stage).rubric,
                    writing.Written(
                        scores=command.scores,
                        comment_jury=command.comment_jury,
                        comment_applicant=command.comment_applicant,
                    ),
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
    Registered("review.change", ChangeReview, _change),
    # The fact is in the round's stream, whose version also counts the quorums of applications that are hidden from this
    # chair.
    Registered("application.lower_quorum", LowerQuorum, _lower_quorum, versioned=False),
)
