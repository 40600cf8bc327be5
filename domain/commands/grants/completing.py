"""Asking to end a grant that is paid and reported."""

from __future__ import annotations

from domain import access, funds
from domain.commands.grants.acting import conflicts_on
from domain.deciding import Act, Command, Given, Outcome, Plan, Registered, the, together
from domain.funds import FUND
from domain.grants import rules
from domain.grants.state import GRANT
from domain.initiatives import INITIATIVE
from domain.parties import actor_of
from domain.values import GrantId


class CompleteGrant(Command, frozen=True, kw_only=True):
    """End a grant that is paid and reported; what was not scheduled returns to the fund."""

    grant: GrantId


def _complete(command: CompleteGrant, given: Given) -> Plan:
    grant = yield from the(GRANT, command.grant)
    initiative, fund, actor, conflicts = yield from together(
        the(INITIATIVE, grant.initiative),
        the(FUND, grant.fund),
        actor_of(given.actor),
        conflicts_on(grant, given),
    )
    initiative = initiative.within(grant.call)

    def decide() -> Outcome:
        facts = {command.grant: rules.complete(command.grant, grant)}
        unspent = grant.amount - grant.settled
        if unspent:
            facts[grant.fund] = funds.release(
                grant.fund, fund, grant_id=command.grant, amount=unspent, reason="grant_completed"
            )
        return Outcome(facts=facts, answers=command.grant)

    return Act(
        may=access.officer_on_grant(actor, initiative, grant, conflicts=conflicts),
        initiative=grant.initiative,
        scope=grant.call,
        decide=decide,
    )


COMMANDS = (Registered("grant.complete", CompleteGrant, _complete),)
