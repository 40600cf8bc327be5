"""Commands for funds. Money is committed and released by the commands for grants."""

from __future__ import annotations

from datetime import date

from domain import access, funds, limits
from domain.deciding import (
    Command,
    CommandContext,
    Outcome,
    Part,
    Plan,
    PlannedCommand,
    Registered,
    maybe,
    the,
    together,
)
from domain.funds import FUND, Basis
from domain.initiatives.state import INITIATIVE
from domain.persons.state import PERSON
from domain.values import FundId, InitiativeId, Money, PersonId, PledgeId, is_id


class OpenFund(Command, frozen=True, kw_only=True):
    """Open a fund in one currency. `basis` says what the available sum is counted from: the money received, or the
    money pledged."""

    initiative: InitiativeId
    name: limits.Name
    currency: str
    basis: Basis = "received"


class PledgeToFund(Command, frozen=True, kw_only=True):
    """Record a pledge to a fund: a funder their own; finance that of any funder of the initiative, or under a `name` that of
    somebody without an account. Names and restrictions can be read by all who see the fund, and are never erased."""

    fund: FundId
    funder: PersonId | None = None
    name: limits.Name | None = None
    amount: Money
    restriction: limits.Restriction | None = None


class AssignPledge(Command, frozen=True, kw_only=True):
    """Assign a pledge of somebody who had no account to a member who holds the role of funder."""

    fund: FundId
    pledge: PledgeId
    funder: PersonId


class ReceiveIntoFund(Command, frozen=True, kw_only=True):
    """Record that money from a pledge arrived in the initiative's account."""

    fund: FundId
    pledge: PledgeId
    amount: Money
    received_on: date


def _open(command: OpenFund, context: CommandContext) -> Plan:
    initiative = yield from the(INITIATIVE, command.initiative)
    fund = context.new("fund")
    return PlannedCommand(
        may=access.officer(context.actor, initiative),
        initiative=command.initiative,
        scope=fund,
        decide=lambda: Outcome(
            facts={
                fund: funds.open_fund(
                    fund,
                    command.initiative,
                    name=command.name,
                    currency=command.currency,
                    basis=command.basis,
                )
            },
            answers=fund,
        ),
    )


def _pledge(command: PledgeToFund, context: CommandContext) -> Plan:
    fund = yield from the(FUND, command.fund)
    initiative, erased = yield from together(the(INITIATIVE, fund.initiative), _is_erased(command.funder))
    pledge = context.new("pledge")
    return PlannedCommand(
        may=access.finance_or_funder(context.actor, initiative, command.funder),
        initiative=fund.initiative,
        scope=command.fund,
        decide=lambda: Outcome(
            facts={
                command.fund: funds.pledge(
                    command.fund,
                    fund,
                    initiative,
                    pledge_id=pledge,
                    funder=command.funder,
                    erased=erased,
                    name=command.name,
                    amount=command.amount,
                    restriction=command.restriction,
                )
            },
            answers=command.fund,
        ),
    )


def _assign_pledge(command: AssignPledge, context: CommandContext) -> Plan:
    fund = yield from the(FUND, command.fund)
    initiative, erased = yield from together(the(INITIATIVE, fund.initiative), _is_erased(command.funder))
    return PlannedCommand(
        may=access.finance(context.actor, initiative),
        initiative=fund.initiative,
        scope=command.fund,
        decide=lambda: Outcome(
            facts={
                command.fund: funds.assign_pledge(
                    command.fund,
                    fund,
                    initiative,
                    pledge_id=command.pledge,
                    funder=command.funder,
                    erased=erased,
                )
            },
            answers=command.fund,
        ),
    )


def _is_erased(funder: str | None) -> Part[bool]:
    if funder is None or not is_id(PERSON.kind, funder):
        return False
    return (yield from maybe(PERSON, funder)).erased


def _receive(command: ReceiveIntoFund, context: CommandContext) -> Plan:
    fund = yield from the(FUND, command.fund)
    initiative = yield from the(INITIATIVE, fund.initiative)
    return PlannedCommand(
        may=access.finance(context.actor, initiative),
        initiative=fund.initiative,
        scope=command.fund,
        decide=lambda: Outcome(
            facts={
                command.fund: funds.receive(
                    command.fund,
                    fund,
                    pledge_id=command.pledge,
                    amount=command.amount,
                    received_on=command.received_on,
                    now=context.now,
                )
            },
            answers=command.fund,
        ),
    )


COMMANDS = (
    Registered("fund.open", OpenFund, _open),
    Registered("fund.pledge", PledgeToFund, _pledge),
    Registered("fund.assign_pledge", AssignPledge, _assign_pledge),
    Registered("fund.receive", ReceiveIntoFund, _receive),
)
