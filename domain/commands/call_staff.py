"""What the commands share by which officers write and change a call."""

from __future__ import annotations

from collections.abc import Callable

from domain import access
from domain.calls.state import CALL, Call
from domain.deciding import CommandContext, Fact, Outcome, Part, PlannedCommand, index_entries, some, the
from domain.indexes import rounds_of
from domain.initiatives.state import INITIATIVE, Initiative
from domain.rounds.state import ROUND, Round


def call_of_officer(call_id: str) -> Part[tuple[Call, Initiative]]:
    """A call, and its initiative with the roles that people have in the call."""
    call = yield from the(CALL, call_id)
    initiative = yield from the(INITIATIVE, call.initiative)
    return call, initiative.within(call_id)


def rounds_of_stage(call_id: str, call: Call, stage: str) -> Part[list[Round]]:
    """The rounds of a stage; none of a rolling call, whose rounds do not prevent new versions."""
    if call.rolling:
        return []
    states = yield from some(ROUND, (yield from index_entries(rounds_of(call_id))))
    return [round for round in states.values() if round.stage == stage]


def by_officer(
    context: CommandContext,
    initiative: Initiative,
    call_id: str,
    call: Call,
    rule: Callable[[], tuple[Fact, ...]],
) -> PlannedCommand:
    """What an officer does with a call alone: the `rule` gives the facts, or refuses."""
    return PlannedCommand(
        may=access.officer(context.actor, initiative),
        initiative=call.initiative,
        scope=call_id,
        decide=lambda: Outcome(facts={call_id: rule()}, answers=call_id),
    )
