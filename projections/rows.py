"""The rows of a batch in memory: facts are folded into them, and the changes are written at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from domain.deciding import Fact
from projections.tables import FOREVER, Key, R, Table, TableRow

S = TypeVar("S", bound=msgspec.Struct)
F = TypeVar("F", bound=Fact)


class Closing(NamedTuple):
    """The end of a version from before the batch, which was valid from position `since` up to `until`."""

    key: Key
    since: int
    until: int


class _Held:
    """A current row and the position from which it is valid; `new`: it is not written yet."""

    __slots__ = ("new", "row", "since")

    def __init__(self, row: Any, since: int, new: bool) -> None:  # Any: a row of the table's class
        self.row, self.since, self.new = row, since, new


class Changes:
    """A batch's changes to the rows of a table: versions that began and ended within it (`past`), earlier versions that end
    (`closed`), and groups whose rows are deleted (`cleared`, only for tables without versions).

    `known` are the groups that were loaded, `present` the current rows by key, and `groups` the keys of each group, if
    groups have several.
    """

    __slots__ = ("cleared", "closed", "groups", "known", "past", "present")

    def __init__(self) -> None:
        self.known: set[Key] = set()
        self.present: dict[Key, _Held] = {}
        self.groups: dict[Key, dict[Key, None]] = {}
        self.past: list[tuple[TableRow, int, int]] = []
        self.closed: list[Closing] = []
        self.cleared: dict[Key, None] = {}

    def versions(self) -> tuple[list[TableRow], list[int], list[int]]:
        """All rows to be written, with the positions from which and up to which each is valid."""
        new = [held for held in self.present.values() if held.new]
        rows = [row for row, _, _ in self.past] + [held.row for held in new]
        since = [since for _, since, _ in self.past] + [held.since for held in new]
        until = [until for _, _, until in self.past] + [FOREVER] * len(new)
        return rows, since, until


class Rows:
    """The rows that a projection folds facts into: the rows that the batch's facts concern (`Table.concerns`), as they were
    before the batch, plus the changes so far.

    `position` is that of the fact that is being folded.
    """

    def __init__(self, tables: Iterable[Table[Any]]) -> None:  # Any: each table has its own rows
        self.position = 0
        self.changes = {table: Changes() for table in tables}

    # For folding

    def get(self, table: Table[R], key: Key) -> R | None:
        """The current row of a key, or None. For tables whose rows are loaded by key."""
        assert table.by_key
        held = self.changes[table].present.get(key)
        if held is None:
            self._check(table, key)
            return None
        row: R = held.row
        return row

    def of(self, table: Table[R], group: Key) -> list[R]:
        """The current rows of a group. For tables whose rows are loaded by group."""
        assert not table.by_key
        self._check(table, group)
        changes = self.changes[table]
        return [changes.present[key].row for key in changes.groups.get(group, ())]

    def put(self, table: Table[R], row: R) -> None:
        """Set the current row of its key from this fact on. An unchanged row makes no new version."""
        changes, key = self.changes[table], table.key_of(row)
        before = changes.present.get(key)
        if before is not None:
            if before.row == row:
                return
            self._end(changes, key, before)
        elif table.versions or not table.by_key:
            group = table.group_of(row)
            if table.versions:
                self._check(table, group)
            if not table.by_key:
                changes.groups.setdefault(group, {})[key] = None
        changes.present[key] = _Held(row, self.position, True)

    def clear(self, table: Table[Any], group: Key) -> None:
        """Delete the rows of a group from this fact on."""
        changes = self.changes[table]
        if table.versions:
            self._check(table, group)
        else:
            changes.cleared[group] = None
        for key in (group,) if table.by_key else changes.groups.pop(group, ()):
            held = changes.present.pop(key, None)
            if held is not None and table.versions:
                self._end(changes, key, held)

    # For loading and writing

    def know(self, table: Table[R], groups: Iterable[Key], found: Sequence[tuple[Any, ...]]) -> None:
        """Add the rows of some groups, as the table's `select` returned them."""
        changes = self.changes[table]
        changes.known.update(groups)
        for row, values in zip(table.rows(found), found, strict=True):
            key = table.key_of(row)
            changes.present[key] = _Held(row, values[-1] if table.versions else 0, False)
            if not table.by_key:
                changes.groups.setdefault(table.group_of(row), {})[key] = None

    def _check(self, table: Table[Any], group: Key) -> None:
        if group not in self.changes[table].known:
            raise AssertionError(
                f"No fact of this batch says that it concerns these rows of read.{table.name}."
            )

    def _end(self, changes: Changes, key: Key, held: _Held) -> None:
        if held.since == self.position:
            return  # made by the same fact, so it was never visible
        if held.new:
            changes.past.append((held.row, held.since, self.position))
        else:
            changes.closed.append(Closing(key, held.since, self.position))


def row_of(kind: type[R], source: msgspec.Struct, **columns: object) -> R:
    """A row whose columns are copied from the source's fields of the same names; other columns are given or have a default."""
    return kind(**({name: getattr(source, name) for name in _common(kind, type(source))} | columns))


@cache
def _common(kind: type[TableRow], source: type[msgspec.Struct]) -> tuple[str, ...]:
    return tuple([name for name in source.__struct_fields__ if name in kind.__struct_fields__])


def told_version(row: TableRow | None, fact: Fact) -> int:
    """The version of a stream that people are told after one more fact. `row` shows the stream before it in a column
    `version`; None before the first fact. The row must be computed for every fact of the stream that is told."""
    before: int = 0 if row is None else getattr(row, "version")  # noqa: B009  not every row has this column
    return before + fact.told


class Shown(Generic[R, S, F]):
    """Computes the row that shows a stream's state, with the domain's own `evolve`. Columns and state fields of the same name
    have the same value.

    A column `version` is the version that people are told of the stream (`Fact.told`).

    `empty` is the state before the first fact. State fields without a column always have their value in `empty`, so this
    works only if none of them influences a field that has a column.
    """

    def __init__(self, row: type[R], empty: S, evolve: Callable[[S, F], S]) -> None:
        self._row, self._empty, self._evolve = row, empty, evolve
        self._common = _common(row, type(empty))
        self._versioned = "version" in row.__struct_fields__

    def __call__(self, row: R | None, fact: F, **columns: object) -> R:
        """The row after one more fact. `columns` are values that are not in the state; all others stay as they were, or for a
        stream's first row are copied from the fact's fields of the same names."""
        state = self._evolve(self._state(row), fact)
        shown = {name: getattr(state, name) for name in self._common} | columns
        if self._versioned:
            shown["version"] = told_version(row, fact)
        return row_of(self._row, fact, **shown) if row is None else msgspec.structs.replace(row, **shown)

    def _state(self, row: R | None) -> S:
        if row is None:
            return self._empty
        return msgspec.structs.replace(self._empty, **{name: getattr(row, name) for name in self._common})
