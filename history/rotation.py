"""The rotation of wrapping keys, and what an erasure leaves to be done outside the database.

The history alone tells whom it erased. Nothing outside the database is touched before the fact is stored, and all that
follows from it is done by `Rotation.finish`, which can be repeated: the fence is set, the keys of all who live are
wrapped under a new wrapping key, the key backup is overwritten, and the old wrapping key is destroyed. The database
stores the position at which the epoch began, so any later erasure makes a rotation due. If a process is interrupted, the
next check, by itself or another process, completes the work.

The steps of a rotation, and what is left to do if the process ends after each:

1. the new wrapping key is a file          → the epoch is the old one; the new key is destroyed, having wrapped nothing
2. the wraps and the epoch are swapped     → the epoch is the new one; 3 and 4 follow
3. the key backup is overwritten           → 4 follows
4. the old wrapping key is destroyed
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

import msgspec
import psycopg

from domain.persons import PERSON, ErasureReason
from domain.topics import erases, is_subject
from domain.values import SYSTEM, Channel, is_id
from history.appends import APPEND_LOCK, Unavailable
from history.documents import read
from history.key_backup import Heading, KeyBackup
from history.keyfiles import Fence, KeyFolder, KeysUnusable, WrappingKey
from history.statements import Connection
from history.store import History
from history.vault import WrappedKey

LOCK: Final = (7302025, 6)
"""The advisory lock of whoever rotates. The append's lock is taken under it."""
PATIENCE_SECONDS: Final = 2.0
"""How long a rotation waits for the moment in which nobody reads the keys, before it is left to the next look."""
_PAUSE_SECONDS: Final = 0.2
_AT_ONCE: Final = 500
"""How many keys are wrapped before others get their turn."""
_REASONS: Final[tuple[str, ...]] = get_args(ErasureReason)

log = logging.getLogger("overwinter.vault")


class InUse(Unavailable):
    """Somebody reads the keys for long, as a dump of the database does. The rotation can be tried again later."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """The present epoch: its number, the newest fact when it began, when that was, and whether a rotation is due because
    somebody was erased since (or has a key again)."""

    number: int
    after_position: int
    began_at: datetime
    due: bool


async def epoch_of(history: History) -> Epoch:
    """The present epoch of a history."""
    async with history.connection() as connection:
        return await _epoch(connection)


async def to_erase_again(history: History, fenced: Iterable[str]) -> list[str]:
    """Those of some fenced subjects whose erasure the history does not tell, though it knows them."""
    async with history.connection() as connection:
        cursor = await connection.execute(
            "SELECT f.stream FROM unnest(%b::text[]) AS w (stream) JOIN history.facts f ON f.stream = w.stream "
            "WHERE f.version = 1 AND f.stream NOT IN "
            "(SELECT e.stream FROM history.facts e WHERE history.erases(e.stream, e.topic)) ORDER BY 1",
            (list(fenced),),
        )
        return [row[0] for row in await cursor.fetchall()]


class Rotation:
    """Rotates the wrapping key of one installation, and finishes erasures. One for a process. Several processes
    may use it; a lock lets one work at a time."""

    def __init__(self, history: History, keys: KeyFolder, backup: KeyBackup | None = None) -> None:
        self._history = history
        self._keys = keys
        self._backup = backup
        self._turn = asyncio.Lock()

    async def due(self) -> bool:
        """Whether `finish` has something to do."""
        epoch = await epoch_of(self._history)
        self._keys.follow(epoch.number)
        return epoch.due or bool(self._keys.strays(epoch.number)) or self._backup_is_old(epoch.number)

    async def finish(self) -> None:
        """Do what is left to be done of erasures and of a rotation that was cut off.

        Raises `KeysUnusable`, `Unavailable` or `InUse`; whatever was not done then, the next call does.
        """
        if await self.due():
            async with self._alone() as connection:
                epoch = await self._checked(connection)
                if epoch.due:
                    await self._rotate(connection, epoch)
                else:
                    await self._settle(connection, epoch.number)

    async def rotate(self) -> int:
        """Begin a new epoch; returns its number. Raises as `finish` does."""
        async with self._alone() as connection:
            return await self._rotate(connection, await self._checked(connection))

    async def back_up(self) -> Heading:
        """Write the key backup as of now. Raises as `finish` does, and ValueError if no place for it is known."""
        if self._backup is None:
            raise ValueError("no place for the key backup")
        async with self._alone() as connection:
            epoch = await self._checked(connection)
            return await self._back_up(connection, self._backup, epoch.number)

    async def complete_fences(self) -> None:
        """Set a fence for everybody whom the history erased, as when the list of fences was lost."""
        async with self._alone() as connection:
            await self._fence(connection, 0)

    def _backup_is_old(self, epoch: int) -> bool:
        if self._backup is None:
            return False
        try:
            heading = self._backup.heading()
        except KeysUnusable:
            return True
        return heading is None or heading.epoch != epoch

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[Connection]:
        """A connection that holds the lock of whoever rotates; raises KeysUnusable for the folder's own trouble, too."""
        # Of one process one at a time, since everybody who waits for the lock holds a connection.
        async with self._turn, self._history.connection() as connection:
            try:
                await connection.execute("SELECT pg_advisory_lock(%s, %s)", LOCK)
                yield connection
                await connection.execute("SELECT pg_advisory_unlock(%s, %s)", LOCK)
            except OSError as error:
                await connection.close()
                raise KeysUnusable(
                    f"The key folder {self._keys.folder} cannot be used: {error.strerror}."
                ) from None
            except BaseException:
                # Whatever is held goes with the connection, and the pool makes another.
                await connection.close()
                raise

    async def _checked(self, connection: Connection) -> Epoch:
        """The present epoch, which the key folder follows. Raises `KeysUnusable` if the folder does not belong to this
        database, so that it destroys nothing."""
        epoch = await _epoch(connection)
        self._keys.follow(epoch.number)
        cursor = await connection.execute("SELECT subject, epoch, wrapped FROM vault.living LIMIT 1")
        row = await cursor.fetchone()
        if row is not None:
            self._keys.unwrap(self._history.id, *row)
        return epoch

    async def _rotate(self, connection: Connection, epoch: Epoch) -> int:
        await self._fence(connection, epoch.after_position)
        self._keys.destroy_strays(epoch.number)  # what a rotation left that was cut off before
        number = epoch.number + 1
        new = self._keys.begin(number)
        try:
            await self._swap(connection, new)
        except InUse:
            self._keys.destroy_strays(epoch.number)  # the new one, which has wrapped nothing that is kept
            raise
        self._keys.follow(number)
        await self._settle(connection, number)
        await _let_go_of_the_log(connection)
        log.info("all keys are wrapped under a new wrapping key, of epoch %d", number)
        return number

    async def _swap(self, connection: Connection, new: WrappingKey) -> None:
        """Put new wraps in the place of the old ones, and begin the epoch: one transaction.

        All but the newest are wrapped before the append's lock is taken, so that writers pause briefly.
        """
        wrapped: dict[str, bytes] = {}
        await self._wrap_again(await _living(connection), new, wrapped)
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            await connection.execute("SELECT pg_advisory_lock(%s, %s)", APPEND_LOCK)
            try:
                living = await _living(connection)
                await self._wrap_again(living, new, wrapped)
                subjects = [row.subject for row in living]
                await connection.execute(
                    "SELECT vault.rotate(%b::integer, %b::text[], %b::bytea[])",
                    (new.epoch, subjects, [wrapped[subject] for subject in subjects]),
                )
            except psycopg.errors.LockNotAvailable:
                if time.monotonic() >= until:
                    raise InUse(
                        "Somebody reads the keys in the database for long, as a dump does; they are rotated after that."
                    ) from None
            else:
                return
            finally:
                if not connection.closed:
                    await connection.execute("SELECT pg_advisory_unlock(%s, %s)", APPEND_LOCK)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _wrap_again(
        self, living: Sequence[WrappedKey], new: WrappingKey, wrapped: dict[str, bytes]
    ) -> None:
        keys, history = self._keys, self._history.id
        for count, row in enumerate(living, 1):
            if row.subject not in wrapped:
                key = keys.unwrap(history, row.subject, row.epoch, row.wrapped)
                wrapped[row.subject] = new.wrap(history, row.subject, key)
                if count % _AT_ONCE == 0:
                    await asyncio.sleep(0)

    async def _settle(self, connection: Connection, number: int) -> None:
        """What follows a swap. The old wrapping key is destroyed even if the key backup cannot be written: the erased
        come first, and the next look tries again."""
        try:
            if self._backup is not None:
                await self._back_up(connection, self._backup, number)
        finally:
            self._keys.destroy_strays(number)

    async def _back_up(self, connection: Connection, backup: KeyBackup, number: int) -> Heading:
        cursor = await connection.execute(
            "SELECT coalesce(max(position), 0), clock_timestamp() FROM history.facts"
        )
        row = await cursor.fetchone()
        assert row is not None
        heading = Heading(self._history.id, number, *row)
        living = await _living(connection)  # after the position, so that nobody who is living then is missing
        await asyncio.to_thread(
            backup.write,
            heading,
            wrapping_key=self._keys.wrapping_key(),
            index_key=self._keys.index_key,
            wrapped={row.subject: row.wrapped for row in living},
            fences=self._keys.fences(),
        )
        return heading

    async def _fence(self, connection: Connection, after: int) -> None:
        """Fence those who were erased by facts after a position."""
        cursor = await connection.execute(
            "SELECT stream, topic, document FROM history.facts "
            "WHERE history.erases(stream, topic) AND position > %b AND stream <> ALL (%b::text[]) ORDER BY position",
            (after, list(self._keys.fenced())),
        )
        rows = await cursor.fetchall()
        self._keys.fence([_fence(self._history.id, *row) for row in rows if is_subject(row[0])])


def _fence(history: str, stream: str, topic: str, document: bytes) -> Fence:
    """The fence that follows from the fact that a stream's subject was erased. A fact that cannot be read, or that says what
    the program never writes, still ends the key of its subject; `verify` names it, and nothing strange in it is repeated
    outside."""
    assert erases(stream, topic)
    unknown = Fence(stream, "other", SYSTEM, Channel.SYSTEM)
    try:
        recorded = read(topic, document, history=history)
    except (ValueError, msgspec.MsgspecError):
        return unknown
    reason = getattr(recorded.fact, "reason", None)
    actor, channel = recorded.envelope.actor, recorded.envelope.how.channel
    if (
        reason not in _REASONS
        or channel not in {*Channel}
        or not (actor == SYSTEM or is_id(PERSON.kind, actor))
    ):
        return unknown
    return Fence(stream, reason, actor, channel)


async def _let_go_of_the_log(connection: Connection) -> None:
    """Let the database delete the write-ahead log from before, which holds old wraps, where the role may: on the embedded
    server. On a server of one's own that happens in the course of time."""
    for statement in (b"SELECT pg_switch_wal()", b"CHECKPOINT"):
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
            await connection.execute(statement)


async def _epoch(connection: Connection) -> Epoch:
    cursor = await connection.execute(
        "SELECT e.number, e.after_position, e.began_at, "
        "EXISTS (SELECT FROM history.facts f WHERE history.erases(f.stream, f.topic) AND f.position > e.after_position) "
        "OR EXISTS (SELECT FROM history.facts f JOIN vault.keys k ON k.subject = f.stream "
        "WHERE history.erases(f.stream, f.topic)) "
        "FROM vault.epoch e"
    )
    row = await cursor.fetchone()
    assert row is not None
    return Epoch(*row)


async def _living(connection: Connection) -> list[WrappedKey]:
    cursor = await connection.execute("SELECT subject, epoch, wrapped FROM vault.living", binary=True)
    return [WrappedKey(*row) for row in await cursor.fetchall()]
