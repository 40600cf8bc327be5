"""Rounds: the intakes of a call, until when each is open and where it stands."""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain import access
from domain.calls import CALL
from domain.initiatives import INITIATIVE
from domain.refusals import NotFound
from domain.rounds import ROUND, RoundClosed, RoundDecided, RoundOpened, RoundPutToPanel, RoundStatus
from projections.moments import AsOf, position_at
from projections.projection import Placed, Projection, unhandled
from projections.reader import Reader, Row, allow
from projections.versions import Version
from projections.writing import Statement, Write

# Handler

_OPEN = Statement(
    """
    INSERT INTO read.rounds
        (round, from_position, version, initiative, call, status, closes_at, closes_local, time_zone)
    SELECT * FROM unnest(%(round)b::text[], %(at)b::bigint[], %(version)b::integer[], %(initiative)b::text[],
        %(call)b::text[], %(status)b::text[], %(closes_at)b::timestamptz[], %(closes_local)b::text[],
        %(time_zone)b::text[])
    ON CONFLICT DO NOTHING
    """,
    keys=("round",),
)

_CHANGE = Statement(
    """
    WITH changed AS (
        UPDATE read.rounds p SET to_position = c.at
        FROM unnest(%(round)b::text[], %(at)b::bigint[], %(version)b::integer[], %(status)b::text[],
            %(received)b::integer[], %(panel)b::text[]) AS c (round, at, version, status, received, panel)
        WHERE p.round = c.round AND p.to_position = 9223372036854775807 AND p.from_position < c.at
        RETURNING p.round, c.at, c.version, p.initiative, p.call, c.status, p.closes_at, p.closes_local, p.time_zone,
            coalesce(c.received, p.received), coalesce(c.panel, p.panel)
    )
    INSERT INTO read.rounds
        (round, from_position, version, initiative, call, status, closes_at, closes_local, time_zone, received, panel)
    SELECT * FROM changed
    """,
    keys=("round",),
)


def handle(placed: Placed, write: Write) -> None:
    """Keep where each round stands."""
    match placed.recorded.fact:
        case RoundOpened() as fact:
            write(
                _OPEN,
                round=fact.round,
                at=placed.position,
                version=placed.version,
                initiative=fact.initiative,
                call=fact.call,
                status=RoundStatus.OPEN.value,
                closes_at=fact.closes_at,
                closes_local=fact.closes_local,
                time_zone=fact.time_zone,
            )
        case RoundClosed() as fact:
            _change(placed, write, fact.round, RoundStatus.CLOSED, received=len(fact.applications))
        case RoundPutToPanel() as fact:
            _change(placed, write, fact.round, RoundStatus.IN_PANEL, panel=fact.panel)
        case RoundDecided() as fact:
            _change(placed, write, fact.round, RoundStatus.DECIDED)
        case fact:
            unhandled(fact)


def _change(
    placed: Placed,
    write: Write,
    round: str,
    status: RoundStatus,
    *,
    received: int | None = None,
    panel: str | None = None,
) -> None:
    write(
        _CHANGE,
        round=round,
        at=placed.position,
        version=placed.version,
        status=status.value,
        received=received,
        panel=panel,
    )


PROJECTION = Projection(
    "rounds", ("rounds",), (RoundOpened, RoundClosed, RoundPutToPanel, RoundDecided), handle
)

# Queries


class RoundLine(msgspec.Struct, frozen=True, kw_only=True):
    """A round of a call. `closes_local` is the deadline on the clocks of `time_zone`.

    `received` (how many applications were in when it closed) and `panel` are None to outsiders, and before there is one.
    """

    id: str
    version: Version
    call: str
    initiative: str
    status: str
    closes_at: datetime
    closes_local: str
    time_zone: str
    received: int | None
    panel: str | None


async def one(reader: Reader, viewer: str | None, round: str, *, as_of: AsOf | None = None) -> RoundLine:
    """A round of a call that the viewer sees; raises `NotFound`."""
    state = await reader.the(ROUND, round)
    loaded = await reader.load((CALL, state.call), (INITIATIVE, state.initiative))
    initiative = loaded[state.initiative].state.within(state.call)
    allow(access.sees_call(viewer or "", initiative, loaded[state.call].state))
    at = position_at(as_of, access.sees_times(viewer or "", initiative))
    rows = await reader.rows(
        "SELECT * FROM read.rounds WHERE round = %(round)b "
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint",
        round=round,
        at=at,
    )
    if not rows:
        raise NotFound
    return line(rows[0], inside=bool(initiative.roles(viewer or "")))


async def of_calls(reader: Reader, calls: list[str], *, inside: bool, at: int) -> dict[str, list[RoundLine]]:
    """The rounds of some calls that the caller may show; `inside`: to a member of the initiative."""
    rows = await reader.rows(
        "SELECT * FROM read.rounds WHERE call = ANY (%(calls)b::text[]) "
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint ORDER BY closes_at, round",
        calls=calls,
        at=at,
    )
    found: dict[str, list[RoundLine]] = {call: [] for call in calls}
    for row in rows:
        found[row["call"]].append(line(row, inside=inside))
    return found


def line(row: Row, *, inside: bool) -> RoundLine:
    """A row of read.rounds as it is shown."""
    return RoundLine(
        id=row["round"],
        version=Version(row["round"], row["version"]),
        call=row["call"],
        initiative=row["initiative"],
        status=row["status"],
        closes_at=row["closes_at"],
        closes_local=row["closes_local"],
        time_zone=row["time_zone"],
        received=row["received"] if inside else None,
        panel=row["panel"] if inside else None,
    )
