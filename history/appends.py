"""What one command asks the history to store, and how that ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from history.documents import Stored
from history.vault import WrappedKey

APPEND_LOCK: Final = (7302025, 1)
"""The advisory lock under which facts are numbered; the functions ``history.append`` and ``vault.rotate`` take it."""


class Unavailable(Exception):
    """The database does not answer, or cannot write now. The command may be sent again, with the same key."""


class Lost(Unavailable):
    """A connection was lost, as after a restart of the database. A question may be asked again at once."""


@dataclass(frozen=True, slots=True)
class DueDate:
    """A row of the queue of due dates: a key, a time, and the place of the fact from which it follows. What is to be done
    then is worked out from that fact (`domain.due_dates.set_by`)."""

    key: str
    at: datetime
    stream: str
    version: int


@dataclass(frozen=True, slots=True)
class Idempotency:
    """Who sent a command under which key: the keyed hashes of the key and of the whole request."""

    principal: str
    key: bytes
    request: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """All that one command writes, and all that must still be as it was read. Stored atomically or not at all.

    A stream that is written counts as read at the version before its first fact here. The facts of a stream come in
    the order of their versions, which have no gap.
    """

    facts: Sequence[Stored]
    read: Mapping[str, int]
    answers: str
    read_indexes: Mapping[str, int] = field(default_factory=dict)
    entries: Sequence[tuple[str, str]] = ()
    claims: Sequence[tuple[bytes, str]] = ()
    struck: Sequence[str] = ()
    due: Sequence[DueDate] = ()
    new_keys: Sequence[WrappedKey] = ()
    sealed_for: Sequence[str] = ()
    erased: Sequence[str] = ()
    idempotency: Idempotency | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    """How an append ended. `positions` are those of the facts; `detail` names what stood in the way."""

    outcome: Literal["appended", "repeated", "reused", "rotated", "conflict", "claimed"]
    positions: tuple[int, ...] = ()
    detail: str | None = None
