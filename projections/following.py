"""The way of a pledge: which pledge pays which payment of a fund (`domain.following_money`)."""

from __future__ import annotations

from datetime import date

import msgspec

from domain import access
from domain.following_money import Arrived, PaidOut, shares
from domain.funds import FUND
from domain.parties import Actor
from domain.values import Money, Role
from projections import funds
from projections.funds import PledgeShown
from projections.moments import AsOf, position_at
from projections.paging import ResultPage
from projections.reader import Reader, allow

_RECEIVED, _PAID = "fund.received.v1", "grant.instalment_settled.v1"


class PledgeShare(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a payment that a pledge paid. `pledge` is None for what was paid before money for it arrived, `funder_name`,
    `name` and `restriction` are shown as in `projections.funds`, and `own` marks the viewer's own pledges."""

    pledge: str | None
    own: bool
    funder_name: str | None
    name: str | None
    restriction: str | None
    amount: Money


class FollowedPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of a fund, and who paid it. `handle` stands for the recipient within the call. `grant`, `call` and `handle` are None
    if the grant does not open for the viewer."""

    grant: str | None
    call: str | None
    handle: str | None
    instalment: int
    paid_on: date
    amount: Money
    shares: tuple[PledgeShare, ...]


async def of_fund(
    reader: Reader, viewer: str | None, fund: str, *, as_of: AsOf | None = None
) -> ResultPage[FollowedPayment]:
    """Every payment of a fund with the pledges that paid it, the oldest first: what arrived first is spent first. For
    everybody who sees payments; funders see whose the pledges are only of their own. Raises `NotFound` or `Forbidden`."""
    state, initiative = await reader.with_initiative(FUND, fund)
    actor = Actor(viewer or "")
    role = allow(access.sees_payments(actor, initiative))
    shown = await funds.one(reader, viewer, fund, as_of=as_of)
    pledges = {each.id: each for each in shown.pledges}
    rows = await reader.rows(
        """
        SELECT l.topic, l.pledge, l."grant", l.instalment, abs(l.amount) AS amount, l.booked_on, g.call, g.handle
        FROM read.ledger l
        LEFT JOIN read.grants g ON g."grant" = l."grant" AND g.to_position = 9223372036854775807
        WHERE l.fund = %(fund)b AND l.line = 1 AND l.topic = ANY (%(topics)b::text[]) AND l.position <= %(at)b::bigint
        ORDER BY l.position
        """,
        fund=fund,
        topics=[_RECEIVED, _PAID],
        at=position_at(as_of, access.sees_times(actor, initiative, money=True)),
    )
    hidden = {each.grant for each in (await reader.avoided_everywhere(actor.id)).values()}
    moves: list[Arrived | PaidOut] = [
        Arrived(row["pledge"], row["amount"])
        if row["topic"] == _RECEIVED
        else PaidOut(row["grant"], row["instalment"], row["amount"])
        for row in rows
    ]
    paid = {(row["grant"], row["instalment"]): row for row in rows if row["topic"] == _PAID}
    by_payment: dict[tuple[str, int], list[PledgeShare]] = {each: [] for each in paid}
    for share in shares(moves):
        by_payment[share.payment.grant, share.payment.instalment].append(
            _shown(share.pledge, pledges, Money.of(share.amount, state.currency), role)
        )
    return ResultPage(
        items=tuple(
            FollowedPayment(
                grant=None if grant in hidden else grant,
                call=None if grant in hidden else row["call"],
                handle=None if grant in hidden else row["handle"],
                instalment=instalment,
                paid_on=row["booked_on"],
                amount=Money.of(row["amount"], state.currency),
                shares=tuple(by_payment[grant, instalment]),
            )
            for (grant, instalment), row in paid.items()
        )
    )


def _shown(pledge: str | None, pledges: dict[str, PledgeShown], amount: Money, role: Role) -> PledgeShare:
    known = pledges.get(pledge or "")
    hidden = role is Role.FUNDER and not (known and known.own)
    return PledgeShare(
        pledge=None if hidden else pledge,
        own=known.own if known else False,
        funder_name=known.funder_name if known else None,
        name=known.name if known else None,
        restriction=known.restriction if known else None,
        amount=amount,
    )
