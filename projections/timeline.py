"""The timeline of a thing: who did what, in which role, when, why, and what it changed, fact by fact.

The table says only in which timelines a fact is told; the words are made when it is read. A fact is told in the
timeline of its own stream and of what that stream belongs to: a review's in the application's and the call's, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from domain import access
from domain.calls import CALL, Call
from domain.funds import FUND
from domain.grants.state import GRANT
from domain.indexes import applications_of, conflicts_of, rounds_of
from domain.parties import Actor
from domain.readings import ReadingRecorded
from domain.reviews import JUDGING
from domain.rounds import ROUND, RoundStatus
from domain.topics import topics_for
from domain.values import Role
from projections import readings
from projections.cases import case_of, judged_now
from projections.moments import AsOf, position_at
from projections.paging import DEFAULT_LIMIT, Page, check_limit, position_of
from projections.reader import Reader, Row, allow, recorded_in
from projections.words import Told, words


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One fact in words.

    `stream` and `topic` say what it is about; which fact of its stream it is would tell how many are not shown. `role` is the one acted in, or "the jury" to the applicant; `handle`
    stands for the person within the call or fund, None for the program's own acts and where it is not told. `why` is the reason, `changed` what is
    different since.
    """

    stream: str
    topic: str
    at: datetime
    role: str
    handle: str | None
    what: str
    why: str | None
    changed: tuple[str, ...]


_JURY_ROLES: Final = frozenset(str(role) for role in JUDGING)
_THE_JURY: Final = "the jury"


async def of_application(
    reader: Reader,
    viewer: str | None,
    application: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> Page[TimelineEntry]:
    """What happened to an application, and to the grant that followed, from the beginning on.

    Applicants read nothing of what the jury did, neither before the decision nor after; nor does whoever declared a
    conflict of interest. Whoever judges it reads nothing. Raises `NotFound` or `Forbidden`.
    """
    who = viewer or ""
    case = await case_of(reader, who, application)
    role = allow(
        access.sees_timeline(
            case.viewer,
            case.initiative,
            applicant=case.application.applicant,
            round=case.round,
            own=case.own,
        )
    )
    reviews = case.reviews.values()
    conflict = access.declared_conflict(who, reviews)
    places = access.sees_waiting_places(
        case.viewer,
        applicant=case.application.applicant,
        conflict_in_round=bool(await reader.members(conflicts_of(who, case.application.round))),
    )
    times = access.sees_times(
        case.viewer,
        case.initiative,
        applicant=case.application.applicant,
        round=case.round,
        judging=access.is_judging(who, case.round, reviews),
    )
    allow(times)
    if role is Role.OFFICER:
        await _record_times(reader, who, case.call, [case.application.round])
    return await page_of(
        reader,
        application,
        cursor,
        limit,
        position_at(as_of, times),
        told=Told(case.application.currency, places=places),
        role=role,
        tied=[application] if conflict else [],
        around=case.application.round,
    )


async def of_grant(
    reader: Reader,
    viewer: str | None,
    grant: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> Page[TimelineEntry]:
    """What happened to a grant; raises `NotFound` or `Forbidden`."""
    state, whole, actor = await reader.with_initiative_seen_by(viewer, GRANT, grant)
    initiative = whole.within(state.call)
    role = allow(access.sees_timeline(actor, initiative, applicant=state.recipient))
    at = position_at(as_of, access.sees_times(actor, initiative, applicant=state.recipient))
    return await page_of(reader, grant, cursor, limit, at, told=Told(state.currency), role=role)


async def of_call(
    reader: Reader,
    viewer: str | None,
    call: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> Page[TimelineEntry]:
    """What happened in a call: its rounds, applications, reviews, panels and grants, and what was read of it.

    Funders read of applications once their round is decided. The viewer's own applications, and those with which they
    declared a conflict, are told as to applicants. Those that they judge are left out. Raises `NotFound` or `Forbidden`,
    and `NotRecorded` where that it is read cannot be recorded.
    """
    who = viewer or ""
    state, whole, actor = await reader.with_initiative_seen_by(viewer, CALL, call)
    initiative = whole.within(call)
    role = allow(access.sees_timeline(actor, initiative))
    at = position_at(as_of, access.sees_times(actor, initiative))
    rounds = await reader.members(rounds_of(call))
    loaded = await reader.load(*((ROUND, each) for each in rounds))
    undecided = [each for each in rounds if loaded[each].state.status is not RoundStatus.DECIDED]
    own = {each: await reader.applied_by(actor, each) for each in rounds}
    if role is Role.OFFICER:
        await _record_times(reader, who, state, [each for each in undecided if not own[each]])
    conflicts = await reader.members_of_all([conflicts_of(who, each) for each in rounds])
    # The rounds in which somebody applied are hidden like a funder's until they are decided.
    closed = undecided if role is Role.FUNDER else [each for each in undecided if own[each]]
    return await page_of(
        reader,
        call,
        cursor,
        limit,
        at,
        told=Told(
            state.currency, places=access.sees_waiting_places(actor, conflict_in_round=bool(conflicts))
        ),
        role=role,
        rounds=closed,
        judged=await judged_now(reader, who, rounds),
        tied=[*(application for each in rounds for application in own[each]), *conflicts],
    )


async def of_fund(
    reader: Reader,
    viewer: str | None,
    fund: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> Page[TimelineEntry]:
    """What happened to a fund and to the grants it pays; raises `NotFound` or `Forbidden`."""
    state, initiative = await reader.with_initiative(FUND, fund)
    role = allow(access.sees_timeline(Actor(viewer or ""), initiative))
    at = position_at(as_of, access.sees_times(Actor(viewer or ""), initiative))
    return await page_of(reader, fund, cursor, limit, at, told=Told(state.currency), role=role)


async def _record_times(reader: Reader, viewer: str, call: Call, rounds: Sequence[str]) -> None:
    """Record that somebody is about to read when applications came in, which jurors of a blind call must not know.
    Raises `NotRecorded` where it cannot be recorded."""
    if call.blindness == "open":
        return
    for each in rounds:
        if await _received_any(reader, each) and not await readings.record(reader, viewer, each, "times"):
            raise readings.NotRecorded(
                "What happened is not shown just now: that you read when applications came in has to be recorded first, "
                "and nothing can be written at the moment. Try again shortly."
            )


async def _received_any(reader: Reader, round: str) -> bool:
    found = await reader.primary_rows(
        "SELECT 1 FROM history.indexes WHERE name = %(index)b::text LIMIT 1", index=applications_of(round)
    )
    return bool(found)


async def page_of(
    reader: Reader,
    thing: str,
    cursor: str | None,
    limit: int,
    at: int,
    *,
    told: Told,
    role: Role,
    rounds: Sequence[str] = (),
    judged: Sequence[str] = (),
    tied: Sequence[str] = (),
    around: str = "",
) -> Page[TimelineEntry]:
    """A page of a timeline: of the topics that are for the viewer's role, without what is about the `rounds` or the
    applications that they judge (`judged`); of the applications to which they are `tied`, what is for applicants alone.

    The cursor stands for the last fact of the page, and does not tell its position. Entries cannot be counted instead: a
    round that is decided meanwhile reveals some in between."""
    after, count = position_of(cursor, reader.cursors), check_limit(limit)
    rows = await reader.rows(
        """
        SELECT f.position, f.topic, f.document, t.application
        FROM read.timeline t JOIN history.facts f ON f.position = t.position
        WHERE (t.thing = %(thing)b OR (t.thing = %(around)b::text AND t.topic = ANY (%(for_applicants)b::text[])))
            AND t.position <= %(at)b::bigint
            AND t.position > %(after)b::bigint
            AND t.topic = ANY (%(topics)b::text[])
            AND (t.round IS NULL OR NOT t.round = ANY (%(rounds)b::text[]))
            AND (t.application IS NULL OR NOT t.application = ANY (%(judged)b::text[]))
            AND (t.application IS NULL OR NOT t.application = ANY (%(tied)b::text[])
                OR t.topic = ANY (%(for_applicants)b::text[]))
        ORDER BY t.position LIMIT %(count)b
        """,
        thing=thing,
        around=around,
        at=at,
        topics=sorted(topics_for(role)),
        rounds=list(rounds),
        judged=list(judged),
        tied=list(tied),
        for_applicants=sorted(topics_for(Role.APPLICANT)),
        after=after,
        count=count + 1,
    )
    return Page(
        items=tuple(
            _entry(row, told, as_applicant=role is Role.APPLICANT or row["application"] in tied)
            for row in rows[:count]
        ),
        next=reader.cursors.token(rows[count - 1]["position"]) if len(rows) > count else None,
    )


def _entry(row: Row, told: Told, *, as_applicant: bool) -> TimelineEntry:
    recorded = recorded_in(row)
    envelope = recorded.envelope
    said = words(recorded.fact, told)
    # Which of them acted, in which role of the jury, is not for the applicant to know.
    by_jury = as_applicant and envelope.acting.role in _JURY_ROLES
    # That somebody has read is told, but not who. The id of the stream would tell it: it is made of person and round.
    read = recorded.fact if isinstance(recorded.fact, ReadingRecorded) else None
    nameless = by_jury or read is not None
    return TimelineEntry(
        stream=recorded.stream if read is None else read.round,
        topic=recorded.topic,
        at=envelope.decided_at,
        role=_THE_JURY if by_jury else envelope.acting.role,
        handle=None if nameless else envelope.acting.handle,
        what=said.what,
        why=said.why,
        changed=said.changed,
    )
