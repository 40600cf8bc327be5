"""The reader: all that a query needs to answer: read models, fresh streams for access, and keys to open boxes.

Access is judged on streams folded afresh, never on a read model, which may lag. Where there is a replica, rows of read
models come from it, and whatever access or a key rests on from the primary (see `projections.replica`).
"""

from __future__ import annotations

import asyncio
import copy
import time
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, LiteralString, NamedTuple, Protocol, TypeVar

import msgspec

from domain.deciding import Aggregate, Allowed, Loaded, Verdict
from domain.initiatives import INITIATIVE, Initiative
from domain.personal import Withheld
from domain.refusals import Forbidden, NotFound
from domain.values import Channel, Role, check_stream_id
from history.appends import Unavailable
from history.documents import Recorded, opener, read
from history.runner import Runner
from history.sealing import Place, open_box
from history.statements import ask
from history.states import States
from history.store import History, opened_keys
from history.tokens import PositionTokens
from history.vault import Vault, WrappedKey
from projections.replica import Replica

S = TypeVar("S")

LATEST: Final = 2**63 - 2
"""The position of a question about now: every present row of a read model covers it."""

_POLL_SECONDS: Final = 0.02

_FACTS: Final = (
    "SELECT f.stream, f.version, f.topic, f.document "
    "FROM unnest(%(streams)b::text[], %(versions)b::integer[]) AS w (stream, version) "
    "JOIN history.facts f ON f.stream = w.stream AND f.version = w.version"
)
_POSITION: Final = (
    "SELECT coalesce(min(position), 0) AS position FROM read.positions "
    "WHERE cardinality(%(names)b::text[]) = 0 OR projection = ANY (%(names)b::text[])"
)


class Owned(Protocol):
    """The state of a stream that belongs to an initiative."""

    @property
    def initiative(self) -> str:
        """The initiative's stream."""


Mine = TypeVar("Mine", bound=Owned)


Row = dict[str, Any]  # Any: a row's columns are of many types


class Behind(Unavailable):
    """The read models have not yet seen the position that was asked for; ask again in a moment."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A fact by its stream and version."""

    stream: str
    version: int


class _Columns(NamedTuple):
    """The columns of a box that a list query brings along with its key."""

    topic: str
    stream: str
    version: str
    subject: str
    field: str
    box: str
    epoch: str
    wrapped: str


@cache
def _columns(name: str) -> _Columns:
    return _Columns(*[f"{name}_{column}" for column in _Columns._fields])


class Reader:
    """Answers questions. One for a process; safe for concurrent use within its event loop.

    What excludes people from judging, deciding or applying is recorded by `runner` before they are shown it
    (`projections.readings`), with the `channel` by which they asked. Without a runner it is withheld.
    """

    def __init__(
        self,
        history: History,
        states: States,
        vault: Vault,
        cursors: PositionTokens,
        replica: Replica | None = None,
        runner: Runner | None = None,
    ) -> None:
        self.runner = runner
        self.channel = Channel.API
        self.history = history
        self.replica = replica
        self.states = states
        self.vault = vault
        self.cursors = cursors

    def through(self, channel: Channel) -> Reader:
        """The same reader for those who ask by another channel."""
        other = copy.copy(self)
        other.channel = channel
        return other

    # Fresh streams, for access

    async def load(self, *streams: tuple[Aggregate[Any], str]) -> Mapping[str, Loaded[Any]]:
        """Some streams folded afresh, in one round trip. Raises `NotFound` if an id is malformed or names nothing."""
        for aggregate, stream in streams:
            check_stream_id(aggregate.kind, stream)
        loaded = await self.states.reading(afresh=True).load(streams)
        for _, stream in streams:
            if loaded[stream].version == 0:
                raise NotFound
        return loaded

    async def the(self, aggregate: Aggregate[S], stream: str) -> S:
        """The state of one stream, folded afresh; raises `NotFound`."""
        state: S = (await self.load((aggregate, stream)))[stream].state
        return state

    async def with_initiative(self, aggregate: Aggregate[Mine], stream: str) -> tuple[Mine, Initiative]:
        """The states of one stream and of its initiative, folded afresh; raises `NotFound`.

        A stream never moves to another initiative, so where its state is remembered that tells which one to load
        along with it, in one round trip.
        """
        known = self.states.known(stream)
        if known is None:
            state = await self.the(aggregate, stream)
            return state, await self.the(INITIATIVE, state.initiative)
        initiative: str = known.state.initiative
        loaded = await self.load((aggregate, stream), (INITIATIVE, initiative))
        return loaded[stream].state, loaded[initiative].state

    async def members(self, index: str) -> tuple[str, ...]:
        """The ids in one of the command runner's indexes (`domain.indexes`), as it would read them now."""
        return await self.states.reading(afresh=True).members(index)

    async def members_of_all(self, indexes: Sequence[str]) -> tuple[str, ...]:
        """The ids in several of those indexes together, in one round trip."""
        rows = await self.primary_rows(
            "SELECT DISTINCT entry FROM history.indexes WHERE name = ANY (%(indexes)b::text[])",
            indexes=list(indexes),
        )
        return tuple([row["entry"] for row in rows])

    # Read models

    async def rows(self, query: LiteralString, **values: object) -> list[Row]:
        """The rows of a query on read models and facts, whose placeholders are written ``%(name)b``; from the replica,
        where there is one."""
        found = None if self.replica is None else await self.replica.rows(query, values)
        if found is None:
            return await self.primary_rows(query, **values)
        return await self._with_present_keys(found)

    async def _with_present_keys(self, rows: list[Row]) -> list[Row]:
        """Rows of the replica whose boxes have the primary's keys: who was erased a moment ago still has one there."""
        for column in [name for name in (rows[0] if rows else ()) if name.endswith("_wrapped")]:
            box = column.removesuffix("_wrapped")
            subjects = {row[f"{box}_subject"] for row in rows if row[column] is not None}
            present = {key.subject: key for key in await self.history.keys(subjects)}
            for row in rows:
                key = present.get(row[f"{box}_subject"])
                row[f"{box}_epoch"], row[column] = (key.epoch, key.wrapped) if key else (None, None)
        return rows

    async def primary_rows(self, query: LiteralString, **values: object) -> list[Row]:
        """The rows of a query that rests on what happened a moment ago, as the command runner's indexes; never from the
        replica."""
        async with self.history.connection() as connection:
            return await ask(connection, query, values)

    async def position(self, projections: Sequence[str] = ()) -> int:
        """The position that all of these projections (by default, every one) have seen."""
        rows = await self.rows(_POSITION, names=list(projections))
        return int(rows[0]["position"])

    async def wait_for(self, position: int, patience: float = 5.0, projections: Sequence[str] = ()) -> None:
        """Wait until these projections (by default, every one) have seen `position`; raises `Behind` after
        `patience` seconds. A replica that keeps them waiting for half of it is left alone, if the primary has seen it."""
        began = time.monotonic()
        if self.replica is not None:
            self.replica.promise(position)
        while await self.position(projections) < position:
            waited = time.monotonic() - began
            if waited >= patience:
                raise Behind("The read models are catching up; ask again in a moment.")
            if self.replica is not None and self.replica.in_use and waited >= patience / 2:
                seen = await self.primary_rows(_POSITION, names=list(projections))
                if seen[0]["position"] >= position:
                    self.replica.rest()
                    return
            await asyncio.sleep(_POLL_SECONDS)

    async def moment(self, at: datetime) -> int:
        """The position of the last fact recorded at or before a time with its offset; 0 if there was none.

        Recorded times never run backwards with position and positions have no gaps, so a bisection finds it. The primary
        is asked: a replica that lags would name an earlier one, and the same question would have two answers.
        """
        rows = await self.primary_rows(
            """
            WITH RECURSIVE search (low, high) AS (
                SELECT 0::bigint, coalesce(max(position), 0) FROM history.facts
                UNION ALL
                SELECT
                    CASE WHEN f.recorded_at <= %(at)b::timestamptz THEN f.position ELSE s.low END,
                    CASE WHEN f.recorded_at <= %(at)b::timestamptz THEN s.high ELSE f.position - 1 END
                FROM search s JOIN history.facts f ON f.position = (s.low + s.high + 1) / 2
                WHERE s.low < s.high
            )
            SELECT low FROM search WHERE low = high
            """,
            at=at,
        )
        return int(rows[0]["low"])

    # Sealed fields

    def opened(self, row: Row, name: str, kind: type[S]) -> S | Withheld:
        """A box that a list query brought along with its key.

        The row has the columns of a box, each with `name` and an underscore before it: topic, stream, version,
        subject, field, box, and of ``vault.keys`` epoch and wrapped, which are null once the subject was erased.
        """
        columns = _columns(name)
        box, wrapped, subject = row[columns.box], row[columns.wrapped], row[columns.subject]
        if box is None or wrapped is None:
            return Withheld.ERASED
        key = self.vault.at_hand(subject)
        if key is None:
            key = self.vault.open((WrappedKey(subject, row[columns.epoch], wrapped),))[subject]
        place = Place(
            self.history.id,
            row[columns.topic],
            row[columns.stream],
            row[columns.version],
            subject,
            row[columns.field],
        )
        return msgspec.json.decode(open_box(key, place, box)[1], type=kind)

    async def facts(self, references: Iterable[Reference], *, open_boxes: bool) -> dict[Reference, Recorded]:
        """Some recorded facts. With `open_boxes`, their personal fields are opened: the caller has asked access."""
        wanted = list(dict.fromkeys(references))
        if not wanted:
            return {}
        named: dict[str, list[object]] = {
            "streams": [reference.stream for reference in wanted],
            "versions": [reference.version for reference in wanted],
        }
        rows = await self.rows(_FACTS, **named)
        if self.replica is not None and len(rows) < len(wanted):
            # Named by a stream folded afresh, which the replica has not seen yet.
            rows = await self.primary_rows(_FACTS, **named)
        found = {
            Reference(row["stream"], row["version"]): read(row["topic"], row["document"]) for row in rows
        }
        if not open_boxes:
            return found
        subjects = {sealed.subject for recorded in found.values() for sealed in recorded.sealed.values()}
        open_with = opener(await self.keys(subjects))
        return {
            Reference(row["stream"], row["version"]): read(row["topic"], row["document"], open_with)
            for row in rows
        }

    async def keys(self, subjects: Iterable[str]) -> dict[str, bytes]:
        """The sealing keys of some subjects, from the vault's memory or in one round trip; the erased have none."""
        return await opened_keys(self.history, self.vault, subjects)


def allow(verdict: Verdict) -> Role:
    """The role in which somebody may see a thing; raises `NotFound` or `Forbidden` if they may not."""
    if isinstance(verdict, Allowed):
        return verdict.role
    raise NotFound if verdict.hidden else Forbidden(verdict.detail)


def text_of(value: str | Withheld | None) -> str | None:
    """A personal text as an answer shows it: None where it cannot be read any more."""
    return value if isinstance(value, str) else None


def sealed_box(recorded: Recorded, field: str) -> bytes:
    """The box of one of a recorded fact's personal fields, to be copied into a read model unopened."""
    return b64decode(recorded.sealed[field].box)
