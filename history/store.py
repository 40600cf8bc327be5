"""Loads and appends facts, on an asynchronous pool of connections.

Every statement is one round trip (autocommit). An append is one call of the database function ``history.append``, which
takes the lock, checks and inserts. When `History.append` returns, the facts are durable.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

import psycopg
from psycopg.rows import RowMaker
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from history.appends import APPEND_LOCK, Append, Appended, DueDate, Idempotency, Lost, Unavailable
from history.arrays import BinaryValue, integers, texts
from history.batched_lookups import BatchedLookup
from history.group_commit import GroupCommit, cannot_now, connection_lost, remembered
from history.keyfiles import KeysUnusable
from history.statements import Connection, Prepared, call, call_as, lent
from history.vault import Vault, WrappedKey


class LoadedFact(NamedTuple):
    """A fact loaded from a stream. `number` is the place of its stream in the statement's arguments. A tuple, because
    replaying creates many."""

    number: int
    version: int
    topic: str
    document: bytes
    leaf: bytes


class PositionedFact(NamedTuple):
    """A fact loaded by its position."""

    position: int
    stream: str
    version: int
    topic: str
    document: bytes
    leaf: bytes


ANSWERS_KEPT_DAYS: Final = 30
"""How many days the answer to an idempotency key is kept. The database function ``history.answers_kept`` has the same
value."""
DELETED_AT_ONCE: Final = 5_000
"""How many old answers are deleted in one transaction."""

_LOADED_FACT: Final[RowMaker[LoadedFact]] = partial(tuple.__new__, LoadedFact)
"""Row factory that avoids a Python call for each row, which ``LoadedFact._make`` would make."""

_TROUBLE: Final = (psycopg.OperationalError, psycopg.InterfaceError)

# These statements are written so that PostgreSQL uses a generic plan, because planning took longer than running them. The
# arrays are in sub-selects, so that a plan for the actual keys does not look cheaper than the generic plan. Each lookup is
# a sub-select (OFFSET 0 prevents flattening), so that the generic plan uses the primary key at any size of the table.
_FACTS: Final = (
    b"SELECT w.number, f.version, f.topic, f.document, f.leaf "
    b"FROM unnest((SELECT $1::text[]), (SELECT $2::integer[])) WITH ORDINALITY AS w (stream, after, number), "
    b"LATERAL (SELECT * FROM history.facts o WHERE o.stream = w.stream AND o.version > w.after "
    b"ORDER BY o.version OFFSET 0) AS f"
)
# Rows of the same shape, so that both can be asked for in one statement: the number is negative, the entry in the place of
# the topic.
_ENTRIES: Final = (
    b"SELECT -w.number, 0, i.entry, NULL::bytea, NULL::bytea FROM unnest((SELECT $%d::text[])) WITH ORDINALITY AS w "
    b"(name, number), LATERAL (SELECT o.entry FROM history.indexes o WHERE o.name = w.name ORDER BY o.entry OFFSET 0) AS i"
)
_LOAD: Final = Prepared(b"history_load", _FACTS)
_LOAD_ENTRIES: Final = Prepared(b"history_entries", _ENTRIES % 1)
_LOAD_BOTH: Final = Prepared(b"history_both", _FACTS + b" UNION ALL " + _ENTRIES % 3)

_KEYS: Final = Prepared(
    b"history_keys",
    b"SELECT k.subject, k.epoch, k.wrapped FROM unnest((SELECT $1::text[])) AS w (subject), "
    b"LATERAL (SELECT * FROM vault.keys o WHERE o.subject = w.subject OFFSET 0) AS k",
)

_AT: Final = """
SELECT f.position, f.stream, f.version, f.topic, f.document, f.leaf
FROM history.facts f WHERE f.position = ANY (%b::bigint[]) ORDER BY f.position
"""


class History:
    """The facts of one installation in one database. Create it with `open_history`."""

    def __init__(self, pool: AsyncConnectionPool[Connection], history_id: str) -> None:
        self.pool = pool
        self.id = history_id
        self._group = GroupCommit(pool)
        self._alone = asyncio.Lock()
        self._reads: BatchedLookup[tuple[str, int] | str, Any] = BatchedLookup(self._read)
        self._keys = BatchedLookup(self._wrapped)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection from the pool. Raises `Unavailable` if none is available or the database cannot do this now (for
        example because it is read-only), and `Lost` if the connection is lost."""
        try:
            async with lent(self.pool) as connection:
                yield connection
        except PoolTimeout as error:
            raise Unavailable("The database does not answer.") from error
        except psycopg.Error as error:
            # psycopg reports a read-only database as InternalError, not as OperationalError.
            if not isinstance(error, _TROUBLE) and not cannot_now(error):
                raise
            if not connection_lost(error):
                raise Unavailable("The database cannot do this now.") from error
            await self.pool.check()  # the others were probably lost with it
            raise Lost("The database does not answer.") from error

    async def load(self, after: Mapping[str, int]) -> dict[str, Sequence[LoadedFact]]:
        """The facts of some streams after the given versions, in order; a stream without facts is left out. One round trip,
        shared with other callers (`history.batched_lookups`)."""
        return (await self.read(after, ()))[0]

    async def entries(self, indexes: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The entries of some indexes, each sorted. One round trip, shared with other callers."""
        return (await self.read({}, indexes))[1]

    async def read(
        self, after: Mapping[str, int], indexes: Iterable[str]
    ) -> tuple[dict[str, Sequence[LoadedFact]], dict[str, tuple[str, ...]]]:
        """What `load` and `entries` give, in the same round trip."""
        wanted = tuple(indexes)
        found = await self._reads.get((*after.items(), *wanted))
        loaded = {question[0]: found[question] for question in after.items() if question in found}
        return loaded, {index: found.get(index, ()) for index in wanted}

    async def _read(self, questions: frozenset[tuple[str, int] | str]) -> dict[tuple[str, int] | str, Any]:
        """Facts by stream and version, and entries by the name of their index. Any: one or the other."""
        after = [each for each in questions if isinstance(each, tuple)]
        names = [each for each in questions if isinstance(each, str)]
        asked: list[BinaryValue] = []
        if after:
            asked += (texts([stream for stream, _ in after]), integers([version for _, version in after]))
        if names:
            asked.append(texts(names))
        statement = _LOAD_BOTH if after and names else _LOAD if after else _LOAD_ENTRIES
        async with self.connection() as connection:
            rows = await call_as(_LOADED_FACT, connection, statement, asked)
        # PostgreSQL promises no order between what was asked for in one statement, so one answer may come in several parts.
        answers: dict[int, list[LoadedFact]] = {}
        for number, part in groupby(rows, itemgetter(0)):
            answers.setdefault(number, []).extend(part)
        found: dict[tuple[str, int] | str, Any] = {}
        for number, answer in answers.items():
            if number > 0:
                found[after[number - 1]] = tuple(answer)
            else:
                found[names[-number - 1]] = tuple([row.topic for row in answer])
        return found

    async def at(self, positions: Iterable[int]) -> list[PositionedFact]:
        """The facts at some positions, in order."""
        async with self.connection() as connection:
            cursor = await connection.execute(_AT, (list(positions),), binary=True)
            return [PositionedFact(*row) for row in await cursor.fetchall()]

    async def after(self, position: int, limit: int) -> list[PositionedFact]:
        """The facts after a position, in order, at most `limit`."""
        return await self.at(range(position + 1, position + limit + 1))

    async def position_of(self, stream: str, version: int) -> int | None:
        """The position of a fact; None if there is none."""
        async with self.connection() as connection:
            cursor = await connection.execute(
                "SELECT position FROM history.facts WHERE stream = %b AND version = %b::integer",
                (stream, version),
            )
            row = await cursor.fetchone()
            return None if row is None else int(row[0])

    async def held(self, names: Iterable[bytes]) -> frozenset[bytes]:
        """Of some unique names, given as hashes, those that a stream holds."""
        async with self.connection() as connection:
            cursor = await connection.execute(
                "SELECT name FROM history.unique_names WHERE name = ANY (%b::bytea[])",
                (list(names),),
                binary=True,
            )
            return frozenset([bytes(row[0]) for row in await cursor.fetchall()])

    async def holder(self, name: bytes) -> str | None:
        """The stream that holds a unique name, given as a hash; None if none does."""
        async with self.connection() as connection:
            cursor = await connection.execute(
                "SELECT stream FROM history.unique_names WHERE name = %b", (name,), binary=True
            )
            row = await cursor.fetchone()
            return None if row is None else str(row[0])

    async def keys(self, subjects: Iterable[str]) -> list[WrappedKey]:
        """The wrapped keys of some data subjects. Erased subjects have none."""
        wanted = set(subjects)
        found = await self._keys.get(wanted)
        return [found[subject] for subject in wanted if subject in found]

    async def _wrapped(self, subjects: frozenset[str]) -> dict[str, WrappedKey]:
        async with self.connection() as connection:
            rows = await call(connection, _KEYS, (texts(list(subjects)),))
        return {row[0]: WrappedKey(*row) for row in rows}

    async def any_key(self) -> WrappedKey | None:
        """The wrapped key of any subject that was not erased; None if there is none."""
        async with self.connection() as connection:
            cursor = await connection.execute("SELECT subject, epoch, wrapped FROM vault.living LIMIT 1")
            row = await cursor.fetchone()
            return None if row is None else WrappedKey(*row)

    async def remembered(self, idempotency: Idempotency) -> Appended | None:
        """The outcome stored under an idempotency key, or None if it was never used. `detail` is the answering stream."""
        async with self.connection() as connection:
            return await remembered(connection, idempotency)

    async def forget_answers(self) -> int:
        """Delete the answers to idempotency keys that are older than `ANSWERS_KEPT_DAYS`; returns how many. Raises
        `Unavailable`."""
        deleted = 0
        while True:
            async with self.connection() as connection:
                cursor = await connection.execute(
                    "SELECT history.forget_answers(%b::integer)", (DELETED_AT_ONCE,)
                )
                row = await cursor.fetchone()
            assert row is not None
            deleted += int(row[0])
            if row[0] < DELETED_AT_ONCE:
                return deleted

    async def last_position(self) -> int:
        """The position of the newest fact; 0 if there is none."""
        async with self.connection() as connection:
            cursor = await connection.execute("SELECT coalesce(max(position), 0) FROM history.facts")
            row = await cursor.fetchone()
            assert row is not None
            return int(row[0])

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Callable[[Append], Awaitable[Appended]]]:
        """Hold the append lock, which blocks all other appends; yields an `append` that works under it.

        For a command that conflicted repeatedly: nothing that it reads can change meanwhile. Only one task of a process
        waits for the lock at a time, because waiting occupies a connection. Raises `Unavailable`.
        """
        async with self._alone, self.connection() as connection:
            try:
                await connection.execute("SELECT pg_advisory_lock(%s, %s)", APPEND_LOCK)
                yield lambda append: self._group.append_on(connection, append)
            finally:
                # Also if the task was cancelled just as the lock was granted. Unlocking without holding it does no harm.
                if not connection.closed:
                    await connection.execute("SELECT pg_advisory_unlock(%s, %s)", APPEND_LOCK)

    async def append(self, append: Append) -> Appended:
        """Store all of it, or nothing; durable on return.

        Appends that this process makes at about the same time share a commit (`history.group_commit`); one that fails does
        not affect the others. If the connection is lost and it is not known whether the facts were stored, the same bytes
        are appended again to find out. Raises `Unavailable` if the database stays away or cannot write; the command can
        then be sent again with the same idempotency key, and is still executed only once. Raises ValueError for facts
        that would leave a gap in their stream.
        """
        assert append.facts, "a command that is not refused records at least one fact"
        return await self._group.append(append)

    async def close(self) -> None:
        """Wait for the appends that are in flight."""
        await self._group.close()

    async def due(self, now: datetime, limit: int = 100, *, without: Sequence[DueDate] = ()) -> list[DueDate]:
        """What is due at `now`, the oldest first. Leaves out those in `without`, unless they were rescheduled."""
        async with self.connection() as connection:
            cursor = await connection.execute(
                "SELECT key, at, stream, version FROM history.due_dates WHERE at <= %b AND (key, at) NOT IN "
                "(SELECT * FROM unnest(%b::text[], %b::timestamptz[])) ORDER BY at LIMIT %b",
                (now, [due.key for due in without], [due.at for due in without], limit),
            )
            return [DueDate(*row) for row in await cursor.fetchall()]

    async def due_until(self, after: datetime, until: datetime) -> list[DueDate]:
        """The due dates after one time and until another, the earliest first."""
        async with self.connection() as connection:
            cursor = await connection.execute(
                "SELECT key, at, stream, version FROM history.due_dates WHERE at > %b AND at <= %b ORDER BY at, key",
                (after, until),
                binary=True,
            )
            return [DueDate(*row) for row in await cursor.fetchall()]

    async def next_due(self, after: datetime) -> datetime | None:
        """The time of the first due date after a moment; None if there is none."""
        async with self.connection() as connection:
            cursor = await connection.execute("SELECT min(at) FROM history.due_dates WHERE at > %b", (after,))
            found = await cursor.fetchone()
        return None if found is None else found[0]

    async def remove_due_date(self, due: DueDate) -> None:
        """Remove a due date from the queue, unless it was rescheduled."""
        async with self.connection() as connection:
            await connection.execute(
                "DELETE FROM history.due_dates WHERE key = %b AND at = %b", (due.key, due.at)
            )


@asynccontextmanager
async def open_history(url: str, *, connections: int = 8, patience: float = 10) -> AsyncIterator[History]:
    """Open the history in the database at `url`, with a pool of up to `connections`. Callers wait at most `patience`
    seconds for a connection. Raises `Unavailable`."""
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
            async with lent(pool) as connection:
                cursor = await connection.execute("SELECT history_id FROM history.installation")
                row = await cursor.fetchone()
        except (PoolTimeout, psycopg.OperationalError) as error:
            raise Unavailable("The database does not answer.") from error
        except psycopg.errors.UndefinedTable as error:
            raise Unavailable("The database has no history yet; run: overwinter migrate.") from error
        if row is None:
            raise Unavailable("The database has no history yet; run: overwinter migrate.")
        history = History(pool, row[0])
        try:
            yield history
        finally:
            await history.close()
    finally:
        await pool.close()


async def opened_keys(history: History, vault: Vault, subjects: Iterable[str]) -> dict[str, bytes]:
    """The sealing keys of some subjects, from the vault's cache or in one round trip. Erased subjects have none."""
    wanted = set(subjects)
    found = vault.cached(wanted)
    missing = wanted - found.keys()
    if missing:
        rows = await history.keys(missing)
        try:
            found |= vault.open(rows)
        except KeysUnusable:
            # A rotation may have destroyed the wrapping key since the rows were read.
            again = await history.keys(missing)
            if sorted(again) == sorted(rows):
                raise
            found |= vault.open(again)
    return found
