"""Rechecking a whole history from its rows: every leaf, every chain, every number. It changes nothing.

It needs no key; with the keys of the subjects at hand it also opens every box and compares what is inside with what was
committed to. docs/history-format.md says what each check rests on, and what the chain alone does not show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final, NamedTuple

import psycopg
from psycopg.rows import class_row

from history.documents import has_its_fields
from history.format import chain
from history.format.document import AnotherFormat, Document, read_document
from history.format.notation import FormatError
from history.keyfiles import KeysUnusable
from history.vault import Vault, WrappedKey

CHECKS: Final[Mapping[str, str]] = {
    "position": "positions begin at 1",
    "missing": "there is no fact at this position (of several in a row, the first and the last are named)",
    "document": "the stored bytes break a rule of the format",
    "format": "the document is not of the format that this version reads",
    "fields": "the topic is unknown, or the document does not have exactly its fields",
    "leaf": "the stored leaf is not the one that the document has",
    "envelope": "the envelope names another history, stream, version or topic than the row",
    "begin": "the stream does not begin with its first fact",
    "version": "the stream's version before this one is missing, or was recorded later",
    "previous": "the envelope does not name the leaf of the stream's fact before this one",
    "initiative": "the stream belongs to another initiative than before",
    "key": "the key of somebody for whom a field is sealed does not open",
    "sealed": "a sealed field does not open, or is not what was committed to",
    "recorded": "it was recorded before the fact at the position before, or at no time",
}
"""What can be wrong at a position, and in words."""
MOST_NAMED: Final = 1000
"""So many findings are named one by one; all are counted."""
_BATCH: Final = 500

_ROWS: Final = """
SELECT f.position, f.stream, f.version, f.topic, f.document, f.leaf,
    extract(epoch FROM f.recorded_at)::double precision AS recorded_at
FROM history.facts f WHERE f.position > %s AND f.position <= %s ORDER BY f.position LIMIT %s
"""
_KEYS: Final = "SELECT k.subject, k.epoch, k.wrapped FROM vault.keys k WHERE k.subject = ANY (%s::text[])"

Progress = Callable[[int, int], None]
"""Told before each batch: the position that was reached, and the newest one."""


class Wrong(NamedTuple):
    """What is wrong at one position: the name of a check (`CHECKS`)."""

    position: int
    check: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found: how many facts there are, the newest position, what is wrong (the first `MOST_NAMED` of all that was
    `found`), and how many boxes were opened and are as they were committed to."""

    facts: int
    newest: int
    found: int
    wrong: tuple[Wrong, ...]
    opened: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    position: int
    stream: str
    version: int
    topic: str
    document: bytes
    leaf: bytes
    recorded_at: float
    """Seconds since 1970, exact to the microsecond until 2255; a float, so that dates beyond Python's range can be read."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A row with the document in it, or the check that its bytes failed."""

    row: _Row
    document: Document | None
    failed: str | None = None


def verify(
    url: str,
    progress: Progress = lambda _position, _newest: None,
    *,
    vault: Vault | None = None,
) -> Verified:
    """Recheck the history in a database, in order and a few facts at a time. What is appended meanwhile is left out.

    With a `vault`, every box whose subject has a key is opened too. What is remembered of each stream is its newest fact's
    version, leaf and initiative. Raises psycopg.OperationalError without a database.
    """
    facts = found = opened = 0
    wrong: list[Wrong] = []
    with psycopg.connect(url, autocommit=True) as connection:
        begun = connection.execute("SELECT history_id FROM history.installation").fetchone()
        history_id = str(begun[0]) if begun else ""
        newest_row = connection.execute("SELECT coalesce(max(position), 0) FROM history.facts").fetchone()
        assert newest_row is not None
        newest = int(newest_row[0])
        before: _Row | None = None
        heads: dict[str, chain.Head] = {}
        for batch in _batches(connection, newest, progress):
            keys = None if vault is None else _Keys.of(connection, vault, batch)
            for read in batch:
                facts += 1
                for each in _wrong(read, before, history_id, heads, keys):
                    found += 1
                    if len(wrong) < MOST_NAMED:
                        wrong.append(each)
                before = read.row
            opened += keys.used if keys is not None else 0
    return Verified(facts=facts, newest=newest, found=found, wrong=tuple(wrong), opened=opened)


def _batches(
    connection: psycopg.Connection[tuple[object, ...]], newest: int, progress: Progress
) -> Iterator[list[_Read]]:
    position = -(2**63)
    with connection.cursor(binary=True, row_factory=class_row(_Row)) as cursor:
        while True:
            progress(max(position, 0), newest)
            batch = cursor.execute(_ROWS, (position, newest, _BATCH)).fetchall()
            if not batch:
                break
            yield [_read(row) for row in batch]
            position = batch[-1].position
    progress(newest, newest)


def _read(row: _Row) -> _Read:
    try:
        return _Read(row, read_document(row.document))
    except AnotherFormat:
        return _Read(row, None, "format")
    except FormatError:
        return _Read(row, None, "document")


class _Keys:
    """The keys of those for whom fields of a batch are sealed; the erased have none."""

    def __init__(self, opened: Mapping[str, bytes], unusable: frozenset[str]) -> None:
        self.opened = opened
        self.unusable = unusable
        self.used = 0

    @classmethod
    def of(
        cls, connection: psycopg.Connection[tuple[object, ...]], vault: Vault, batch: Iterable[_Read]
    ) -> _Keys:
        """The keys for a batch, from the vault's memory or the database."""
        documents = [read.document for read in batch if read.document is not None]
        subjects = {field.subject for document in documents for field in document.sealed.values()}
        opened = vault.cached(subjects)
        missing = list(subjects - opened.keys())
        unusable = set()
        with connection.cursor(binary=True, row_factory=class_row(WrappedKey)) as cursor:
            for row in cursor.execute(_KEYS, (missing,)).fetchall() if missing else ():
                try:
                    opened |= vault.open([row])
                except KeysUnusable:
                    unusable.add(row.subject)
        return cls(opened, frozenset(unusable))

    def wrong(self, document: Document) -> Iterator[str]:
        """The checks that the sealed fields of a document fail."""
        failed = set()
        for name, field in document.sealed.items():
            if field.subject in self.unusable:
                failed.add("key")
            key = self.opened.get(field.subject)
            if key is None:
                continue
            try:
                document.open(name, key)
                self.used += 1
            except FormatError:
                failed.add("sealed")
        yield from sorted(failed)


def _wrong(
    read: _Read, before: _Row | None, history_id: str, heads: dict[str, chain.Head], keys: _Keys | None
) -> Iterator[Wrong]:
    """What is wrong with a row, given the one before it in the order of positions, and the heads of all streams there,
    which it moves on."""
    row, document = read.row, read.document
    expected = 1 if before is None else max(before.position, 0) + 1
    if row.position < 1:
        yield Wrong(row.position, "position")
    if row.position > expected:
        for missing in sorted({expected, row.position - 1}):
            yield Wrong(missing, "missing")
    if not isfinite(row.recorded_at) or (before is not None and row.recorded_at < before.recorded_at):
        yield Wrong(row.position, "recorded")
    head = heads.get(row.stream)
    initiative = head.initiative if head is not None else None
    if document is None:
        yield Wrong(row.position, read.failed or "document")
        link = chain.Link(row.version, head.leaf if head is not None else None, initiative)
        leaf = row.leaf
    else:
        initiative = document.initiative
        link = chain.Link(row.version, document.previous, initiative)
        leaf = document.commitments().leaf
        for check in _wrong_in(document, leaf, row, history_id, keys):
            yield Wrong(row.position, check)
    for broken in chain.breaks(head, link):
        yield Wrong(row.position, broken)
    # What the document has, as long as there is one: a leaf that was changed in its row is wrong there and nowhere else.
    heads[row.stream] = chain.Head(row.version, leaf, initiative)


def _wrong_in(
    document: Document, leaf: bytes, row: _Row, history_id: str, keys: _Keys | None
) -> Iterator[str]:
    """What is wrong with a row's document, which has this leaf, by itself."""
    if leaf != row.leaf:
        yield "leaf"
    if not has_its_fields(document):
        yield "fields"
    named = (document.history, document.stream, document.version, document.topic)
    if named != (history_id, row.stream, row.version, row.topic):
        yield "envelope"
    if keys is not None:
        yield from keys.wrong(document)
