"""Group commit: appends that one process makes at about the same time share one call, one lock and one commit.

Two batches may be in flight, each on its own connection: while the database commits one, the next is collected and sent,
and waits for the lock. So this process encodes the next facts while the database is busy. The same lock excludes other
processes.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Final

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from history.appends import Append, Appended, Idempotency, Unavailable
from history.arrays import blobs, integers, texts
from history.batch import APPEND, BatchWrites, arguments, outcomes, reads
from history.documents import Stored
from history.statements import Connection, call, lent

log = logging.getLogger("overwinter.history")

LANES: Final = 2
MAX_BATCH: Final = 200
"""The most appends that share a commit. Enough for any load, and it limits how many one failure can affect."""
_TRIES: Final = 6
_FIRST_WAIT: Final = 0.05
_REFUSING: Final = (psycopg.Error, ValueError, struct.error)
"""Errors that reject the values of a batch: raised by the database, or while encoding them (invalid UTF-8, a number that
is too large)."""


class _PendingAppend:
    """An append, and the future that its sender awaits. If `lost` is set, it may have been stored already."""

    __slots__ = ("answer", "append", "lost", "read")

    def __init__(self, append: Append, answer: asyncio.Future[Appended]) -> None:
        self.append = append
        self.read = reads(append)
        self.answer = answer
        self.lost = False

    def ends(self, appended: Appended) -> None:
        if not self.answer.done():
            self.answer.set_result(appended)

    def fails(self, sentence: str, cause: Exception | None = None) -> None:
        if not self.answer.done():
            error = Unavailable(sentence)
            error.__cause__ = cause
            self.answer.set_exception(error)


class GroupCommit:
    """Collects appends and commits them in batches. One per process and pool, for one event loop."""

    def __init__(self, pool: AsyncConnectionPool[Connection]) -> None:
        self._pool = pool
        self._pending: list[_PendingAppend] = []
        self._in_flight: set[asyncio.Task[None]] = set()
        self._scheduled = False

    async def append(self, append: Append) -> Appended:
        """Store all of it, or nothing; durable on return. See `history.store.History.append`."""
        loop = asyncio.get_running_loop()
        pending = _PendingAppend(append, loop.create_future())
        self._pending.append(pending)
        if not self._scheduled:
            # Appends made in the same turn of the event loop are sent together.
            self._scheduled = True
            loop.call_soon(self._send)
        return await pending.answer

    async def append_on(self, connection: Connection, append: Append) -> Appended:
        """The same on a connection that already holds the lock, in a commit of its own."""
        pending = _PendingAppend(append, asyncio.get_running_loop().create_future())
        await self._commit([pending], connection)
        return await pending.answer

    async def close(self) -> None:
        """Wait until every append has finished."""
        while self._in_flight or self._pending:
            await asyncio.sleep(0)
            if self._in_flight:
                await asyncio.wait(self._in_flight)

    def _send(self) -> None:
        """Send pending appends while fewer than `LANES` batches are in flight, divided evenly among the free lanes."""
        self._scheduled = False
        while self._pending and len(self._in_flight) < LANES:
            batch = self._next(-(-len(self._pending) // (LANES - len(self._in_flight))))
            if not batch:
                continue
            task = asyncio.get_running_loop().create_task(self._commit(batch))
            self._in_flight.add(task)
            task.add_done_callback(self._done)

    def _next(self, size: int) -> list[_PendingAppend]:
        """The next batch: the oldest pending appends that do not depend on each other. The others stay pending."""
        writes = BatchWrites()
        batch: list[_PendingAppend] = []
        left: list[_PendingAppend] = []
        for pending in self._pending:
            if pending.answer.done():
                continue  # its sender was cancelled before it was sent
            if len(batch) < min(size, MAX_BATCH) and writes.admit(pending.append, pending.read):
                batch.append(pending)
            else:
                left.append(pending)
        self._pending = left
        return batch

    def _done(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        if self._pending and not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._send)

    async def _commit(self, batch: Sequence[_PendingAppend], on: Connection | None = None) -> None:
        """Store a batch and complete every future in it, whatever happens."""
        try:
            await self._try(batch, on)
        except Exception as error:  # noqa: BLE001 - every error is passed on to the senders
            if not isinstance(error, _REFUSING):
                for pending in batch:
                    pending.lost = True  # the error may have come after the batch was stored
            log.error("append refused by the database: %s", type(error).__name__)  # noqa: TRY400 - a traceback could quote values
            if len(batch) == 1 or cannot_now(error):
                for pending in batch:
                    pending.fails("The database cannot write now.", error)
            else:
                # One append is at fault; send each alone, so that only that one fails.
                for pending in batch:
                    await self._commit([pending])
        finally:
            for pending in batch:
                pending.fails("The process is stopping; it is not known whether this was stored.")

    async def _try(self, batch: Sequence[_PendingAppend], on: Connection | None) -> None:
        """Send a batch until the database answers. The first attempt uses the connection `on`, if given.

        If the connection is lost while the batch is in flight, it is not known whether the facts were stored. The same
        bytes are then sent again: if they had been stored, the append conflicts, and the stored leaf hashes are equal.
        """
        wait = _FIRST_WAIT
        for attempt in range(_TRIES):
            try:
                chosen = nullcontext(on) if on is not None and not attempt else lent(self._pool)
                async with chosen as connection:
                    made = arguments([(pending.append, pending.read) for pending in batch])
                    (row,) = await call(connection, APPEND, made)
                await self._answer(batch, outcomes(row, [pending.append for pending in batch]))
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if not connection_lost(error):
                    raise
                if attempt == _TRIES - 1 or isinstance(error, PoolTimeout):
                    for pending in batch:
                        pending.fails("The database does not answer.", error)
                    return
                for pending in batch:
                    pending.lost = True
                await asyncio.sleep(wait)
                wait *= 2
                # The other connections of the pool were probably lost too; check all of them now.
                await self._pool.check()
            else:
                return

    async def _answer(self, batch: Sequence[_PendingAppend], ended: Sequence[Appended]) -> None:
        """Complete the appends whose outcome is known, then look up the outcome of the others."""
        unresolved = []
        for pending, appended in zip(batch, ended, strict=True):
            if appended.outcome in ("repeated", "reused") or (
                pending.lost and appended.outcome != "appended"
            ):
                unresolved.append((pending, appended))
            else:
                pending.ends(appended)
        for pending, appended in unresolved:
            async with lent(self._pool) as connection:
                positions = await stored(connection, pending.append.facts) if pending.lost else ()
                if positions:
                    pending.ends(Appended("appended", positions))
                    continue
                idempotency = pending.append.idempotency
                known = None
                if appended.outcome in ("repeated", "reused") and idempotency is not None:
                    known = await remembered(connection, idempotency)
            pending.ends(known or appended)


async def stored(connection: Connection, facts: Sequence[Stored]) -> tuple[int, ...]:
    """The positions of exactly these facts, if they are stored. Appends are atomic, so either all are or none."""
    cursor = await connection.execute(
        "SELECT f.position FROM unnest(%b, %b, %b) AS w (stream, version, leaf) "
        "JOIN history.facts f ON f.stream = w.stream AND f.version = w.version AND f.leaf = w.leaf "
        "ORDER BY f.position",
        (
            texts([fact.stream for fact in facts]),
            integers([fact.version for fact in facts]),
            blobs([fact.leaf for fact in facts]),
        ),
    )
    return tuple([row[0] for row in await cursor.fetchall()])


async def remembered(connection: Connection, idempotency: Idempotency) -> Appended | None:
    """The outcome stored under an idempotency key, or None if it was never used. `detail` is the answering stream."""
    cursor = await connection.execute(
        "SELECT request, positions, answers FROM history.commands WHERE principal = %b AND key = %b",
        (idempotency.principal, idempotency.key),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    return Appended("repeated" if row[0] == idempotency.request else "reused", tuple(row[1]), row[2])


def connection_lost(error: psycopg.Error) -> bool:
    """Whether the connection was lost (so that the outcome is unknown), rather than the statement refused by the server."""
    state = error.sqlstate
    return state is None or state.startswith(("08", "57P"))


def cannot_now(error: Exception) -> bool:
    """Whether the database as a whole cannot write now (read-only, out of space, shutting down, an I/O error), so that every
    other statement would fail too, and the same one can be tried again later."""
    state = error.sqlstate if isinstance(error, psycopg.Error) else None
    return state is not None and state.startswith(("25", "53", "57", "58"))
