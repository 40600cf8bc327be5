"""Commands to amend an accepted grant, and for the recipient's answer."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from domain import access, funds, limits
from domain.commands.grants.acting import by_recipient, by_staff, on_fast_track
from domain.deciding import Command, CommandContext, Outcome, Plan, PlannedCommand, Registered, the, together
from domain.funds import FUND
from domain.grants import rules
from domain.grants.rules import Planned, PlannedInstalment
from domain.grants.state import GRANT
from domain.parties import actor_of
from domain.values import GrantId, Money


class ProposeGrantAmendment(Command, frozen=True, kw_only=True):
    """Propose to lower a grant's amount, to change its end date, or to replace the instalments that were not yet
    requested by other `instalments`. Fields that are left out stay; with `unscheduled` and no instalments, the
    unrequested ones are dropped. The amendment takes effect once the recipient accepts it. `unscheduled` and
    `confirm_past_due` are as for a schedule."""

    grant: GrantId
    amount: Money | None = None
    ends_on: date | None = None
    instalments: (
        Annotated[tuple[PlannedInstalment, ...], limits.described(maxItems=limits.INSTALMENTS)] | None
    ) = None
    unscheduled: Money | None = None
    confirm_past_due: bool = False
    explanation: limits.Explanation | None = None


class AcceptGrantAmendment(Command, frozen=True, kw_only=True):
    """Accept an amendment of one's own grant. If the amount is lowered, the difference returns to the fund."""

    grant: GrantId
    amendment: int


class DeclineGrantAmendment(Command, frozen=True, kw_only=True):
    """Decline an amendment of one's own grant, which stays as it is."""

    grant: GrantId
    amendment: int


def _propose(command: ProposeGrantAmendment, context: CommandContext) -> Plan:
    planned = None
    if command.instalments is not None or command.unscheduled is not None:
        planned = Planned(
            instalments=command.instalments or (),
            unscheduled=command.unscheduled,
            confirm_past_due=command.confirm_past_due,
        )
    single = yield from on_fast_track(command.grant)
    return (
        yield from by_staff(
            command.grant,
            context,
            access.officer_on_grant,
            lambda grant, _recipient, _actor: rules.propose_amendment(
                command.grant,
                grant,
                amount=command.amount,
                ends_on=command.ends_on,
                planned=planned,
                single=single,
                confirm_past_due=command.confirm_past_due,
                explanation=command.explanation,
                now=context.now,
            ),
        )
    )


def _accept(command: AcceptGrantAmendment, context: CommandContext) -> Plan:
    grant = yield from the(GRANT, command.grant)
    fund, actor = yield from together(the(FUND, grant.fund), actor_of(context.actor))

    def decide() -> Outcome:
        facts = {command.grant: rules.accept_amendment(command.grant, grant, amendment=command.amendment)}
        assert grant.amendment is not None  # the rule refuses otherwise
        freed = grant.amount - grant.amendment.amount
        if freed:
            facts[grant.fund] = funds.release(
                grant.fund, fund, grant_id=command.grant, amount=freed, reason="grant_amended"
            )
        return Outcome(facts=facts, answers=command.grant)

    return PlannedCommand(
        may=access.recipient(actor, grant),
        initiative=grant.initiative,
        scope=grant.call,
        party=grant.recipient,
        decide=decide,
    )


def _decline(command: DeclineGrantAmendment, context: CommandContext) -> Plan:
    return by_recipient(
        command.grant,
        context,
        lambda grant: rules.decline_amendment(command.grant, grant, amendment=command.amendment),
    )


COMMANDS = (
    Registered("grant.propose_amendment", ProposeGrantAmendment, _propose),
    Registered("grant.accept_amendment", AcceptGrantAmendment, _accept),
    Registered("grant.decline_amendment", DeclineGrantAmendment, _decline),
)
