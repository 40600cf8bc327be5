"""The vault: one sealing key per data subject, wrapped in the database under a key that lives outside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from cachetools import TTLCache
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from history.keyfiles import WrappingKeys

CACHE_SECONDS: Final = 60
"""How long an opened key may stay in a process's memory: after an erasure nobody reads for longer than this."""
CACHE_KEYS: Final = 20_000


@dataclass(frozen=True, slots=True, order=True)
class WrappedKey:
    """A row of vault.keys."""

    subject: str
    epoch: int
    wrapped: bytes


class Vault:
    """Makes, wraps and unwraps the keys of data subjects, and remembers the opened ones for at most a minute.

    It does no input or output: rows come from, and go to, whoever holds the connection.
    """

    def __init__(
        self, keys: WrappingKeys, history: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._keys = keys
        self._history = history
        self._opened: TTLCache[str, bytes] = TTLCache(CACHE_KEYS, CACHE_SECONDS, timer=clock)

    def make(self, subject: str) -> tuple[WrappedKey, bytes]:
        """A new key for a subject: the row to store, and the key itself."""
        key = AESGCM.generate_key(bit_length=256)
        return WrappedKey(subject, self._keys.epoch, self._keys.wrap(self._history, subject, key)), key

    def follow(self, epoch: int) -> None:
        """Wrap new keys under the wrapping key of this epoch, unless a later one is present already. Raises
        `keyfiles.KeysUnusable`."""
        self._keys.follow(epoch)

    def cached(self, subjects: Iterable[str]) -> dict[str, bytes]:
        """The keys at hand for these subjects, none older than `CACHE_SECONDS`."""
        return {subject: key for subject in subjects if (key := self.at_hand(subject)) is not None}

    def at_hand(self, subject: str) -> bytes | None:
        """The key of one subject, if it is remembered and no older than `CACHE_SECONDS`."""
        try:
            return self._opened[subject]  # a quarter of the time that its `get` takes
        except KeyError:
            return None

    def open(self, rows: Iterable[WrappedKey]) -> dict[str, bytes]:
        """Unwrap rows just read from the database, and remember them. Raises `keyfiles.KeysUnusable`."""
        found = {
            row.subject: self._keys.unwrap(self._history, row.subject, row.epoch, row.wrapped) for row in rows
        }
        self._opened.update(found)
        return found

    def evict(self, subject: str) -> None:
        """Forget a subject's key in this process at once."""
        self._opened.pop(subject, None)

    def sweep(self) -> None:
        """Forget every key older than `CACHE_SECONDS`, also those that nobody asks for again."""
        self._opened.expire()
