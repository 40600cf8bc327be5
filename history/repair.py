"""Repairs tables that are derived from the facts, indexes and due dates, under the role that owns them.

Unique names are not repaired: e-mail addresses are sealed, so the names can be recomputed only with the keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, get_args

import psycopg

from domain.topics import stream_of
from history.appends import APPEND_LOCK, DueDate
from history.derived_tables import facts_after
from history.documents import read
from history.implied import implied_by
from history.progress import Progress
from history.unreadable import Unreadable

Repairable = Literal["indexes", "due_dates"]
REPAIRABLE: Final[tuple[Repairable, ...]] = get_args(Repairable)
"""The tables that can be repaired."""

_BATCH: Final = 5_000
# Prevents appends from adding entries or due dates while the rows are corrected.
_LOCK: Final = "SELECT pg_advisory_xact_lock(%s, %s)"
_EXPECTED: Final = 'CREATE TEMPORARY TABLE expected (name text COLLATE "C", entry text COLLATE "C")'
_ADDED_BY_HAND: Final = (
    "DELETE FROM history.indexes i WHERE NOT EXISTS "
    "(SELECT FROM pg_temp.expected e WHERE e.name = i.name AND e.entry = i.entry)"
)
_MISSING: Final = "INSERT INTO history.indexes (name, entry) SELECT name, entry FROM pg_temp.expected ON CONFLICT DO NOTHING"


def repair(
    url: str, tables: Sequence[Repairable], progress: Progress = lambda _position, _newest: None
) -> dict[Repairable, tuple[int, int]]:
    """Recompute tables from the facts. Returns for each how many rows were added, and how many removed or changed.

    Appends wait only while the newest facts are read and the rows corrected. Raises `Unreadable` if a fact cannot be
    read, because the rows derived from it would be lost, and psycopg.Error; then nothing is changed.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_EXPECTED)
        due: dict[str, DueDate] = {}
        reached = _follow(connection, 0, due, progress)
        with connection.transaction():
            connection.execute(_LOCK, APPEND_LOCK)
            _follow(connection, reached, due, progress)
            done: dict[Repairable, tuple[int, int]] = {}
            if "indexes" in tables:
                taken = connection.execute(_ADDED_BY_HAND).rowcount
                done["indexes"] = (connection.execute(_MISSING).rowcount, taken)
            if "due_dates" in tables:
                done["due_dates"] = _set_due_dates(connection, due)
            return done


def _follow(
    connection: psycopg.Connection[Any], position: int, due: dict[str, DueDate], progress: Progress
) -> int:
    """Collect what the facts after a position imply; returns the position of the newest."""
    row = connection.execute("SELECT coalesce(max(position), 0) FROM history.facts").fetchone()
    assert row is not None
    newest = int(row[0])
    entries: list[tuple[str, str]] = []
    for at, stream, topic, document in facts_after(connection, position, newest, progress):
        try:
            recorded = read(topic, document)
            implied = implied_by(recorded.fact, recorded.envelope)
        except Exception as error:  # a damaged fact can raise anything
            raise Unreadable(at) from error
        if stream_of(recorded.fact) != stream:
            continue  # no command writes such a fact; `overwinter verify` reports it
        entries += implied.entries
        if implied.removed_due is not None:
            due.pop(implied.removed_due, None)
        if implied.due is not None:
            due[implied.due.key] = implied.due
        if len(entries) >= _BATCH:
            _expect(connection, entries)
            entries = []
    _expect(connection, entries)
    return newest


def _expect(connection: psycopg.Connection[Any], entries: Sequence[tuple[str, str]]) -> None:
    with connection.cursor() as cursor, cursor.copy("COPY pg_temp.expected FROM STDIN") as copy:
        for entry in entries:
            copy.write_row(entry)


def _set_due_dates(connection: psycopg.Connection[Any], due: dict[str, DueDate]) -> tuple[int, int]:
    rows = connection.execute("SELECT key, at, stream, version FROM history.due_dates").fetchall()
    wrong = [row[0] for row in rows if due.get(row[0]) != DueDate(*row)]
    connection.execute("DELETE FROM history.due_dates WHERE key = ANY (%s)", (wrong,))
    correct = {row[0] for row in rows} - set(wrong)
    missing = [each for key, each in due.items() if key not in correct]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO history.due_dates (key, at, stream, version) VALUES (%s, %s, %s, %s)",
            [(each.key, each.at, each.stream, each.version) for each in missing],
        )
    return len(missing), len(wrong)
