"""Verifies a whole history from its rows: every leaf hash, every chain, every number. It changes nothing.

No key is needed. With the subjects' keys it also opens every box and compares the content with its commitment.
docs/history-format.md explains what each check relies on, and what the chain alone does not prove.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
from history.progress import Progress
from history.vault import Vault, WrappedKey

CHECKS: Final[Mapping[str, str]] = {
    "position": "positions begin at 1",
    "missing": "there is no fact at this position (for several in a row, the first and the last are listed)",
    "document": "the stored bytes break a rule of the format",
    "format": "the document has a format that this version cannot read",
    "fields": "the topic is unknown, or the document does not have exactly the topic's fields",
    "leaf": "the stored leaf hash differs from the one computed from the document",
    "envelope": "the envelope names another history, stream, version or topic than the row",
    "begin": "the stream does not begin with version 1",
    "version": "the stream's previous version is missing, or was recorded later",
    "previous": "the envelope does not name the leaf hash of the stream's previous fact",
    "initiative": "the stream belongs to another initiative than before",
    "key": "the key of a subject whose field is sealed does not open",
    "sealed": "a sealed field does not open, or its content differs from its commitment",
    "recorded": "the fact was recorded before the fact at the previous position, or its time is invalid",
}
"""The checks, each with a description of what is wrong when it fails."""
MOST_NAMED: Final = 1000
"""How many findings are listed; all are counted."""
_BATCH: Final = 500

_ROWS: Final = """
SELECT f.position, f.stream, f.version, f.topic, f.document, f.leaf,
    extract(epoch FROM f.recorded_at)::double precision AS recorded_at
FROM history.facts f WHERE f.position > %s AND f.position <= %s ORDER BY f.position LIMIT %s
"""
_KEYS: Final = "SELECT k.subject, k.epoch, k.wrapped FROM vault.keys k WHERE k.subject = ANY (%s::text[])"


class Finding(NamedTuple):
    """A failed check (a key of `CHECKS`) at one position."""

    position: int
    check: str


@dataclass(frozen=True, slots=True)
class Verified:
    """The result: the number of facts, the newest position, the number of findings (`found`) and the first `MOST_NAMED` of
    them, and how many boxes were opened and match their commitments."""

    facts: int
    newest: int
    found: int
    wrong: tuple[Finding, ...]
    opened: int = 0


@dataclass(frozen=True, slots=True)
class _FactRow:
    position: int
    stream: str
    version: int
    topic: str
    document: bytes
    leaf: bytes
    recorded_at: float
    """Seconds since 1970, exact to the microsecond until 2255. A float, so that dates outside Python's range can be read."""


@dataclass(frozen=True, slots=True)
class _ParsedRow:
    """A row with its parsed document, or the check that its bytes failed."""

    row: _FactRow
    document: Document | None
    failed: str | None = None


def verify(
    url: str,
    progress: Progress = lambda _position, _newest: None,
    *,
    vault: Vault | None = None,
) -> Verified:
    """Verify the history in a database, in order and in batches. Facts appended meanwhile are not checked.

    With a `vault`, every box whose subject has a key is opened too. Memory use grows with the number of streams: version,
    leaf hash and initiative of each stream's newest fact are kept. Raises psycopg.OperationalError if the database cannot
    be reached.
    """
    facts = found = opened = 0
    wrong: list[Finding] = []
    with psycopg.connect(url, autocommit=True) as connection:
        begun = connection.execute("SELECT history_id FROM history.installation").fetchone()
        history_id = str(begun[0]) if begun else ""
        newest_row = connection.execute("SELECT coalesce(max(position), 0) FROM history.facts").fetchone()
        assert newest_row is not None
        newest = int(newest_row[0])
        before: _FactRow | None = None
        heads: dict[str, chain.Head] = {}
        for batch in _batches(connection, newest, progress):
            keys = None if vault is None else _BatchKeys.of(connection, vault, batch)
            for read in batch:
                facts += 1
                for each in _findings_for(read, before, history_id, heads, keys):
                    found += 1
                    if len(wrong) < MOST_NAMED:
                        wrong.append(each)
                before = read.row
            opened += keys.used if keys is not None else 0
    return Verified(facts=facts, newest=newest, found=found, wrong=tuple(wrong), opened=opened)


def _batches(
    connection: psycopg.Connection[tuple[object, ...]], newest: int, progress: Progress
) -> Iterator[list[_ParsedRow]]:
    position = -(2**63)
    with connection.cursor(binary=True, row_factory=class_row(_FactRow)) as cursor:
        while True:
            progress(max(position, 0), newest)
            batch = cursor.execute(_ROWS, (position, newest, _BATCH)).fetchall()
            if not batch:
                break
            yield [_parse(row) for row in batch]
            position = batch[-1].position
    progress(newest, newest)


def _parse(row: _FactRow) -> _ParsedRow:
    try:
        return _ParsedRow(row, read_document(row.document))
    except AnotherFormat:
        return _ParsedRow(row, None, "format")
    except FormatError:
        return _ParsedRow(row, None, "document")


class _BatchKeys:
    """The keys of the subjects whose fields are sealed in a batch. Erased subjects have none."""

    def __init__(self, opened: Mapping[str, bytes], unusable: frozenset[str]) -> None:
        self.opened = opened
        self.unusable = unusable
        self.used = 0

    @classmethod
    def of(
        cls, connection: psycopg.Connection[tuple[object, ...]], vault: Vault, batch: Iterable[_ParsedRow]
    ) -> _BatchKeys:
        """The keys for a batch, from the vault's cache or the database."""
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


def _findings_for(
    parsed: _ParsedRow,
    before: _FactRow | None,
    history_id: str,
    heads: dict[str, chain.Head],
    keys: _BatchKeys | None,
) -> Iterator[Finding]:
    """The findings for a row, given the row at the previous position and the heads of all streams before it. Updates the
    head of the row's stream."""
    row, document = parsed.row, parsed.document
    expected = 1 if before is None else max(before.position, 0) + 1
    if row.position < 1:
        yield Finding(row.position, "position")
    if row.position > expected:
        for missing in sorted({expected, row.position - 1}):
            yield Finding(missing, "missing")
    if not isfinite(row.recorded_at) or (before is not None and row.recorded_at < before.recorded_at):
        yield Finding(row.position, "recorded")
    head = heads.get(row.stream)
    initiative = head.initiative if head is not None else None
    if document is None:
        yield Finding(row.position, parsed.failed or "document")
        link = chain.ChainLink(row.version, head.leaf if head is not None else None, initiative)
        leaf = row.leaf
    else:
        initiative = document.initiative
        link = chain.ChainLink(row.version, document.previous, initiative)
        leaf = document.commitments().leaf
        for check in _failed_checks(document, leaf, row, history_id, keys):
            yield Finding(row.position, check)
    for broken in chain.breaks(head, link):
        yield Finding(row.position, broken)
    # The leaf hash computed from the document, if there is one, so that a changed leaf is reported only for its own row.
    heads[row.stream] = chain.Head(row.version, leaf, initiative)


def _failed_checks(
    document: Document, leaf: bytes, row: _FactRow, history_id: str, keys: _BatchKeys | None
) -> Iterator[str]:
    """The checks that a row's document fails on its own; `leaf` is its computed leaf hash."""
    if leaf != row.leaf:
        yield "leaf"
    if not has_its_fields(document):
        yield "fields"
    named = (document.history, document.stream, document.version, document.topic)
    if named != (history_id, row.stream, row.version, row.topic):
        yield "envelope"
    if keys is not None:
        yield from keys.wrong(document)
