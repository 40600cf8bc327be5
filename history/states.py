"""A cache of folded streams, and the set of what one command read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cachetools import LRUCache

from domain.deciding import Aggregate, Fact, Loaded
from domain.indexes import HIDDEN_NAMES
from domain.topics import AGGREGATES
from domain.values import check_stream_id
from history.documents import Stored, fact_in
from history.store import History
from history.unreadable import Unreadable

REMEMBERED: Final = 5_000
"""How many folded streams a process caches. States contain no personal data."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A stream's state at a version, with the leaf hash of its newest fact. `told` is the version that people are told."""

    state: Any  # Any: each kind of stream has a state of its own
    version: int
    told: int
    leaf: bytes | None


class StateCache:
    """Caches the newest known state of streams. It may be older than the database's, never newer. `hide` is the keyed hash of a
    person's id in the names of hidden indexes."""

    def __init__(self, history: History, hide: Callable[[str], str] = str) -> None:
        self.history = history
        self.hide = hide
        self._folded: LRUCache[str, Folded] = LRUCache(REMEMBERED)

    def stored_name(self, index: str) -> str:
        """The name under which an index is stored (`domain.indexes.HIDDEN_NAMES`)."""
        for beginning in HIDDEN_NAMES:
            if index.startswith(beginning):
                return f"{beginning}{self.hide(index.removeprefix(beginning))}"
        return index

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
        """The version that people are told of a stream at a `version` (`Fact.told`)."""
        facts = (await self.history.load({stream: 0})).get(stream, ())[:version]
        return sum([fact_in(fact.topic, fact.document, self.history.id).told for fact in facts])

    def remember(self, reading: ReadSet, facts: Iterable[tuple[str, Fact]]) -> dict[str, Folded]:
        """Fold facts that were just stored into the states that were read, and cache the results, which are returned."""
        after: dict[str, Folded] = {}
        for stream, fact in facts:
            aggregate = AGGREGATES[stream.partition("-")[0]]
            before = after[stream] if stream in after else reading.folded(stream, aggregate)
            version, leaf = reading.head(stream)
            after[stream] = Folded(
                aggregate.evolve(before.state, fact), version, before.told + fact.told, leaf
            )
        for stream, folded in after.items():
            self.keep(stream, folded)
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
        never folded as the wrong kind; and `Unreadable` if one of the streams has a fact that cannot be read, or lacks one.
        """
        return (await self.load_with(streams, ()))[0]

    async def index_entries(self, indexes: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The entries of some indexes, always read from the database, in one round trip."""
        return (await self.load_with((), indexes))[1]

    async def load_with(
        self, streams: Sequence[tuple[Aggregate[Any], str]], indexes: Sequence[str]
    ) -> tuple[dict[str, Loaded[Any]], dict[str, tuple[str, ...]]]:
        """What `load` and `index_entries` give, in the same round trip."""
        for aggregate, stream in streams:
            check_stream_id(aggregate.kind, stream)
        stored = {index: self._states.stored_name(index) for index in indexes}
        entries: dict[str, tuple[str, ...]] = {}
        ask: dict[str, int] = {}
        start: dict[str, Folded] = {}
        for aggregate, stream in streams:
            if stream in self._loaded:
                continue
            known = self._states.known(stream)
            if known is not None and not self._bypass_cache:
                self._take(stream, known)
                continue
            start[stream] = known or Folded(aggregate.empty, 0, 0, None)
            ask[stream] = start[stream].version
        if ask or stored:
            history = self._states.history
            rows, entries = await history.read(ask, stored.values())
            for stream, facts in rows.items():
                version = start[stream].version
                if [each.version for each in facts] != list(range(version + 1, version + 1 + len(facts))):
                    raise Unreadable  # one of them is missing
                try:
                    evolve = AGGREGATES[stream.partition("-")[0]].evolve
                    state, told = start[stream].state, start[stream].told
                    for each in facts:
                        version = each.version
                        fact = fact_in(each.topic, each.document, history.id)
                        state = evolve(state, fact)
                        told += fact.told
                except Exception as error:  # a damaged fact can raise anything
                    raise Unreadable(await history.position_of(stream, version)) from error
                start[stream] = Folded(state, facts[-1].version, told, facts[-1].leaf)
            for stream, folded in start.items():
                self._take(stream, folded)
                if folded.version or AGGREGATES[stream.partition("-")[0]].often_absent:
                    self._states.keep(stream, folded)
        self.indexes |= {name: len(found) for name, found in entries.items()}
        loaded = {stream: self._loaded[stream] for _, stream in streams}
        return (
            {stream: Loaded(each.state, each.version, each.told) for stream, each in loaded.items()},
            {index: entries[name] for index, name in stored.items()},
        )

    def _take(self, stream: str, folded: Folded) -> None:
        self._loaded[stream] = folded
        self.versions[stream] = folded.version

    async def holds(self) -> bool:
        """Whether no stream or index that was read has changed since. Then the reads are consistent, however many round
        trips they took."""
        newer, entries = await self._states.history.read(self.versions, self.indexes)
        return not newer and all(len(entries[index]) == count for index, count in self.indexes.items())

    def version(self, stream: str) -> int:
        """The version at which a stream was read; 0 for a new stream, which was not read."""
        return self.versions.get(stream, 0)

    def told_version(self, stream: str) -> int:
        """The version of a stream that people are told, as it was read; 0 for a new stream."""
        folded = self._loaded.get(stream)
        return 0 if folded is None else folded.told

    def loaded(self, stream: str) -> Folded:
        """A stream as it was read."""
        return self._loaded[stream]

    def folded(self, stream: str, aggregate: Aggregate[Any]) -> Folded:
        """A stream as it was read; an empty one for a new stream."""
        return self._loaded.get(stream) or Folded(aggregate.empty, 0, 0, None)

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
