"""Rounds: the intakes of a call, with deadlines and statuses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from domain import access
from domain.calls.state import CALL
from domain.initiatives.state import INITIATIVE
from domain.messages import msg
from domain.parties import Actor
from domain.refusals import NotFound
from domain.rounds.facts import RoundClosed, RoundLateAccessGranted
from domain.rounds.state import ROUND, Round, RoundStatus
from domain.topics import topics_of
from projections import readings
from projections.initiatives import names_of
from projections.moments import AsOf, position_at
from projections.reader import QueryRow, Reader, Reference, allow, recorded_in, text_of
from projections.versions import Version

NOT_RECORDED: Final = msg(
    "Late access is not shown at the moment, because it has to be recorded first that you read "
    "it, and nothing can be written now. Try again shortly."
)


class RoundLine(msgspec.Struct, frozen=True, kw_only=True):
    """A round of one of a call's stages. `closes_local` is the deadline as local time of `time_zone`; `late_until` is
    until when the viewer may apply, if they or an organisation for which they act have late access.

    `received` (the number of applications when it closed, without those that the viewer must not read) and `panel` are None
    for viewers outside the initiative, and before there is one.
    """

    id: str
    version: Version
    call: str
    stage: str
    initiative: str
    status: str
    closes_at: datetime
    closes_local: str
    time_zone: str
    received: int | None
    panel: str | None
    late_until: datetime | None = None


class LateAccess(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant (a person or an organisation) with late access to a round, and why. `name` is None once they were
    erased, and if it is damaged."""

    applicant: str
    name: str | None
    until: datetime
    reason: str
    explanation: str | None


class LateAccesses(msgspec.Struct, frozen=True, kw_only=True):
    """All applicants with late access to a round."""

    round: str
    items: tuple[LateAccess, ...]


async def one(reader: Reader, viewer: str | None, round: str, *, as_of: AsOf | None = None) -> RoundLine:
    """A round of a call that the viewer sees; raises `NotFound`."""
    state, actor = await reader.seen_by(viewer, ROUND, round)
    loaded = await reader.load((CALL, state.call), (INITIATIVE, state.initiative))
    initiative = loaded[state.initiative].state.within(state.call)
    allow(access.sees_call(viewer or "", initiative, loaded[state.call].state))
    if state.rolling:
        own = await reader.applied_by(actor, round, state.call)
        allow(access.sees_single_round(actor, initiative, state, own=own))
    at = position_at(as_of, access.sees_times(actor, initiative))
    rows = await reader.rows(
        "SELECT * FROM read.rounds WHERE round = %(round)b "
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint",
        round=round,
        at=at,
    )
    if not rows:
        raise NotFound
    inside = bool(initiative.roles(viewer or ""))
    hidden = await hidden_in(reader, viewer, rows) if inside else {}
    return line(
        rows[0],
        inside=inside,
        hidden=hidden.get(round, 0),
        late_until=late_until(state, actor, as_of),
    )


def late_until(round: Round, viewer: Actor, as_of: AsOf | None = None) -> datetime | None:
    """Until when a viewer may apply to an open round, for themselves or an organisation for which they act, if one of
    these has late access beyond the deadline, which may have been extended since."""
    if as_of is not None or round.status is not RoundStatus.OPEN or round.closes_at is None:
        return None
    late = [round.late[party] for party in viewer.parties if party in round.late]
    return max((until for until in late if until > round.closes_at), default=None)


async def late_access(reader: Reader, viewer: str | None, round: str) -> LateAccesses:
    """The applicants with late access to a round, for its staff, who then know who applied. Raises `NotFound` or
    `Forbidden`, and `NotRecorded` if the reading cannot be recorded."""
    who = viewer or ""
    state = await reader.the(ROUND, round)
    initiative = (await reader.the(INITIATIVE, state.initiative)).within(state.call)
    own = await reader.applied_by(await reader.actor(viewer), round, state.call)
    allow(access.sees_late_access(who, initiative, state, own=own))
    if state.late and not await readings.record(reader, who, round, "applicants"):
        raise readings.NotRecorded(NOT_RECORDED)
    version = (await reader.load((ROUND, round)))[round].version
    found = await reader.facts([Reference(round, each) for each in range(1, version + 1)], open_boxes=True)
    granted = {
        fact.applicant: fact
        for each in found.values()
        if isinstance(fact := each.fact, RoundLateAccessGranted)
    }
    names = await names_of(reader, list(granted))
    return LateAccesses(
        round=round,
        items=tuple(
            LateAccess(
                applicant=party,
                name=text_of(names.get(party)),
                until=fact.until,
                reason=fact.reason,
                explanation=text_of(fact.explanation),
            )
            for party, fact in sorted(granted.items())
        ),
    )


async def of_calls(
    reader: Reader, viewer: str | None, calls: list[str], *, inside: bool, at: int
) -> dict[str, list[RoundLine]]:
    """The rounds of some calls. The caller has checked access; `inside`: for a member of the initiative."""
    rows = await reader.rows(
        "SELECT * FROM read.rounds WHERE call = ANY (%(calls)b::text[]) AND NOT rolling "
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint ORDER BY closes_at, round",
        calls=calls,
        at=at,
    )
    found: dict[str, list[RoundLine]] = {call: [] for call in calls}
    hidden = await hidden_in(reader, viewer, rows) if inside else {}
    for row in rows:
        found[row["call"]].append(line(row, inside=inside, hidden=hidden.get(row["round"], 0)))
    return found


async def hidden_in(reader: Reader, viewer: str | None, rows: Sequence[QueryRow]) -> dict[str, int]:
    """How many of the applications that are counted in some rows of read.rounds the viewer must not read; nothing where there
    is none. It is counted in the same fact as `received`, because the round may have been opened again since."""
    counted = [row for row in rows if row["received"]]
    avoided = await reader.avoided_everywhere(viewer) if viewer and counted else {}
    if not avoided:
        return {}
    closed = await reader.rows(
        "SELECT DISTINCT ON (f.stream) f.stream, f.position, f.topic, f.document "
        "FROM unnest(%(rounds)b::text[], %(positions)b::bigint[]) AS r (round, position) "
        "JOIN history.facts f ON f.stream = r.round AND f.position <= r.position AND f.topic = ANY (%(topics)b::text[]) "
        "ORDER BY f.stream, f.version DESC",
        rounds=[row["round"] for row in counted],
        positions=[row["from_position"] for row in counted],
        topics=list(topics_of(RoundClosed)),
    )
    facts = {row["stream"]: recorded_in(row).fact for row in closed}
    return {
        round: sum(each in avoided for each in fact.applications)
        for round, fact in facts.items()
        if isinstance(fact, RoundClosed)
    }


def line(row: QueryRow, *, inside: bool, hidden: int = 0, late_until: datetime | None = None) -> RoundLine:
    """A row of read.rounds for display; `hidden` of its applications are not for the viewer (`hidden_in`)."""
    received = row["received"] if inside else None
    return RoundLine(
        id=row["round"],
        version=Version(row["round"], row["version"]),
        call=row["call"],
        stage=row["stage"],
        initiative=row["initiative"],
        status=row["status"],
        closes_at=row["closes_at"],
        closes_local=row["closes_local"],
        time_zone=row["time_zone"],
        received=None if received is None else received - hidden,
        panel=row["panel"] if inside else None,
        late_until=late_until,
    )
