"""Making the tables that follow from the facts anew, for the role that owns them: indexes and due dates.

Claims are left as they are: their names can be recomputed only with the keys, as what they name is sealed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, get_args

import psycopg

from domain.topics import stream_of
from history.appends import APPEND_LOCK, DueDate
from history.documents import read
from history.implied import implied_by
from history.tables import Progress, facts_after
from history.unreadable import Unreadable

Mendable = Literal["indexes", "due_dates"]
MENDABLE: Final[tuple[Mendable, ...]] = get_args(Mendable)
"""The tables that can be made anew."""

_BATCH: Final = 5_000
# No entry and no due date is added while they are swapped.
_LOCK: Final = "SELECT pg_advisory_xact_lock(%s, %s)"
_EXPECTED: Final = 'CREATE TEMPORARY TABLE expected (name text COLLATE "C", entry text COLLATE "C")'
_ADDED_BY_HAND: Final = (
    "DELETE FROM history.indexes i WHERE NOT EXISTS "
    "(SELECT FROM pg_temp.expected e WHERE e.name = i.name AND e.entry = i.entry)"
)
_MISSING: Final = "INSERT INTO history.indexes (name, entry) SELECT name, entry FROM pg_temp.expected ON CONFLICT DO NOTHING"


def mend(
    url: str, tables: Sequence[Mendable], progress: Progress = lambda _position, _newest: None
) -> dict[Mendable, tuple[int, int]]:
    """Make tables anew from the facts; of each, how many rows were put in, and how many taken out or changed.

    Appends wait only while the last facts are read and the rows are swapped. Raises `Unreadable` if a fact cannot be read,
    since what follows from it would be lost, and psycopg.Error; then nothing is changed.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_EXPECTED)
        due: dict[str, DueDate] = {}
        reached = _follow(connection, 0, due, progress)
        with connection.transaction():
            connection.execute(_LOCK, APPEND_LOCK)
            _follow(connection, reached, due, progress)
            done: dict[Mendable, tuple[int, int]] = {}
            if "indexes" in tables:
                taken = connection.execute(_ADDED_BY_HAND).rowcount
                done["indexes"] = (connection.execute(_MISSING).rowcount, taken)
            if "due_dates" in tables:
                done["due_dates"] = _set_due_dates(connection, due)
            return done


def _follow(
    connection: psycopg.Connection[Any], position: int, due: dict[str, DueDate], progress: Progress
) -> int:
    """Take in the facts after a position; returns that of the last."""
    row = connection.execute("SELECT coalesce(max(position), 0) FROM history.facts").fetchone()
    assert row is not None
    newest = int(row[0])
    entries: list[tuple[str, str]] = []
    for at, stream, topic, document in facts_after(connection, position, newest, progress):
        try:
            recorded = read(topic, document)
            implied = implied_by(recorded.fact, recorded.envelope)
        except Exception as error:  # whatever a damaged fact raises
            raise Unreadable(at) from error
        if stream_of(recorded.fact) != stream:
            continue  # no command writes it; `overwinter verify` names it
        entries += implied.entries
        if implied.struck is not None:
            due.pop(implied.struck, None)
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
    standing = {row[0] for row in rows} - set(wrong)
    missing = [each for key, each in due.items() if key not in standing]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO history.due_dates (key, at, stream, version) VALUES (%s, %s, %s, %s)",
            [(each.key, each.at, each.stream, each.version) for each in missing],
        )
    return len(missing), len(wrong)
