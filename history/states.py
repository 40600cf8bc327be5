"""A cache of folded streams, and the set of what one command read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cachetools import LRUCache

from domain.deciding import Aggregate, Fact, Loaded
from domain.topics import AGGREGATES
from domain.values import check_stream_id
from history.documents import Stored, fact_in
from history.store import History
from history.unreadable import Unreadable

REMEMBERED: Final = 5_000
"""How many folded streams a process caches. States contain no personal data."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A stream's state at a version, with the leaf hash of its newest fact."""

    state: Any  # Any: each kind of stream has a state of its own
    version: int
    leaf: bytes | None


class StateCache:
    """Caches the newest known state of streams. It may be older than the database's, never newer."""

    def __init__(self, history: History) -> None:
        self.history = history
        self._folded: LRUCache[str, Folded] = LRUCache(REMEMBERED)

    def read_set(self, *, bypass_cache: bool) -> ReadSet:
        """A new read set for one command or query. `bypass_cache`: bypass the cache."""
        return ReadSet(self, bypass_cache=bypass_cache)

    def known(self, stream: str) -> Folded | None:
        """The cached state of a stream."""
        return self._folded.get(stream)

    def keep(self, stream: str, folded: Folded) -> None:
        """Cache a state, unless a newer one is cached."""
        known = self._folded.get(stream)
        if known is None or known.version <= folded.version:
            self._folded[stream] = folded

    async def told_version(self, stream: str, version: int) -> int:
        """The version that everybody is told of a stream at a `version` (`Aggregate.told_version`)."""
        aggregate = AGGREGATES[stream.partition("-")[0]]
        if aggregate.told_version is None:
            return version
        state = aggregate.empty
        for fact in (await self.history.load({stream: 0})).get(stream, ())[:version]:
            state = aggregate.evolve(state, fact_in(fact.topic, fact.document, self.history.id))
        return aggregate.told_version(state)

    def remember(
        self, reading: ReadSet, facts: Iterable[tuple[str, Fact]]
    ) -> dict[str, Any]:  # Any: see Folded
        """Fold facts that were just stored into the states that were read, and cache the results, which are returned."""
        after: dict[str, Any] = {}  # Any: see Folded
        for stream, fact in facts:
            aggregate = AGGREGATES[stream.partition("-")[0]]
            state = after[stream] if stream in after else reading.state(stream, aggregate)
            after[stream] = aggregate.evolve(state, fact)
        for stream, state in after.items():
            version, leaf = reading.head(stream)
            self.keep(stream, Folded(state, version, leaf))
        return after


class ReadSet:
    """What one command read (the version of each stream, the number of entries of each index) and what it wrote."""

    def __init__(self, states: StateCache, *, bypass_cache: bool) -> None:
        self._states = states
        self._bypass_cache = bypass_cache
        self._loaded: dict[str, Folded] = {}
        self._written: dict[str, tuple[int, bytes]] = {}
        self.versions: dict[str, int] = {}
        self.indexes: dict[str, int] = {}

    async def load(self, streams: Sequence[tuple[Aggregate[Any], str]]) -> dict[str, Loaded[Any]]:
        """The states of some streams, in at most one round trip.

        Raises `NotFound` for an id of another kind than its aggregate, even if the stream is cached, so that a stream is
        never folded as the wrong kind; and `Unreadable` if one of the streams has a fact that cannot be read.
        """
        for aggregate, stream in streams:
            check_stream_id(aggregate.kind, stream)
        ask: dict[str, int] = {}
        start: dict[str, Folded] = {}
        for aggregate, stream in streams:
            if stream in self._loaded:
                continue
            known = self._states.known(stream)
            if known is not None and not self._bypass_cache:
                self._take(stream, known)
                continue
            start[stream] = known or Folded(aggregate.empty, 0, None)
            ask[stream] = start[stream].version
        if ask:
            history = self._states.history
            rows = await history.load(ask)
            for stream, facts in rows.items():
                version = 0
                try:
                    evolve, state = AGGREGATES[stream.partition("-")[0]].evolve, start[stream].state
                    for fact in facts:
                        version = fact.version
                        state = evolve(state, fact_in(fact.topic, fact.document, history.id))
                except Exception as error:  # a damaged fact can raise anything
                    raise Unreadable(await history.position_of(stream, version)) from error
                start[stream] = Folded(state, facts[-1].version, facts[-1].leaf)
            for stream, folded in start.items():
                self._take(stream, folded)
                if folded.version or AGGREGATES[stream.partition("-")[0]].often_absent:
                    self._states.keep(stream, folded)
        return {
            stream: Loaded(self._loaded[stream].state, self._loaded[stream].version) for _, stream in streams
        }

    def _take(self, stream: str, folded: Folded) -> None:
        self._loaded[stream] = folded
        self.versions[stream] = folded.version

    async def holds(self) -> bool:
        """Whether no stream or index that was read has changed since. Then the reads are consistent, however many round
        trips they took."""
        if self.versions and await self._states.history.load(self.versions):
            return False
        entries = await self._states.history.entries(self.indexes)
        return all(len(entries[index]) == count for index, count in self.indexes.items())

    async def index_entries(self, indexes: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The entries of some indexes, always read from the database, in one round trip."""
        found = await self._states.history.entries(indexes)
        self.indexes |= {index: len(entries) for index, entries in found.items()}
        return found

    def version(self, stream: str) -> int:
        """The version at which a stream was read; 0 for a new stream, which was not read."""
        return self.versions.get(stream, 0)

    def told_version(self, stream: str) -> int:
        """The version of a stream that everybody is told, as it was read (`Aggregate.told_version`)."""
        aggregate = AGGREGATES[stream.partition("-")[0]]
        if aggregate.told_version is None:
            return self.version(stream)
        return aggregate.told_version(self.state(stream, aggregate))

    def state(self, stream: str, aggregate: Aggregate[Any]) -> Any:  # Any: see Folded
        """The state of a stream when it was read; the empty state for a new stream."""
        folded = self._loaded.get(stream)
        return aggregate.empty if folded is None else folded.state

    def next(self, stream: str) -> tuple[int, bytes | None]:
        """The version of the next fact of a stream and the leaf hash before it."""
        if stream in self._written:
            version, leaf = self._written[stream]
            return version + 1, leaf
        folded = self._loaded.get(stream)
        if folded is None:
            # A stream that the plan did not load must be new; the append checks that.
            self.versions.setdefault(stream, 0)
            return 1, None
        return folded.version + 1, folded.leaf

    def wrote(self, stored: Stored) -> None:
        """Record a fact that is about to be appended."""
        self._written[stored.stream] = (stored.version, stored.leaf)

    def head(self, stream: str) -> tuple[int, bytes]:
        """The version and leaf hash of the newest fact that was written to a stream."""
        return self._written[stream]
