"""Rechecking the tables that follow from the facts: indexes, claims, due dates, and whose keys there are. It needs no key
and changes nothing.

What a command may do rests on these tables, and no digest covers them. So they are recomputed from the facts
(`history.implied`) and compared: a row that no fact makes was added by hand, and one that a fact makes and that is not
there was deleted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple

import psycopg

from domain.persons import PersonErased, PersonRegistered
from domain.topics import TOPIC_OF, stream_of
from history.appends import DueDate
from history.documents import Recorded, read
from history.implied import Implied, implied_by

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

_REGISTERED: Final = TOPIC_OF[PersonRegistered]
_ERASED: Final = TOPIC_OF[PersonErased]

_FACTS: Final = (
    "SELECT position, stream, topic, document, leaf FROM history.facts "
    "WHERE position > %s AND position <= %s ORDER BY position LIMIT %s"
)

Progress = Callable[[int, int], None]
"""Told before each batch: the position that was reached, and the newest one."""


class Mismatch(NamedTuple):
    """A row that is not as the facts make it.

    `row` names it without telling what it says: of a fact its stream, of an index its kind and the start of `row_digest`, of a claim its stream,
    of a due date its key, of a person's key the person. `position` is that of the fact that makes the row; None where no fact does.
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


def verify_tables(url: str, progress: Progress = lambda _position, _newest: None) -> TablesVerified:
    """Recompute the tables from the facts, and compare. What is appended meanwhile is left out.

    Raises psycopg.OperationalError without a database.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        newest, stored = _stored(connection)
        expected = _Expected(stored)
        for position, stream, topic, document, leaf in facts_after(connection, 0, newest, progress):
            try:
                recorded: Recorded = read(topic, document)
                implied = implied_by(recorded.fact, recorded.envelope.actor, leaf)
            except Exception:  # noqa: BLE001 - whatever a damaged fact raises, the others are looked at
                expected.unreadable(position)
                continue
            if stream_of(recorded.fact) != stream:
                expected.stray(position, stream)
                continue
            expected.add(position, stream, topic, implied)
        expected.finish()
    return TablesVerified(expected.found, tuple(expected.wrong))


@dataclass(slots=True)
class _Stored:
    """The tables at one moment: the kind of each entry by its digest, how many claims each stream holds, the due dates by
    key, and who has a key."""

    entries: dict[bytes, str] = field(default_factory=dict)
    claims: Counter[str] = field(default_factory=Counter)
    due: dict[str, DueDate] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)


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
        for stream, count in connection.execute(
            "SELECT stream, count(*) FROM history.claims GROUP BY stream"
        ):
            stored.claims[stream] = count
        for due in connection.execute("SELECT key, at, command, request, cause FROM history.due_dates"):
            stored.due[due[0]] = DueDate(*due)
        stored.keys = {subject for (subject,) in connection.execute("SELECT subject FROM vault.keys")}
    return int(row[0]), stored


def facts_after(
    connection: psycopg.Connection[Any], position: int, newest: int, progress: Progress
) -> Iterator[tuple[int, str, str, bytes, bytes]]:
    """The facts after a position and up to the newest one: position, stream, topic, document and leaf of each."""
    with connection.cursor(binary=True) as cursor:
        while True:
            progress(position, newest)
            batch = cursor.execute(_FACTS, (position, newest, _BATCH)).fetchall()
            if not batch:
                break
            yield from batch
            position = batch[-1][0]
    progress(newest, newest)


class _Expected:
    """The tables as the facts make them, compared with those that are stored."""

    def __init__(self, stored: _Stored) -> None:
        self._stored = stored
        self._entries: set[bytes] = set()
        self._sure: Counter[str] = Counter()
        self._possible: Counter[str] = Counter()
        self._claimed_at: dict[str, int] = {}
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
        self._note("facts", _shown(stream), "stray", position)

    def add(self, position: int, stream: str, topic: str, implied: Implied) -> None:
        """Take in what follows from one fact."""
        for name, entry in implied.entries:
            digest = row_digest(name, entry)
            if digest not in self._entries and digest not in self._stored.entries:
                self._note("indexes", _named(_kind(name), digest), "missing", position)
            self._entries.add(digest)
        for claim in implied.claims:
            self._sure[stream] += claim.name is not None
            self._possible[stream] += 1
            self._claimed_at[stream] = position
        if topic == _REGISTERED:
            self._living[stream] = position
        if topic == _ERASED:
            # The append takes the claims away with the key.
            self._sure[stream] = self._possible[stream] = 0
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
        for stream in sorted(self._possible.keys() | self._stored.claims.keys()):
            held = self._stored.claims[stream]
            if held < self._sure[stream]:
                self._note("claims", _shown(stream), "missing", self._claimed_at[stream])
            elif held > self._possible[stream]:
                self._note("claims", _shown(stream), "added", None)
        for key, (position, due) in self._due.items():
            found = self._stored.due.get(key)
            if found is None:
                self._note("due_dates", _shown(key), "missing", position)
            elif found != due:
                self._note("due_dates", _shown(key), "changed", position)
        for key in sorted(self._stored.due.keys() - self._due.keys()):
            self._note("due_dates", _shown(key), "added", None)
        for person in sorted(self._living.keys() - self._stored.keys):
            self._note("keys", person, "missing", self._living[person])
        # A key of somebody whom no fact knows opens nothing here. After an older copy of the database was restored, the key
        # backup has those of whoever was registered later, in case that a newer copy is found.
        for person in sorted(self._stored.keys & self._erased):
            self._note("keys", _shown(person), "added", None)

    def _note(self, table: Table, row: str, fault: Fault, position: int | None) -> None:
        self.found += 1
        if len(self.wrong) < MOST_NAMED:
            self.wrong.append(Mismatch(table, row, fault, position))


def _kind(name: str) -> str:
    """What an index is about, without its ids; ``unknown`` for a name that this program does not make."""
    found = _KIND.match(name)
    return found[1] if found else "unknown"


def _shown(text: str) -> str:
    """A key or a stream's id; what was added by hand can be any text, and is named by its digest."""
    return text if _PLAIN.match(text) else f"unknown {sha256(text.encode()).hexdigest()[:_ID_DIGITS]}"


def _named(kind: str, digest: bytes) -> str:
    return f"{kind} {digest.hex()[:_ID_DIGITS]}"
