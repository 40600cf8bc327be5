"""Commands for instalments, from the request to the payment."""

from __future__ import annotations

from datetime import date

from domain import access, limits
from domain.calls.state import CALL
from domain.commands.grants.acting import by_recipient, by_staff
from domain.deciding import Command, CommandContext, Plan, Registered, the, together
from domain.exchange import Exchange
from domain.grants import rules
from domain.grants.facts import FailureReason
from domain.grants.state import GRANT
from domain.initiatives.state import INITIATIVE
from domain.values import GrantId, Money


class RequestInstalment(Command, frozen=True, kw_only=True):
    """Request an instalment of one's own grant."""

    grant: GrantId
    instalment: int


class ApproveInstalment(Command, frozen=True, kw_only=True):
    """Approve an instalment, as the first or the second person."""

    grant: GrantId
    instalment: int


class InstructInstalment(Command, frozen=True, kw_only=True):
    """Record that the bank was instructed to pay an instalment. The reference becomes public."""

    grant: GrantId
    instalment: int
    reference: limits.Reference


class SettleInstalment(Command, frozen=True, kw_only=True):
    """Record that the bank paid an instalment on `settled_on` (by the bank's calendar). Its `fee` and the rate of
    `exchange` are optional; everybody who follows the fund can read them."""

    grant: GrantId
    instalment: int
    amount: Money
    settled_on: date
    fee: Money | None = None
    exchange: Exchange | None = None


class FailInstalment(Command, frozen=True, kw_only=True):
    """Record that the bank did not pay an instalment, with the reason."""

    grant: GrantId
    instalment: int
    reason: FailureReason


def _request(command: RequestInstalment, context: CommandContext) -> Plan:
    return by_recipient(
        command.grant, context, lambda grant: rules.request(command.grant, grant, number=command.instalment)
    )


def _approve(command: ApproveInstalment, context: CommandContext) -> Plan:
    return by_staff(
        command.grant,
        context,
        lambda actor, initiative, grant, *, conflicts: access.approver_on_grant(
            actor, initiative, grant, command.instalment, conflicts=conflicts
        ),
        lambda grant, recipient, actor: rules.approve(
            command.grant, grant, recipient, number=command.instalment, approver=actor
        ),
    )


def _instruct(command: InstructInstalment, context: CommandContext) -> Plan:
    grant = yield from the(GRANT, command.grant)
    call, initiative = yield from together(the(CALL, grant.call), the(INITIATIVE, grant.initiative))
    act = yield from by_staff(
        command.grant,
        context,
        access.finance_on_grant,
        lambda grant, recipient, _actor: rules.instruct(
            command.grant,
            grant,
            recipient,
            number=command.instalment,
            reference=command.reference,
            screening=call.screening or initiative.screening,
            now=context.now,
        ),
        pays=True,
    )
    return act


def _settle(command: SettleInstalment, context: CommandContext) -> Plan:
    return by_staff(
        command.grant,
        context,
        access.finance_on_grant,
        lambda grant, _recipient, _actor: rules.settle(
            command.grant,
            grant,
            number=command.instalment,
            amount=command.amount,
            settled_on=command.settled_on,
            fee=command.fee,
            exchange=command.exchange,
            now=context.now,
        ),
        pays=True,
    )


def _fail(command: FailInstalment, context: CommandContext) -> Plan:
    return by_staff(
        command.grant,
        context,
        access.finance_on_grant,
        lambda grant, _recipient, _actor: rules.fail(
            command.grant, grant, number=command.instalment, reason=command.reason
        ),
    )


COMMANDS = (
    Registered("instalment.request", RequestInstalment, _request),
    Registered("instalment.approve", ApproveInstalment, _approve),
    Registered("instalment.instruct", InstructInstalment, _instruct),
    Registered("instalment.settle", SettleInstalment, _settle),
    Registered("instalment.fail", FailInstalment, _fail),
)
