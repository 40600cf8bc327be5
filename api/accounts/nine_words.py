"""Nine words: a way to sign in without an e-mail address. The server draws them, shows them once, and cannot look them up.

The first three words only find the account: the database has a keyed hash of them. The other six are the secret (more than
77 bits), of which it has an Argon2id hash, bound to the way in and to the key folder.
"""

from __future__ import annotations

import asyncio
import os
import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from domain.messages import msg
from history.runner import Runner
from history.store import History

COUNT: Final = 9
"""How many words there are: more than 116 bits together."""
_TO_FIND: Final = 3
_AT_ONCE: Final = 2
"""How many Argon2id hashes a process computes at a time; each needs 64 MB for about a tenth of a second."""
_WORD: Final = re.compile(r"[^\W\d_]+")
WRONG_WORDS: Final = msg("Nobody can sign in with these words. Check each of them, and their order.")
_IN_LIST: Final = re.compile(r"[a-z]{3,9}\Z", re.ASCII)


@lru_cache(1)
def word_list() -> tuple[str, ...]:
    """The words to draw from: the long list of the Electronic Frontier Foundation, without its few words with a hyphen. Only
    drawing needs it, so words stay valid if a later version of the list differs."""
    text = files("xkcdpass").joinpath("static", "eff-long").read_text("ascii")
    return tuple(sorted({word for word in text.split() if _IN_LIST.match(word)}))


def words_from(seed: bytes) -> tuple[str, ...]:
    """The nine words for a seed of at least 32 random bytes."""
    known = word_list()
    rest = int.from_bytes(seed)
    chosen = []
    for _ in range(COUNT):
        rest, number = divmod(rest, len(known))
        chosen.append(known[number])
    return tuple(chosen)


def typed_words(text: str) -> tuple[str, ...]:
    """The words in what somebody typed: in small letters, without numbers, commas, hyphens and whatever else is between."""
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def unknown_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """Of some words, those that are not in the list, so that somebody can find a typing mistake."""
    return tuple(dict.fromkeys(word for word in words if word not in set(word_list())))


class NineWords:
    """The nine words of the accounts of one installation."""

    def __init__(self, history: History, runner: Runner) -> None:
        self._history = history
        self._runner = runner
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def keep(self, way: str, words: tuple[str, ...]) -> None:
        """Store the hashes of the words of a way in; does nothing if it has words or was removed meanwhile."""
        phc = await self._hashed(way, words)
        async with self._history.connection() as connection:
            await connection.execute(
                "INSERT INTO accounts.words (way, lookup, hash) SELECT w.way, %b, %b FROM accounts.ways_in w "
                "WHERE w.way = %b ON CONFLICT DO NOTHING",
                (self._lookup(words), phc, way),
            )

    async def way_of(self, words: tuple[str, ...]) -> str | None:
        """The way in with these words; None if there is none. Takes the same statement and the same work either way."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT way, hash FROM accounts.words WHERE lookup = %b", (self._lookup(words),)
            )
            row = await cursor.fetchone()
        if row is None:
            await self._hashed("", words)
            return None
        way, phc = row
        return str(way) if await self._fits(str(way), words, str(phc)) else None

    def lookup_key(self, words: tuple[str, ...]) -> bytes:
        """What attempts to sign in with these words are counted under: the account that they are for, whether it exists or
        not."""
        return self._lookup(words)

    def _lookup(self, words: tuple[str, ...]) -> bytes:
        return self._runner.keyed("nine-words", " ".join(words[:_TO_FIND]).encode())

    def _pepper(self) -> bytes:
        return self._runner.keyed("nine-words-secret", b"")

    async def _hashed(self, way: str, words: tuple[str, ...]) -> str:
        kdf = Argon2id(
            salt=os.urandom(16),
            length=32,
            iterations=3,
            lanes=4,
            memory_cost=64 * 1024,
            secret=self._pepper(),
        )
        async with self._turn:
            return await asyncio.to_thread(kdf.derive_phc_encoded, _material(way, words))

    async def _fits(self, way: str, words: tuple[str, ...], phc: str) -> bool:
        async with self._turn:
            try:
                await asyncio.to_thread(
                    Argon2id.verify_phc_encoded, _material(way, words), phc, self._pepper()
                )
            except InvalidKey:
                return False
        return True


def _material(way: str, words: tuple[str, ...]) -> bytes:
    return f"{way} {' '.join(words[_TO_FIND:])}".encode()
