"""Tables of read models: the class of a table's rows, the columns by which rows are found, and the SQL for reading and
writing them.

The SQL is generated once from the fields of the row class. What rows contain is decided in `projections.folding`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from typing import Any, Final, Generic, LiteralString, TypeVar

import msgspec
import msgspec.inspect
import psycopg

from domain.deciding import Fact
from history.arrays import BinaryArray, column
from projections.placed import Placed

Connection = psycopg.Connection[tuple[Any, ...]]  # Any: rows of many types

LIVE: Final = "read"
"""The schema of the read models that are queried."""
FOREVER: Final = 2**63 - 1
"""The end position of the current version."""


class TableRow(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A row of a read model's table. Its fields are the columns, in any order; the columns `from_position` and `to_position`
    of a table with versions are added automatically.

    Each subclass repeats ``frozen=True, kw_only=True``, as facts do.
    """


R = TypeVar("R", bound=TableRow)

Key = Any
"""The values of the columns that identify rows: one value for one column, a tuple for several."""


class Table(Generic[R]):
    """A table of the schema ``read``.

    `key` are the columns that identify a row. Rows are loaded by `group`, by default the key; for example, all instalments
    of a grant are one group. The groups that a fact concerns are taken from its fields of the same names, or from
    `concerns`.

    With `versions`, every version of a row is kept, with the positions between which it was valid. Without, rows are only
    added and deleted, never changed.
    """

    def __init__(
        self,
        name: LiteralString,
        row: type[R],
        *,
        key: tuple[str, ...],
        group: tuple[str, ...] | None = None,
        versions: bool = True,
        concerns: Callable[[Placed], Iterable[Key]] | None = None,
    ) -> None:
        self.name: LiteralString = name
        self.row = row
        self.key = key
        self.group = key if group is None else group
        self.by_key = self.group == self.key
        self.versions = versions
        self.columns = columns_of(row)
        if not self.columns.keys() >= {*self.key, *self.group}:
            raise ValueError(f"The key and the group of read.{name} are not all columns of it.")
        self.key_of: Callable[[R], Key] = attrgetter(*self.key)
        self.group_of: Callable[[R], Key] = attrgetter(*self.group)
        self.concerns = concerns or self._by_names
        self._fields = cache(self._fields_of)
        self.select = self._select()
        self.insert = self._insert()
        self.close = self._close()
        self.delete = self._delete()

    def rows(self, found: Iterable[tuple[Any, ...]]) -> list[R]:  # Any: see Connection
        """Convert the result of `select` to rows."""
        return msgspec.convert(list(found), list[self.row], builtin_types=(bytes, date, datetime))  # type: ignore[name-defined]

    def arrays(self, names: Sequence[str], keys: Sequence[Key]) -> list[BinaryArray]:
        """The values of some columns of a key, each column as an array."""
        values = [keys] if len(names) == 1 else list(zip(*keys, strict=True))
        return [column(self.columns[name], each) for name, each in zip(names, values, strict=True)]

    def _by_names(self, placed: Placed) -> Iterable[Key]:
        fields = self._fields(type(placed.fact))
        if fields is None:
            return ()
        key = fields(placed.fact)
        return () if key is None or (len(self.group) > 1 and None in key) else (key,)

    def _fields_of(self, fact: type[Fact]) -> Callable[[Fact], Key] | None:
        return attrgetter(*self.group) if {*self.group} <= {*fact.__struct_fields__} else None

    # SQL

    def _select(self) -> str:
        of = ", ".join(f't."{name}"' for name in self.columns)
        given = self._unnest(self.group, "k")
        using = _quoted(self.group)
        if not self.versions:
            return f"SELECT {of} FROM {given} JOIN read.{self.name} t USING ({using})"  # noqa: S608 - names come from the program
        return (
            f"SELECT {of}, t.from_position FROM {given} JOIN read.{self.name} t USING ({using}) "  # noqa: S608
            "WHERE t.from_position <= %b::bigint AND t.to_position > %b::bigint"
        )

    def _insert(self) -> str:
        into = _quoted(self.columns)
        types = [*self.columns.values()]
        if self.versions:
            into += ", from_position, to_position"
            types += ["bigint", "bigint"]
        values = ", ".join(f"%b::{kind}[]" for kind in types)
        return f"INSERT INTO read.{self.name} ({into}) SELECT * FROM unnest({values}) ON CONFLICT DO NOTHING"  # noqa: S608

    def _close(self) -> str:
        given = self._unnest(self.key, "c", since="bigint", until="bigint")
        same = " AND ".join(f't."{name}" = c."{name}"' for name in self.key)
        return (
            f"UPDATE read.{self.name} t SET to_position = c.until FROM {given} "  # noqa: S608
            f"WHERE {same} AND t.from_position = c.since AND t.to_position > c.until"
        )

    def _delete(self) -> str:
        same = " AND ".join(f't."{name}" = g."{name}"' for name in self.group)
        return f"DELETE FROM read.{self.name} t USING {self._unnest(self.group, 'g')} WHERE {same}"  # noqa: S608

    def _unnest(self, names: Iterable[str], alias: str, **more: str) -> str:
        types = {name: self.columns[name] for name in names} | more
        values = ", ".join(f"%b::{kind}[]" for kind in types.values())
        return f"unnest({values}) AS {alias} ({_quoted(types)})"


_SQL: Final[Mapping[type[msgspec.inspect.Type], str]] = {
    msgspec.inspect.StrType: "text",
    msgspec.inspect.EnumType: "text",
    msgspec.inspect.LiteralType: "text",
    msgspec.inspect.IntType: "bigint",
    msgspec.inspect.BoolType: "boolean",
    msgspec.inspect.DateTimeType: "timestamptz",
    msgspec.inspect.DateType: "date",
    msgspec.inspect.BytesType: "bytea",
}
"""The SQL type for each type of field; all others are jsonb. A bigint value also fits a narrower column."""


def columns_of(row: type[TableRow]) -> dict[str, str]:
    """The columns of a row class with their SQL types."""
    found = {}
    kind = msgspec.inspect.type_info(row)
    assert isinstance(kind, msgspec.inspect.StructType)
    for field in kind.fields:
        of = field.type
        if isinstance(of, msgspec.inspect.UnionType):
            (of,) = (each for each in of.types if not isinstance(each, msgspec.inspect.NoneType))
        found[field.name] = _SQL.get(type(of), "jsonb")
    return found


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


@cache
def in_schema(statement: str, schema: str) -> bytes:
    """A statement on tables of the schema ``read``, changed to use another schema."""
    return statement.replace(f"{LIVE}.", f"{schema}.").encode()
