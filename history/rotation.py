"""Rotates the wrapping key, and completes erasures outside the database.

Whether somebody was erased is decided by the history alone: nothing outside the database changes before the fact is
stored. `Rotation.finish` then does the rest, and is idempotent: it records the fence, wraps all remaining keys under a
new wrapping key, overwrites the key backup and destroys the old wrapping key. The database stores the position at which
the epoch began, so that any later erasure makes a rotation due. If a process is interrupted, the next check, by this or
another process, completes the work.

The steps of a rotation, and what happens if the process ends after each:

1. create the file of the new wrapping key    → the old epoch stays; the new key, still unused, is destroyed
2. replace the wrapped keys, begin the epoch  → the new epoch has begun; steps 3 and 4 follow
3. overwrite the key backup                   → step 4 follows
4. destroy the old wrapping key
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

import msgspec
import psycopg

from domain.persons.facts import ErasureReason
from domain.persons.state import PERSON
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
"""The advisory lock held during a rotation. The append lock is taken while it is held."""
PATIENCE_SECONDS: Final = 2.0
"""How long a rotation waits for readers of the keys to finish before it gives up until the next check."""
_PAUSE_SECONDS: Final = 0.2
_AT_ONCE: Final = 500
"""How many keys are wrapped before the event loop gets control."""
_REASONS: Final[tuple[str, ...]] = get_args(ErasureReason)

log = logging.getLogger("overwinter.vault")


class InUse(Unavailable):
    """A long read of the keys, such as a database dump, blocks the rotation. It can be tried again later."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """The current epoch: its number, the position of the newest fact when it began, the time it began, and whether a
    rotation is due because somebody was erased since then (or an erased subject has a key again)."""

    number: int
    after_position: int
    began_at: datetime
    due: bool


async def epoch_of(history: History) -> Epoch:
    """The current epoch of a history."""
    async with history.connection() as connection:
        return await _epoch(connection)


async def to_erase_again(history: History, fenced: Iterable[str]) -> list[str]:
    """Of these fenced subjects, those that exist in the history but are not erased there."""
    async with history.connection() as connection:
        cursor = await connection.execute(
            "SELECT f.stream FROM unnest(%b::text[]) AS w (stream) JOIN history.facts f ON f.stream = w.stream "
            "WHERE f.version = 1 AND f.stream NOT IN "
            "(SELECT e.stream FROM history.facts e WHERE history.erases(e.stream, e.topic)) ORDER BY 1",
            (list(fenced),),
        )
        return [row[0] for row in await cursor.fetchall()]


class Rotation:
    """Rotates the wrapping key of one installation, and completes erasures. One per process; a lock makes sure that only
    one process works at a time."""

    def __init__(
        self,
        history: History,
        keys: KeyFolder,
        backup: KeyBackup | None = None,
        *,
        wraps_too: Callable[[Connection], Awaitable[None]] | None = None,
    ) -> None:
        """`wraps_too` wraps keys again that are not in the vault, before the old wrapping key is destroyed."""
        self._history = history
        self._keys = keys
        self._backup = backup
        self._wraps_too = wraps_too
        self._turn = asyncio.Lock()

    async def due(self) -> bool:
        """Whether `finish` has something to do."""
        epoch = await epoch_of(self._history)
        self._keys.follow(epoch.number)
        return epoch.due or bool(self._keys.strays(epoch.number)) or self._backup_is_old(epoch.number)

    async def finish(self) -> None:
        """Complete erasures and interrupted rotations.

        Raises `KeysUnusable`, `Unavailable` or `InUse`; the next call then does what was left undone.
        """
        if await self.due():
            async with self._alone() as connection:
                epoch = await self._checked(connection)
                if epoch.due:
                    await self._rotate(connection, epoch)
                else:
                    await self._settle(connection, epoch.number)

    async def rotate(self) -> int:
        """Begin a new epoch and return its number. Raises the same errors as `finish`."""
        async with self._alone() as connection:
            return await self._rotate(connection, await self._checked(connection))

    async def back_up(self) -> Heading:
        """Write the key backup now. Raises the same errors as `finish`, and ValueError if no folder for it is configured."""
        if self._backup is None:
            raise ValueError("no folder for the key backup is configured")
        async with self._alone() as connection:
            epoch = await self._checked(connection)
            return await self._back_up(connection, self._backup, epoch.number)

    async def complete_fences(self) -> None:
        """Record a fence for everybody that the history says was erased; needed when the list of fences was lost."""
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
        """A connection that holds the rotation lock. Raises KeysUnusable also for I/O errors of the key folder."""
        # Only one task of this process at a time, because waiting for the lock occupies a connection.
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
                # Closing the connection releases its locks; the pool opens another.
                await connection.close()
                raise

    async def _checked(self, connection: Connection) -> Epoch:
        """Read the current epoch and make the key folder follow it. Raises `KeysUnusable` if the folder belongs to another
        database, before anything is destroyed."""
        epoch = await _epoch(connection)
        self._keys.follow(epoch.number)
        cursor = await connection.execute("SELECT subject, epoch, wrapped FROM vault.living LIMIT 1")
        row = await cursor.fetchone()
        if row is not None:
            self._keys.unwrap(self._history.id, *row)
        return epoch

    async def _rotate(self, connection: Connection, epoch: Epoch) -> int:
        await self._fence(connection, epoch.after_position)
        self._keys.destroy_strays(epoch.number)  # left by an interrupted rotation
        number = epoch.number + 1
        new = self._keys.begin(number)
        try:
            await self._swap(connection, new)
        except InUse:
            self._keys.destroy_strays(epoch.number)  # the new key, which has not been used
            raise
        self._keys.follow(number)
        await self._settle(connection, number)
        await _let_go_of_the_log(connection)
        log.info("all keys are wrapped under the new wrapping key of epoch %d", number)
        return number

    async def _swap(self, connection: Connection, new: WrappingKey) -> None:
        """Replace all wrapped keys and begin the epoch, in one transaction.

        Most keys are wrapped before the append lock is taken, so that writers wait only briefly.
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
                        "The keys are being read, for example by a database dump; they will be rotated when that has finished."
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
        """Write the key backup and destroy the old wrapping key, after the wrapped keys were replaced. The old key is
        destroyed even if the backup cannot be written, because erasure matters more; the next check writes the backup."""
        try:
            if self._backup is not None:
                await self._back_up(connection, self._backup, number)
            if self._wraps_too is not None:
                await self._wraps_too(connection)
        finally:
            self._keys.destroy_strays(number)

    async def _back_up(self, connection: Connection, backup: KeyBackup, number: int) -> Heading:
        cursor = await connection.execute(
            "SELECT coalesce(max(position), 0), clock_timestamp() FROM history.facts"
        )
        row = await cursor.fetchone()
        assert row is not None
        heading = Heading(self._history.id, number, *row)
        living = await _living(
            connection
        )  # read after the position, so that no key of a subject that existed then is missing
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
        """Record fences for subjects that were erased by facts after a position."""
        cursor = await connection.execute(
            "SELECT stream, topic, document FROM history.facts "
            "WHERE history.erases(stream, topic) AND position > %b AND stream <> ALL (%b::text[]) ORDER BY position",
            (after, list(self._keys.fenced())),
        )
        rows = await cursor.fetchall()
        self._keys.fence([_fence(self._history.id, *row) for row in rows if is_subject(row[0])])


def _fence(history: str, stream: str, topic: str, document: bytes) -> Fence:
    """The fence for a fact that erased the subject of a stream. A fact that cannot be read, or has values that the program
    never writes, still fences its subject, but without those values; `verify` reports such a fact."""
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
    """Let the database delete its old write-ahead log, which contains old wrapped keys. Only the embedded server permits
    this; any other server recycles its log over time."""
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
