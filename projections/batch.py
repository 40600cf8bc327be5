"""Projects a batch of facts: loads the rows that the facts concern, folds the facts, and writes the changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg

from history.arrays import BinaryArray, column
from projections.placed import Placed
from projections.projection import Projection
from projections.rows import Changes, Rows
from projections.tables import Connection, Key, Table, in_schema

Cursor = psycopg.Cursor[tuple[Any, ...]]  # Any: rows of many types


class Batch:
    """One batch of facts for one projection, in the tables of a schema. Call `ask`, `fold` and `write` in this order, in one
    transaction; within a pipeline, `ask` and `write` do not wait for results.

    Rows are loaded as of position `before`, the one before the batch, even if later versions exist. So projecting facts
    again makes the same versions again and changes nothing.
    """

    def __init__(
        self,
        projection: Projection,
        facts: Sequence[Placed],
        before: int,
        connection: Connection,
        schema: str,
    ) -> None:
        self._projection, self._facts, self._before = projection, facts, before
        self._connection, self._schema = connection, schema
        self._rows = Rows(projection.keeps)
        self._asked: list[tuple[Table[Any], dict[Key, None], Cursor]] = []

    def ask(self) -> None:
        """Query the rows that the facts concern, with one statement for each table."""
        for table in self._projection.keeps:
            groups = dict.fromkeys(key for fact in self._facts for key in table.concerns(fact))
            if groups:
                values: list[object] = [*table.arrays(table.group, list(groups))]
                if table.versions:
                    values += [self._before, self._before]
                self._asked.append((table, groups, self._execute(table.select, values)))

    def fold(self) -> None:
        """Fold the facts into the rows, in order."""
        for table, groups, cursor in self._asked:
            self._rows.know(table, groups, cursor.fetchall())
        rows, fold = self._rows, self._projection.fold
        for placed in self._facts:
            rows.position = placed.position
            fold(rows, placed.fact, placed)

    def write(self) -> None:
        """Write the changes: deleted rows, ended versions and new versions, with one statement each for each table."""
        for table, changes in self._rows.changes.items():
            if changes.cleared:
                self._execute(table.delete, table.arrays(table.group, list(changes.cleared)))
            if changes.closed:
                self._close(table, changes)
            self._insert(table, changes)

    def _close(self, table: Table[Any], changes: Changes) -> None:
        keys, since, until = zip(*changes.closed, strict=True)
        self._execute(
            table.close, [*table.arrays(table.key, keys), column("bigint", since), column("bigint", until)]
        )

    def _insert(self, table: Table[Any], changes: Changes) -> None:
        rows, since, until = changes.versions()
        if not rows:
            return
        values = zip(*map(msgspec.structs.astuple, rows), strict=True)
        arrays: list[BinaryArray] = [
            column(kind, each) for kind, each in zip(table.columns.values(), values, strict=True)
        ]
        if table.versions:
            arrays += [column("bigint", since), column("bigint", until)]
        self._execute(table.insert, arrays)

    def _execute(self, statement: str, values: Sequence[object]) -> Cursor:
        return self._connection.execute(in_schema(statement, self._schema), values, prepare=True, binary=True)
