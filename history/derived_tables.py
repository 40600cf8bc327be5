"""Verifies the tables that are derived from the facts: indexes, unique names, due dates and keys. It changes nothing.

Commands rely on these tables, and no digest protects them. So they are recomputed from the facts (`history.implied`) and
compared: a row without a fact was added by hand, and a missing row was deleted.

Only the unique names themselves need keys, because they are stored as keyed hashes, and e-mail addresses are sealed too. Without
keys, only the number of unique names of each stream is compared; with them (`UniqueNameKeys`), every name.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple

import psycopg

from domain.topics import erases, is_subject, stream_of
from history.appends import DueDate
from history.documents import Recorded, opener, read
from history.implied import Implied, implied_by
from history.keyed import unique_name_hash
from history.keyfiles import KeysUnusable
from history.progress import Progress
from history.vault import Vault, WrappedKey

DerivedTable = Literal["facts", "indexes", "unique_names", "due_dates", "keys"]
Fault = Literal["missing", "added", "changed", "unreadable", "stray"]

FAULTS: Final[Mapping[Fault, str]] = {
    "missing": "the row is missing; the fact at this position implies it",
    "added": "no fact implies this row",
    "changed": "the row differs from what the fact at this position implies",
    "unreadable": "the fact at this position cannot be read, so its rows cannot be recomputed",
    "stray": "the fact at this position is in the wrong stream: it names another one, so it is ignored",
}
"""The faults that a row can have, each with a description."""
MOST_NAMED: Final = 1000
"""How many mismatches are listed; all are counted."""
_BATCH: Final = 500
_ID_DIGITS: Final = 16
_PLAIN: Final = re.compile(r"[a-z ]{0,20}[a-z]{1,20}-[0-9a-z]{32}\Z", re.ASCII)
_KIND: Final = re.compile(r"([a-z ]{1,40}) [a-z]+-[0-9a-z]{32}(?: in [a-z]+-[0-9a-z]{32})?\Z", re.ASCII)

_FACTS: Final = (
    "SELECT position, stream, topic, document FROM history.facts "
    "WHERE position > %s AND position <= %s ORDER BY position LIMIT %s"
)


@dataclass(frozen=True, slots=True)
class UniqueNameKeys:
    """The keys for recomputing the unique names: the vault opens sealed fields, the index key hashes names."""

    vault: Vault
    index_key: bytes


class Mismatch(NamedTuple):
    """A row that differs from what the facts imply.

    `row` identifies it without revealing its content: the stream of a fact, the kind and the start of the `row_digest` of
    an index entry, the stream of a unique name, the key of a due date, the subject of a sealing key. `position` is that of the
    fact that implies the row; None if no fact does.
    """

    table: DerivedTable
    row: str
    fault: Fault
    position: int | None


@dataclass(frozen=True, slots=True)
class TablesVerified:
    """The result: the number of mismatches (`found`), and the first `MOST_NAMED` of them."""

    found: int
    wrong: tuple[Mismatch, ...]


def row_digest(name: str, entry: str) -> bytes:
    """The SHA-256 of an index entry (both texts, joined by a newline). Reports use it instead of the entry, which may reveal
    who applied or who reviews."""
    return sha256(f"{name}\n{entry}".encode()).digest()


def verify_tables(
    url: str, progress: Progress = lambda _position, _newest: None, *, keys: UniqueNameKeys | None = None
) -> TablesVerified:
    """Recompute the tables from the facts, and compare. Facts appended meanwhile are not checked. Without `keys`, unique names are
    only counted.

    Raises psycopg.OperationalError if the database cannot be reached.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        newest, stored = _read_tables(connection)
        expected = _Expected(stored, keys)
        for position, stream, topic, document in facts_after(connection, 0, newest, progress):
            try:
                recorded: Recorded = read(topic, document)
                implied = implied_by(recorded.fact, recorded.envelope)
                if keys is not None and any(unique.name is None for unique in implied.unique_names):
                    recorded = read(topic, document, opener(_opened(keys.vault, stored.keys, recorded)))
                    implied = implied_by(recorded.fact, recorded.envelope)
            except Exception:  # noqa: BLE001 - a damaged fact can raise anything, and the others must still be checked
                expected.unreadable(position)
                continue
            if stream_of(recorded.fact) != stream:
                expected.stray(position, stream)
                continue
            expected.add(position, stream, topic, recorded.version, implied)
        expected.finish()
    return TablesVerified(expected.found, tuple(expected.wrong))


def _opened(vault: Vault, rows: Mapping[str, WrappedKey], recorded: Recorded) -> dict[str, bytes]:
    """The keys of the subjects whose fields are sealed in a fact, as far as they exist and open."""
    subjects = {getattr(recorded.fact, field.of) for field in recorded.sealed.values()}
    found = vault.cached(subjects)
    for subject in subjects & rows.keys() - found.keys():
        # A key that does not open is reported by the check of sealed fields.
        with contextlib.suppress(KeysUnusable):
            found |= vault.open([rows[subject]])
    return found


@dataclass(slots=True)
class _StoredTables:
    """A snapshot of the tables: the kind of each index entry by its digest, the hashed unique names of each stream, the due dates
    by key, and the wrapped keys by subject."""

    entries: dict[bytes, str] = field(default_factory=dict)
    unique_names: dict[str, set[bytes]] = field(default_factory=dict)
    due: dict[str, DueDate] = field(default_factory=dict)
    keys: dict[str, WrappedKey] = field(default_factory=dict)


def _read_tables(connection: psycopg.Connection[Any]) -> tuple[int, _StoredTables]:
    """The newest position and the tables, read in one snapshot."""
    stored = _StoredTables()
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = connection.execute("SELECT coalesce(max(position), 0) FROM history.facts").fetchone()
        assert row is not None
        with connection.cursor("entries") as cursor:
            cursor.itersize = 10_000
            for name, entry in cursor.execute("SELECT name, entry FROM history.indexes"):
                stored.entries[row_digest(name, entry)] = _kind(name)
        for name, stream in connection.execute("SELECT name, stream FROM history.unique_names"):
            stored.unique_names.setdefault(stream, set()).add(name)
        for due in connection.execute("SELECT key, at, stream, version FROM history.due_dates"):
            stored.due[due[0]] = DueDate(*due)
        for key in connection.execute("SELECT subject, epoch, wrapped FROM vault.keys"):
            stored.keys[key[0]] = WrappedKey(*key)
    return int(row[0]), stored


def facts_after(
    connection: psycopg.Connection[Any], position: int, newest: int, progress: Progress
) -> Iterator[tuple[int, str, str, bytes]]:
    """The facts after `position` up to `newest`: position, stream, topic and document of each."""
    with connection.cursor(binary=True) as cursor:
        while True:
            progress(position, newest)
            batch = cursor.execute(_FACTS, (position, newest, _BATCH)).fetchall()
            if not batch:
                break
            yield from batch
            position = batch[-1][0]
    progress(newest, newest)


@dataclass(slots=True)
class _StreamNames:
    """The unique names that a stream's facts imply: hashed names with their positions, the positions of names that cannot
    be hashed without the key, and the number of sealed fields, each of which implies one name or none."""

    named: dict[bytes, int] = field(default_factory=dict)
    unnamed: list[int] = field(default_factory=list)
    sealed: int = 0

    def compared_with(self, held: set[bytes]) -> Iterator[tuple[Fault, int | None]]:
        """Compare with the names that the stream holds: yields each fault, with the position of the fact that takes it."""
        absent = sorted(position for name, position in self.named.items() if name not in held)
        others = len(held - self.named.keys())
        absent += self.unnamed[others:]
        too_many = max(0, others - len(self.unnamed) - self.sealed)
        for number, position in enumerate(absent):
            yield ("changed" if number < too_many else "missing"), position
        for _ in range(too_many - len(absent)):
            yield "added", None


class _Expected:
    """Collects the rows that the facts imply, and compares them with the stored ones."""

    def __init__(self, stored: _StoredTables, keys: UniqueNameKeys | None) -> None:
        self._stored = stored
        self._keys = keys
        self._entries: set[bytes] = set()
        self._names: dict[str, _StreamNames] = {}
        self._due: dict[str, tuple[int, DueDate]] = {}
        self._living: dict[str, int] = {}
        self._erased: set[str] = set()
        self.found = 0
        self.wrong: list[Mismatch] = []

    def unreadable(self, position: int) -> None:
        """Report a fact that cannot be read."""
        self._note("indexes", "any", "unreadable", position)

    def stray(self, position: int, stream: str) -> None:
        """Report a fact that is in the wrong stream."""
        self._note("facts", shown(stream), "stray", position)

    def add(self, position: int, stream: str, topic: str, version: int, implied: Implied) -> None:
        """Add the rows that one fact implies."""
        for name, entry in implied.entries:
            digest = row_digest(name, entry)
            if digest not in self._entries and digest not in self._stored.entries:
                self._note("indexes", _named(_kind(name), digest), "missing", position)
            self._entries.add(digest)
        for unique in implied.unique_names:
            names = self._names.setdefault(stream, _StreamNames())
            if unique.name is None:
                names.sealed += 1
            elif self._keys is None:
                names.unnamed.append(position)
            else:
                names.named[unique_name_hash(self._keys.index_key, unique.name)] = position
        if version == 1 and is_subject(stream):
            self._living[stream] = position
        if erases(stream, topic):
            # An erasing append deletes the unique names together with the key.
            self._names.pop(stream, None)
            self._living.pop(stream, None)
            self._erased.add(stream)
        if implied.removed_due is not None:
            self._due.pop(implied.removed_due, None)
        if implied.due is not None:
            self._due[implied.due.key] = (position, implied.due)

    def finish(self) -> None:
        """Make the comparisons that need all facts."""
        for digest, kind in self._stored.entries.items():
            if digest not in self._entries:
                self._note("indexes", _named(kind, digest), "added", None)
        for stream in sorted(self._names.keys() | self._stored.unique_names.keys()):
            names = self._names.get(stream, _StreamNames())
            for fault, position in names.compared_with(self._stored.unique_names.get(stream, set())):
                self._note("unique_names", shown(stream), fault, position)
        for key, (position, due) in self._due.items():
            found = self._stored.due.get(key)
            if found is None:
                self._note("due_dates", shown(key), "missing", position)
            elif found != due:
                self._note("due_dates", shown(key), "changed", position)
        for key in sorted(self._stored.due.keys() - self._due.keys()):
            self._note("due_dates", shown(key), "added", None)
        for subject in sorted(self._living.keys() - self._stored.keys.keys()):
            self._note("keys", shown(subject), "missing", self._living[subject])
        # A key of an unknown subject opens nothing here and is not reported: after an older copy of the database was
        # restored, the key backup contains keys that were created later, in case a newer copy is found.
        for subject in sorted(self._stored.keys.keys() & self._erased):
            self._note("keys", shown(subject), "added", None)

    def _note(self, table: DerivedTable, row: str, fault: Fault, position: int | None) -> None:
        self.found += 1
        if len(self.wrong) < MOST_NAMED:
            self.wrong.append(Mismatch(table, row, fault, position))


def _kind(name: str) -> str:
    """The kind of an index: its name without ids; ``unknown`` for a name that this program does not use."""
    found = _KIND.match(name)
    return found[1] if found else "unknown"


def shown(text: str) -> str:
    """A due date's key or a stream id, for a report or a log. Text that the program does not produce is replaced by its
    digest, because rows added by hand can contain anything."""
    return text if _PLAIN.match(text) else f"unknown {sha256(text.encode()).hexdigest()[:_ID_DIGITS]}"


def _named(kind: str, digest: bytes) -> str:
    return f"{kind} {digest.hex()[:_ID_DIGITS]}"
