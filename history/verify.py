"""Rechecking a whole history from its rows: every leaf, every chain, every number. It needs no key and changes nothing.

docs/history-format.md says what each check rests on, and what the chain alone does not show.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final, NamedTuple

import msgspec
import psycopg
from psycopg.rows import class_row

from history.documents import FORMAT, Envelope, has_its_fields, leaf_of

CHECKS: Final[Mapping[str, str]] = {
    "position": "positions begin at 1",
    "missing": "there is no fact at this position (of several in a row, the first and the last are named)",
    "document": "the stored bytes are no document of a fact, in its one canonical form",
    "fields": "the document does not have the fields of its topic, or one of them where it does not belong",
    "leaf": "the stored leaf is not the one that the document has",
    "envelope": "the envelope names another history, stream, version or topic than the row",
    "version": "the stream's version before this one is missing, or was recorded later",
    "previous": "the envelope does not name the leaf of the stream's fact before this one",
    "recorded": "it was recorded before the fact at the position before, or at no time",
}
"""What can be wrong at a position, and in words."""
MOST_NAMED: Final = 1000
"""So many findings are named one by one; all are counted."""
_BATCH: Final = 500

_ROWS: Final = """
SELECT f.position, f.stream, f.version, f.topic, f.document, f.leaf,
    extract(epoch FROM f.recorded_at)::double precision AS recorded_at,
    p.position AS before_position, p.leaf AS before_leaf
FROM (SELECT * FROM history.facts WHERE position > %s AND position <= %s ORDER BY position LIMIT %s) AS f
LEFT JOIN LATERAL (SELECT o.position, o.leaf FROM history.facts o
    WHERE o.stream = f.stream AND o.version = f.version - 1 OFFSET 0) AS p ON true
ORDER BY f.position
"""

Progress = Callable[[int, int], None]
"""Told before each batch: the position that was reached, and the newest one."""


class Wrong(NamedTuple):
    """What is wrong at one position: the name of a check (`CHECKS`)."""

    position: int
    check: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found: how many facts there are, the newest position, and what is wrong (the first `MOST_NAMED` of all
    that was `found`)."""

    facts: int
    newest: int
    found: int
    wrong: tuple[Wrong, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    position: int
    stream: str
    version: int
    topic: str
    document: bytes
    leaf: bytes
    recorded_at: float
    """In seconds, which tell microseconds apart until the year 2255; a date that Python does not know is one here."""
    before_position: int | None
    before_leaf: bytes | None


class _Enveloped(msgspec.Struct, frozen=True):
    envelope: Envelope


_enveloped = msgspec.json.Decoder(_Enveloped).decode
_plain = msgspec.json.Decoder().decode
_canonical = msgspec.json.Encoder(order="sorted").encode


def verify(url: str, progress: Progress = lambda _position, _newest: None) -> Verified:
    """Recheck the history in a database, in order and a few facts at a time. What is appended meanwhile is left out.

    Raises psycopg.OperationalError without a database.
    """
    facts = found = 0
    wrong: list[Wrong] = []
    with psycopg.connect(url, autocommit=True) as connection:
        begun = connection.execute("SELECT history_id FROM history.installation").fetchone()
        history_id = str(begun[0]) if begun else ""
        newest_row = connection.execute("SELECT coalesce(max(position), 0) FROM history.facts").fetchone()
        assert newest_row is not None
        newest = int(newest_row[0])
        before: _Row | None = None
        for row in _rows(connection, newest, progress):
            facts += 1
            for each in _wrong(row, before, history_id):
                found += 1
                if len(wrong) < MOST_NAMED:
                    wrong.append(each)
            before = row
    return Verified(facts=facts, newest=newest, found=found, wrong=tuple(wrong))


def _rows(
    connection: psycopg.Connection[tuple[object, ...]], newest: int, progress: Progress
) -> Iterator[_Row]:
    position = -(2**63)
    with connection.cursor(binary=True, row_factory=class_row(_Row)) as cursor:
        while True:
            progress(max(position, 0), newest)
            batch = cursor.execute(_ROWS, (position, newest, _BATCH)).fetchall()
            if not batch:
                break
            yield from batch
            position = batch[-1].position
    progress(newest, newest)


def _wrong(row: _Row, before: _Row | None, history_id: str) -> Iterator[Wrong]:
    """What is wrong with a row, given the one before it in the order of positions."""
    expected = 1 if before is None else max(before.position, 0) + 1
    if row.position < 1:
        yield Wrong(row.position, "position")
    if row.position > expected:
        for missing in sorted({expected, row.position - 1}):
            yield Wrong(missing, "missing")
    if not isfinite(row.recorded_at) or (before is not None and row.recorded_at < before.recorded_at):
        yield Wrong(row.position, "recorded")
    first = row.version == 1
    if not first and (row.before_position is None or row.before_position >= row.position):
        yield Wrong(row.position, "version")
    envelope = None
    with contextlib.suppress(ValueError, msgspec.MsgspecError, RecursionError):
        if leaf_of(row.document) != row.leaf:
            yield Wrong(row.position, "leaf")
        if _canonical(_plain(row.document)) == row.document:
            envelope = _enveloped(row.document).envelope
    if envelope is None:
        yield Wrong(row.position, "document")
        return
    if not has_its_fields(envelope.topic, row.document):
        yield Wrong(row.position, "fields")
    named = (envelope.history, envelope.format, envelope.stream, envelope.version, envelope.topic)
    if named != (history_id, FORMAT, row.stream, row.version, row.topic) or first != bool(
        envelope.stream_salt
    ):
        yield Wrong(row.position, "envelope")
    if envelope.previous != (row.before_leaf.hex() if row.before_leaf is not None and not first else None):
        yield Wrong(row.position, "previous")
