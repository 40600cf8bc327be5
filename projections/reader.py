"""The reader: all that a query needs to answer: read models, fresh streams for access, and keys to open boxes.

It has two faces. Access is judged on what `projections.fresh` reads: streams and indexes of the primary, never a read
model, which may lag. Rows to be shown may come from a replica (see `projections.replica`), so that a question for rows
can name nothing but read models and facts; who may see them is decided beside it. Keys are the primary's, too.
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
from domain.initiatives import INSTALLATION, INSTALLATION_ID
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
from projections.fresh import Row as Row  # noqa: PLC0414 - handed on to those who read rows
from projections.replica import Replica
from projections.standing import StoppedReadModels

S = TypeVar("S")

LATEST: Final = 2**63 - 2
"""The position of a question about now: every present row of a read model covers it."""

_POLL_SECONDS: Final = 0.02

_TABLE: Final = re.compile(r"\b(?:history|vault|accounts)\s*\.\s*[a-z_]+")
_TO_BE_SHOWN: Final = frozenset({"history.facts"})

_FACTS: Final = (
    "SELECT f.position, f.stream, f.version, f.topic, f.document "
    "FROM unnest(%(streams)b::text[], %(versions)b::integer[]) AS w (stream, version) "
    "JOIN history.facts f ON f.stream = w.stream AND f.version = w.version"
)
# A read model that stopped answers nothing (see `Reader.rows`), so nobody waits for it who asks for others.
_POSITION: Final = (
    "SELECT coalesce(min(position), 0) AS position FROM read.positions "
    "WHERE CASE WHEN cardinality(%(names)b::text[]) = 0 THEN failed_position IS NULL "
    "ELSE projection = ANY (%(names)b::text[]) END"
)


@cache
def check_shown(query: str) -> None:
    """Stop a question for rows that asks for more than is there to be shown: it may be answered by a replica, which does
    not know what happened a moment ago."""
    asked = set(_TABLE.findall(query.lower().replace('"', ""))) - _TO_BE_SHOWN
    if asked:
        raise AssertionError(
            f"rows to be shown are of read models and facts, not of {', '.join(sorted(asked))}"
        )


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
    of: str
    digest: str
    box: str
    epoch: str
    wrapped: str


@cache
def _columns(name: str) -> _Columns:
    return _Columns(*[f"{name}_{column}" for column in _Columns._fields])


class Reader(Fresh):
    """Answers questions. One for a process; safe for concurrent use within its event loop.

    What excludes people from judging, deciding or applying is recorded by `runner` before they are shown it
    (`projections.readings`), with the `channel` by which they asked. Without a runner it is withheld.
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
        """The same reader for those who ask by another channel."""
        other = copy.copy(self)
        other.channel = channel
        return other

    # Read models

    async def rows(self, query: LiteralString, **values: object) -> list[Row]:
        """The rows of a query on read models and facts, to be shown; from the replica, where there is one. No decision
        rests on them: what one could rest on, as the indexes, cannot be asked for here. Raises `ReadModelStopped` if one of
        the read models that the query names is out of date for good."""
        check_shown(query)
        await self._stopped.check(query)
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
        """As in `Fresh`. Raises `ReadModelStopped` as `rows` does."""
        await self._stopped.check(query)
        return await super().primary_rows(query, **values)

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
                raise Behind("The read models are catching up; try again in a moment.")
            if self.replica is not None and self.replica.in_use and waited >= patience / 2:
                seen = await self.primary_rows(_POSITION, names=list(projections))
                if seen[0]["position"] >= position:
                    self.replica.rest()
                    return
            await asyncio.sleep(_POLL_SECONDS)

    async def moment(self, at: datetime) -> int:
        """The position of the last fact recorded at or before a time with its offset; 0 if there was none. In a
        demonstration, of the last one decided by then on its own clock, whose days are those that people read.

        These times do not run backwards with position (a demonstration's clock only goes forward) and positions have no
        gaps, so a bisection finds it. The primary is asked: a replica that lags would name an earlier one, and the same
        question would have two answers.
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

    def opened(self, row: Row, name: str, kind: type[S]) -> S | Withheld:
        """A box that a list query brought along with its key, compared with its digest.

        The row has the columns of a box, each with `name` and an underscore before it: topic, stream, version,
        subject, field, of (the member that names the subject), digest, box, and of ``vault.keys`` epoch and wrapped, which
        are null once the subject was erased.
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
        """The sealing keys of some subjects, from the vault's memory or in one round trip; the erased have none."""
        return await opened_keys(self.history, self.vault, subjects)


def recorded_in(row: Row, open_with: Opener = unopened, *, history: str | None = None) -> Recorded:
    """The recorded fact in a row with its topic, document and position. Raises `Unreadable` if it cannot be read."""
    try:
        return read(row["topic"], row["document"], open_with, history=history)
    except Exception as error:  # whatever a damaged fact raises
        raise Unreadable(row["position"]) from error


def allow(verdict: Verdict) -> Role:
    """The role in which somebody may see a thing; raises `NotFound` or `Forbidden` if they may not."""
    if isinstance(verdict, Allowed):
        return verdict.role
    raise NotFound if verdict.hidden else Forbidden(verdict.detail)


def text_of(value: str | Withheld | None) -> str | None:
    """A personal text as an answer shows it: None where it cannot be read any more, or is damaged (see `damaged_in`)."""
    return value if isinstance(value, str) else None


def damaged_in(texts: Mapping[str, object]) -> tuple[str, ...]:
    """The names of those personal texts that were opened and are damaged, as an answer names them in its `damaged`."""
    return tuple([name for name, text in texts.items() if text is Withheld.DAMAGED])


def sealed_box(recorded: Recorded, field: str) -> tuple[bytes, bytes | None]:
    """The digest and the box of one of a recorded fact's personal fields, to be copied into a read model unopened."""
    sealed = recorded.sealed[field]
    return bytes.fromhex(sealed.digest), None if sealed.box is None else b64decode(sealed.box)
