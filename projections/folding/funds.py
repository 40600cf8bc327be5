"""The tables of funds and pledges, with their sums."""

from __future__ import annotations

from typing import Final, assert_never

from msgspec.structs import replace

from domain.funds import (
    Basis,
    FundCommitted,
    FundFact,
    FundOpened,
    FundPledgeAssigned,
    FundPledged,
    FundReceived,
    FundReleased,
)
from projections.placed import Placed
from projections.projection import Projection
from projections.rows import Rows, row_of, told_version
from projections.tables import Table, TableRow


class FundRow(TableRow, frozen=True, kw_only=True):
    """A fund and its sums, in minor units of `currency`."""

    fund: str
    version: int
    initiative: str
    name: str
    currency: str
    basis: Basis
    pledged: int = 0
    received: int = 0
    committed: int = 0


class PledgeRow(TableRow, frozen=True, kw_only=True):
    """A pledge and how much of it has arrived, in minor units of the fund's currency. `funder` is None while it is that of
    somebody without an account, whose `name` it keeps."""

    pledge: str
    fund: str
    funder: str | None
    name: str | None
    amount: int
    received: int = 0
    restriction: str | None


FUNDS: Final = Table("funds", FundRow, key=("fund",))
PLEDGES: Final = Table("pledges", PledgeRow, key=("pledge",))


def fold(rows: Rows, fact: FundFact, _: Placed) -> None:
    """Store the sums of each fund and of each pledge."""
    rows.put(
        FUNDS, fund_row(rows.get(FUNDS, fact.fund), fact, told_version(rows.get(FUNDS, fact.fund), fact))
    )
    match fact:
        case FundPledged():
            rows.put(PLEDGES, row_of(PledgeRow, fact))
        case FundPledgeAssigned():
            before = rows.get(PLEDGES, fact.pledge)
            assert before is not None
            rows.put(PLEDGES, replace(before, funder=fact.funder))
        case FundReceived():
            before = rows.get(PLEDGES, fact.pledge)
            assert before is not None
            rows.put(PLEDGES, replace(before, received=before.received + fact.amount))
        case _:
            pass  # belongs to no pledge


def fund_row(row: FundRow | None, fact: FundFact, version: int) -> FundRow:
    """A fund's row after one more fact. The domain's state holds every single pledge and commitment; this row holds
    only the sums, so that a fund with thousands of grants stays small."""
    if isinstance(fact, FundOpened):
        return row_of(FundRow, fact, version=version)
    assert row is not None
    match fact:
        case FundPledged():
            return replace(row, version=version, pledged=row.pledged + fact.amount)
        case FundPledgeAssigned():
            return replace(row, version=version)
        case FundReceived():
            return replace(row, version=version, received=row.received + fact.amount)
        case FundCommitted():
            return replace(row, version=version, committed=row.committed + fact.amount)
        case FundReleased():
            return replace(row, version=version, committed=row.committed - fact.amount)
        case _:
            assert_never(fact)


PROJECTION: Final = Projection("funds", (FUNDS, PLEDGES), fold)
