"""Rechecking the tables that follow from the facts: indexes, claims, due dates, and whose keys there are. It changes
nothing.

What a command may do rests on these tables, and no digest covers them. So they are recomputed from the facts
(`history.implied`) and compared: a row that no fact makes was added by hand, and one that a fact makes and that is not
there was deleted.

All of it needs no key, but for the names of claims. These are stored as keyed hashes, and addresses are sealed too: without
the keys, only the number of claims of each stream is compared; with them (`Keys`), every name.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple

import psycopg

from domain.topics import erases, is_subject, stream_of
from history.appends import DueDate
from history.documents import Recorded, opener, read
from history.implied import Implied, implied_by
from history.keyed import claim_hash
from history.keyfiles import KeysUnusable
from history.vault import Vault, WrappedKey

Table = Literal["facts", "indexes", "claims", "due_dates", "keys"]
Fault = Literal["missing", "added", "changed", "unreadable", "stray"]

FAULTS: Final[Mapping[Fault, str]] = {
    "missing": "the fact at this position makes this row, and it is not there",
    "added": "the row is there, and no fact makes it",
    "changed": "the row is not as the fact at this position makes it",
    "unreadable": "the fact at this position cannot be read, so what follows from it cannot be recomputed",
    "stray": "the fact at this position names another stream than the one that it stands in, so nothing follows from it",
}
"""What can be wrong with a row of these tables, in words."""
MOST_NAMED: Final = 1000
"""So many findings are named one by one; all are counted."""
_BATCH: Final = 500
_ID_DIGITS: Final = 16
_PLAIN: Final = re.compile(r"[a-z ]{0,20}[a-z]{1,20}-[0-9a-z]{32}\Z", re.ASCII)
_KIND: Final = re.compile(r"([a-z ]{1,40}) [a-z]+-[0-9a-z]{32}(?: in [a-z]+-[0-9a-z]{32})?\Z", re.ASCII)

_FACTS: Final = (
    "SELECT position, stream, topic, document FROM history.facts "
    "WHERE position > %s AND position <= %s ORDER BY position LIMIT %s"
)

Progress = Callable[[int, int], None]
"""Told before each batch: the position that was reached, and the newest one."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What the names of claims are recomputed with: the vault opens sealed fields, the index key hashes names."""

    vault: Vault
    index_key: bytes


class Mismatch(NamedTuple):
    """A row that is not as the facts make it.

    `row` names it without telling what it says: of a fact its stream, of an index its kind and the start of `row_digest`, of a claim its stream,
    of a due date its key, of a sealing key whose it is. `position` is that of the fact that makes the row; None where no fact does.
    """

    table: Table
    row: str
    fault: Fault
    position: int | None


@dataclass(frozen=True, slots=True)
class TablesVerified:
    """What was found: how many mismatches there are, and the first `MOST_NAMED` of them."""

    found: int
    wrong: tuple[Mismatch, ...]


def row_digest(name: str, entry: str) -> bytes:
    """What stands for an entry of an index, since an entry may tell who applied or who judges: SHA-256 of both texts with
    a line end between them."""
    return sha256(f"{name}\n{entry}".encode()).digest()


def verify_tables(
    url: str, progress: Progress = lambda _position, _newest: None, *, keys: Keys | None = None
) -> TablesVerified:
    """Recompute the tables from the facts, and compare. What is appended meanwhile is left out. Without `keys`, claims are
    only counted.

    Raises psycopg.OperationalError without a database.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        newest, stored = _stored(connection)
        expected = _Expected(stored, keys)
        for position, stream, topic, document in facts_after(connection, 0, newest, progress):
            try:
                recorded: Recorded = read(topic, document)
                implied = implied_by(recorded.fact, recorded.envelope)
                if keys is not None and any(claim.name is None for claim in implied.claims):
                    recorded = read(topic, document, opener(_opened(keys.vault, stored.keys, recorded)))
                    implied = implied_by(recorded.fact, recorded.envelope)
            except Exception:  # noqa: BLE001 - whatever a damaged fact raises, the others are looked at
                expected.unreadable(position)
                continue
            if stream_of(recorded.fact) != stream:
                expected.stray(position, stream)
                continue
            expected.add(position, stream, topic, recorded.version, implied)
        expected.finish()
    return TablesVerified(expected.found, tuple(expected.wrong))


def _opened(vault: Vault, rows: Mapping[str, WrappedKey], recorded: Recorded) -> dict[str, bytes]:
    """The keys of those for whom fields of a fact are sealed, as far as there are any that open."""
    subjects = {getattr(recorded.fact, field.of) for field in recorded.sealed.values()}
    found = vault.cached(subjects)
    for subject in subjects & rows.keys() - found.keys():
        # One that does not open is named with the sealed fields.
        with contextlib.suppress(KeysUnusable):
            found |= vault.open([rows[subject]])
    return found


@dataclass(slots=True)
class _Stored:
    """The tables at one moment: the kind of each entry by its digest, the keyed names that each stream holds, the due
    dates by key, and the wrapped key of each person and each dossier."""

    entries: dict[bytes, str] = field(default_factory=dict)
    claims: dict[str, set[bytes]] = field(default_factory=dict)
    due: dict[str, DueDate] = field(default_factory=dict)
    keys: dict[str, WrappedKey] = field(default_factory=dict)


def _stored(connection: psycopg.Connection[Any]) -> tuple[int, _Stored]:
    """The newest position and the tables as they were just then, in one snapshot."""
    stored = _Stored()
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = connection.execute("SELECT coalesce(max(position), 0) FROM history.facts").fetchone()
        assert row is not None
        with connection.cursor("entries") as cursor:
            cursor.itersize = 10_000
            for name, entry in cursor.execute("SELECT name, entry FROM history.indexes"):
                stored.entries[row_digest(name, entry)] = _kind(name)
        for name, stream in connection.execute("SELECT name, stream FROM history.claims"):
            stored.claims.setdefault(stream, set()).add(name)
        for due in connection.execute("SELECT key, at, stream, version FROM history.due_dates"):
            stored.due[due[0]] = DueDate(*due)
        for key in connection.execute("SELECT subject, epoch, wrapped FROM vault.keys"):
            stored.keys[key[0]] = WrappedKey(*key)
    return int(row[0]), stored


def facts_after(
    connection: psycopg.Connection[Any], position: int, newest: int, progress: Progress
) -> Iterator[tuple[int, str, str, bytes]]:
    """The facts after a position and up to the newest one: position, stream, topic and document of each."""
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
class _Claims:
    """The claims that a stream's facts make: those whose keyed names are known, the positions of those whose names cannot
    be hashed without the key, and how many sealed fields make one or none."""

    named: dict[bytes, int] = field(default_factory=dict)
    unnamed: list[int] = field(default_factory=list)
    sealed: int = 0

    def compared_with(self, held: set[bytes]) -> Iterator[tuple[Fault, int | None]]:
        """What is wrong with the names that the stream holds: each fault, with the position of the fact that claims."""
        absent = sorted(position for name, position in self.named.items() if name not in held)
        others = len(held - self.named.keys())
        absent += self.unnamed[others:]
        too_many = max(0, others - len(self.unnamed) - self.sealed)
        for number, position in enumerate(absent):
            yield ("changed" if number < too_many else "missing"), position
        for _ in range(too_many - len(absent)):
            yield "added", None


class _Expected:
    """The tables as the facts make them, compared with those that are stored."""

    def __init__(self, stored: _Stored, keys: Keys | None) -> None:
        self._stored = stored
        self._keys = keys
        self._entries: set[bytes] = set()
        self._claims: dict[str, _Claims] = {}
        self._due: dict[str, tuple[int, DueDate]] = {}
        self._living: dict[str, int] = {}
        self._erased: set[str] = set()
        self.found = 0
        self.wrong: list[Mismatch] = []

    def unreadable(self, position: int) -> None:
        """Note a fact that cannot be read."""
        self._note("indexes", "any", "unreadable", position)

    def stray(self, position: int, stream: str) -> None:
        """Note a fact that stands in a stream which is not its own."""
        self._note("facts", shown(stream), "stray", position)

    def add(self, position: int, stream: str, topic: str, version: int, implied: Implied) -> None:
        """Take in what follows from one fact."""
        for name, entry in implied.entries:
            digest = row_digest(name, entry)
            if digest not in self._entries and digest not in self._stored.entries:
                self._note("indexes", _named(_kind(name), digest), "missing", position)
            self._entries.add(digest)
        for claim in implied.claims:
            claims = self._claims.setdefault(stream, _Claims())
            if claim.name is None:
                claims.sealed += 1
            elif self._keys is None:
                claims.unnamed.append(position)
            else:
                claims.named[claim_hash(self._keys.index_key, claim.name)] = position
        if version == 1 and is_subject(stream):
            self._living[stream] = position
        if erases(stream, topic):
            # The append takes the claims away with the key.
            self._claims.pop(stream, None)
            self._living.pop(stream, None)
            self._erased.add(stream)
        if implied.struck is not None:
            self._due.pop(implied.struck, None)
        if implied.due is not None:
            self._due[implied.due.key] = (position, implied.due)

    def finish(self) -> None:
        """Compare what can be compared only after the last fact."""
        for digest, kind in self._stored.entries.items():
            if digest not in self._entries:
                self._note("indexes", _named(kind, digest), "added", None)
        for stream in sorted(self._claims.keys() | self._stored.claims.keys()):
            claims = self._claims.get(stream, _Claims())
            for fault, position in claims.compared_with(self._stored.claims.get(stream, set())):
                self._note("claims", shown(stream), fault, position)
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
        # A key of a subject that no fact knows opens nothing here. After an older copy of the database was restored, the key
        # backup has those that were made later, in case that a newer copy is found.
        for subject in sorted(self._stored.keys.keys() & self._erased):
            self._note("keys", shown(subject), "added", None)

    def _note(self, table: Table, row: str, fault: Fault, position: int | None) -> None:
        self.found += 1
        if len(self.wrong) < MOST_NAMED:
            self.wrong.append(Mismatch(table, row, fault, position))


def _kind(name: str) -> str:
    """What an index is about, without its ids; ``unknown`` for a name that this program does not make."""
    found = _KIND.match(name)
    return found[1] if found else "unknown"


def shown(text: str) -> str:
    """A key or a stream's id, for a report or a log; what was added by hand can be any text, and is named by its digest."""
    return text if _PLAIN.match(text) else f"unknown {sha256(text.encode()).hexdigest()[:_ID_DIGITS]}"


def _named(kind: str, digest: bytes) -> str:
    return f"{kind} {digest.hex()[:_ID_DIGITS]}"
