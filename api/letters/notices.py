"""What people have to know, as rows: each waits until its letter is written, and is news on its reader's start page
meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, LiteralString

from domain.letters.kinds import LetterKind
from history.statements import Connection
from history.store import History
from projections.letters.hearing import Notice

KEPT: Final = timedelta(days=90)
"""How long something is news."""
MOST_NEWS: Final = 20
"""How much news a start page shows."""
TOGETHER_FOR: Final = timedelta(minutes=10)
"""How long things are gathered that one letter tells."""
LISTS: Final = {LetterKind.REVIEW_ASKED: "/reviews"}
"""The kinds of which one letter tells several notices, and where what they are about is listed."""
_GATHERED: Final = frozenset({LetterKind.WORK_WAITS, *LISTS})
"""The kinds of letters that tell several things in one."""
WORK_EVERY: Final = timedelta(days=1)
"""How often somebody gets a letter that work waits, at most."""


@dataclass(frozen=True, slots=True)
class PersonsNotice:
    """Something that a person has to know. `key` is a hash of what it is about and for whom."""

    key: bytes
    person: str
    notice: Notice
    happened_at: datetime

    @classmethod
    def of(cls, person: str, notice: Notice, *, cause: str, happened_at: datetime) -> PersonsNotice:
        """A notice for a person. `cause` is the leaf hash of its fact, or what else happens only once."""
        key = sha256("\n".join((cause, notice.kind, notice.about, person)).encode()).digest()
        return cls(key, person, notice, happened_at)


class Notices:
    """The notices of one installation. `clock` is the installation's, which in a demonstration is not the database's."""

    def __init__(self, history: History, *, clock: Callable[[], datetime]) -> None:
        self._history = history
        self._clock = clock

    async def begin(self, reaction: str) -> None:
        """Let a reaction begin with the facts that come from now on, unless it has begun before."""
        newest = await self._history.last_position()
        async with self._history.connection() as connection:
            await connection.execute(
                "INSERT INTO accounts.reactions (reaction, position) VALUES (%b, %b::bigint) ON CONFLICT DO NOTHING",
                (reaction, newest),
            )

    async def position(self, reaction: str) -> int | None:
        """The newest fact that a reaction has seen; None if it has not begun."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT position FROM accounts.reactions WHERE reaction = %b", (reaction,)
            )
            row = await cursor.fetchone()
        return None if row is None else int(row[0])

    async def note(self, reaction: str, found: Sequence[PersonsNotice], *, seen: int, position: int) -> bool:
        """Add notices and move the reaction from the position `seen` to a later one, in one transaction; False, and nothing is
        added, if another process has moved it already."""
        async with self._history.connection() as connection, connection.transaction():
            cursor = await connection.execute(
                "UPDATE accounts.reactions SET position = %b::bigint WHERE reaction = %b AND position = %b::bigint",
                (position, reaction, seen),
            )
            moved = cursor.rowcount == 1
            if moved:
                await _add(connection, found)
        return moved

    async def remind(self, found: Sequence[PersonsNotice]) -> None:
        """Add notices of dates; those that were added before are left alone."""
        async with self._history.connection() as connection:
            await _add(connection, found)

    async def add(self, connection: Connection, found: Sequence[PersonsNotice]) -> None:
        """Add notices in the caller's transaction; those that were added before are left alone."""
        await _add(connection, found)

    async def due(self, limit: int = 100) -> list[PersonsNotice]:
        """The notices whose letters are to be written now, the oldest first."""
        return await self._found(
            "WHERE NOT settled AND write_at <= %b ORDER BY write_at, happened_at LIMIT %b::integer",
            (self._clock(), limit),
        )

    async def settle(self, connection: Connection, key: bytes, others: Sequence[bytes] = ()) -> bool:
        """Note, in the caller's transaction, that a notice's letter is written, which tells some others, too; False if that was
        noted before, or the notice is gone."""
        settling = (
            "UPDATE accounts.notices SET settled = true, written_at = %b, told_in = %b "
            "WHERE notice = ANY (%b::bytea[]) AND NOT settled"
        )
        now = self._clock()
        cursor = await connection.execute(settling, (now, key, [key]))
        if cursor.rowcount == 1 and others:
            await connection.execute(settling, (now, key, list(others)))
        return cursor.rowcount == 1

    async def open_beside(self, each: PersonsNotice) -> list[PersonsNotice]:
        """The other notices of the same kind for the same person of which no letter is written yet."""
        return await self._found(
            "WHERE person = %b AND kind = %b AND notice <> %b AND NOT settled ORDER BY happened_at, notice",
            (each.person, each.notice.kind.value, each.key),
        )

    async def told_beside(self, each: PersonsNotice) -> list[PersonsNotice]:
        """The other notices that the letter of a notice tells, too."""
        return await self._found(
            "WHERE told_in = %b AND notice <> %b ORDER BY happened_at, notice", (each.key, each.key)
        )

    async def _found(self, where: LiteralString, values: Sequence[object]) -> list[PersonsNotice]:
        async with self._history.connection() as connection:
            cursor = await connection.execute(f"{_SELECT} {where}", values, binary=True)
            return [_notice_in(row) for row in await cursor.fetchall()]

    async def settle_without_letter(self, keys: Sequence[bytes]) -> None:
        """Note that no letters of some notices are to be written."""
        if not keys:
            return
        async with self._history.connection() as connection:
            await connection.execute(
                "UPDATE accounts.notices SET settled = true WHERE notice = ANY (%b::bytea[]) AND NOT settled",
                (list(keys),),
            )

    async def drop(self, keys: Sequence[bytes]) -> None:
        """Delete notices of which no letters were written, so that new ones can be added."""
        if not keys:
            return
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.notices WHERE notice = ANY (%b::bytea[]) AND NOT settled", (list(keys),)
            )

    async def postpone(self, keys: Sequence[bytes], until: datetime) -> None:
        """Write the letters of some notices later."""
        if not keys:
            return
        async with self._history.connection() as connection:
            await connection.execute(
                "UPDATE accounts.notices SET write_at = %b WHERE notice = ANY (%b::bytea[]) AND NOT settled",
                (until, list(keys)),
            )

    async def find(self, key: bytes) -> PersonsNotice | None:
        """A notice by its key; None if it is gone."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(f"{_SELECT} WHERE notice = %b", (key,), binary=True)
            row = await cursor.fetchone()
        return None if row is None else _notice_in(row)

    async def news(self, person: str, *, read: bool = False) -> list[PersonsNotice]:
        """What is news for a person, or what was before they `read` it, the newest first. Reminders are none before their time, nor
        is the work that waits, which stands on the same page."""
        now = self._clock()
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                f"{_SELECT} WHERE person = %b AND seen = %b AND kept_until > %b AND happened_at <= %b "
                "AND kind <> %b ORDER BY happened_at DESC, notice LIMIT %b::integer",
                (person, read, now, now, LetterKind.WORK_WAITS.value, MOST_NEWS),
                binary=True,
            )
            return [_notice_in(row) for row in await cursor.fetchall()]

    async def mark_read(self, person: str, until: datetime) -> None:
        """Note that a person has read their news, up to that of a time."""
        async with self._history.connection() as connection:
            await connection.execute(
                "UPDATE accounts.notices SET seen = true WHERE person = %b AND NOT seen AND happened_at <= %b",
                (person, until),
            )

    async def forget(self, person: str) -> None:
        """Delete the notices for an erased person."""
        async with self._history.connection() as connection:
            await connection.execute("DELETE FROM accounts.notices WHERE person = %b", (person,))

    async def sweep(self) -> None:
        """Delete notices that are old, and those for erased people."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.notices n WHERE n.kept_until <= %b "
                "OR NOT EXISTS (SELECT FROM vault.keys k WHERE k.subject = n.person)",
                (self._clock(),),
            )


async def _add(connection: Connection, found: Sequence[PersonsNotice]) -> None:
    """Add notices, unless they were added before. Of a person at most one notice of work is open. Its letter is written a day after
    the last one at the earliest, and as early as that of any fact for which it stands."""
    if not found:
        return
    await connection.execute(
        "WITH n AS (SELECT notice, person, kind, about, until, happened_at, "
        "greatest(write_at, (SELECT max(o.written_at) + %b::interval FROM accounts.notices o "
        "WHERE n.kind = %b::text AND o.kind = n.kind AND o.person = n.person)) AS write_at, kept_until "
        "FROM unnest(%b::bytea[], %b::text[], %b::text[], %b::text[], %b::timestamptz[], %b::timestamptz[], "
        "%b::timestamptz[], %b::timestamptz[]) AS n (notice, person, kind, about, until, happened_at, write_at, kept_until) "
        "WHERE EXISTS (SELECT FROM vault.keys k WHERE k.subject = n.person)), "
        "earlier AS (UPDATE accounts.notices o SET write_at = n.write_at "
        "FROM (SELECT person, kind, min(write_at) AS write_at FROM n WHERE kind = %b::text GROUP BY person, kind) n "
        "WHERE o.person = n.person AND o.kind = n.kind AND NOT o.settled AND o.write_at > n.write_at) "
        "INSERT INTO accounts.notices (notice, person, kind, about, until, happened_at, write_at, kept_until) "
        "SELECT notice, person, kind, about, until, happened_at, write_at, kept_until FROM n ON CONFLICT DO NOTHING",
        (
            WORK_EVERY,
            LetterKind.WORK_WAITS.value,
            [each.key for each in found],
            [each.person for each in found],
            [each.notice.kind.value for each in found],
            [each.notice.about for each in found],
            [each.notice.until for each in found],
            [each.happened_at for each in found],
            [
                each.happened_at + (TOGETHER_FOR if each.notice.kind in _GATHERED else timedelta())
                for each in found
            ],
            [max(each.happened_at, each.notice.until or each.happened_at) + KEPT for each in found],
            LetterKind.WORK_WAITS.value,
        ),
    )


_SELECT: Final[LiteralString] = "SELECT notice, person, kind, about, until, happened_at FROM accounts.notices"


def _notice_in(row: tuple[Any, ...]) -> PersonsNotice:  # Any: a row of the table
    key, person, kind, about, until, happened_at = row
    return PersonsNotice(bytes(key), person, Notice(LetterKind(kind), about, until), happened_at)
