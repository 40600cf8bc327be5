"""Commands to require screenings before payments, and to record one."""

from __future__ import annotations

from datetime import date

from domain import access, limits
from domain.calls import rules as call_rules
from domain.calls.state import CALL
from domain.commands.grants.acting import by_staff
from domain.deciding import Command, CommandContext, Outcome, Plan, PlannedCommand, Registered, the
from domain.grants import rules
from domain.grants.facts import ScreeningResult
from domain.initiatives import rules as initiative_rules
from domain.initiatives.state import INITIATIVE
from domain.values import CallId, GrantId, InitiativeId, Role


class SetInitiativeScreening(Command, frozen=True, kw_only=True):
    """Require that the payees of all grants are screened against sanctions lists before a payment, or stop requiring
    it."""

    initiative: InitiativeId
    required: bool


class SetCallScreening(Command, frozen=True, kw_only=True):
    """Require that the payees of a call's grants are screened before a payment, or stop requiring it. If the initiative
    requires it, the call cannot waive it."""

    call: CallId
    required: bool


class RecordScreening(Command, frozen=True, kw_only=True):
    """Record that a grant's payee, as seen in that `setting`, was screened. The `reference` becomes public, so it must
    not name anybody; the `note` is sealed, and neither the recipient nor funders can read it."""

    grant: GrantId
    setting: int
    result: ScreeningResult
    reference: limits.ScreeningReference
    screened_on: date
    note: limits.Explanation | None = None


def _set_for_initiative(command: SetInitiativeScreening, context: CommandContext) -> Plan:
    initiative = yield from the(INITIATIVE, command.initiative)
    return PlannedCommand(
        may=access.member(context.actor, initiative, Role.ADMINISTRATOR),
        initiative=command.initiative,
        scope=command.initiative,
        decide=lambda: Outcome(
            facts={command.initiative: initiative_rules.set_screening(initiative, required=command.required)},
            answers=command.initiative,
        ),
    )


def _set_for_call(command: SetCallScreening, context: CommandContext) -> Plan:
    call = yield from the(CALL, command.call)
    initiative = (yield from the(INITIATIVE, call.initiative)).within(command.call)
    return PlannedCommand(
        may=access.officer(context.actor, initiative),
        initiative=call.initiative,
        scope=command.call,
        decide=lambda: Outcome(
            facts={command.call: call_rules.set_screening(command.call, call, required=command.required)},
            answers=command.call,
        ),
    )


def _record(command: RecordScreening, context: CommandContext) -> Plan:
    return by_staff(
        command.grant,
        context,
        access.finance_on_grant,
        lambda grant, recipient, actor: rules.record_screening(
            command.grant,
            grant,
            recipient,
            setting=command.setting,
            result=command.result,
            reference=command.reference,
            screened_on=command.screened_on,
            note=command.note,
            screener=actor.id,
            now=context.now,
        ),
    )


COMMANDS = (
    Registered("initiative.set_screening", SetInitiativeScreening, _set_for_initiative),
    Registered("call.set_screening", SetCallScreening, _set_for_call),
    Registered("grant.record_screening", RecordScreening, _record),
)
