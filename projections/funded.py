"""What a funder made possible: their own pledges, the calls that these paid for, and the payments that they became."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from domain import access
from domain.deciding import Allowed
from domain.initiatives.state import INITIATIVE, Initiative
from domain.parties import Actor
from domain.values import Money
from projections import applications, following
from projections.applications.counting import StatusCount
from projections.following import FollowedPayment
from projections.reader import Reader, allow


class FundedSums(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of one's own pledges in a currency: `spent` is what payments were made of, and `unspent` has arrived and is not
    spent yet."""

    currency: str
    pledged: Money
    received: Money
    spent: Money
    unspent: Money


class FundedCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call with its `status` that is paid from a fund to which one pledged: the applications of its decided rounds by
    status, and the sums that were `awarded` as grants, `paid`, and `returned` to the fund. Applications and grants that do not open
    for the viewer are counted in the sums alone."""

    call: str
    title: dict[str, str]
    status: str
    applications: tuple[StatusCount, ...]
    grants: int
    awarded: Money
    paid: Money
    returned: Money


class OwnFund(msgspec.Struct, frozen=True, kw_only=True):
    """A fund to which one pledged."""

    fund: str
    name: str


class Funded(msgspec.Struct, frozen=True, kw_only=True):
    """What a funder made possible in an initiative. `payments` are those that one's own pledges paid, wholly or in part."""

    initiative: str
    funds: tuple[OwnFund, ...]
    sums: tuple[FundedSums, ...]
    calls: tuple[FundedCall, ...]
    payments: tuple[FollowedPayment, ...]


async def mine(reader: Reader, viewer: str | None, initiative: str) -> Funded:
    """What one's own pledges to an initiative's funds became, for its funders. Raises `NotFound` or `Forbidden`."""
    who, house = viewer or "", await reader.the(INITIATIVE, initiative)
    allow(access.sees_own_funding(Actor(who), house))
    pledges = await reader.rows(
        """
        SELECT f.fund, f.name, f.currency, p.pledge, p.amount, p.received FROM read.pledges p
        JOIN read.funds f ON f.fund = p.fund AND f.to_position = 9223372036854775807
        WHERE f.initiative = %(initiative)b AND p.funder = %(viewer)b AND p.to_position = 9223372036854775807
        ORDER BY f.fund, p.pledge
        """,
        initiative=initiative,
        viewer=who,
    )
    funds = {row["fund"]: row["name"] for row in pledges}
    payments: list[FollowedPayment] = []
    for fund in funds:
        found = (await following.of_fund(reader, viewer, fund)).items
        payments += [each for each in found if any(share.own for share in each.shares)]
    payments.sort(key=lambda each: (each.paid_on, each.grant or "", each.instalment))
    sums = []
    for currency in sorted({row["currency"] for row in pledges}):
        own = [row for row in pledges if row["currency"] == currency]
        spent = sum(
            share.amount.minor("amount", currency=currency)
            for each in payments
            if each.amount.currency == currency
            for share in each.shares
            if share.own
        )
        received: int = sum(row["received"] for row in own)
        sums.append(
            FundedSums(
                currency=currency,
                pledged=Money.of(sum(row["amount"] for row in own), currency),
                received=Money.of(received, currency),
                spent=Money.of(spent, currency),
                unspent=Money.of(received - spent, currency),
            )
        )
    return Funded(
        initiative=initiative,
        funds=tuple(OwnFund(fund=fund, name=name) for fund, name in funds.items()),
        sums=tuple(sums),
        calls=await _calls(reader, viewer, house, funds),
        payments=tuple(payments),
    )


async def _calls(
    reader: Reader, viewer: str | None, house: Initiative, funds: Iterable[str]
) -> tuple[FundedCall, ...]:
    """The public calls that some funds pay, with their sums."""
    rows = await reader.rows(
        """
        SELECT c.call, c.title, c.status, c.currency,
            (SELECT count(*) FROM read.grants g WHERE g.call = c.call
                AND NOT g.application = ANY (%(avoided)b::text[]) AND g.to_position = 9223372036854775807) AS grants,
            coalesce((SELECT sum(l.amount) FROM read.ledger l JOIN read.grants g ON g."grant" = l."grant"
                AND g.to_position = 9223372036854775807 WHERE g.call = c.call AND l.line = 1
                AND l.topic = 'fund.committed.v1'), 0)::bigint AS awarded,
            coalesce((SELECT sum(l.amount) FROM read.ledger l JOIN read.grants g ON g."grant" = l."grant"
                AND g.to_position = 9223372036854775807 WHERE g.call = c.call AND l.line = 1
                AND l.topic = 'grant.instalment_settled.v1'), 0)::bigint AS paid,
            coalesce((SELECT sum(l.amount) FROM read.ledger l JOIN read.grants g ON g."grant" = l."grant"
                AND g.to_position = 9223372036854775807 WHERE g.call = c.call AND l.line = 1
                AND l.topic = 'fund.released.v1'), 0)::bigint AS returned
        FROM read.calls c
        WHERE c.fund = ANY (%(funds)b::text[]) AND c.status = ANY (%(shown)b::text[]) AND c.to_position = 9223372036854775807
        ORDER BY c.call
        """,
        funds=list(funds),
        avoided=sorted(await reader.avoided_everywhere(viewer or "")),
        shown=["published", "cancelled"],
    )
    seen = [
        row
        for row in rows
        if isinstance(access.sees_payments(Actor(viewer or ""), house.within(row["call"])), Allowed)
    ]
    return tuple(
        [
            FundedCall(
                call=row["call"],
                title=row["title"],
                status=row["status"],
                applications=(await applications.counts(reader, viewer, row["call"])).counts,
                grants=row["grants"],
                awarded=Money.of(row["awarded"], row["currency"]),
                paid=Money.of(row["paid"], row["currency"]),
                returned=Money.of(row["returned"], row["currency"]),
            )
            for row in seen
        ]
    )
