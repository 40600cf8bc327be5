"""The outbox: letters wait here, sealed, until they are sent."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.letters.letter import Letter, WrittenLetter
from api.locales import Locale
from domain.messages import msg
from domain.refusals import Refused
from history.keyfiles import KeyFolder, KeysUnusable
from history.outside import NotOpened, open_box, seal
from history.statements import Connection
from history.store import History
from history.vault import Vault, WrappedKey

State = Literal["waiting", "sending", "unknown", "failed"]


@dataclass(frozen=True, slots=True)
class LetterShown:
    """A letter in the outbox, for administrators. `written` is None if it may not be shown or does not open."""

    letter: str
    name: str
    state: State
    tries: int
    put_at: datetime
    send_at: datetime
    written: WrittenLetter | None


@dataclass(frozen=True, slots=True)
class LetterToSend:
    """A letter that a process has taken on. `written` is None if it does not open any more; `notice` is what it tells of."""

    letter: str
    written: WrittenLetter | None
    tries: int
    notice: bytes | None = None


class Outbox:
    """The outbox of one installation."""

    def __init__(self, history: History, vault: Vault, keys: KeyFolder) -> None:
        self._history = history
        self._vault = vault
        self._keys = keys

    async def put(
        self,
        connection: Connection,
        letter: Letter,
        *,
        to: str,
        locale: Locale,
        person: str | None = None,
        notice: bytes | None = None,
    ) -> None:
        """Put a letter into the outbox, in the caller's connection (and transaction, if there is one). It is sealed under the
        key of `person`, so that nothing is left of it after they were erased; without a person, under a key of its own.
        Does nothing if the person was erased.

        `to` is an address that was checked. `notice`: what the letter tells of (`api.letters.notices`), which is asked
        again when it is sent. Raises `history.keyfiles.KeysUnusable`."""
        number = secrets.token_hex(16)
        plain = msgspec.json.encode(letter.written(to, locale))
        epoch: int | None = None
        wrapped: bytes | None = None
        if person is None:
            key = AESGCM.generate_key(bit_length=256)
            epoch, wrapped = self._keys.epoch, self._keys.wrap(self._history.id, number, key)
        else:
            found = await self._key_of(connection, person)
            if found is None:
                return
            key = found
        await connection.execute(
            "INSERT INTO accounts.outbox (letter, name, person, epoch, wrapped, sealed, notice, expires_at) "
            "VALUES (%b, %b, %b, %b::integer, %b, %b, %b, now() + %b::interval)",
            (
                number,
                letter.name,
                person,
                epoch,
                wrapped,
                seal(key, _place(number), plain, os.urandom),
                notice,
                letter.lasts,
            ),
        )

    async def take(self) -> LetterToSend | None:
        """Take on the next letter that is to be sent now; None if there is none. From then on it is `sending`: if the process
        ends before it says what became of it, nobody knows."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "UPDATE accounts.outbox SET state = 'sending', tries = tries + 1 WHERE letter = (SELECT o.letter "
                "FROM accounts.outbox o WHERE o.state = 'waiting' AND o.send_at <= now() AND o.expires_at > now() "
                "ORDER BY o.send_at LIMIT 1 FOR UPDATE SKIP LOCKED) "
                "RETURNING letter, person, epoch, wrapped, sealed, tries, notice",
                binary=True,
            )
            row = await cursor.fetchone()
            if row is None:
                return None
            letter, person, epoch, wrapped, sealed, tries, notice = row
            written = await self._opened(connection, letter, person, epoch, wrapped, sealed)
        return LetterToSend(str(letter), written, int(tries), None if notice is None else bytes(notice))

    async def sent(self, letter: str) -> None:
        """Delete a letter that was sent."""
        async with self._history.connection() as connection:
            await connection.execute("DELETE FROM accounts.outbox WHERE letter = %b", (letter,))

    async def wait(self, letter: str, seconds: float) -> None:
        """Try a letter again after some seconds: it was certainly not sent."""
        async with self._history.connection() as connection:
            await connection.execute(
                "UPDATE accounts.outbox SET state = 'waiting', send_at = now() + make_interval(secs => %b) "
                "WHERE letter = %b",
                (seconds, letter),
            )

    async def flag(self, letter: str, state: Literal["unknown", "failed"]) -> None:
        """Note that a letter may have been sent, or never can be; an administrator decides what to do."""
        async with self._history.connection() as connection:
            await connection.execute(
                "UPDATE accounts.outbox SET state = %b WHERE letter = %b", (state, letter)
            )

    async def flag_interrupted(self) -> int:
        """Flag the letters that another process was sending when it ended; returns how many. Call this only while no other
        process sends."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "UPDATE accounts.outbox SET state = 'unknown' WHERE state = 'sending'"
            )
        return cursor.rowcount

    async def send_again(self, letter: str) -> None:
        """Send a flagged letter again, with the same Message-ID. Raises `Refused` if it is not flagged."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "UPDATE accounts.outbox SET state = 'waiting', send_at = now() WHERE letter = %b "
                "AND state IN ('unknown', 'failed')",
                (letter,),
            )
        if cursor.rowcount == 0:
            raise Refused(msg("This letter is not in the outbox any more, or will be sent anyway."))

    async def discard(self, letter: str) -> None:
        """Delete a flagged letter."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.outbox WHERE letter = %b AND state IN ('unknown', 'failed')", (letter,)
            )

    async def all(self, *, opened: bool) -> list[LetterShown]:
        """The letters in the outbox, the newest first; what they say, and to whom, only with `opened`."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT letter, name, state, tries, put_at, send_at, person, epoch, wrapped, sealed "
                "FROM accounts.outbox WHERE expires_at > now() ORDER BY put_at DESC, letter LIMIT 200",
                binary=True,
            )
            rows = await cursor.fetchall()
            return [
                LetterShown(
                    letter,
                    name,
                    state,
                    tries,
                    put_at,
                    send_at,
                    await self._opened(connection, letter, *sealing) if opened else None,
                )
                for letter, name, state, tries, put_at, send_at, *sealing in rows
            ]

    async def wrap_again(self, connection: Connection) -> None:
        """Wrap the keys of waiting letters under the present wrapping key, before the former one is destroyed. One that does
        not open is left alone; it can then never be sent."""
        cursor = await connection.execute(
            "SELECT letter, epoch, wrapped FROM accounts.outbox WHERE epoch <> %b::integer",
            (self._keys.epoch,),
            binary=True,
        )
        for letter, epoch, wrapped in await cursor.fetchall():
            try:
                key = self._keys.unwrap(self._history.id, letter, epoch, wrapped)
            except KeysUnusable:
                continue
            await connection.execute(
                "UPDATE accounts.outbox SET epoch = %b::integer, wrapped = %b WHERE letter = %b",
                (self._keys.epoch, self._keys.wrap(self._history.id, letter, key), letter),
            )

    async def forget(self, person: str) -> None:
        """Delete the letters to an erased person."""
        async with self._history.connection() as connection:
            await connection.execute("DELETE FROM accounts.outbox WHERE person = %b", (person,))

    async def sweep(self) -> None:
        """Delete letters that are of no use any more, and those to erased people."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.outbox o WHERE o.expires_at <= now() OR (o.person IS NOT NULL "
                "AND NOT EXISTS (SELECT FROM vault.keys k WHERE k.subject = o.person))"
            )

    async def _key_of(self, connection: Connection, person: str) -> bytes | None:
        known = self._vault.at_hand(person)
        if known is not None:
            return known
        cursor = await connection.execute(
            "SELECT subject, epoch, wrapped FROM vault.keys WHERE subject = %b", (person,), binary=True
        )
        row = await cursor.fetchone()
        return None if row is None else self._vault.open([WrappedKey(*row)])[person]

    async def _opened(
        self,
        connection: Connection,
        letter: str,
        person: str | None,
        epoch: int | None,
        wrapped: bytes | None,
        sealed: bytes,
    ) -> WrittenLetter | None:
        try:
            if person is not None:
                key = await self._key_of(connection, person)
            else:
                assert epoch is not None
                assert wrapped is not None
                key = self._keys.unwrap(self._history.id, letter, epoch, wrapped)
            if key is None:
                return None
            return msgspec.json.decode(open_box(key, _place(letter), sealed), type=WrittenLetter)
        except (KeysUnusable, NotOpened, msgspec.DecodeError):
            return None


def _place(letter: str) -> str:
    return f"letter {letter}"
