"""By which names a timeline speaks of applications: to each reader by the one that is theirs to know."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from domain import access
from domain.applications.state import APPLICATION, Application
from domain.indexes import conflicts_of
from domain.messages import Message, verbatim
from domain.parties import Actor
from domain.readings import READING, Reading, reading_of
from domain.rounds.state import ROUND, Round
from domain.values import Role
from projections.reader import QueryRow, Reader, text_of
from projections.words.telling import UNNAMED, by_handle, by_title


@dataclass(frozen=True, slots=True)
class Name:
    """A thing's name: as it is `shown` by itself, None if there is none to show, and as it is `said` in a sentence. `call`
    is the call that the thing belongs to."""

    shown: Message | None
    said: Message
    call: str | None = None


NAMELESS: Final = Name(shown=None, said=UNNAMED)


async def titled(
    reader: Reader,
    viewer: Actor,
    role: Role,
    applications: Collection[str],
    *,
    rounds: Mapping[str, Round],
    conflicts: Collection[str] | None,
) -> frozenset[str]:
    """Those of some applications that a timeline which the viewer opened in `role` names by their titles. `rounds` are
    states of their rounds and `conflicts` those with which the viewer declared one, as far as they are known already."""
    if role is Role.FUNDER or not applications:
        return frozenset()
    states = await _applications(reader, applications)
    own_rounds = sorted({state.round for state in states.values()})
    rounds = {**rounds, **await _rounds(reader, [each for each in own_rounds if each not in rounds])}
    read = await _readings(reader, viewer.id, own_rounds)
    if conflicts is None:
        conflicts = await reader.members_of_all([conflicts_of(viewer.id, each) for each in own_rounds])
    return frozenset(
        application
        for application, state in states.items()
        if access.sees_titles(
            role,
            rounds[state.round],
            own=access.acts_for(viewer, state.applicant),
            conflict=application in conflicts,
            read=read[state.round],
        )
    )


async def _applications(reader: Reader, wanted: Collection[str]) -> dict[str, Application]:
    """The states of some applications, of which whose each is and in which round never change: so what is remembered is
    as good as new."""
    known = {each: reader.states.known(each) for each in wanted}
    states: dict[str, Application] = {each: held.state for each, held in known.items() if held is not None}
    missing = [each for each, held in known.items() if held is None]
    if missing:
        found = await reader.readable(*((APPLICATION, each) for each in missing))
        states |= {each: loaded.state for each, loaded in found.items()}
    return states


async def _rounds(reader: Reader, wanted: Collection[str]) -> dict[str, Round]:
    found = await reader.load(*((ROUND, each) for each in wanted)) if wanted else {}
    return {each: loaded.state for each, loaded in found.items()}


async def _readings(reader: Reader, viewer: str, rounds: Collection[str]) -> dict[str, Reading]:
    """What somebody has read of some rounds. Readings are never taken back, so one that is remembered holds still."""
    streams = {each: reading_of(viewer, each) for each in rounds}
    known = {each: reader.states.known(stream) for each, stream in streams.items()}
    read: dict[str, Reading] = {
        each: held.state for each, held in known.items() if held is not None and held.state.has("answers")
    }
    missing = [each for each in rounds if each not in read]
    if missing:
        found = await reader.states.read_set(bypass_cache=True).load(
            [(READING, streams[each]) for each in missing]
        )
        read |= {each: found[streams[each]].state for each in missing}
    return read


async def names_of(
    reader: Reader, applications: Collection[str], by_their_titles: Collection[str]
) -> dict[str, Name]:
    """The names of some applications: of those that go `by_their_titles` the title, where it was neither erased nor is
    damaged; of the others the handle."""
    rows = await reader.rows(
        """
        SELECT a.application, a.call, a.handle, t.*
        FROM read.applications a LEFT JOIN LATERAL (
            SELECT * FROM read.titled t
            WHERE t.title_stream = a.application AND t.title_version = a.written
                AND t.title_stream = ANY (%(titled)b::text[]) OFFSET 0
        ) AS t ON true
        WHERE a.application = ANY (%(applications)b::text[]) AND a.to_position = 9223372036854775807
        """,
        applications=sorted(applications),
        titled=sorted(by_their_titles),
    )
    return {row["application"]: _name(reader, row) for row in rows}


def _name(reader: Reader, row: QueryRow) -> Name:
    title = text_of(reader.opened(row, "title", str)) if row["title_stream"] is not None else None
    if title is not None:
        return Name(verbatim(title), by_title(title), row["call"])
    if row["handle"] is not None:
        return Name(verbatim(row["handle"]), by_handle(row["handle"]), row["call"])
    return Name(None, UNNAMED, row["call"])
