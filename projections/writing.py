"""How handlers write: rows are gathered over a batch of facts, and each statement is run once for many of them.

A statement takes its rows as arrays, one for each value: ``FROM unnest(%(call)b::text[], %(at)b::bigint[], …)``. Running
many rows at once must leave the tables as one row at a time would have. So every statement names its `keys`: values of a
row, such as the id of the thing it is about, chosen so that **two rows which read or change the same row of a table have
a key in common**. Rows with a key in common are run in the order in which they were written; all others touch nothing of
each other's, so their order does not matter.

The gathered rows are run in turns. A row's turn is the first one after those of all earlier rows that it has a key in
common with: what a batch says first about each thing goes in the first turn, what it says next in the second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, LiteralString

import psycopg

from history.arrays import column

Connection = psycopg.Connection[tuple[Any, ...]]  # Any: rows of many types

LIVE: Final = "read"
"""The schema of the read models that questions are answered from."""

_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)b::(\w+)\[\]")

_Row = Mapping[str, object]


class Statement:
    """A statement that writes many rows. Each placeholder is an array with its type: ``%(name)b::text[]``.

    `keys` are names of values. With `repeats` several rows of one key may be run in one turn, in the order of their
    positions: an insertion that looks at nothing which it inserts, or an update that sees to the order of its rows itself.
    """

    def __init__(self, sql: LiteralString, *, keys: tuple[str, ...], repeats: bool = False) -> None:
        self.sql: LiteralString = sql
        self.columns: Mapping[str, str] = dict(_PLACEHOLDER.findall(sql))
        self.keys = keys
        self.repeats = repeats
        if sql.count("%(") != len(_PLACEHOLDER.findall(sql)) or not self.columns.keys() >= set(keys):
            raise ValueError("A statement's values are arrays with their types, and its keys are among them.")


class Write:
    """What a handler writes with. `finish` runs what was gathered, within the transaction of the caller.

    Statements name their tables in the schema ``read``; while a read model is built anew beside the live one, the same
    statements write into `schema` instead.
    """

    def __init__(self, connection: Connection, schema: str = LIVE) -> None:
        self._connection = connection
        self._schema = schema
        self._turns: list[dict[Statement, list[_Row]]] = []
        self._newest: dict[object, tuple[int, Statement]] = {}

    def __call__(self, statement: Statement, /, **values: object) -> None:
        """One row for a statement: a value for each of its placeholders. A key that is None is none."""
        newest = self._newest
        turn = 0
        for name in statement.keys:
            before = newest.get(values[name])
            if before is not None:
                follows = before[0] if statement.repeats and before[1] is statement else before[0] + 1
                turn = max(turn, follows)
        for name in statement.keys:
            if values[name] is not None:
                newest[values[name]] = (turn, statement)
        if turn == len(self._turns):
            self._turns.append({})
        self._turns[turn].setdefault(statement, []).append(values)

    def finish(self) -> None:
        """Run the statements with all rows gathered so far."""
        for turn in self._turns:
            for statement, rows in turn.items():
                self._run(statement, rows)
        self._turns.clear()
        self._newest.clear()

    def _run(self, statement: Statement, rows: list[_Row]) -> None:
        if any(len(row) != len(statement.columns) for row in rows):
            raise ValueError("A row has a value for each of its statement's placeholders, and no other.")
        arrays = {name: column(kind, [row[name] for row in rows]) for name, kind in statement.columns.items()}
        self._connection.execute(in_schema(statement.sql, self._schema), arrays, prepare=True)


@cache
def in_schema(statement: LiteralString, schema: str) -> bytes:
    """A statement on tables of ``read``, as one on the same tables of another schema."""
    return statement.replace(f"{LIVE}.", f"{schema}.").encode()
