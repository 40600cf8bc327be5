"""Recording what somebody is about to read. The program does so itself, in the reader's name, before it answers."""

from __future__ import annotations

from domain import access, readings
from domain.deciding import Command, Given, Outcome, Plan, PlannedCommand, Registered, maybe, the, together
from domain.initiatives import INITIATIVE
from domain.parties import actor_in
from domain.readings import READING, ReadingKind, reading_of
from domain.rounds.state import ROUND
from domain.values import ApplicationId, RoundId


class RecordReading(Command, frozen=True, kw_only=True):
    """Record what one is about to read of a round. `application` is the only one of which one sees scores, None for the
    scores of the whole round."""

    round: RoundId
    kinds: tuple[ReadingKind, ...]
    application: ApplicationId | None = None


def _record(command: RecordReading, given: Given) -> Plan:
    reading = reading_of(given.actor, command.round)
    # Whether they applied is looked up here too, so that nobody applies between the question and the answer.
    round, read, (_, own) = yield from together(
        the(ROUND, command.round),
        maybe(READING, reading),
        actor_in(given.actor, command.round),
    )
    initiative = (yield from the(INITIATIVE, round.initiative)).within(round.call)
    return PlannedCommand(
        may=access.reads_of_round(given.actor, initiative, round, own=own),
        initiative=round.initiative,
        scope=round.call,
        decide=lambda: Outcome(
            facts={
                reading: readings.record(
                    read,
                    command.round,
                    round,
                    viewer=given.actor,
                    kinds=command.kinds,
                    application=command.application,
                )
            },
            answers=reading,
        ),
    )


COMMANDS = (Registered("reading.record", RecordReading, _record, by_program=True),)
