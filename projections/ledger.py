"""The ledger: double entry for every fact that moves money. The lines of each entry add up to zero.

The accounts of a fund:

- ``pledges_receivable`` (asset): promised by funders and not yet arrived;
- ``cash`` (asset): in the initiative's account;
- ``contributions`` (income): everything that funders promised;
- ``grants_awarded`` (expense): everything that was committed to grants and not released;
- ``grants_payable`` (liability): committed to grants and not yet paid.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import date
from typing import Final, Literal

import msgspec

from domain import access
from domain.exchange import Exchange
from domain.funds import FUND
from domain.initiatives.state import INITIATIVE
from domain.parties import Actor
from domain.values import Money
from history.unreadable import Unreadable
from projections.moments import AsOf, position_at
from projections.paging import DEFAULT_LIMIT, ResultPage, check_limit, cursor_of, number_of
from projections.reader import QueryRow, Reader, allow, recorded_in

Kind = Literal["asset", "liability", "income", "expense"]

ACCOUNTS: Final[dict[str, Kind]] = {
    "pledges_receivable": "asset",
    "cash": "asset",
    "contributions": "income",
    "grants_awarded": "expense",
    "grants_payable": "liability",
}
"""Every account and its kind, in display order."""


class AccountTotal(msgspec.Struct, frozen=True, kw_only=True):
    """The sums booked on an account. `balance` is the difference of `debits` and `credits`, never negative; `side` is
    the larger of them."""

    account: str
    kind: Kind
    debits: Money
    credits: Money
    balance: Money
    side: Literal["debit", "credit"]


class EntryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an entry: an amount on one side of an account."""

    account: str
    side: Literal["debit", "credit"]
    amount: Money


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What one fact moved: `booked_on` is the day of the bank's calendar if there is one, otherwise the day in UTC on which it was
    recorded (`recorded_on`; None if that cannot be read). The bank's `fee` for a payment, and the rate at which it changed the money,
    are shown if they were recorded; they are booked on no account of the fund. `grant` is None if it was about none, and for a grant
    that does not open for the viewer."""

    topic: str
    booked_on: date
    recorded_on: date | None
    grant: str | None
    pledge: str | None
    instalment: int | None
    fee: Money | None
    exchange: Exchange | None
    lines: tuple[EntryLine, ...]


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """A fund's accounts and its entries, in the order in which they were recorded."""

    fund: str
    currency: str
    accounts: tuple[AccountTotal, ...]
    entries: ResultPage[Entry]


async def of_fund(
    reader: Reader,
    viewer: str | None,
    fund: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> Ledger:
    """A fund's accounts with their balances, and a page of entries, for people who see payments; raises `NotFound` or
    `Forbidden`."""
    state, initiative = await reader.with_initiative(FUND, fund)
    allow(access.sees_payments(Actor(viewer or ""), initiative))
    at = position_at(as_of, access.sees_times(Actor(viewer or ""), initiative, money=True))
    start, count = number_of(cursor), check_limit(limit)
    hidden = {each.grant for each in (await reader.avoided_everywhere(viewer or "")).values()}
    sums = await reader.rows(
        """
        SELECT account, currency, coalesce(sum(amount) FILTER (WHERE amount > 0), 0)::bigint AS debits,
            coalesce(-sum(amount) FILTER (WHERE amount < 0), 0)::bigint AS credits
        FROM read.ledger WHERE fund = %(fund)b AND position <= %(at)b::bigint GROUP BY account, currency
        """,
        fund=fund,
        at=at,
    )
    lines = await reader.rows(
        """
        SELECT * FROM read.ledger WHERE position IN (
            SELECT DISTINCT position FROM read.ledger WHERE fund = %(fund)b AND position <= %(at)b::bigint
            ORDER BY position OFFSET %(start)b LIMIT %(count)b
        ) ORDER BY position, line
        """,
        fund=fund,
        at=at,
        start=start,
        count=count + 1,
    )
    entries = _entries(lines, hidden, await _recorded(reader, {line["position"] for line in lines}))
    by_account = {row["account"]: row for row in sums}
    return Ledger(
        fund=fund,
        currency=state.currency,
        accounts=tuple(_total(account, by_account.get(account), state.currency) for account in ACCOUNTS),
        entries=ResultPage(
            items=tuple(entries[:count]), next=cursor_of(str(start + count)) if len(entries) > count else None
        ),
    )


async def totals(
    reader: Reader, viewer: str | None, initiative: str, *, as_of: AsOf | None = None
) -> dict[str, tuple[AccountTotal, ...]]:
    """The accounts of all an initiative's funds together, by currency; raises `NotFound` or `Forbidden`."""
    who, house = viewer or "", await reader.the(INITIATIVE, initiative)
    allow(access.sees_payments(Actor(who), house))
    rows = await reader.rows(
        """
        SELECT account, currency, coalesce(sum(amount) FILTER (WHERE amount > 0), 0)::bigint AS debits,
            coalesce(-sum(amount) FILTER (WHERE amount < 0), 0)::bigint AS credits
        FROM read.ledger WHERE initiative = %(initiative)b AND position <= %(at)b::bigint GROUP BY account, currency
        """,
        initiative=initiative,
        at=position_at(as_of, access.sees_times(Actor(who), house, money=True)),
    )
    found = {(row["currency"], row["account"]): row for row in rows}
    return {
        currency: tuple(_total(account, found.get((currency, account)), currency) for account in ACCOUNTS)
        for currency in sorted({row["currency"] for row in rows})
    }


async def _recorded(reader: Reader, positions: set[int]) -> dict[int, date]:
    """The days in UTC on which the facts at some positions were recorded, without those that cannot be read."""
    rows = await reader.rows(
        "SELECT position, topic, document FROM history.facts WHERE position = ANY (%(positions)b::bigint[])",
        positions=sorted(positions),
    )
    found: dict[int, date] = {}
    for row in rows:
        with suppress(Unreadable):
            at = recorded_in(row, history=reader.history.id).envelope.decided_at
            found[row["position"]] = at.date()
    return found


def _entries(
    lines: list[QueryRow], hidden: Collection[str | None], recorded: Mapping[int, date]
) -> list[Entry]:
    by_position: dict[int, list[QueryRow]] = {}
    for line in lines:
        by_position.setdefault(line["position"], []).append(line)
    return [
        Entry(
            topic=rows[0]["topic"],
            booked_on=rows[0]["booked_on"],
            recorded_on=recorded.get(rows[0]["position"]),
            grant=None if rows[0]["grant"] in hidden else rows[0]["grant"],
            pledge=rows[0]["pledge"],
            instalment=rows[0]["instalment"],
            fee=fee_of(rows[0]),
            exchange=exchange_of(rows[0]),
            lines=tuple(
                EntryLine(
                    account=row["account"],
                    side="debit" if row["amount"] > 0 else "credit",
                    amount=Money.of(abs(row["amount"]), row["currency"]),
                )
                for row in rows
            ),
        )
        for rows in by_position.values()
    ]


def fee_of(row: QueryRow) -> Money | None:
    """The bank's fee for the payment in a row, if it is known."""
    return None if row["fee"] is None else Money.of(row["fee"], row["fee_currency"])


def exchange_of(row: QueryRow) -> Exchange | None:
    """The rate at which the bank changed the payment in a row, if it did."""
    return None if row["rate"] is None else Exchange(currency=row["rate_currency"], rate=row["rate"])


def _total(account: str, row: QueryRow | None, currency: str) -> AccountTotal:
    debited: int = 0 if row is None else row["debits"]
    credited: int = 0 if row is None else row["credits"]
    kind = ACCOUNTS[account]
    usual: Literal["debit", "credit"] = "debit" if kind in ("asset", "expense") else "credit"
    return AccountTotal(
        account=account,
        kind=kind,
        debits=Money.of(debited, currency),
        credits=Money.of(credited, currency),
        balance=Money.of(abs(debited - credited), currency),
        side="debit" if debited > credited else "credit" if credited > debited else usual,
    )
