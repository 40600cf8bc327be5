"""The tables of the ledger: double entry for every fact that moves money (`projections.ledger` names the accounts)."""

from __future__ import annotations

from datetime import date
from typing import Final, assert_never

from domain.funds import FundCommitted, FundOpened, FundPledged, FundReceived, FundReleased
from domain.grants.facts import GrantInstalmentSettled, GrantOffered
from projections.placed import Placed
from projections.projection import Projection
from projections.rows import Rows, row_of
from projections.tables import Table, TableRow


class LineRow(TableRow, frozen=True, kw_only=True):
    """A line of an entry. Debits are positive, credits negative, and the lines of one position add up to zero. `grant`,
    `pledge`, `instalment`, and a payment's fee and rate, are taken from the fact."""

    position: int
    line: int
    fund: str
    initiative: str
    account: str
    amount: int
    currency: str
    topic: str
    grant: str | None = None
    pledge: str | None = None
    instalment: int | None = None
    booked_on: date
    fee: int | None = None
    fee_currency: str | None = None
    rate: str | None = None
    rate_currency: str | None = None


class LedgerFundRow(TableRow, frozen=True, kw_only=True):
    """A fund's initiative and currency."""

    fund: str
    initiative: str
    currency: str


class LedgerGrantRow(TableRow, frozen=True, kw_only=True):
    """The fund that pays a grant."""

    grant: str
    fund: str
    initiative: str
    currency: str


LEDGER: Final = Table("ledger", LineRow, key=("position", "line"), versions=False)
FUNDS: Final = Table("ledger_funds", LedgerFundRow, key=("fund",), versions=False)
GRANTS: Final = Table("ledger_grants", LedgerGrantRow, key=("grant",), versions=False)

Moved = FundPledged | FundReceived | FundCommitted | FundReleased | GrantInstalmentSettled
"""The facts that move or promise money."""


def fold(rows: Rows, fact: FundOpened | GrantOffered | Moved, placed: Placed) -> None:
    """Book each fact: debit one account, credit another."""
    match fact:
        case FundOpened():
            rows.put(FUNDS, row_of(LedgerFundRow, fact))
        case GrantOffered():
            rows.put(GRANTS, row_of(LedgerGrantRow, fact))
        case GrantInstalmentSettled():
            _book(rows, fact, rows.get(GRANTS, fact.grant), placed)
        case _:
            _book(rows, fact, rows.get(FUNDS, fact.fund), placed)


def accounts(fact: Moved) -> tuple[str, str]:
    """The account that a fact debits, and the account that it credits."""
    match fact:
        case FundPledged():
            return "pledges_receivable", "contributions"
        case FundReceived():
            return "cash", "pledges_receivable"
        case FundCommitted():
            return "grants_awarded", "grants_payable"
        case FundReleased():
            return "grants_payable", "grants_awarded"
        case GrantInstalmentSettled():
            return "grants_payable", "cash"
        case _:
            assert_never(fact)


def _book(rows: Rows, fact: Moved, fund: LedgerFundRow | LedgerGrantRow | None, placed: Placed) -> None:
    # An entry that cannot be booked stops the ledger at its fact: a ledger with a missing entry would stay wrong.
    assert fund is not None
    debit, credit = accounts(fact)
    for line, account, amount in ((1, debit, fact.amount), (2, credit, -fact.amount)):
        row = row_of(
            LineRow,
            fact,
            position=placed.position,
            line=line,
            fund=fund.fund,
            initiative=fund.initiative,
            account=account,
            amount=amount,
            currency=fund.currency,
            topic=placed.recorded.topic,
            booked_on=_booked_on(fact, placed),
        )
        rows.put(LEDGER, row)


def _booked_on(fact: Moved, placed: Placed) -> date:
    """The day by the bank's calendar if there is one, otherwise the day in UTC."""
    match fact:
        case FundReceived():
            return fact.received_on
        case GrantInstalmentSettled():
            return fact.settled_on
        case _:
            return placed.recorded.envelope.decided_at.date()


PROJECTION: Final = Projection("ledger", (LEDGER, FUNDS, GRANTS), fold)
