"""Funds: what was pledged, received and committed, and what is left to commit."""

from __future__ import annotations

import msgspec

from domain import access
from domain.funds import FUND, FundCommitted, FundOpened, FundPledged, FundReceived, FundReleased
from domain.initiatives import INITIATIVE
from domain.refusals import NotFound
from domain.values import Money, Role
from projections.moments import AsOf, position_at
from projections.paging import DEFAULT_LIMIT, Page, check_limit, key_of, page
from projections.projection import Placed, Projection, unhandled
from projections.reader import Reader, Row, allow
from projections.writing import Statement, Write

# Handler

_OPEN = Statement(
    """
    INSERT INTO read.funds (fund, from_position, version, initiative, name, currency, basis)
    SELECT * FROM unnest(%(fund)b::text[], %(at)b::bigint[], %(version)b::integer[], %(initiative)b::text[],
        %(name)b::text[], %(currency)b::text[], %(basis)b::text[])
    ON CONFLICT DO NOTHING
    """,
    keys=("fund",),
)

# A fund pays hundreds of grants, so its sums are strung together here, not turn by turn.
_ADD = Statement(
    """
    WITH added AS (
        SELECT a.fund, a.at, lead(a.at, 1, 9223372036854775807) OVER sofar AS until,
            min(a.at) OVER (PARTITION BY a.fund) AS first, a.version, p.initiative, p.name, p.currency, p.basis,
            p.pledged + sum(a.pledged) OVER sofar AS pledged, p.received + sum(a.received) OVER sofar AS received,
            p.committed + sum(a.committed) OVER sofar AS committed
        FROM unnest(%(fund)b::text[], %(at)b::bigint[], %(version)b::integer[], %(pledged)b::bigint[],
            %(received)b::bigint[], %(committed)b::bigint[]) AS a (fund, at, version, pledged, received, committed)
        JOIN read.funds p ON p.fund = a.fund AND p.to_position = 9223372036854775807 AND p.from_position < a.at
        WINDOW sofar AS (PARTITION BY a.fund ORDER BY a.at)
    ), before AS (
        UPDATE read.funds p SET to_position = a.at
        FROM added a WHERE a.at = a.first AND p.fund = a.fund AND p.to_position = 9223372036854775807
    )
    INSERT INTO read.funds
        (fund, from_position, to_position, version, initiative, name, currency, basis, pledged, received, committed)
    SELECT fund, at, until, version, initiative, name, currency, basis, pledged, received, committed FROM added
    """,
    keys=("fund",),
    repeats=True,
)

_PLEDGE = Statement(
    """
    INSERT INTO read.pledges (pledge, from_position, fund, funder, amount, restriction)
    SELECT * FROM unnest(%(pledge)b::text[], %(at)b::bigint[], %(fund)b::text[], %(funder)b::text[],
        %(amount)b::bigint[], %(restriction)b::text[])
    ON CONFLICT DO NOTHING
    """,
    keys=("pledge",),
)

_RECEIVE = Statement(
    """
    WITH changed AS (
        UPDATE read.pledges p SET to_position = c.at
        FROM unnest(%(pledge)b::text[], %(at)b::bigint[], %(amount)b::bigint[]) AS c (pledge, at, amount)
        WHERE p.pledge = c.pledge AND p.to_position = 9223372036854775807 AND p.from_position < c.at
        RETURNING p.pledge, c.at, p.fund, p.funder, p.amount, p.received + c.amount, p.restriction
    )
    INSERT INTO read.pledges (pledge, from_position, fund, funder, amount, received, restriction)
    SELECT * FROM changed
    """,
    keys=("pledge",),
)


def handle(placed: Placed, write: Write) -> None:
    """Keep the sums of each fund and of each pledge."""
    match placed.recorded.fact:
        case FundOpened() as fact:
            write(
                _OPEN,
                fund=fact.fund,
                at=placed.position,
                version=placed.version,
                initiative=fact.initiative,
                name=fact.name,
                currency=fact.currency,
                basis=fact.basis,
            )
        case FundPledged() as fact:
            write(
                _PLEDGE,
                pledge=fact.pledge,
                at=placed.position,
                fund=fact.fund,
                funder=fact.funder,
                amount=fact.amount,
                restriction=fact.restriction,
            )
            _add(placed, write, fact.fund, pledged=fact.amount)
        case FundReceived() as fact:
            write(_RECEIVE, pledge=fact.pledge, at=placed.position, amount=fact.amount)
            _add(placed, write, fact.fund, received=fact.amount)
        case FundCommitted() as fact:
            _add(placed, write, fact.fund, committed=fact.amount)
        case FundReleased() as fact:
            _add(placed, write, fact.fund, committed=-fact.amount)
        case fact:
            unhandled(fact)


def _add(
    placed: Placed, write: Write, fund: str, *, pledged: int = 0, received: int = 0, committed: int = 0
) -> None:
    write(
        _ADD,
        fund=fund,
        at=placed.position,
        version=placed.version,
        pledged=pledged,
        received=received,
        committed=committed,
    )


PROJECTION = Projection(
    "funds",
    ("funds", "pledges"),
    (FundOpened, FundPledged, FundReceived, FundCommitted, FundReleased),
    handle,
)

# Queries


class FundLine(msgspec.Struct, frozen=True, kw_only=True):
    """A fund and its sums: `available` is what can still be committed, counted from what the `basis` says."""

    id: str
    version: int
    initiative: str
    name: str
    currency: str
    basis: str
    pledged: Money
    received: Money
    committed: Money
    available: Money


class PledgeShown(msgspec.Struct, frozen=True, kw_only=True):
    """A pledge. `funder` is told to finance, to the staff, to approvers and to the funder themself; `own` marks the
    viewer's own pledges."""

    id: str
    funder: str | None
    own: bool
    amount: Money
    received: Money
    restriction: str | None


class FundDetail(FundLine, frozen=True, kw_only=True):
    """A fund with its pledges, sorted by their random ids."""

    seen_as: Role
    pledges: tuple[PledgeShown, ...]


async def one(reader: Reader, viewer: str | None, fund: str, *, as_of: AsOf | None = None) -> FundDetail:
    """A fund, for those who see the initiative's payments; raises `NotFound` or `Forbidden`."""
    _, initiative = await reader.with_initiative(FUND, fund)
    role = allow(access.sees_payments(viewer or "", initiative))
    at = position_at(as_of, access.sees_times(viewer or "", initiative, money=True))
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
    return FundDetail(
        **{name: getattr(shown, name) for name in FundLine.__struct_fields__},
        seen_as=role,
        pledges=tuple(_pledge(row, rows[0]["currency"], role, viewer) for row in pledges),
    )


async def of_initiative(
    reader: Reader,
    viewer: str | None,
    initiative: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> Page[FundLine]:
    """The funds of an initiative, sorted by their random ids; raises `NotFound` or `Forbidden`."""
    who, house = viewer or "", await reader.the(INITIATIVE, initiative)
    allow(access.sees_payments(who, house))
    rows = await reader.rows(
        "SELECT * FROM read.funds WHERE initiative = %(initiative)b AND fund > %(after)b::text "
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint ORDER BY fund LIMIT %(limit)b",
        initiative=initiative,
        after=key_of(cursor),
        at=position_at(as_of, access.sees_times(who, house, money=True)),
        limit=check_limit(limit) + 1,
    )
    return page(rows, limit, _line, lambda row: str(row["fund"]))


def _line(row: Row) -> FundLine:
    currency = row["currency"]
    counted: int = row["received"] if row["basis"] == "received" else row["pledged"]
    return FundLine(
        id=row["fund"],
        version=row["version"],
        initiative=row["initiative"],
        name=row["name"],
        currency=currency,
        basis=row["basis"],
        pledged=Money.of(row["pledged"], currency),
        received=Money.of(row["received"], currency),
        committed=Money.of(row["committed"], currency),
        available=Money.of(counted - row["committed"], currency),
    )


def _pledge(row: Row, currency: str, role: Role, viewer: str | None) -> PledgeShown:
    own = row["funder"] == viewer
    return PledgeShown(
        id=row["pledge"],
        funder=row["funder"] if own or role is not Role.FUNDER else None,
        own=own,
        amount=Money.of(row["amount"], currency),
        received=Money.of(row["received"], currency),
        restriction=row["restriction"],
    )
