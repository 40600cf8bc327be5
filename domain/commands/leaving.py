"""Commands to give up one's own roles, and to end the role of a juror of one round."""

from __future__ import annotations

from domain import access, leaving
from domain.commands.initiatives import living_administrators
from domain.deciding import Command, CommandContext, Outcome, Plan, PlannedCommand, Registered, the
from domain.initiatives.state import INITIATIVE
from domain.rounds.state import ROUND
from domain.values import CallId, InitiativeId, PersonId, RoundId


class LeaveInitiative(Command, frozen=True, kw_only=True):
    """Give up one's own roles in an initiative; with `call`, only those for this call and its rounds, and with `round`, only
    the role of a juror of this round. The last administrator cannot leave."""

    initiative: InitiativeId
    call: CallId | None = None
    round: RoundId | None = None


class RemoveRoundJuror(Command, frozen=True, kw_only=True):
    """Take from a person the role of a juror of one round. Other roles stay."""

    round: RoundId
    person: PersonId


def _leave(command: LeaveInitiative, context: CommandContext) -> Plan:
    initiative = yield from the(INITIATIVE, command.initiative)
    living = yield from living_administrators(initiative)
    return PlannedCommand(
        may=access.leaves(context.actor, initiative),
        initiative=command.initiative,
        scope=command.initiative,
        decide=lambda: Outcome(
            facts={
                command.initiative: leaving.leave(
                    initiative, person=context.actor, call=command.call, round=command.round, living=living
                )
            },
            answers=command.initiative,
        ),
    )


def _remove_juror(command: RemoveRoundJuror, context: CommandContext) -> Plan:
    round = yield from the(ROUND, command.round)
    initiative = yield from the(INITIATIVE, round.initiative)
    return PlannedCommand(
        may=access.invites(context.actor, initiative, call=round.call, round=command.round),
        initiative=round.initiative,
        scope=round.initiative,
        decide=lambda: Outcome(
            facts={
                round.initiative: leaving.remove_juror(
                    initiative, call=round.call, round=command.round, person=command.person
                )
            },
            answers=round.initiative,
        ),
    )


# The initiative's version also counts what other members do, but members see it anyway; somebody who leaves does not any more.
COMMANDS = (
    Registered("initiative.leave", LeaveInitiative, _leave, versioned=False),
    Registered("round.remove_juror", RemoveRoundJuror, _remove_juror),
)
