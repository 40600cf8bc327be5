"""The names of applications in a timeline: the title or the handle, whichever each reader may know."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from domain import access
from domain.applications.state import APPLICATION, Application
from domain.messages import Message, verbatim
from domain.parties import Actor
from domain.readings import READING, Reading, reading_of
from domain.rounds.state import ROUND, Round
from domain.values import Role
from projections.reader import QueryRow, Reader, text_of
from projections.words.sentences import UNNAMED, by_handle, by_title


@dataclass(frozen=True, slots=True)
class Name:
    """A thing's name: `shown` by itself (None if there is none), `said` within a sentence, and `of` after "of", if that is
    another. `call` is the call that the thing belongs to."""

    shown: Message | None
    said: Message
    call: str | None = None
    of: Message | None = None


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
    """Those applications that a timeline opened by the viewer in `role` names by their titles. `rounds` are states of
    their rounds and `conflicts` those with which the viewer declared one, as far as they are loaded already."""
    if role is Role.FUNDER or not applications:
        return frozenset()
    states = await _applications(reader, applications, rounds)
    own_rounds = sorted({state.round for state in states.values()})
    rounds = {**rounds, **await _rounds(reader, [each for each in own_rounds if each not in rounds])}
    read = await _readings(reader, viewer.id, own_rounds)
    if conflicts is None:
        stages = sorted({each for state in states.values() for each in state.rounds})
        conflicts = await reader.conflicts_in_rounds(viewer.id, stages)
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


async def _applications(
    reader: Reader, wanted: Collection[str], rounds: Mapping[str, Round]
) -> dict[str, Application]:
    """The states of some applications. Only their applicant and rounds are used. In the round of a call's last stage these
    never change, so a cached state is enough; before it, an application may have continued since."""
    known = {each: reader.states.known(each) for each in wanted}
    states: dict[str, Application] = {
        each: held.state
        for each, held in known.items()
        if held is not None and _is_last(reader, held.state.round, rounds)
    }
    missing = [each for each in wanted if each not in states]
    if missing:
        found = await reader.readable(*((APPLICATION, each) for each in missing))
        states |= {each: loaded.state for each, loaded in found.items()}
    return states


def _is_last(reader: Reader, round: str, rounds: Mapping[str, Round]) -> bool:
    """Whether a round is known to be that of its call's last stage, which never changes."""
    held = reader.states.known(round)
    state: Round | None = rounds.get(round) or (held.state if held is not None else None)
    return state is not None and state.last


async def _rounds(reader: Reader, wanted: Collection[str]) -> dict[str, Round]:
    found = await reader.load(*((ROUND, each) for each in wanted)) if wanted else {}
    return {each: loaded.state for each, loaded in found.items()}


async def _readings(reader: Reader, viewer: str, rounds: Collection[str]) -> dict[str, Reading]:
    """What a person has read of some rounds. Readings are never withdrawn, so cached states are enough."""
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
    """The names of some applications: for those `by_their_titles` the title, unless it was erased or is damaged; for
    the others the handle."""
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
