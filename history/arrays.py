"""Arrays as PostgreSQL takes them in binary, made in one go.

psycopg would look at every element of every list for its type; an append has forty arrays whose types are known. The
form is that of `array_send`: dimensions, a flag for nulls, the element's type, then length and first index; each
element behind its own length, all numbers big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types import TypeInfo

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LENGTH: Final = struct.Struct(">i").pack


class BinaryArray:
    """An array of one dimension, ready for the wire."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


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


def _type(name: str) -> TypeInfo:
    found = psycopg.adapters.types.get(name)
    assert found is not None, f"psycopg knows {name}"
    return found


def _header(element: TypeInfo, count: int) -> bytes:
    return struct.pack(">iiIii", 1, 0, element.oid, count, 1)


_TEXT, _BYTES, _INTEGER, _TIME = _type("text"), _type("bytea"), _type("int4"), _type("timestamptz")


def _empty(element: TypeInfo) -> bytes:
    return struct.pack(">iiI", 0, 0, element.oid)


_NO_TEXTS: Final = TextArray(_empty(_TEXT))
_NO_BYTES: Final = BytesArray(_empty(_BYTES))
_NO_INTEGERS: Final = IntegerArray(_empty(_INTEGER))
_NO_TIMES: Final = TimeArray(_empty(_TIME))


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


def times(values: Sequence[datetime]) -> TimeArray:
    """timestamptz[] of these values, which are aware of their zone."""
    if not values:
        return _NO_TIMES
    encoded = [struct.pack(">q", (value - _EPOCH) // _MICROSECOND) for value in values]
    return TimeArray(_joined(_TIME, encoded))


def _joined(element: TypeInfo, values: Sequence[bytes]) -> bytes:
    parts = [_header(element, len(values))]
    for value in values:
        parts.append(_LENGTH(len(value)))
        parts.append(value)
    return b"".join(parts)


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: BinaryArray) -> bytes:
        return obj.data


def _register(kind: type[BinaryArray], element: TypeInfo) -> None:
    dumper = type(f"{kind.__name__}Dumper", (_ArrayDumper,), {"oid": element.array_oid})
    psycopg.adapters.register_dumper(kind, dumper)


# Our own classes, so nobody else's arguments are dumped another way.
for _kind, _element in (
    (TextArray, _TEXT),
    (BytesArray, _BYTES),
    (IntegerArray, _INTEGER),
    (TimeArray, _TIME),
):
    _register(_kind, _element)
