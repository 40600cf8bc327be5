"""The store: one way to append facts and one way to load them, on an asynchronous pool of connections.

Every statement is one round trip (autocommit). An append is one call of the database's function ``history.append``,
which holds the lock, the checks and the inserts; when `History.append` returns, the facts are durable.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

import psycopg
from psycopg.rows import RowMaker
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from history.appends import APPEND_LOCK, Append, Appended, DueDate, Idempotency, Lost, Unavailable
from history.arrays import integers, texts
from history.gathering import Gathered
from history.group_commit import GroupCommit, cannot_now, connection_lost, remembered
from history.keyfiles import KeysUnusable
from history.statements import Connection, Prepared, call, call_as, lent
from history.vault import Vault, WrappedKey


class Row(NamedTuple):
    """A fact of a stream that was asked for, by the question's `number` in its statement. A tuple, since replaying makes
    many."""

    number: int
    version: int
    topic: str
    document: bytes
    leaf: bytes


class PlacedRow(NamedTuple):
    """A fact that was asked for by its position."""

    position: int
    stream: str
    version: int
    topic: str
    document: bytes
    leaf: bytes


ANSWERS_KEPT_DAYS: Final = 30
"""For how many days the answer to an idempotency key is kept; the database's function ``history.answers_kept`` says the
same."""
FORGOTTEN_AT_ONCE: Final = 5_000
"""How many old answers are deleted in one transaction."""

_ROW: Final[RowMaker[Row]] = partial(tuple.__new__, Row)
"""What makes a Row of a row: without a word of Python in between, as ``Row._make`` would have."""

_TROUBLE: Final = (psycopg.OperationalError, psycopg.InterfaceError)

# Two things keep PostgreSQL from planning these anew at each call, which took longer than answering: the arrays stand in
# sub-selects, so that a plan for these very keys promises nothing better than the plan for any; and each look-up is a
# sub-select (OFFSET 0 keeps it one), so that the plan for any keys goes by the primary key, whatever the table's size.
_LOAD: Final = Prepared(
    b"history_load",
    b"SELECT w.number, f.version, f.topic, f.document, f.leaf "
    b"FROM unnest((SELECT $1::text[]), (SELECT $2::integer[])) WITH ORDINALITY AS w (stream, after, number), "
    b"LATERAL (SELECT * FROM history.facts o WHERE o.stream = w.stream AND o.version > w.after "
    b"ORDER BY o.version OFFSET 0) AS f",
)

_ENTRIES: Final = Prepared(
    b"history_entries",
    b"SELECT w.name, i.entry FROM unnest((SELECT $1::text[])) AS w (name), "
    b"LATERAL (SELECT o.entry FROM history.indexes o WHERE o.name = w.name ORDER BY o.entry OFFSET 0) AS i",
)

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
    """The facts of one installation in one database. Make it with `open_history`."""

    def __init__(self, pool: AsyncConnectionPool[Connection], history_id: str) -> None:
        self.pool = pool
        self.id = history_id
        self._group = GroupCommit(pool)
        self._alone = asyncio.Lock()
        self._loads = Gathered(self._load)
        self._indexes = Gathered(self._entries)
        self._keys = Gathered(self._wrapped)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection of the pool; raises `Unavailable` if none can be had or the database cannot do it now (as one
        that only reads), and `Lost` if the server goes away."""
        try:
            async with lent(self.pool) as connection:
                yield connection
        except PoolTimeout as error:
            raise Unavailable("The database does not answer.") from error
        except psycopg.Error as error:
            # Of read-only, psycopg makes an InternalError, which no other trouble of the database's own is.
            if not isinstance(error, _TROUBLE) and not cannot_now(error):
                raise
            if not connection_lost(error):
                raise Unavailable("The database cannot do this now.") from error
            await self.pool.check()  # the others were probably lost with it
            raise Lost("The database does not answer.") from error

    async def load(self, after: Mapping[str, int]) -> dict[str, Sequence[Row]]:
        """The facts of some streams, each after the version given, in their order; a stream without any is left out. One
        round trip, which is shared with others (`history.gathering`)."""
        found = await self._loads.get(after.items())
        return {question[0]: found[question] for question in after.items() if question in found}

    async def _load(self, after: frozenset[tuple[str, int]]) -> dict[tuple[str, int], Sequence[Row]]:
        asked = list(after)
        async with self.connection() as connection:
            rows = await call_as(
                _ROW,
                connection,
                _LOAD,
                (texts([stream for stream, _ in asked]), integers([version for _, version in asked])),
            )
        return {asked[number - 1]: tuple(group) for number, group in groupby(rows, itemgetter(0))}

    async def at(self, positions: Iterable[int]) -> list[PlacedRow]:
        """The facts at some positions, in order."""
        async with self.connection() as connection:
            cursor = await connection.execute(_AT, (list(positions),), binary=True)
            return [PlacedRow(*row) for row in await cursor.fetchall()]

    async def position_of(self, stream: str, version: int) -> int | None:
        """The position of a fact; None if there is none."""
        async with self.connection() as connection:
            cursor = await connection.execute(
                "SELECT position FROM history.facts WHERE stream = %b AND version = %b::integer",
                (stream, version),
            )
            row = await cursor.fetchone()
            return None if row is None else int(row[0])

    async def entries(self, indexes: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The entries of some indexes, each sorted. One round trip, which is shared with others."""
        wanted = tuple(indexes)
        found = await self._indexes.get(wanted)
        return {index: found.get(index, ()) for index in wanted}

    async def _entries(self, names: frozenset[str]) -> dict[str, tuple[str, ...]]:
        async with self.connection() as connection:
            rows = await call(connection, _ENTRIES, (texts(list(names)),))
        return {name: tuple([entry for _, entry in group]) for name, group in groupby(rows, itemgetter(0))}

    async def held(self, claims: Iterable[bytes]) -> frozenset[bytes]:
        """Those of some claims, by their keyed names, that a stream holds."""
        async with self.connection() as connection:
            cursor = await connection.execute(
                "SELECT name FROM history.claims WHERE name = ANY (%b::bytea[])", (list(claims),), binary=True
            )
            return frozenset([bytes(row[0]) for row in await cursor.fetchall()])

    async def holder(self, claim: bytes) -> str | None:
        """The stream that holds a claim, by the claim's keyed name; None if none does."""
        async with self.connection() as connection:
            cursor = await connection.execute(
                "SELECT stream FROM history.claims WHERE name = %b", (claim,), binary=True
            )
            row = await cursor.fetchone()
            return None if row is None else str(row[0])

    async def keys(self, subjects: Iterable[str]) -> list[WrappedKey]:
        """The wrapped keys of some data subjects; those that were erased have none."""
        wanted = set(subjects)
        found = await self._keys.get(wanted)
        return [found[subject] for subject in wanted if subject in found]

    async def _wrapped(self, subjects: frozenset[str]) -> dict[str, WrappedKey]:
        async with self.connection() as connection:
            rows = await call(connection, _KEYS, (texts(list(subjects)),))
        return {row[0]: WrappedKey(*row) for row in rows}

    async def any_key(self) -> WrappedKey | None:
        """The wrapped key of some data subject who lives; None if there is none."""
        async with self.connection() as connection:
            cursor = await connection.execute("SELECT subject, epoch, wrapped FROM vault.living LIMIT 1")
            row = await cursor.fetchone()
            return None if row is None else WrappedKey(*row)

    async def remembered(self, idempotency: Idempotency) -> Appended | None:
        """What an idempotency key stands for, or None if it was never used. `detail` is the stream that answered."""
        async with self.connection() as connection:
            return await remembered(connection, idempotency)

    async def forget_answers(self) -> int:
        """Delete the answers to idempotency keys that are older than `ANSWERS_KEPT_DAYS`; returns how many. Raises
        `Unavailable`."""
        forgotten = 0
        while True:
            async with self.connection() as connection:
                cursor = await connection.execute(
                    "SELECT history.forget_answers(%b::integer)", (FORGOTTEN_AT_ONCE,)
                )
                row = await cursor.fetchone()
            assert row is not None
            forgotten += int(row[0])
            if row[0] < FORGOTTEN_AT_ONCE:
                return forgotten

    async def last_position(self) -> int:
        """The position of the newest fact; 0 if there is none."""
        async with self.connection() as connection:
            cursor = await connection.execute("SELECT coalesce(max(position), 0) FROM history.facts")
            row = await cursor.fetchone()
            assert row is not None
            return int(row[0])

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Callable[[Append], Awaitable[Appended]]]:
        """Hold up every other append, of this process and of others; yields the one `append` that goes through.

        For a command that lost again and again against smaller ones: what it reads meanwhile stays as it was read. One
        of a process at a time, since everybody who waits for this holds a connection. Raises `Unavailable`.
        """
        async with self._alone, self.connection() as connection:
            try:
                await connection.execute("SELECT pg_advisory_lock(%s, %s)", APPEND_LOCK)
                yield lambda append: self._group.append_on(connection, append)
            finally:
                # Also if the lock was granted as whoever waits for it was cancelled; letting go of none does no harm.
                if not connection.closed:
                    await connection.execute("SELECT pg_advisory_unlock(%s, %s)", APPEND_LOCK)

    async def append(self, append: Append) -> Appended:
        """Store all of it, or nothing; durable on return.

        Appends of this process that come at about the same time share a commit (`history.group_commit`); one that is
        turned down takes no other with it. A connection lost under way leaves it open whether the facts were stored:
        the very same bytes are appended again, and what is found then tells. Raises `Unavailable` when the database
        stays away, or cannot write; sent again with the same idempotency key, the command is still done once. Raises
        ValueError for facts that would leave a gap in their stream.
        """
        assert append.facts, "a command that is not refused records at least one fact"
        return await self._group.append(append)

    async def close(self) -> None:
        """Wait for the appends that are under way."""
        await self._group.close()

    async def due(self, now: datetime, limit: int = 100, *, without: Sequence[DueDate] = ()) -> list[DueDate]:
        """What is due at `now`, the oldest first, but for those in `without`, unless they were set anew meanwhile."""
        async with self.connection() as connection:
            cursor = await connection.execute(
                "SELECT key, at, stream, version FROM history.due_dates WHERE at <= %b AND (key, at) NOT IN "
                "(SELECT * FROM unnest(%b::text[], %b::timestamptz[])) ORDER BY at LIMIT %b",
                (now, [due.key for due in without], [due.at for due in without], limit),
            )
            return [DueDate(*row) for row in await cursor.fetchall()]

    async def strike(self, due: DueDate) -> None:
        """Take a due date out of the queue, unless it was set anew meanwhile."""
        async with self.connection() as connection:
            await connection.execute(
                "DELETE FROM history.due_dates WHERE key = %b AND at = %b", (due.key, due.at)
            )


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
    """The sealing keys of some subjects, from the vault's memory or in one round trip; the erased have none."""
    wanted = set(subjects)
    found = vault.cached(wanted)
    missing = wanted - found.keys()
    if missing:
        rows = await history.keys(missing)
        try:
            found |= vault.open(rows)
        except KeysUnusable:
            # The wrapping key may have been destroyed, in a rotation, since the rows were read.
            again = await history.keys(missing)
            if sorted(again) == sorted(rows):
                raise
            found |= vault.open(again)
    return found
