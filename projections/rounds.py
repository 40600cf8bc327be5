"""Rounds: the intakes of a call, until when each is open and where it stands."""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain import access
from domain.calls import CALL
from domain.initiatives import INITIATIVE
from domain.parties import Actor
from domain.refusals import NotFound
from domain.rounds import ROUND
from projections.moments import AsOf, position_at
from projections.reader import Reader, Row, allow
from projections.versions import Version


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
    at = position_at(as_of, access.sees_times(Actor(viewer or ""), initiative))
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
