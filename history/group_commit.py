"""Group commit: the appends of a process that come at about the same time share one call, one lock and one commit.

Two batches may be under way, each on a connection of its own: while the database commits one, the next gathers and is
sent, and waits there for the lock. What this process does to make the bytes of the next facts is thereby done while the
database is busy. Other processes are held apart by the same lock, as ever.
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
from history.batch import APPEND, Company, arguments, outcomes, reads
from history.documents import Stored
from history.statements import Connection, call, lent

log = logging.getLogger("overwinter.history")

LANES: Final = 2
LARGEST: Final = 200
"""How many appends share a commit at most: enough for any load, and a bound to what one failure can touch."""
_TRIES: Final = 6
_FIRST_WAIT: Final = 0.05
_REFUSING: Final = (psycopg.Error, ValueError, struct.error)
"""The database's refusal, and that of the wire (a text that is no UTF-8, a number too large)."""


class _Waiting:
    """An append with the future that its sender waits for. `lost`: it may be stored already, nobody knows."""

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
    """Gathers appends and commits them in batches. One for a process and a pool, within one event loop."""

    def __init__(self, pool: AsyncConnectionPool[Connection]) -> None:
        self._pool = pool
        self._waiting: list[_Waiting] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._called = False

    async def append(self, append: Append) -> Appended:
        """Store all of it, or nothing; durable on return. See `history.store.History.append`."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(append, loop.create_future())
        self._waiting.append(waiting)
        if not self._called:
            # Whoever else is about to append in this turn of the loop comes along.
            self._called = True
            loop.call_soon(self._send)
        return await waiting.answer

    async def append_on(self, connection: Connection, append: Append) -> Appended:
        """The same on a connection that holds the lock already, in a commit of its own."""
        waiting = _Waiting(append, asyncio.get_running_loop().create_future())
        await self._commit([waiting], connection)
        return await waiting.answer

    async def close(self) -> None:
        """Wait until everything that was sent is answered."""
        while self._under_way or self._waiting:
            await asyncio.sleep(0)
            if self._under_way:
                await asyncio.wait(self._under_way)

    def _send(self) -> None:
        """Send what waits, as long as a lane is free. Of many, each free lane takes its share."""
        self._called = False
        while self._waiting and len(self._under_way) < LANES:
            batch = self._next(-(-len(self._waiting) // (LANES - len(self._under_way))))
            if not batch:
                continue
            task = asyncio.get_running_loop().create_task(self._commit(batch))
            self._under_way.add(task)
            task.add_done_callback(self._done)

    def _next(self, size: int) -> list[_Waiting]:
        """The next batch: those that wait longest and do not depend on each other. The others wait on."""
        company = Company()
        batch: list[_Waiting] = []
        left: list[_Waiting] = []
        for waiting in self._waiting:
            if waiting.answer.done():
                continue  # its sender went away before it was sent
            if len(batch) < min(size, LARGEST) and company.admit(waiting.append, waiting.read):
                batch.append(waiting)
            else:
                left.append(waiting)
        self._waiting = left
        return batch

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if self._waiting and not self._called:
            self._called = True
            asyncio.get_running_loop().call_soon(self._send)

    async def _commit(self, batch: Sequence[_Waiting], on: Connection | None = None) -> None:
        """Store a batch and answer everybody in it, whatever happens."""
        try:
            await self._try(batch, on)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are told, and each by itself
            if not isinstance(error, _REFUSING):
                for waiting in batch:
                    waiting.lost = True  # for this may have come up when it was stored already
            log.error("append refused by the database: %s", type(error).__name__)  # noqa: TRY400 - a traceback could quote values
            if len(batch) == 1 or cannot_now(error):
                for waiting in batch:
                    waiting.fails("The database cannot write now.", error)
            else:
                # One of them is at fault, and it shall fail alone.
                for waiting in batch:
                    await self._commit([waiting])
        finally:
            for waiting in batch:
                waiting.fails("The process stops; it is not known whether this was stored.")

    async def _try(self, batch: Sequence[_Waiting], on: Connection | None) -> None:
        """Send a batch until the database answers: at first on a certain connection, if there is one.

        A connection lost under way leaves it open whether the facts were stored. The very same bytes are then sent
        again: if they had been stored, that conflicts, and the leaf hashes found there are these facts' own.
        """
        wait = _FIRST_WAIT
        for attempt in range(_TRIES):
            try:
                chosen = nullcontext(on) if on is not None and not attempt else lent(self._pool)
                async with chosen as connection:
                    made = arguments([(waiting.append, waiting.read) for waiting in batch])
                    (row,) = await call(connection, APPEND, made)
                await self._answer(batch, outcomes(row, [waiting.append for waiting in batch]))
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if not connection_lost(error):
                    raise
                if attempt == _TRIES - 1 or isinstance(error, PoolTimeout):
                    for waiting in batch:
                        waiting.fails("The database does not answer.", error)
                    return
                for waiting in batch:
                    waiting.lost = True
                await asyncio.sleep(wait)
                wait *= 2
                # What went down took every other connection with it: do not try them one after another.
                await self._pool.check()
            else:
                return

    async def _answer(self, batch: Sequence[_Waiting], ended: Sequence[Appended]) -> None:
        """Answer those who can be answered at once, then those whose answer has to be looked up."""
        open_ones = []
        for waiting, appended in zip(batch, ended, strict=True):
            if appended.outcome in ("repeated", "reused") or (
                waiting.lost and appended.outcome != "appended"
            ):
                open_ones.append((waiting, appended))
            else:
                waiting.ends(appended)
        for waiting, appended in open_ones:
            async with lent(self._pool) as connection:
                positions = await stored(connection, waiting.append.facts) if waiting.lost else ()
                if positions:
                    waiting.ends(Appended("appended", positions))
                    continue
                idempotency = waiting.append.idempotency
                known = None
                if appended.outcome in ("repeated", "reused") and idempotency is not None:
                    known = await remembered(connection, idempotency)
            waiting.ends(known or appended)


async def stored(connection: Connection, facts: Sequence[Stored]) -> tuple[int, ...]:
    """The positions of these very facts, if they are stored; appends are atomic, so one stands for all."""
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
    """What an idempotency key stands for, or None if it was never used. `detail` is the stream that answered."""
    cursor = await connection.execute(
        "SELECT request, positions, answers FROM history.commands WHERE principal = %b AND key = %b",
        (idempotency.principal, idempotency.key),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    return Appended("repeated" if row[0] == idempotency.request else "reused", tuple(row[1]), row[2])


def connection_lost(error: psycopg.Error) -> bool:
    """Whether the connection went away (then the outcome is open), as against the server's refusing the statement."""
    state = error.sqlstate
    return state is None or state.startswith(("08", "57P"))


def cannot_now(error: Exception) -> bool:
    """Whether the database itself is in trouble (read-only, no space, shutting down, the system's), so that no other
    statement would fare better, and the same one may be tried again later."""
    state = error.sqlstate if isinstance(error, psycopg.Error) else None
    return state is not None and state.startswith(("25", "53", "57", "58"))
