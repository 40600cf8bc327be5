"""Commands to suspend a grant, and to resume it."""

from __future__ import annotations

from domain import access, limits
from domain.commands.grants.acting import by_staff
from domain.deciding import Command, CommandContext, Plan, Registered
from domain.grants import rules
from domain.grants.facts import SuspensionReason
from domain.values import GrantId


class SuspendGrant(Command, frozen=True, kw_only=True):
    """Suspend a grant, with the reason: nothing is requested, approved or sent to the bank until it is resumed."""

    grant: GrantId
    reason: SuspensionReason
    explanation: limits.Explanation | None = None


class ResumeGrant(Command, frozen=True, kw_only=True):
    """Resume a suspended grant."""

    grant: GrantId


def _suspend(command: SuspendGrant, context: CommandContext) -> Plan:
    return by_staff(
        command.grant,
        context,
        access.officer_on_grant,
        lambda grant, _recipient, _actor: rules.suspend(
            command.grant, grant, reason=command.reason, explanation=command.explanation
        ),
    )


def _resume(command: ResumeGrant, context: CommandContext) -> Plan:
    return by_staff(
        command.grant,
        context,
        access.officer_on_grant,
        lambda grant, _recipient, _actor: rules.resume(command.grant, grant),
    )


COMMANDS = (
    Registered("grant.suspend", SuspendGrant, _suspend),
    Registered("grant.resume", ResumeGrant, _resume),
)
