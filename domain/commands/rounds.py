"""Commands for rounds."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain import access, continuing, limits, readings
from domain.applications.state import APPLICATION
from domain.calls import rules as call_rules
from domain.calls.state import CALL
from domain.deciding import (
    Command,
    CommandContext,
    Due,
    DueBy,
    Outcome,
    Plan,
    PlannedCommand,
    Registered,
    RemovedBy,
    index_entries,
    maybe,
    some,
    the,
    together,
)
from domain.indexes import applications_of, invited_to, reviews_in, rounds_of
from domain.initiatives.state import INITIATIVE
from domain.parties import actor_in, check_can_begin, party_of
from domain.readings import READING, ReadingKind, reading_of
from domain.rounds import rules as round_rules
from domain.rounds.facts import (
    ExtensionReason,
    LateReason,
    RoundCancelled,
    RoundClosed,
    RoundDeadlineExtended,
    RoundLateAccessGranted,
    RoundOpened,
)
from domain.rounds.state import ROUND
from domain.values import CallId, PartyId, RoundId


class OpenRound(Command, frozen=True, kw_only=True):
    """Take applications to a published call until `closes_at`, a local time in the call's time zone. Once a stage is
    decided, this opens the next one to the applications that were invited to it."""

    call: CallId
    closes_at: datetime


class ExtendRound(Command, frozen=True, kw_only=True):
    """Extend a round's deadline to `closes_at`, a local time in the call's time zone, with the reason. The
    `explanation` is sealed."""

    round: RoundId
    closes_at: datetime
    reason: ExtensionReason
    explanation: limits.Explanation | None = None


class GrantLateAccess(Command, frozen=True, kw_only=True):
    """Let one person or organisation apply, or change their application, until `until`, a local time in the call's time
    zone, with the reason. The round closes for everybody only after that."""

    round: RoundId
    applicant: PartyId
    until: datetime
    reason: LateReason
    explanation: limits.Explanation | None = None


class SetReviewsDue(Command, frozen=True, kw_only=True):
    """Say until when the jurors of a round are asked to submit their reviews: `due_at` is a local time in the call's time
    zone. It is shown to them, and can be changed until the panel opens."""

    round: RoundId
    due_at: datetime


class CloseRound(Command, frozen=True, kw_only=True):
    """Close the round; the program does this automatically after the deadline and the minutes of grace."""

    round: RoundId


def _open(command: OpenRound, context: CommandContext) -> Plan:
    call = yield from the(CALL, command.call)
    initiative = (yield from the(INITIATIVE, call.initiative)).within(command.call)
    existing = yield from some(ROUND, (yield from index_entries(rounds_of(command.call))))
    round = context.new("round")

    def decide() -> Outcome:
        stage = round_rules.stage_to_open(call, existing.values())
        opened = round_rules.open_round(
            round, command.call, call, stage, closes_local=command.closes_at, now=context.now
        )
        noted = call_rules.note_round(command.call, round=round, stage=stage.id)
        return Outcome(facts={round: opened, command.call: noted}, answers=round)

    return PlannedCommand(
        may=access.officer(context.actor, initiative),
        initiative=call.initiative,
        scope=command.call,
        decide=decide,
    )


_LET_IN: Final[tuple[ReadingKind, ...]] = ("applicants",)


def _extend(command: ExtendRound, context: CommandContext) -> Plan:
    round = yield from the(ROUND, command.round)
    initiative = (yield from the(INITIATIVE, round.initiative)).within(round.call)
    _, own = yield from actor_in(context.actor, command.round, round.call)
    judged = yield from index_entries(reviews_in(command.round))
    return PlannedCommand(
        may=access.extends_round(context.actor, initiative, own=own),
        initiative=round.initiative,
        scope=round.call,
        decide=lambda: Outcome(
            facts={
                command.round: round_rules.extend(
                    command.round,
                    round,
                    officer=context.actor,
                    closes_local=command.closes_at,
                    reason=command.reason,
                    explanation=command.explanation,
                    judged=bool(judged),
                    now=context.now,
                )
            },
            answers=command.round,
        ),
    )


def _grant_late_access(command: GrantLateAccess, context: CommandContext) -> Plan:
    round = yield from the(ROUND, command.round)
    initiative = (yield from the(INITIATIVE, round.initiative)).within(round.call)
    actor, own = yield from actor_in(context.actor, command.round, round.call)
    judged = yield from index_entries(reviews_in(command.round))
    applicant = yield from party_of(command.applicant)
    # A person who gives late access knows who gets it, so they cannot judge in a blind call.
    reading = reading_of(context.actor, command.round)
    known = readings.newly_read(
        (yield from maybe(READING, reading)),
        viewer=context.actor,
        initiative=round.initiative,
        call=round.call,
        round=command.round,
        kinds=_LET_IN,
    )

    def decide() -> Outcome:
        granted = round_rules.grant_late_access(
            command.round,
            round,
            applicant=command.applicant,
            until=command.until,
            reason=command.reason,
            explanation=command.explanation,
            judged=bool(judged),
            now=context.now,
        )
        check_can_begin(applicant, command.applicant)
        return Outcome(
            facts={command.round: granted, **({reading: known} if known else {})}, answers=command.round
        )

    return PlannedCommand(
        may=access.lets_in_late(actor, initiative, applicant=command.applicant, own=own),
        initiative=round.initiative,
        scope=round.call,
        decide=decide,
    )


def _set_reviews_due(command: SetReviewsDue, context: CommandContext) -> Plan:
    round = yield from the(ROUND, command.round)
    initiative = (yield from the(INITIATIVE, round.initiative)).within(round.call)
    _, own = yield from actor_in(context.actor, command.round, round.call)
    return PlannedCommand(
        may=access.sets_reviews_due(context.actor, initiative, own=own),
        initiative=round.initiative,
        scope=round.call,
        decide=lambda: Outcome(
            facts={
                command.round: round_rules.set_reviews_due(
                    command.round, round, due_local=command.due_at, now=context.now
                )
            },
            answers=command.round,
        ),
    )


def _close(command: CloseRound, context: CommandContext) -> Plan:
    round = yield from the(ROUND, command.round)
    initiative = (yield from the(INITIATIVE, round.initiative)).within(round.call)
    received, invited = yield from together(
        index_entries(applications_of(command.round)), index_entries(invited_to(round.call, round.stage))
    )
    silent = yield from some(APPLICATION, sorted({*invited} - {*received}))

    def decide() -> Outcome:
        closed = round_rules.close(command.round, round, received=received, now=context.now)
        lapsed = {
            each: facts
            for each, application in silent.items()
            if (facts := continuing.lapse_invitation(each, application, round=command.round))
        }
        return Outcome(facts={command.round: closed, **lapsed}, answers=command.round)

    return PlannedCommand(
        may=access.officer_or_system(context.actor, initiative),
        initiative=round.initiative,
        scope=round.call,
        decide=decide,
    )


COMMANDS = (
    Registered("round.open", OpenRound, _open),
    Registered("round.extend", ExtendRound, _extend),
    Registered("round.grant_late_access", GrantLateAccess, _grant_late_access),
    # The fact is in the round's stream, whose version everybody is told.
    Registered("round.set_reviews_due", SetReviewsDue, _set_reviews_due, versioned=False),
    Registered("round.close", CloseRound, _close),
)


def _closing(
    fact: RoundOpened | RoundDeadlineExtended | RoundLateAccessGranted | RoundClosed | RoundCancelled,
) -> str:
    return f"close {fact.round}"


def _close_in_time(fact: RoundOpened) -> Due | None:
    if fact.rolling:
        return None  # it closes as it opens
    return Due(key=_closing(fact), at=fact.intake_ends, command=CloseRound(round=fact.round))


def _close_later(fact: RoundDeadlineExtended | RoundLateAccessGranted) -> Due:
    return Due(key=_closing(fact), at=fact.closing_at, command=CloseRound(round=fact.round))


DUE: Final[DueBy] = {
    RoundOpened: _close_in_time,
    RoundDeadlineExtended: _close_later,
    RoundLateAccessGranted: _close_later,
}
REMOVED_DUE: Final[RemovedBy] = {RoundClosed: _closing, RoundCancelled: _closing}
