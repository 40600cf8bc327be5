"""The store: one way to append facts and one way to load them, on an asynchronous pool of connections.

Every statement is one round trip (autocommit). An append is one call of the database's function ``history.append``,
which holds the lock, the checks and the inserts; when `History.append` returns, the facts are durable.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from history.documents import Stored
from history.vault import WrappedKey

log = logging.getLogger("overwinter.history")

_TRIES: Final = 6
_FIRST_WAIT: Final = 0.05

Connection = psycopg.AsyncConnection[TupleRow]


class Unavailable(Exception):
    """The database does not answer, or cannot write now. The command may be sent again, with the same key."""


class Lost(Unavailable):
    """A connection was lost, as after a restart of the database. A question may be asked again at once."""


@dataclass(frozen=True, slots=True)
class DueDate:
    """A row of the queue of due dates: what is to be run when."""

    key: str
    at: datetime
    command: str
    request: bytes


@dataclass(frozen=True, slots=True)
class Idempotency:
    """Who sent a command under which key: the keyed hashes of the key and of the whole request."""

    principal: str
    key: bytes
    request: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """All that one command writes, and all that must still be as it was read. Stored atomically or not at all."""

    facts: Sequence[Stored]
    read: Mapping[str, int]
    answers: str
    read_indexes: Mapping[str, int] = field(default_factory=dict)
    entries: Sequence[tuple[str, str]] = ()
    claims: Sequence[tuple[bytes, str]] = ()
    settled: Sequence[str] = ()
    due: Sequence[DueDate] = ()
    new_keys: Sequence[WrappedKey] = ()
    sealed_for: Sequence[str] = ()
    erased: Sequence[str] = ()
    idempotency: Idempotency | None = None
    status: int = 201


@dataclass(frozen=True, slots=True)
class Appended:
    """How an append ended. `positions` are those of the facts; `detail` names what stood in the way."""

    outcome: Literal["appended", "repeated", "reused", "conflict", "claimed"]
    positions: tuple[int, ...] = ()
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of history.facts."""

    position: int
    stream: str
    version: int
    topic: str
    document: bytes
    leaf: bytes
    recorded_at: datetime


_LOAD: Final = """
SELECT f.position, f.stream, f.version, f.topic, f.document, f.leaf, f.recorded_at
FROM unnest(%b::text[], %b::integer[]) AS w (stream, after)
JOIN history.facts f ON f.stream = w.stream AND f.version > w.after
ORDER BY f.stream, f.version
"""

_AT: Final = """
SELECT f.position, f.stream, f.version, f.topic, f.document, f.leaf, f.recorded_at
FROM history.facts f WHERE f.position = ANY (%b::bigint[]) ORDER BY f.position
"""

_APPEND: Final = """
SELECT outcome, positions, detail FROM history.append(
    %b::text[], %b::integer[], %b::text[], %b::bytea[], %b::bytea[],
    %b::text[], %b::integer[],
    %b::text[], %b::integer[],
    %b::text[], %b::text[],
    %b::bytea[], %b::text[],
    %b::text[],
    %b::text[], %b::timestamptz[], %b::text[], %b::bytea[],
    %b::text[], %b::integer[], %b::bytea[],
    %b::text[], %b::text[],
    %b::text, %b::bytea, %b::bytea, %b::smallint, %b::text)
"""


class History:
    """The facts of one installation in one database. Make it with `open_history`."""

    def __init__(self, pool: AsyncConnectionPool[Connection], history_id: str) -> None:
        self.pool = pool
        self.id = history_id

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection of the pool; raises `Unavailable` if none can be had, and `Lost` if the server goes away."""
        try:
            async with self.pool.connection() as connection:
                yield connection
        except PoolTimeout as error:
            raise Unavailable("The database does not answer.") from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if not _connection_lost(error):
                raise Unavailable("The database cannot do this now.") from error
            await self.pool.check()  # the others were probably lost with it
            raise Lost("The database does not answer.") from error

    async def load(self, after: Mapping[str, int]) -> list[Row]:
        """The facts of some streams, each after the version given, ordered by stream and version. One round trip."""
        async with self.connection() as connection:
            cursor = await connection.execute(_LOAD, (list(after), list(after.values())))
            return [Row(*row) for row in await cursor.fetchall()]

    async def at(self, positions: Iterable[int]) -> list[Row]:
        """The facts at some positions, in order."""
        async with self.connection() as connection:
            cursor = await connection.execute(_AT, (list(positions),))
            return [Row(*row) for row in await cursor.fetchall()]

    async def entries(self, index: str) -> tuple[str, ...]:
        """The entries of an index, sorted."""
        async with self.connection() as connection:
            cursor = await connection.execute(
                "SELECT entry FROM history.indexes WHERE name = %b ORDER BY entry", (index,)
            )
            return tuple([row[0] for row in await cursor.fetchall()])

    async def keys(self, subjects: Iterable[str]) -> list[WrappedKey]:
        """The wrapped keys of some data subjects; those that were erased have none."""
        async with self.connection() as connection:
            cursor = await connection.execute(
                "SELECT subject, epoch, wrapped FROM vault.keys WHERE subject = ANY (%b::text[])",
                (list(subjects),),
            )
            return [WrappedKey(*row) for row in await cursor.fetchall()]

    async def remembered(self, idempotency: Idempotency) -> Appended | None:
        """What an idempotency key stands for, or None if it was never used. `detail` is the stream that answered."""
        async with self.connection() as connection:
            cursor = await connection.execute(
                "SELECT request, positions, answers FROM history.commands WHERE principal = %b AND key = %b",
                (idempotency.principal, idempotency.key),
            )
            row = await cursor.fetchone()
        if row is None:
            return None
        outcome: Literal["repeated", "reused"] = "repeated" if row[0] == idempotency.request else "reused"
        return Appended(outcome, tuple(row[1]), row[2])

    async def last_position(self) -> int:
        """The position of the newest fact; 0 if there is none."""
        async with self.connection() as connection:
            cursor = await connection.execute("SELECT coalesce(max(position), 0) FROM history.facts")
            row = await cursor.fetchone()
            assert row is not None
            return int(row[0])

    async def append(self, append: Append) -> Appended:
        """Store all of it, or nothing; durable on return.

        A connection lost under way leaves it open whether the facts were stored. The very same bytes are then
        appended again: if they had been stored, that conflicts, and the leaf hashes found there are these facts' own
        (each has a random seed), so the answer is the true one either way. Raises `Unavailable` when the database
        stays away; sent again with the same idempotency key, the command is still done once.
        """
        assert append.facts, "a command that is not refused records at least one fact"
        arguments = _arguments(append)
        lost = False
        wait = _FIRST_WAIT
        for attempt in range(_TRIES):
            try:
                async with self.pool.connection() as connection:
                    cursor = await connection.execute(_APPEND, arguments)
                    row = await cursor.fetchone()
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if not _connection_lost(error):
                    log.error("append refused by the database: %s", type(error).__name__)  # noqa: TRY400 - a traceback could quote values
                    raise Unavailable("The database cannot write now.") from error
                lost = True
                if attempt == _TRIES - 1 or isinstance(error, PoolTimeout):
                    raise Unavailable("The database does not answer.") from error
                await asyncio.sleep(wait)
                wait *= 2
                continue
            except psycopg.Error as error:
                # Read-only transactions and the like: not the command's fault, and nothing was stored.
                log.error("append refused by the database: %s", type(error).__name__)  # noqa: TRY400 - a traceback could quote values
                raise Unavailable("The database cannot write now.") from error
            assert row is not None
            appended = Appended(row[0], tuple(row[1] or ()), row[2])
            if lost and appended.outcome in ("conflict", "claimed"):
                stored = await self._stored(append.facts)
                if stored:
                    return Appended("appended", stored)
            return appended
        raise AssertionError("unreachable")

    async def _stored(self, facts: Sequence[Stored]) -> tuple[int, ...]:
        """The positions of these very facts, if they are stored; appends are atomic, so one stands for all."""
        async with self.connection() as connection:
            cursor = await connection.execute(
                "SELECT f.position FROM unnest(%b::text[], %b::integer[], %b::bytea[]) AS w (stream, version, leaf) "
                "JOIN history.facts f ON f.stream = w.stream AND f.version = w.version AND f.leaf = w.leaf "
                "ORDER BY f.position",
                ([f.stream for f in facts], [f.version for f in facts], [f.leaf for f in facts]),
            )
            return tuple([row[0] for row in await cursor.fetchall()])

    async def due(self, now: datetime, limit: int = 100) -> list[DueDate]:
        """What is due at `now`, the oldest first."""
        async with self.connection() as connection:
            cursor = await connection.execute(
                "SELECT key, at, command, request FROM history.due_dates WHERE at <= %b ORDER BY at LIMIT %b",
                (now, limit),
            )
            return [DueDate(*row) for row in await cursor.fetchall()]

    async def strike(self, due: DueDate) -> None:
        """Take a due date out of the queue, unless it was set anew meanwhile."""
        async with self.connection() as connection:
            await connection.execute(
                "DELETE FROM history.due_dates WHERE key = %b AND at = %b", (due.key, due.at)
            )


def _arguments(append: Append) -> list[Any]:  # Any: the arguments of one SQL call
    idempotency = append.idempotency
    return [
        [fact.stream for fact in append.facts],
        [fact.version for fact in append.facts],
        [fact.topic for fact in append.facts],
        [fact.document for fact in append.facts],
        [fact.leaf for fact in append.facts],
        list(append.read),
        list(append.read.values()),
        list(append.read_indexes),
        list(append.read_indexes.values()),
        [name for name, _ in append.entries],
        [entry for _, entry in append.entries],
        [name for name, _ in append.claims],
        [stream for _, stream in append.claims],
        list(append.settled),
        [due.key for due in append.due],
        [due.at for due in append.due],
        [due.command for due in append.due],
        [due.request for due in append.due],
        [key.subject for key in append.new_keys],
        [key.epoch for key in append.new_keys],
        [key.wrapped for key in append.new_keys],
        list(append.sealed_for),
        list(append.erased),
        idempotency.principal if idempotency else None,
        idempotency.key if idempotency else None,
        idempotency.request if idempotency else None,
        append.status,
        append.answers,
    ]


def _connection_lost(error: psycopg.Error) -> bool:
    """Whether the connection went away (then the outcome is open), as against the server's refusing the statement."""
    state = error.sqlstate
    return state is None or state.startswith(("08", "57P"))


@asynccontextmanager
async def open_history(url: str, *, connections: int = 8, patience: float = 10) -> AsyncIterator[History]:
    """The history in the database at `url`, with a pool of up to `connections`, each waited for at most
    `patience` seconds. Raises `Unavailable`."""
    pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
        url,
        kwargs={"autocommit": True, "application_name": "overwinter"},
        min_size=min(2, connections),
        max_size=connections,
        timeout=patience,
        check=None,
        open=False,
    )
    try:
        try:
            await pool.open(wait=True, timeout=patience)
            async with pool.connection() as connection:
                cursor = await connection.execute("SELECT history_id FROM history.installation")
                row = await cursor.fetchone()
        except (PoolTimeout, psycopg.OperationalError) as error:
            raise Unavailable("The database does not answer.") from error
        except psycopg.errors.UndefinedTable as error:
            raise Unavailable("The database has no history yet; run: overwinter migrate.") from error
        if row is None:
            raise Unavailable("The database has no history yet; run: overwinter migrate.")
        yield History(pool, row[0])
    finally:
        await pool.close()
