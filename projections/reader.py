"""The reader gives queries what they need: read models, current streams for access checks, and keys for opening boxes.

Access is decided on what `projections.fresh` reads: streams and indexes of the primary, never a read model, which may lag.
Rows that are only shown may come from a replica (see `projections.replica`), so a query for rows may use only read models
and facts. Keys come from the primary.
"""

from __future__ import annotations

import asyncio
import copy
import re
import time
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final, LiteralString, NamedTuple, TypeVar

from domain.deciding import Allowed, Verdict
from domain.initiatives.facts import INSTALLATION_ID
from domain.initiatives.state import INSTALLATION
from domain.personal import Withheld
from domain.refusals import Forbidden, NotFound
from domain.values import Channel, Role
from history.appends import Unavailable
from history.documents import Opener, Recorded, opened, opener, read, typed, unopened
from history.format.sealing import Binding
from history.position_tokens import PositionTokens
from history.runner import Runner
from history.states import StateCache
from history.store import History, opened_keys
from history.unreadable import Unreadable
from history.vault import Vault, WrappedKey
from projections.fresh import Fresh
from projections.fresh import QueryRow as QueryRow  # noqa: PLC0414 - re-exported for modules that read rows
from projections.replica import Replica
from projections.standing import StoppedReadModels

S = TypeVar("S")

LATEST: Final = 2**63 - 2
"""The position that stands for now: every current row of a read model is valid at it."""

_POLL_SECONDS: Final = 0.02

_TABLE: Final = re.compile(r"\b(?:history|vault|accounts)\s*\.\s*[a-z_]+")
_TO_BE_SHOWN: Final = frozenset({"history.facts"})

_FACTS: Final = (
    "SELECT f.position, f.stream, f.version, f.topic, f.document "
    "FROM unnest(%(streams)b::text[], %(versions)b::integer[]) AS w (stream, version) "
    "JOIN history.facts f ON f.stream = w.stream AND f.version = w.version"
)
_NEWEST: Final = (
    "SELECT DISTINCT ON (f.stream) f.position, f.stream, f.version, f.topic, f.document FROM history.facts f "
    "WHERE f.stream = ANY (%(streams)b::text[]) AND f.topic = ANY (%(topics)b::text[]) ORDER BY f.stream, f.version DESC"
)
# Queries on a stopped read model are refused (see `Reader.rows`), so others do not wait for it.
_POSITION: Final = (
    "SELECT coalesce(min(position), 0) AS position FROM read.positions "
    "WHERE CASE WHEN cardinality(%(names)b::text[]) = 0 THEN failed_position IS NULL "
    "ELSE projection = ANY (%(names)b::text[]) END"
)


@cache
def check_shown(query: str) -> None:
    """Raise AssertionError if a query for rows uses other tables than read models and facts, because it may be answered by an
    outdated replica."""
    asked = set(_TABLE.findall(query.lower().replace('"', ""))) - _TO_BE_SHOWN
    if asked:
        raise AssertionError(
            f"rows to be shown are of read models and facts, not of {', '.join(sorted(asked))}"
        )


class Behind(Unavailable):
    """The read models have not yet seen the requested position; try again in a moment."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Identifies a fact by stream and version."""

    stream: str
    version: int


class _Columns(NamedTuple):
    """The columns of a box and its key in the result of a list query."""

    topic: str
    stream: str
    version: str
    subject: str
    field: str
    of: str
    digest: str
    box: str
    epoch: str
    wrapped: str


@cache
def _columns(name: str) -> _Columns:
    return _Columns(*[f"{name}_{column}" for column in _Columns._fields])


class Reader(Fresh):
    """Runs queries. One per process; safe for concurrent use within its event loop.

    Reading that rules out reviewing, deciding or applying is recorded by `runner` before it is shown
    (`projections.readings`), with the `channel` of the request. Without a runner it is withheld.
    """

    def __init__(
        self,
        history: History,
        states: StateCache,
        vault: Vault,
        cursors: PositionTokens,
        replica: Replica | None = None,
        runner: Runner | None = None,
    ) -> None:
        super().__init__(history, states)
        self.runner = runner
        self.channel = Channel.API
        self.replica = replica
        self.vault = vault
        self.cursors = cursors
        self._stopped = StoppedReadModels(history)

    def through(self, channel: Channel) -> Reader:
        """The same reader for requests of another channel."""
        other = copy.copy(self)
        other.channel = channel
        return other

    # Read models

    async def rows(self, query: LiteralString, **values: object) -> list[QueryRow]:
        """The rows of a query on read models and facts, from the replica if there is one. For display only: decisions must
        not depend on them, so other tables cannot be queried here. Raises `ReadModelStopped` if the query uses a read model
        that has stopped."""
        check_shown(query)
        await self._stopped.check(query)
        found = None if self.replica is None else await self.replica.rows(query, values)
        if found is None:
            return await self.primary_rows(query, **values)
        return await self._with_present_keys(found)

    async def _with_present_keys(self, rows: list[QueryRow]) -> list[QueryRow]:
        """Replace the keys in rows from the replica by the primary's, because the replica may still have keys of erased
        people."""
        for column in [name for name in (rows[0] if rows else ()) if name.endswith("_wrapped")]:
            box = column.removesuffix("_wrapped")
            subjects = {row[f"{box}_subject"] for row in rows if row[column] is not None}
            present = {key.subject: key for key in await self.history.keys(subjects)}
            for row in rows:
                key = present.get(row[f"{box}_subject"])
                row[f"{box}_epoch"], row[column] = (key.epoch, key.wrapped) if key else (None, None)
        return rows

    async def primary_rows(self, query: LiteralString, **values: object) -> list[QueryRow]:
        """As in `Fresh`. Raises `ReadModelStopped` like `rows`."""
        await self._stopped.check(query)
        return await super().primary_rows(query, **values)

    async def position(self, projections: Sequence[str] = ()) -> int:
        """The position that all of these projections (by default, all) have seen."""
        rows = await self.rows(_POSITION, names=list(projections))
        return int(rows[0]["position"])

    async def wait_for(self, position: int, patience: float = 5.0, projections: Sequence[str] = ()) -> None:
        """Wait until these projections (by default, all) have seen `position`; raises `Behind` after `patience` seconds. If the
        replica is still behind after half of that time and the primary is not, stop using the replica."""
        began = time.monotonic()
        if self.replica is not None:
            self.replica.promise(position)
        while await self.position(projections) < position:
            waited = time.monotonic() - began
            if waited >= patience:
                raise Behind("The read models are catching up; try again in a moment.")
            if self.replica is not None and self.replica.in_use and waited >= patience / 2:
                seen = await self.primary_rows(_POSITION, names=list(projections))
                if seen[0]["position"] >= position:
                    self.replica.rest()
                    return
            await asyncio.sleep(_POLL_SECONDS)

    async def moment(self, at: datetime) -> int:
        """The position of the last fact recorded at or before a time (with its offset); 0 if there was none. In a
        demonstration, of the last one decided by then on its own clock, whose days are those that people read.

        Found by bisection, because these times never decrease with position (a demonstration's clock only goes forward) and
        positions have no gaps. Read from the primary, because a lagging replica would give an earlier position for the same
        time.
        """
        installation = await self.the(INSTALLATION, INSTALLATION_ID)
        rows = await self.primary_rows(
            """
            WITH RECURSIVE search (low, high) AS (
                SELECT 0::bigint, coalesce(max(position), 0) FROM history.facts
                UNION ALL
                SELECT
                    CASE WHEN w.happened_at <= %(at)b::timestamptz THEN f.position ELSE s.low END,
                    CASE WHEN w.happened_at <= %(at)b::timestamptz THEN s.high ELSE f.position - 1 END
                FROM search s JOIN history.facts f ON f.position = (s.low + s.high + 1) / 2
                CROSS JOIN LATERAL (SELECT CASE WHEN %(demonstration)b::boolean
                    THEN (convert_from(f.document, 'UTF8')::jsonb #>> '{envelope,decided_at}')::timestamptz
                    ELSE f.recorded_at END) AS w (happened_at)
                WHERE s.low < s.high
            )
            SELECT low FROM search WHERE low = high
            """,
            at=at,
            demonstration=installation.demonstration,
        )
        return int(rows[0]["low"])

    # Sealed fields

    def opened(self, row: QueryRow, name: str, kind: type[S]) -> S | Withheld:
        """Open a box in the result of a list query, with the key in the same row.

        The row has these columns, prefixed with `name` and an underscore: topic, stream, version, subject, field, of (the
        member that names the subject), digest, box, and from ``vault.keys`` epoch and wrapped, which are null once the
        subject was erased.
        """
        columns = _columns(name)
        wrapped, subject = row[columns.wrapped], row[columns.subject]
        if wrapped is None:
            return Withheld.ERASED
        key = self.vault.at_hand(subject)
        if key is None:
            key = self.vault.open((WrappedKey(subject, row[columns.epoch], wrapped),))[subject]
        binding = Binding(
            self.history.id,
            row[columns.stream],
            row[columns.version],
            row[columns.topic],
            subject,
            row[columns.field],
            row[columns.of],
        )
        value = opened(key, binding, row[columns.digest], row[columns.box])
        return typed(binding, value, kind) if isinstance(value, bytes) else value

    async def facts(self, references: Iterable[Reference], *, open_boxes: bool) -> dict[Reference, Recorded]:
        """Load some recorded facts. With `open_boxes`, their personal fields are opened; the caller has checked access."""
        wanted = list(dict.fromkeys(references))
        if not wanted:
            return {}
        named: dict[str, list[object]] = {
            "streams": [reference.stream for reference in wanted],
            "versions": [reference.version for reference in wanted],
        }
        rows = await self.rows(_FACTS, **named)
        if self.replica is not None and len(rows) < len(wanted):
            # The facts were named by a current stream that the replica has not seen yet.
            rows = await self.primary_rows(_FACTS, **named)
        return await self.recorded(rows, open_boxes=open_boxes)

    async def newest(self, streams: Iterable[str], topics: Iterable[str]) -> dict[Reference, Recorded]:
        """The newest fact of each stream among some topics, opened; the caller has checked access."""
        wanted = sorted(set(streams))
        if not wanted:
            return {}
        named: dict[str, list[object]] = {"streams": [*wanted], "topics": [*topics]}
        rows = await self.rows(_NEWEST, **named)
        if self.replica is not None and len(rows) < len(wanted):
            rows = await self.primary_rows(_NEWEST, **named)
        return await self.recorded(rows, open_boxes=True)

    async def recorded(self, rows: Sequence[QueryRow], *, open_boxes: bool) -> dict[Reference, Recorded]:
        """The recorded facts of some rows. With `open_boxes`, their personal fields are opened; the caller has checked access."""
        found = {
            Reference(row["stream"], row["version"]): recorded_in(row, history=self.history.id)
            for row in rows
        }
        if not open_boxes:
            return found
        subjects = {recorded.subject(field) for recorded in found.values() for field in recorded.sealed}
        open_with = opener(await self.keys(subjects))
        return {
            Reference(row["stream"], row["version"]): recorded_in(row, open_with, history=self.history.id)
            for row in rows
        }

    async def keys(self, subjects: Iterable[str]) -> dict[str, bytes]:
        """The sealing keys of some subjects, from the vault's cache or in one round trip. Erased subjects have none."""
        return await opened_keys(self.history, self.vault, subjects)


def recorded_in(row: QueryRow, open_with: Opener = unopened, *, history: str | None = None) -> Recorded:
    """The recorded fact in a row with topic, document and position. Raises `Unreadable` if it cannot be read."""
    try:
        return read(row["topic"], row["document"], open_with, history=history)
    except Exception as error:  # a damaged fact can raise anything
        raise Unreadable(row["position"]) from error


def allow(verdict: Verdict) -> Role:
    """Return the role in which access was granted; raises `NotFound` or `Forbidden` if it was denied."""
    if isinstance(verdict, Allowed):
        return verdict.role
    raise NotFound if verdict.hidden else Forbidden(verdict.detail)


def text_of(value: str | Withheld | None) -> str | None:
    """A personal text for display; None if it was erased or is damaged (see `damaged_in`)."""
    return value if isinstance(value, str) else None


def damaged_in(texts: Mapping[str, object]) -> tuple[str, ...]:
    """The names of the personal texts that are damaged, for the field `damaged` of an answer."""
    return tuple([name for name, text in texts.items() if text is Withheld.DAMAGED])


def sealed_box(recorded: Recorded, field: str) -> tuple[bytes, bytes | None]:
    """The digest and the box of a personal field of a recorded fact, for copying into a read model unopened."""
    sealed = recorded.sealed[field]
    return bytes.fromhex(sealed.digest), None if sealed.box is None else b64decode(sealed.box)
