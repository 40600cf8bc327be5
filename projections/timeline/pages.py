"""One page of a timeline: the facts that a reader sees, in the order in which they were decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, cast

from domain import access
from domain.deciding import Allowed
from domain.grants.facts import GrantScreened, GrantScreeningEnded
from domain.grants.state import GRANT
from domain.topics import topics_for, topics_of
from domain.values import Role
from projections.paging import check_limit, position_of
from projections.reader import QueryRow, Reader, recorded_in
from projections.timeline.entries import Asked, Timeline, entry_of
from projections.timeline.naming import Name, names_of, titled
from projections.words.sentences import NUMBERED, Numbers

_SHOWN: Final = """
    t.thing = ANY (%(things)b::text[]) AND (t.thing = %(thing)b OR t.topic = ANY (%(for_applicants)b::text[]))
    AND t.position <= %(at)b::bigint AND NOT t.position = ANY (%(screenings)b::bigint[]) AND t.topic = ANY (%(topics)b::text[])
    AND (t.round IS NULL OR NOT t.round = ANY (%(rounds)b::text[]))
    AND (%(only)b::text[] IS NULL OR t.round IS NULL OR t.round = ANY (%(only)b::text[]))
    AND (t.application IS NULL OR NOT t.application = ANY (%(judged)b::text[]))
    AND (t.application IS NULL OR NOT t.application = ANY (%(tied)b::text[])
        OR t.topic = ANY (%(for_applicants)b::text[]))
"""
"""The facts that are shown: of the topics for the reader's role, without those that `Asked` excludes and
screenings of payees to whom the reader has ties."""


async def page(reader: Reader, asked: Asked, cursor: str | None, limit: int) -> Timeline:
    """A page of a timeline.

    The cursor stands for the last fact of the page, without revealing its position. Entries cannot be counted instead:
    once a round is decided, more of them become visible in between.
    """
    count = check_limit(limit)
    after = await _place_of(reader, position_of(cursor, reader.cursors))
    which: dict[str, object] = {
        "thing": asked.thing,
        "things": [asked.thing, *asked.around],
        "at": asked.at,
        "topics": sorted(topics_for(asked.role)),
        "rounds": list(asked.rounds),
        "judged": [*asked.judged, *asked.avoided],
        "tied": list(asked.tied),
        "only": None if asked.only is None else list(asked.only),
        "for_applicants": sorted(topics_for(Role.APPLICANT)),
        "after_at": after[0],
        "after": after[1],
    }
    hidden: list[int] = []
    while True:
        rows = await _rows(reader, which, hidden, count + 1)
        # Asked of what was read: a screening that is recorded after a question before would be shown.
        found = await _hidden_screenings(reader, asked, rows)
        if not found:
            break
        hidden += found
    names = await _names(reader, asked, rows[:count])
    numbers = await _numbers(reader, asked, which) if cursor else Numbers()
    return Timeline(
        items=tuple([entry_of(row, asked, names, numbers) for row in rows[:count]]),
        next=reader.cursors.token(rows[count - 1]["position"]) if len(rows) > count else None,
        zone=asked.zone,
    )


async def _rows(
    reader: Reader, which: Mapping[str, object], hidden: Sequence[int], limit: int
) -> list[QueryRow]:
    """The facts of a page, without the screenings at the `hidden` positions."""
    return await reader.rows(
        # Made only of the constant above.
        f"""
        SELECT f.position, f.topic, f.document, t.round, t.application
        FROM read.timeline t JOIN history.facts f ON f.position = t.position
        WHERE {_SHOWN} AND (t.at, t.position) > (%(after_at)b::timestamptz, %(after)b::bigint)
        ORDER BY t.at, t.position LIMIT %(limit)b
        """,  # noqa: S608
        **which,
        screenings=list(hidden),
        limit=limit,
    )


async def _hidden_screenings(reader: Reader, asked: Asked, rows: Sequence[QueryRow]) -> list[int]:
    """The positions of those of some facts that are screenings whose results the viewer does not see, because they have
    ties to the payee or the recipient."""
    topics = topics_of(GrantScreened, GrantScreeningEnded)
    screenings = {
        row["position"]: cast("GrantScreened | GrantScreeningEnded", recorded_in(row).fact)
        for row in rows
        if row["topic"] in topics
    }
    if not screenings:
        return []
    grants = await reader.readable(*((GRANT, each) for each in {fact.grant for fact in screenings.values()}))
    return [
        position
        for position, fact in screenings.items()
        if fact.grant not in grants
        or not isinstance(
            access.sees_screening(asked.viewer, grants[fact.grant].state, fact.setting), Allowed
        )
    ]


async def _place_of(reader: Reader, position: int) -> tuple[datetime, int]:
    """A fact's place in the order of timelines: when it was decided, and its position."""
    if not position:
        return datetime.min.replace(tzinfo=UTC), 0
    rows = await reader.rows(
        "SELECT position, topic, document FROM history.facts WHERE position = %(position)b::bigint",
        position=position,
    )
    return (
        (recorded_in(rows[0]).envelope.decided_at, position)
        if rows
        else (datetime.max.replace(tzinfo=UTC), 0)
    )


async def _numbers(reader: Reader, asked: Asked, which: Mapping[str, object]) -> Numbers:
    """The numbers of people who act on the pages before, as shown there."""
    screened = await reader.rows(
        """
        SELECT f.position, f.topic, f.document FROM read.timeline t JOIN history.facts f ON f.position = t.position
        WHERE t.thing = %(thing)b AND t.topic = ANY (%(topics)b::text[])
        """,
        thing=asked.thing,
        topics=list(topics_of(GrantScreened, GrantScreeningEnded)),
    )
    rows = await reader.rows(
        f"""
        SELECT t.role, t.handle FROM read.timeline t
        WHERE {_SHOWN} AND (t.at, t.position) <= (%(after_at)b::timestamptz, %(after)b::bigint)
            AND t.handle IS NOT NULL AND t.role = ANY (%(numbered)b::text[])
        GROUP BY t.role, t.handle ORDER BY min(t.at), min(t.position)
        """,  # noqa: S608 - see above
        **which,
        screenings=await _hidden_screenings(reader, asked, screened),
        numbered=sorted(NUMBERED),
    )
    return Numbers((row["role"], row["handle"]) for row in rows)


async def _names(reader: Reader, asked: Asked, rows: Sequence[QueryRow]) -> dict[str, Name]:
    """The names of the things that some entries are about."""
    wanted = {row["application"] for row in rows} - {None}
    if not wanted:
        return dict(asked.names)
    by_title = await titled(
        reader, asked.viewer, asked.role, wanted, rounds=asked.states, conflicts=asked.conflicts
    )
    return {**asked.names, **await names_of(reader, wanted, by_title)}
