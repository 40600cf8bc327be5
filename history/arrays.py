"""Arrays, and JSON documents, as PostgreSQL takes them in binary, made in one go.

psycopg would look at every element of every list for its type; here the types are known. An array's form is that of `array_send`: dimensions, a flag for nulls, the element's type, then length and first index; each
element behind its own length, which is -1 for null, all numbers big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec
import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types import TypeInfo

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FIRST_DAY: Final = _EPOCH.toordinal()
_LENGTH: Final = struct.Struct(">i").pack
_NULL: Final = _LENGTH(-1)


class BinaryValue:
    """A value, ready for the wire."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class Document(BinaryValue):
    """jsonb"""

    __slots__ = ()


class BinaryArray(BinaryValue):
    """An array of one dimension."""

    __slots__ = ()


class TextArray(BinaryArray):
    """text[]"""

    __slots__ = ()


class BytesArray(BinaryArray):
    """bytea[]"""

    __slots__ = ()


class IntegerArray(BinaryArray):
    """integer[]"""

    __slots__ = ()


class TimeArray(BinaryArray):
    """timestamptz[]"""

    __slots__ = ()


class BigintArray(BinaryArray):
    """bigint[]"""

    __slots__ = ()


class BooleanArray(BinaryArray):
    """boolean[]"""

    __slots__ = ()


class DateArray(BinaryArray):
    """date[]"""

    __slots__ = ()


class JsonArray(BinaryArray):
    """jsonb[]"""

    __slots__ = ()


def _type(name: str) -> TypeInfo:
    found = psycopg.adapters.types.get(name)
    assert found is not None, f"psycopg knows {name}"
    return found


def _header(element: TypeInfo, count: int, *, nulls: bool = False) -> bytes:
    return struct.pack(">iiIii", 1, nulls, element.oid, count, 1)


_TEXT, _BYTES, _INTEGER, _TIME = _type("text"), _type("bytea"), _type("int4"), _type("timestamptz")
_BIGINT, _BOOLEAN, _DATE, _JSON = _type("int8"), _type("bool"), _type("date"), _type("jsonb")


def _empty(element: TypeInfo) -> bytes:
    return struct.pack(">iiI", 0, 0, element.oid)


_NO_TEXTS: Final = TextArray(_empty(_TEXT))
_NO_BYTES: Final = BytesArray(_empty(_BYTES))
_NO_INTEGERS: Final = IntegerArray(_empty(_INTEGER))


def texts(values: Sequence[str]) -> TextArray:
    """text[] of these values."""
    if not values:
        return _NO_TEXTS
    return TextArray(_joined(_TEXT, [value.encode() for value in values]))


def blobs(values: Sequence[bytes]) -> BytesArray:
    """bytea[] of these values."""
    return BytesArray(_joined(_BYTES, values)) if values else _NO_BYTES


def integers(values: Sequence[int]) -> IntegerArray:
    """integer[] of these values. Raises struct.error beyond 32 bits."""
    if not values:
        return _NO_INTEGERS
    parts = [4] * (2 * len(values))
    parts[1::2] = values
    return IntegerArray(_header(_INTEGER, len(values)) + struct.pack(f">{len(parts)}i", *parts))


def document(value: object) -> Document:
    """jsonb of a value that msgspec can encode: bytes become base64, times ISO 8601."""
    return Document(_json(value))


def _joined(element: TypeInfo, values: Sequence[bytes]) -> bytes:
    parts = [_header(element, len(values))]
    for value in values:
        parts.append(_LENGTH(len(value)))
        parts.append(value)
    return b"".join(parts)


def _day(value: date) -> bytes:
    return _LENGTH(value.toordinal() - _FIRST_DAY)


def _moment(value: datetime) -> bytes:
    return struct.pack(">q", (value - _EPOCH) // _MICROSECOND)


def _json(value: object) -> bytes:
    return b"\x01" + msgspec.json.encode(value)  # the first byte is the version of jsonb's form


_Element = Callable[[Any], bytes]  # Any: a value of the column's type
_COLUMNS: Final[Mapping[str, tuple[type[BinaryArray], TypeInfo, _Element]]] = {
    "text": (TextArray, _TEXT, str.encode),
    "bytea": (BytesArray, _BYTES, bytes),
    "integer": (IntegerArray, _INTEGER, _LENGTH),
    "bigint": (BigintArray, _BIGINT, struct.Struct(">q").pack),
    "boolean": (BooleanArray, _BOOLEAN, struct.Struct(">?").pack),
    "date": (DateArray, _DATE, _day),
    "timestamptz": (TimeArray, _TIME, _moment),
}


def column(kind: str, values: Sequence[Any]) -> BinaryArray:  # Any: values of the column's type
    """The array of a column of many rows, by its type's name in SQL; None is null, and a jsonb is given as a value.

    Raises KeyError for a type that is not known here, and what packing an element raises (struct.error beyond its
    size).
    """
    if kind == "jsonb":
        documents = [None if value is None else _json(value) for value in values]
        return JsonArray(_column(_JSON, documents, bytes))
    array, element, pack = _COLUMNS[kind]
    return array(_column(element, values, pack))


def _column(element: TypeInfo, values: Sequence[Any], pack: _Element) -> bytes:
    # Most columns repeat a few values, such as a status or a call: each is packed once.
    packed = {None: _NULL}
    for value in set(values) - {None}:
        data = pack(value)
        packed[value] = _LENGTH(len(data)) + data
    return _header(element, len(values), nulls=None in values) + b"".join([packed[value] for value in values])


class _BinaryDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: BinaryValue) -> bytes:
        return obj.data


def _register(kind: type[BinaryValue], oid: int) -> None:
    psycopg.adapters.register_dumper(kind, type(f"{kind.__name__}Dumper", (_BinaryDumper,), {"oid": oid}))


# Our own classes, so nobody else's arguments are dumped another way.
for _kind, _element in (
    (TextArray, _TEXT),
    (BytesArray, _BYTES),
    (IntegerArray, _INTEGER),
    (TimeArray, _TIME),
    (BigintArray, _BIGINT),
    (BooleanArray, _BOOLEAN),
    (DateArray, _DATE),
    (JsonArray, _JSON),
):
    _register(_kind, _element.array_oid)
_register(Document, _JSON.oid)
