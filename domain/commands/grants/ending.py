"""Commands to end a grant: one that is paid and reported, or one that cannot continue."""

from __future__ import annotations

from domain import access, funds, limits
from domain.commands.grants.acting import Rule, conflicts_on
from domain.deciding import Command, CommandContext, Outcome, Plan, PlannedCommand, Registered, the, together
from domain.funds import FUND, ReleaseReason
from domain.grants import rules
from domain.grants.facts import TerminationReason
from domain.grants.state import GRANT
from domain.initiatives.state import INITIATIVE
from domain.parties import actor_of
from domain.values import GrantId


class CompleteGrant(Command, frozen=True, kw_only=True):
    """Complete a grant that is paid and reported; what was not scheduled returns to the fund."""

    grant: GrantId


class TerminateGrant(Command, frozen=True, kw_only=True):
    """Terminate a grant that cannot continue, with the reason; what was not paid returns to the fund."""

    grant: GrantId
    reason: TerminationReason
    explanation: limits.Explanation | None = None


def _complete(command: CompleteGrant, context: CommandContext) -> Plan:
    return _ending(
        command.grant,
        context,
        lambda grant: rules.complete(command.grant, grant),
        reason="grant_completed",
    )


def _terminate(command: TerminateGrant, context: CommandContext) -> Plan:
    return _ending(
        command.grant,
        context,
        lambda grant: rules.terminate(
            command.grant, grant, reason=command.reason, explanation=command.explanation
        ),
        reason="grant_terminated",
    )


def _ending(grant_id: str, context: CommandContext, rule: Rule, *, reason: ReleaseReason) -> Plan:
    grant = yield from the(GRANT, grant_id)
    initiative, fund, actor, conflicts = yield from together(
        the(INITIATIVE, grant.initiative),
        the(FUND, grant.fund),
        actor_of(context.actor),
        conflicts_on(grant, context),
    )
    initiative = initiative.within(grant.call)

    def decide() -> Outcome:
        facts = {grant_id: rule(grant)}
        unspent = grant.amount - grant.settled
        if unspent:
            facts[grant.fund] = funds.release(
                grant.fund, fund, grant_id=grant_id, amount=unspent, reason=reason
            )
        return Outcome(facts=facts, answers=grant_id)

    return PlannedCommand(
        may=access.officer_on_grant(actor, initiative, grant, conflicts=conflicts),
        initiative=grant.initiative,
        scope=grant.call,
        decide=decide,
    )


COMMANDS = (
    Registered("grant.complete", CompleteGrant, _complete),
    Registered("grant.terminate", TerminateGrant, _terminate),
)
