"""The correspondence about an application: its messages, the notes of the staff, and what waits for whom."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final, cast

import msgspec

from domain import access
from domain.correspondence import (
    CORRESPONDENCE,
    Correspondence,
    CorrespondenceFact,
    CorrespondenceMessageWritten,
    CorrespondenceNoteWritten,
    Side,
    correspondence_of,
    evolve,
)
from domain.deciding import Allowed
from domain.indexes import initiatives_of, submissions_of
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import msg
from domain.personal import Withheld
from domain.readings import EXAMINED
from domain.refusals import Forbidden, NotFound
from domain.topics import topics_of
from domain.values import Role
from history.documents import Recorded, opener
from history.unreadable import Unreadable
from projections import readings
from projections.cases import Case, case_of
from projections.moments import AsOf, position_at
from projections.paging import DEFAULT_LIMIT, ResultPage, check_limit, position_of
from projections.reader import QueryRow, Reader, allow, damaged_in, recorded_in, text_of

NOT_RECORDED: Final = msg(
    "Messages and notes cannot be shown right now, because reading them has to be recorded first. Try again shortly."
)
MOST_WAITING: Final = 50
"""The most applications with waiting messages that are listed."""
_BATCH: Final = 500
"""How many are read at once, before it is asked whether the viewer may write the answer."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A message or a note: when and by which `side` it was written; `own`: by the viewer. `handle` stands for whoever of the
    staff wrote it, shown only to the staff. `text` is None once it was erased, or if it is `damaged`."""

    written_at: datetime
    side: Side
    own: bool
    handle: str | None
    text: str | None
    damaged: tuple[str, ...] = ()


class Messages(ResultPage[Written], frozen=True, kw_only=True):
    """A page of the messages about an application, the oldest first. `side` is the viewer's own, `awaits` the one that has not
    reacted yet to the other's messages, of which the newest is of `last_at`."""

    application: str
    side: Side
    awaits: Side | None
    last_at: datetime | None


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Messages about an application that wait for the viewer, who is on this `side`, since a time. `handle` stands for the
    applicant."""

    application: str
    call: str
    handle: str | None
    side: Side
    since: datetime


class AllWaiting(msgspec.Struct, frozen=True, kw_only=True):
    """All messages that wait for a person, by application, those that have waited the longest first."""

    items: tuple[Waiting, ...]


async def messages(
    reader: Reader,
    viewer: str | None,
    application: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> Messages:
    """The messages about an application, for its applicant and the staff. Raises `NotFound` or `Forbidden`, and
    `NotRecorded` if it cannot be recorded that staff read them."""
    case = await case_of(reader, viewer or "", application)
    role = allow(case.asked(access.corresponds))
    at = _position(case, as_of)
    found = await _written(reader, case, role, CorrespondenceMessageWritten, cursor, limit, at)
    state = await _state(reader, application, None if as_of is None else at)
    return Messages(
        items=found.items,
        next=found.next,
        application=application,
        side=_side(role),
        awaits=state.awaits,
        last_at=state.last_at,
    )


async def notes(
    reader: Reader,
    viewer: str | None,
    application: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> ResultPage[Written]:
    """The notes of the staff about an application, the oldest first, for the staff alone. Raises as `messages`."""
    case = await case_of(reader, viewer or "", application)
    role = allow(case.asked(access.sees_notes))
    at = _position(case, as_of)
    return await _written(reader, case, role, CorrespondenceNoteWritten, cursor, limit, at)


def _position(case: Case, as_of: AsOf | None) -> int:
    return position_at(
        as_of,
        access.sees_times(
            case.viewer, case.initiative, applicant=case.application.applicant, round=case.round
        ),
    )


def _side(role: Role) -> Side:
    return "applicant" if role is Role.APPLICANT else "staff"


async def _written(
    reader: Reader,
    case: Case,
    role: Role,
    kind: type[CorrespondenceMessageWritten | CorrespondenceNoteWritten],
    cursor: str | None,
    limit: int,
    at: int,
) -> ResultPage[Written]:
    """A page of the texts of one kind, opened. The caller has checked access."""
    after, count = position_of(cursor, reader.cursors), check_limit(limit)
    who = case.viewer.id
    if role is Role.OFFICER and not await readings.record(reader, who, case.round_id, *EXAMINED):
        raise readings.NotRecorded(NOT_RECORDED)
    rows = await reader.rows(
        """
        SELECT position, topic, document FROM history.facts
        WHERE stream = %(stream)b AND topic = ANY (%(topics)b::text[])
            AND position > %(after)b::bigint AND position <= %(at)b::bigint
        ORDER BY position LIMIT %(count)b
        """,
        stream=correspondence_of(case.id),
        topics=list(topics_of(kind)),
        after=after,
        at=at,
        count=count + 1,
    )
    sealed = [_text_in(recorded_in(row)) for row in rows[:count]]
    keys = await reader.keys({each.dossier for each in sealed})
    items = []
    for row in rows[:count]:
        recorded = recorded_in(row, opener(keys), history=reader.history.id)
        fact = _text_in(recorded)
        opened = fact.text if fact.dossier in keys else Withheld.ERASED
        side: Side = "staff" if isinstance(fact, CorrespondenceNoteWritten) else fact.side
        items.append(
            Written(
                written_at=fact.written_at,
                side=side,
                own=recorded.envelope.actor == who,
                handle=recorded.envelope.acting.handle if side == "staff" and role is Role.OFFICER else None,
                text=text_of(opened),
                damaged=damaged_in({"text": opened}),
            )
        )
    return ResultPage(
        items=tuple(items),
        next=reader.cursors.token(rows[count - 1]["position"]) if len(rows) > count else None,
    )


def _text_in(recorded: Recorded) -> CorrespondenceMessageWritten | CorrespondenceNoteWritten:
    fact = recorded.fact
    assert isinstance(fact, CorrespondenceMessageWritten | CorrespondenceNoteWritten)
    return fact


async def _state(reader: Reader, application: str, at: int | None) -> Correspondence:
    """The state of a correspondence, which need not exist; as of a position, if one is given."""
    stream = correspondence_of(application)
    if at is None:
        loaded = await reader.states.read_set(bypass_cache=True).load(((CORRESPONDENCE, stream),))
        now: Correspondence = loaded[stream].state
        return now
    rows = await reader.rows(
        "SELECT position, topic, document FROM history.facts "
        "WHERE stream = %(stream)b AND position <= %(at)b::bigint ORDER BY version",
        stream=stream,
        at=at,
    )
    state = Correspondence()
    for row in rows:
        state = evolve(state, cast("CorrespondenceFact", recorded_in(row, history=reader.history.id).fact))
    return state


async def waiting(reader: Reader, viewer: str | None) -> AllWaiting:
    """The messages that wait for a person, as an applicant and as staff. Raises `Forbidden` for visitors who are not
    signed in."""
    if viewer is None:
        raise Forbidden(msg("Sign in first."))
    return AllWaiting(
        items=(*await waiting_for_applicant(reader, viewer), *await waiting_for_staff(reader, viewer))
    )


async def waiting_for_applicant(reader: Reader, viewer: str) -> tuple[Waiting, ...]:
    """The messages of the staff that a person has not reacted to, about their applications and those of their organisations."""
    actor = await reader.actor(viewer)
    return await waiting_about(
        reader, await reader.index_entries_of_all([submissions_of(party) for party in actor.parties])
    )


async def waiting_about(reader: Reader, own: Collection[str]) -> tuple[Waiting, ...]:
    """The messages of the staff that wait for the applicant of these applications, who is the viewer."""
    if not own:
        return ()
    rows = await reader.rows(
        """
        SELECT w.application, w.since, a.call, a.handle FROM read.waiting_messages w
        JOIN read.applications a ON a.application = w.application AND a.to_position = 9223372036854775807
        WHERE w.awaits = 'applicant' AND w.application = ANY (%(own)b::text[]) ORDER BY w.since, w.application
        """,
        own=sorted(own),
    )
    return tuple([_waiting(row, "applicant") for row in rows])


async def waiting_for_staff(reader: Reader, viewer: str) -> tuple[Waiting, ...]:
    """The messages of applicants that wait for an answer of the staff, as far as the viewer may write it: the first of them."""
    places = await reader.index_entries(initiatives_of(viewer))
    if not places:
        return ()
    loaded = await reader.readable(*((INITIATIVE, each) for each in places))
    houses = [each for each, found in loaded.items() if _is_officer(found.state, viewer)]
    return await waiting_in(reader, viewer, houses)


async def waiting_in(reader: Reader, viewer: str, houses: Collection[str]) -> tuple[Waiting, ...]:
    """The messages of applicants to some initiatives that wait for an answer, as far as the viewer may write it."""
    if not houses:
        return ()
    found: list[Waiting] = []
    last: QueryRow | None = None
    while len(found) < MOST_WAITING:
        rows = await reader.rows(
            """
            SELECT w.application, w.since, a.call, a.handle FROM read.waiting_messages w
            JOIN read.applications a ON a.application = w.application AND a.to_position = 9223372036854775807
            WHERE w.awaits = 'staff' AND a.initiative = ANY (%(houses)b::text[])
            AND (%(since)b::timestamptz IS NULL OR (w.since, w.application) > (%(since)b, %(application)b))
            ORDER BY w.since, w.application LIMIT %(batch)b
            """,
            houses=sorted(houses),
            since=last["since"] if last else None,
            application=last["application"] if last else None,
            batch=_BATCH,
        )
        for row in rows:
            if len(found) < MOST_WAITING and await _writes_as_staff(reader, viewer, row["application"]):
                found.append(_waiting(row, "staff"))
        if len(rows) < _BATCH:
            break
        last = rows[-1]
    return tuple(found)


def _is_officer(initiative: Initiative, person: str) -> bool:
    """Whether somebody is an officer of an initiative, or of one of its calls."""
    of_calls = (roles for roles in initiative.calls_of(person).values())
    return any(Role.OFFICER in roles for roles in (initiative.roles(person), *of_calls))


async def _writes_as_staff(reader: Reader, viewer: str, application: str) -> bool:
    try:
        case = await case_of(reader, viewer, application)
    except (NotFound, Unreadable):
        return False
    verdict = case.asked(access.corresponds)
    return isinstance(verdict, Allowed) and verdict.role is Role.OFFICER


def _waiting(row: QueryRow, side: Side) -> Waiting:
    return Waiting(
        application=row["application"], call=row["call"], handle=row["handle"], side=side, since=row["since"]
    )
