"""Reads the current state for access checks: streams and the command runner's indexes, always from the primary database.

Functions that prepare the arguments of access predicates take a `Fresh`, which cannot read from a replica.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, LiteralString, Protocol, TypeVar

from domain.applications.state import APPLICATION, Application
from domain.deciding import Aggregate, IndexEntries, Load, LoadBoth, Loaded, Part
from domain.indexes import (
    applications_by,
    avoiding,
    conflicts_of,
    kept_from,
    rounds_of,
    shown_again_to,
    submissions_of,
    submissions_to,
    written_in,
)
from domain.initiatives.state import INITIATIVE, Initiative
from domain.organisations import ORGANISATION
from domain.parties import Actor, Conflicts, OwnApplications, is_organisation, with_organisations
from domain.persons.state import PERSON
from domain.refusals import NotFound
from domain.values import check_stream_id, is_id
from history.statements import ask
from history.states import StateCache
from history.store import History
from history.unreadable import Unreadable

log = logging.getLogger("overwinter.projections")

S = TypeVar("S")

QueryRow = dict[str, Any]  # Any: a row's columns are of many types


class Owned(Protocol):
    """The state of a stream that belongs to an initiative."""

    @property
    def initiative(self) -> str:
        """The initiative's stream."""


Mine = TypeVar("Mine", bound=Owned)


class Fresh:
    """Reads the primary database, so that the newest facts are included."""

    def __init__(self, history: History, states: StateCache) -> None:
        self.history = history
        self.states = states

    async def load(self, *streams: tuple[Aggregate[Any], str]) -> Mapping[str, Loaded[Any]]:
        """The current states of some streams, in one round trip. Raises `NotFound` if an id is malformed or does not exist."""
        loaded = await self.states.read_set(bypass_cache=True).load(streams)
        for _, stream in streams:
            if loaded[stream].version == 0:
                raise NotFound
        return loaded

    async def readable(self, *streams: tuple[Aggregate[Any], str]) -> Mapping[str, Loaded[Any]]:
        """The current states of some streams, without those that do not exist or have a fact that cannot be read: for lists
        of independent items. Those left out are logged."""
        try:
            return await self.load(*streams)
        except (Unreadable, NotFound):
            found: dict[str, Loaded[Any]] = {}
            for each in streams:
                try:
                    found |= await self.load(each)
                except Unreadable as error:
                    log.error("left out of a list: %s", error)  # noqa: TRY400 - a traceback may quote what was read
                except NotFound:
                    log.error("left out of a list: a fact names a %s that does not exist", each[0].kind)  # noqa: TRY400
            return found

    async def follow(self, part: Part[S]) -> S:
        """What a part of a command's plan comes to now, so that a question of access is asked here as the command asks it."""
        reading = self.states.read_set(bypass_cache=True)
        answer: object = None
        while True:
            try:
                request = part.send(answer)
            except StopIteration as stop:
                found: S = stop.value
                return found
            match request:
                case Load():
                    answer = await reading.load(request.streams)
                case IndexEntries():
                    answer = await reading.index_entries(request.indexes)
                case LoadBoth():
                    answer = await reading.load_with(request.streams, request.indexes)

    async def the(self, aggregate: Aggregate[S], stream: str) -> S:
        """The current state of one stream. Raises `NotFound`."""
        state: S = (await self.load((aggregate, stream)))[stream].state
        return state

    async def with_initiative(self, aggregate: Aggregate[Mine], stream: str) -> tuple[Mine, Initiative]:
        """The current states of one stream and of its initiative. Raises `NotFound`.

        A stream never moves to another initiative, so if its state is cached, both can be loaded in one round trip.
        """
        check_stream_id(aggregate.kind, stream)
        known = self.states.known(stream)
        if known is None:
            state = await self.the(aggregate, stream)
            return state, await self.the(INITIATIVE, state.initiative)
        initiative: str = known.state.initiative
        loaded = await self.load((aggregate, stream), (INITIATIVE, initiative))
        return loaded[stream].state, loaded[initiative].state

    async def actor(self, viewer: str | None) -> Actor:
        """The person who asks, with the organisations for which they act or acted now; a visitor who is not signed in
        has none."""
        if viewer is None or not is_id(PERSON.kind, viewer):
            return Actor(viewer or "")
        loaded = await self.states.read_set(bypass_cache=True).load(((PERSON, viewer),))
        return Actor.of(viewer, loaded[viewer].state)

    async def seen_by(self, viewer: str | None, aggregate: Aggregate[S], stream: str) -> tuple[S, Actor]:
        """The state of one stream and the person who asks, in one round trip; raises `NotFound`."""
        if viewer is None or not is_id(PERSON.kind, viewer):
            return await self.the(aggregate, stream), Actor(viewer or "")
        loaded = await self.states.read_set(bypass_cache=True).load(((aggregate, stream), (PERSON, viewer)))
        if loaded[stream].version == 0:
            raise NotFound
        return loaded[stream].state, Actor.of(viewer, loaded[viewer].state)

    async def with_initiative_seen_by(
        self, viewer: str | None, aggregate: Aggregate[Mine], stream: str
    ) -> tuple[Mine, Initiative, Actor]:
        """The result of `with_initiative`, and the person who asks, also in one round trip."""
        known = self.states.known(check_stream_id(aggregate.kind, stream))
        if known is None or viewer is None or not is_id(PERSON.kind, viewer):
            return *(await self.with_initiative(aggregate, stream)), await self.actor(viewer)
        initiative: str = known.state.initiative
        wanted = ((aggregate, stream), (INITIATIVE, initiative), (PERSON, viewer))
        loaded = await self.states.read_set(bypass_cache=True).load(wanted)
        if loaded[stream].version == 0:
            raise NotFound
        return loaded[stream].state, loaded[initiative].state, Actor.of(viewer, loaded[viewer].state)

    async def is_unattended(self, party: str) -> bool:
        """Whether a party is an organisation without members, for example after an erasure."""
        return is_organisation(party) and not (await self.the(ORGANISATION, party)).members

    async def applied_by(
        self, actor: Actor, round: str, call: str, known: Mapping[str, Application] | None = None
    ) -> OwnApplications:
        """The applications of all parties that a person has ties to, in a round and in later stages of its call, as in
        `domain.parties.applied_by`. Those that are `known` are not loaded again."""
        in_round = [applications_by(party, round) for party in actor.all_parties]
        helped = written_in(call, actor.id)
        in_call = [*(submissions_to(call, party) for party in actor.all_parties), helped]
        found = await self.states.read_set(bypass_cache=True).index_entries(
            (*in_round, *in_call, kept_from(actor.id), shown_again_to(actor.id))
        )
        to_call = {each: (known or {}).get(each) for index in in_call for each in found[index]}
        missing = [each for each, state in to_call.items() if state is None]
        loaded = await self.load(*((APPLICATION, each) for each in missing)) if missing else {}
        states = {each: state or loaded[each].state for each, state in to_call.items()}
        own = OwnApplications.of(
            (
                *(each for index in in_round for each in found[index]),
                *(each for each in found[helped] if round in states[each].rounds),
            ),
            states,
        )
        own.avoided_by = await self._avoided_by(found, actor.id)
        if own.avoided_by:
            theirs = [submissions_to(call, party) for party in sorted(own.avoided_by)]
            own.avoided = frozenset(await self.index_entries_of_all(theirs))
        return own

    async def avoiding(self, viewer: str) -> frozenset[str]:
        """The applicants who never want the viewer to read their applications."""
        indexes = (kept_from(viewer), shown_again_to(viewer))
        found = await self.states.read_set(bypass_cache=True).index_entries(indexes)
        return await self._avoided_by(found, viewer)

    async def _avoided_by(self, found: Mapping[str, tuple[str, ...]], viewer: str) -> frozenset[str]:
        """As `domain.parties.avoided_by`: with the organisations for which these people act."""
        return await self._with_organisations(avoiding(found, viewer), viewer)

    async def _with_organisations(self, people: frozenset[str], viewer: str) -> frozenset[str]:
        if not people:
            return people
        loaded = await self.load(*((PERSON, each) for each in sorted({*people, viewer})))
        return with_organisations(people, {each: found.state for each, found in loaded.items()}, viewer)

    async def conflicts_in_rounds(self, viewer: str, rounds: Iterable[str]) -> Conflicts:
        """The applications in some rounds that a viewer must not deal with, as in `domain.commands.judged.conflicts_in`, in one
        round trip unless an applicant avoids them."""
        wanted = sorted(set(rounds))
        indexes = [conflicts_of(viewer, each) for each in wanted]
        found = await self.states.read_set(bypass_cache=True).index_entries(
            (*indexes, kept_from(viewer), shown_again_to(viewer))
        )
        declared = {each for index in indexes for each in found[index]}
        avoided_by = await self._avoided_by(found, viewer)
        theirs = [applications_by(party, each) for party in sorted(avoided_by) for each in wanted]
        return Conflicts.of(declared, await self.index_entries_of_all(theirs) if theirs else ())

    async def avoided_everywhere(self, viewer: str) -> Mapping[str, Application]:
        """All applications that the viewer must never read, because their applicants said so, in whichever call: for what is
        about many calls, or about a single round."""
        people = await self.avoiding(viewer)
        if not people:
            return {}
        theirs = await self.index_entries_of_all([submissions_of(each) for each in sorted(people)])
        loaded = await self.load(*((APPLICATION, each) for each in sorted(theirs)))
        return {each: found.state for each, found in loaded.items()}

    async def index_entries(self, index: str) -> tuple[str, ...]:
        """The current ids in one of the command runner's indexes (`domain.indexes`)."""
        return (await self.states.read_set(bypass_cache=True).index_entries((index,)))[index]

    async def index_entries_of_all(self, indexes: Sequence[str]) -> tuple[str, ...]:
        """The ids in several of those indexes together, in one round trip."""
        rows = await self.primary_rows(
            "SELECT DISTINCT entry FROM history.indexes WHERE name = ANY (%(indexes)b::text[])",
            indexes=list(indexes),
        )
        return tuple([row["entry"] for row in rows])

    async def conflicts_in_call(self, viewer: str, call: str) -> Conflicts:
        """The applications of a call that a person must not deal with, in whichever stage, as in `conflicts_in_rounds`, in one
        round trip unless an applicant avoids them. A conflict does not end with a stage."""
        rows = await self.primary_rows(
            """
            SELECT DISTINCT c.entry, false AS kept FROM history.indexes r, LATERAL (
                SELECT o.entry FROM history.indexes o WHERE o.name = %(conflicts)b::text || r.entry OFFSET 0
            ) AS c
            WHERE r.name = %(rounds)b::text
            UNION ALL
            SELECT DISTINCT split_part(k.entry, ' ', 1), true FROM history.indexes k
            WHERE k.name = %(kept)b::text
                AND NOT EXISTS (SELECT FROM history.indexes a WHERE a.name = %(again)b::text AND a.entry = k.entry)
            """,
            conflicts=conflicts_of(viewer, ""),
            rounds=rounds_of(call),
            kept=self.states.stored_name(kept_from(viewer)),
            again=self.states.stored_name(shown_again_to(viewer)),
        )
        people = frozenset(row["entry"] for row in rows if row["kept"])
        theirs = [submissions_to(call, each) for each in await self._with_organisations(people, viewer)]
        return Conflicts.of(
            (row["entry"] for row in rows if not row["kept"]),
            await self.index_entries_of_all(theirs) if theirs else (),
        )

    async def primary_rows(self, query: LiteralString, **values: object) -> list[QueryRow]:
        """The rows of a query on the primary. Placeholders are written ``%(name)b``."""
        async with self.history.connection() as connection:
            return await ask(connection, query, values)
