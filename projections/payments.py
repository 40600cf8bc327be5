"""The payments of an initiative: every instalment of its grants, with what whoever pays needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec

from domain import access
from domain.deciding import Allowed, Loaded
from domain.exchange import Exchange
from domain.grants.facts import GrantPayeeSet
from domain.grants.state import GRANT, Grant
from domain.grants.statuses import GrantStatus, InstalmentStatus
from domain.indexes import rounds_of
from domain.initiatives.state import INITIATIVE, Initiative
from domain.parties import Actor
from domain.personal import Withheld
from domain.values import Money
from projections.ledger import exchange_of, fee_of
from projections.paging import DEFAULT_LIMIT, ResultPage, check_limit, cursor_of, key_of
from projections.reader import QueryRow, Reader, Reference, allow, damaged_in, text_of

DUE: Final = "due"
"""Instead of a status: everything that is not paid yet and is going to be."""
UNPAID: Final = tuple(
    str(each)
    for each in InstalmentStatus
    if each not in (InstalmentStatus.SETTLED, InstalmentStatus.CANCELLED)
)
_TO_PAY: Final = (InstalmentStatus.APPROVED, InstalmentStatus.INSTRUCTED, InstalmentStatus.FAILED)
_GOING_ON: Final = (GrantStatus.ACCEPTED, GrantStatus.SUSPENDED)


class PaymentLine(msgspec.Struct, frozen=True, kw_only=True):
    """An instalment of a grant. `handle` stands for the recipient within the call; `title` is the project's, for the
    recipient's own people and those who see who the recipient is. `payee`, `account`, `bank_code` and `country` are shown to
    those who pay, once it is to be paid. `payable_from` is the end of the waiting time after a change of bank details,
    `suspended` whether nothing can be paid before the grant is resumed."""

    grant: str
    number: int
    call: str
    call_title: dict[str, str]
    fund: str
    fund_name: str
    handle: str | None
    title: str | None
    amount: Money
    condition: str
    due: date
    status: str
    suspended: bool
    reference: str | None
    settled_on: date | None
    fee: Money | None
    exchange: Exchange | None
    reason: str | None
    payable_from: datetime | None
    payee: str | None
    account: str | None
    bank_code: str | None
    country: str | None
    damaged: tuple[str, ...] = ()


async def of_initiative(
    reader: Reader,
    viewer: str | None,
    initiative: str,
    *,
    status: str | None = None,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> ResultPage[PaymentLine]:
    """The instalments of an initiative's grants by the day on which they are due, for everybody who sees its payments. Status
    `due` means all that are not paid yet. Raises `NotFound` or `Forbidden`."""
    who, house = viewer or "", await reader.the(INITIATIVE, initiative)
    actor = await reader.actor(viewer)
    calls = _calls_of(actor, house)
    rows = await reader.rows(
        """
        SELECT i.*, g.call, g.fund, g.handle, g.application, g.currency, g.status AS grant_status, g.payee_version, g.payable_from,
            f.name AS fund_name, c.title AS call_title, t.*
        FROM read.instalments i
        JOIN read.grants g ON g."grant" = i."grant" AND g.to_position = 9223372036854775807
        JOIN read.funds f ON f.fund = g.fund AND f.to_position = 9223372036854775807
        JOIN read.calls c ON c.call = g.call AND c.to_position = 9223372036854775807
        LEFT JOIN read.applications a ON a.application = g.application AND a.to_position = 9223372036854775807
        LEFT JOIN read.titled t ON t.title_stream = a.application AND t.title_version = a.written
        WHERE g.initiative = %(initiative)b AND i.to_position = 9223372036854775807
            AND (%(calls)b::text[] IS NULL OR g.call = ANY (%(calls)b::text[]))
            AND (%(statuses)b::text[] IS NULL OR i.status = ANY (%(statuses)b::text[]) AND (%(ended)b::text IS NULL OR g.status = ANY (%(going_on)b::text[])))
            AND (to_char(i.due, 'YYYY-MM-DD') || ' ' || i."grant" || ' ' || lpad(i.number::text, 4, '0')) COLLATE "C" > %(after)b::text
        ORDER BY (to_char(i.due, 'YYYY-MM-DD') || ' ' || i."grant" || ' ' || lpad(i.number::text, 4, '0')) COLLATE "C"
        LIMIT %(limit)b
        """,
        initiative=initiative,
        calls=calls,
        statuses=None if status is None else list(UNPAID) if status == DUE else [status],
        ended=status if status == DUE else None,
        going_on=[str(each) for each in _GOING_ON],
        after=key_of(cursor),
        limit=check_limit(limit) + 1,
    )
    shown = rows[:limit]
    loaded = await reader.readable(*((GRANT, grant) for grant in sorted({row["grant"] for row in shown})))
    rounds = [
        round
        for call in sorted({row["call"] for row in shown})
        for round in await reader.index_entries(rounds_of(call))
    ]
    conflicts = await reader.conflicts_in_rounds(who, rounds)
    payees = await _payees(reader, actor, house, shown, loaded, conflicts)
    return ResultPage(
        items=tuple(
            _line(reader, actor, house, row, loaded[row["grant"]].state, conflicts, payees)
            for row in shown
            if row["grant"] in loaded and row["application"] not in conflicts.avoided
        ),
        next=cursor_of(_key(shown[-1])) if len(rows) > limit else None,
        unreadable=tuple(sorted({row["grant"] for row in shown if row["grant"] not in loaded})),
    )


def _calls_of(actor: Actor, house: Initiative) -> list[str] | None:
    """The calls whose payments the viewer sees; None for all."""
    verdict = access.sees_payments(actor, house)
    if isinstance(verdict, Allowed):
        return None
    found = [
        call
        for call in house.calls_of(actor.id)
        if isinstance(access.sees_payments(actor, house.within(call)), Allowed)
    ]
    if not found:
        allow(verdict)
    return sorted(found)


def _key(row: QueryRow) -> str:
    return f"{row['due'].isoformat()} {row['grant']} {row['number']:04d}"


_Payees = Mapping[str, Mapping[str, str | Withheld | None]]


async def _payees(
    reader: Reader,
    actor: Actor,
    house: Initiative,
    rows: list[QueryRow],
    loaded: Mapping[str, Loaded[Any]],  # Any: the states of grants
    conflicts: tuple[str, ...],
) -> _Payees:
    """The bank details of grants that have something to be paid, for those who pay."""
    wanted = {
        row["grant"]: Reference(row["grant"], row["payee_version"])
        for row in rows
        if row["status"] in _TO_PAY and row["payee_version"] is not None and row["grant"] in loaded
        if isinstance(
            access.sees_payee(
                actor, house.within(row["call"]), loaded[row["grant"]].state, conflicts=conflicts
            ),
            Allowed,
        )
    }
    found = {}
    for reference, recorded in (await reader.facts(wanted.values(), open_boxes=True)).items():
        fact = recorded.fact
        assert isinstance(fact, GrantPayeeSet)
        found[reference.stream] = {
            "payee": fact.name,
            "account": fact.account,
            "bank_code": fact.bank_code,
            "country": fact.country,
        }
    return found


def _line(
    reader: Reader,
    actor: Actor,
    house: Initiative,
    row: QueryRow,
    grant: Grant,
    conflicts: tuple[str, ...],
    payees: _Payees,
) -> PaymentLine:
    recipient = access.sees_recipient(actor, house.within(row["call"]), grant, conflicts=conflicts)
    named = isinstance(recipient, Allowed) and row["title_stream"] is not None
    title = reader.opened(row, "title", str) if named else None
    payee = payees.get(row["grant"], {}) if row["status"] in _TO_PAY else {}
    return PaymentLine(
        grant=row["grant"],
        number=row["number"],
        call=row["call"],
        call_title=row["call_title"],
        fund=row["fund"],
        fund_name=row["fund_name"],
        handle=row["handle"],
        title=text_of(title),
        amount=Money.of(row["amount"], row["currency"]),
        condition=row["condition"],
        due=row["due"],
        status=row["status"],
        suspended=row["grant_status"] == GrantStatus.SUSPENDED,
        reference=row["reference"],
        settled_on=row["settled_on"],
        fee=fee_of(row),
        exchange=exchange_of(row),
        reason=row["reason"],
        payable_from=row["payable_from"],
        payee=text_of(payee.get("payee")),
        account=text_of(payee.get("account")),
        bank_code=text_of(payee.get("bank_code")),
        country=text_of(payee.get("country")),
        damaged=damaged_in({"title": title, **payee}),
    )
