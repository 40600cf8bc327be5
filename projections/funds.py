"""Funds: sums pledged, received, committed and still available."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from domain import access
from domain.funds import FUND
from domain.initiatives.state import INITIATIVE
from domain.parties import Actor
from domain.personal import Withheld
from domain.refusals import NotFound
from domain.values import Money, Role
from projections.initiatives import names_of
from projections.moments import AsOf, position_at
from projections.paging import DEFAULT_LIMIT, ResultPage, check_limit, key_of, page
from projections.reader import QueryRow, Reader, allow, text_of
from projections.versions import Version


class FundLine(msgspec.Struct, frozen=True, kw_only=True):
    """A fund and its sums: `available` is what can still be committed, counted as its `basis` says."""

    id: str
    version: Version
    initiative: str
    name: str
    currency: str
    basis: str
    pledged: Money
    received: Money
    committed: Money
    available: Money


class PledgeShown(msgspec.Struct, frozen=True, kw_only=True):
    """A pledge. `funder` and `funder_name` are None for other funders. For finance, the staff, approvers and the funder both are
    None while it is the pledge of somebody without an account, and `funder_name` once the funder was erased. `name` is the
    public name under which such a pledge was recorded, which it keeps. `own` marks the viewer's own pledges."""

    id: str
    funder: str | None
    funder_name: str | None
    name: str | None
    own: bool
    amount: Money
    received: Money
    restriction: str | None


class FundDetail(FundLine, frozen=True, kw_only=True):
    """A fund with its pledges, sorted by their random ids."""

    seen_as: Role
    pledges: tuple[PledgeShown, ...]


async def one(reader: Reader, viewer: str | None, fund: str, *, as_of: AsOf | None = None) -> FundDetail:
    """A fund, for everybody who sees the initiative's payments; raises `NotFound` or `Forbidden`."""
    _, initiative = await reader.with_initiative(FUND, fund)
    role = allow(access.sees_payments(Actor(viewer or ""), initiative))
    at = position_at(as_of, access.sees_times(Actor(viewer or ""), initiative, money=True))
    rows = await reader.rows(
        "SELECT * FROM read.funds WHERE fund = %(fund)b "
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint",
        fund=fund,
        at=at,
    )
    if not rows:
        raise NotFound
    pledges = await reader.rows(
        "SELECT * FROM read.pledges WHERE fund = %(fund)b "
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint ORDER BY pledge",
        fund=fund,
        at=at,
    )
    shown = _line(rows[0])
    names = await names_of(
        reader,
        sorted(
            {
                row["funder"]
                for row in pledges
                if row["funder"] is not None and (role is not Role.FUNDER or row["funder"] == viewer)
            }
        ),
    )
    return FundDetail(
        **{name: getattr(shown, name) for name in FundLine.__struct_fields__},
        seen_as=role,
        pledges=tuple(_pledge(row, rows[0]["currency"], role, viewer, names) for row in pledges),
    )


async def of_initiative(
    reader: Reader,
    viewer: str | None,
    initiative: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> ResultPage[FundLine]:
    """The funds of an initiative, sorted by their random ids; raises `NotFound` or `Forbidden`."""
    who, house = viewer or "", await reader.the(INITIATIVE, initiative)
    allow(access.sees_payments(Actor(who), house))
    rows = await reader.rows(
        "SELECT * FROM read.funds WHERE initiative = %(initiative)b AND fund > %(after)b::text "
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint ORDER BY fund LIMIT %(limit)b",
        initiative=initiative,
        after=key_of(cursor),
        at=position_at(as_of, access.sees_times(Actor(who), house, money=True)),
        limit=check_limit(limit) + 1,
    )
    return page(rows, limit, _line, lambda row: str(row["fund"]))


def _line(row: QueryRow) -> FundLine:
    currency = row["currency"]
    counted: int = row["received"] if row["basis"] == "received" else row["pledged"]
    return FundLine(
        id=row["fund"],
        version=Version(row["fund"], row["version"]),
        initiative=row["initiative"],
        name=row["name"],
        currency=currency,
        basis=row["basis"],
        pledged=Money.of(row["pledged"], currency),
        received=Money.of(row["received"], currency),
        committed=Money.of(row["committed"], currency),
        available=Money.of(counted - row["committed"], currency),
    )


def _pledge(
    row: QueryRow, currency: str, role: Role, viewer: str | None, names: Mapping[str, str | Withheld]
) -> PledgeShown:
    own = row["funder"] is not None and row["funder"] == viewer
    return PledgeShown(
        id=row["pledge"],
        funder=row["funder"] if own or role is not Role.FUNDER else None,
        funder_name=text_of(names.get(row["funder"])),
        name=row["name"],
        own=own,
        amount=Money.of(row["amount"], currency),
        received=Money.of(row["received"], currency),
        restriction=row["restriction"],
    )
