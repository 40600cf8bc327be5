"""The command to record what a person is about to read. The program sends it in the reader's name before it answers."""

from __future__ import annotations

from domain import access, readings
from domain.deciding import (
    Command,
    CommandContext,
    Outcome,
    Plan,
    PlannedCommand,
    Registered,
    maybe,
    the,
    together,
)
from domain.initiatives.state import INITIATIVE
from domain.parties import actor_in
from domain.readings import READING, ReadingKind, reading_of
from domain.rounds.state import ROUND
from domain.values import ApplicationId, RoundId


class RecordReading(Command, frozen=True, kw_only=True):
    """Record what one is about to read of a round. `applications` are the only ones of which one sees the scores, or that one
    reads to judge them; None for the whole round."""

    round: RoundId
    kinds: tuple[ReadingKind, ...]
    applications: tuple[ApplicationId, ...] | None = None


def _record(command: RecordReading, context: CommandContext) -> Plan:
    reading = reading_of(context.actor, command.round)
    # Whether they applied is checked here again, so that nobody can apply between the question and the answer.
    round, read = yield from together(the(ROUND, command.round), maybe(READING, reading))
    initiative, (_, own) = yield from together(
        the(INITIATIVE, round.initiative), actor_in(context.actor, command.round, round.call)
    )
    initiative = initiative.within(round.call, command.round)
    return PlannedCommand(
        may=access.reads_of_round(context.actor, initiative, round, own=own),
        initiative=round.initiative,
        scope=round.call,
        decide=lambda: Outcome(
            facts={
                reading: readings.record(
                    read,
                    command.round,
                    round,
                    viewer=context.actor,
                    kinds=command.kinds,
                    applications=command.applications,
                )
            },
            answers=reading,
        ),
    )


COMMANDS = (Registered("reading.record", RecordReading, _record, by_program=True),)
