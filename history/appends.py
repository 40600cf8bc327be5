"""What one command stores in the history, and the possible outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from history.documents import Stored
from history.vault import WrappedKey

APPEND_LOCK: Final = (7302025, 1)
"""The advisory lock held while facts are numbered. The SQL functions ``history.append`` and ``vault.rotate`` take it."""


class Unavailable(Exception):
    """The database does not answer, or cannot write now. The command can be sent again with the same idempotency key."""


class Lost(Unavailable):
    """The connection was lost, for example because the database restarted. A query can be retried at once."""


@dataclass(frozen=True, slots=True)
class DueDate:
    """A row of the queue of due dates: a key, a time, and the stream and version of the fact that set it. The command to
    run is worked out from that fact (`domain.due_dates.set_by`)."""

    key: str
    at: datetime
    stream: str
    version: int


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The sender of a command and its idempotency key: keyed hashes of the key and of the whole request."""

    principal: str
    key: bytes
    request: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """Everything that one command writes, and the versions it read, which must not have changed. Stored atomically.

    A stream that is written counts as read at the version before its first fact here. The facts of a stream come in
    order of version, without gaps.
    """

    facts: Sequence[Stored]
    read: Mapping[str, int]
    answers: str
    read_indexes: Mapping[str, int] = field(default_factory=dict)
    entries: Sequence[tuple[str, str]] = ()
    unique_names: Sequence[tuple[bytes, str]] = ()
    removed_due: Sequence[str] = ()
    due: Sequence[DueDate] = ()
    new_keys: Sequence[WrappedKey] = ()
    sealed_for: Sequence[str] = ()
    erased: Sequence[str] = ()
    idempotency: Idempotency | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    """The outcome of an append: the positions of the facts, or in `detail` what prevented it. ``nothing``: there was nothing to
    append."""

    outcome: Literal["appended", "nothing", "repeated", "reused", "rotated", "conflict", "name_taken"]
    positions: tuple[int, ...] = ()
    detail: str | None = None
