"""Canonical JSON (RFC 8785 with the additional limits of docs/history-format.md) and its strict reader."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgspec

from history.format.notation import FormatError

LARGEST: Final = 2**53 - 1
"""The largest integer; the smallest is its negative."""
DEEPEST: Final = 32
"""How deep objects and arrays can be nested, including the outermost."""
DEEPEST_VALUE: Final = 16
"""How deep they can be nested within the value of a field."""

_NOT_CANONICAL: Final = "The JSON is not in its one canonical form."
_DIGITS_OF_LARGEST: Final = 16
_LONG_NUMBER: Final = re.compile(rb"[:,\[]-?[0-9]{16}")

encode: Final = msgspec.json.Encoder(order="sorted").encode
"""Encodes a value canonically. Does not check the limits; `decode` checks them when the value is read."""

members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
"""Decodes a canonical object into the canonical bytes of its members."""


def decode(data: bytes, deepest: int = DEEPEST) -> Any:  # Any: what JSON holds
    """Decode canonical bytes. Raises `FormatError` if they are not canonical: the value is encoded again and compared, and
    what the comparison would miss (floats, large integers, names, depth) is checked separately."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise FormatError("The bytes are not UTF-8.") from None
    try:
        value = _decode(text)
    except RecursionError:
        raise FormatError("Objects and arrays are nested too deep.") from None
    except json.JSONDecodeError:
        raise FormatError("The text is not JSON.") from None
    _check_depth(value, deepest)
    try:
        again = encode(value)
    except UnicodeEncodeError:
        raise FormatError("A string holds a lone surrogate.") from None
    if again != data:
        raise FormatError(_NOT_CANONICAL)
    return value


def check_value(data: bytes) -> bytes:
    """Return the bytes of a field's value if they are canonical; raises `FormatError` otherwise."""
    if data[:1] == b'"' or data == b"null":
        # Fast path: most values are strings, for which the comparison is enough.
        try:
            if encode(msgspec.json.decode(data)) == data:
                return data
        except (msgspec.MsgspecError, UnicodeError):
            pass  # `decode` raises the specific error
    decode(data, DEEPEST_VALUE)
    return data


def has_long_number(data: bytes) -> bool:
    """Whether JSON may contain integers beyond the limits. Fast, but with false positives; `decode` then decides."""
    return _LONG_NUMBER.search(data) is not None


def depth(value: object, limit: int = DEEPEST) -> int:
    """How deep objects and arrays are nested in a value; anything deeper than `limit` is returned as `limit` + 1."""
    if not isinstance(value, (dict, list)) or limit < 0:
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max((depth(each, limit - 1) for each in inner if isinstance(each, (dict, list))), default=0)


def _check_depth(value: object, deepest: int) -> None:
    if depth(value, deepest) > deepest:
        raise FormatError("Objects and arrays are nested too deep.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:  # Any: what JSON holds
    found = dict(pairs)
    if len(found) != len(pairs):
        raise FormatError("An object has the same name twice.")
    for name in found:
        if not name.isascii() and max(name) > "\uffff":
            raise FormatError("The name of a member has a character above U+FFFF.")
    return found


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _DIGITS_OF_LARGEST or abs(int(text)) > LARGEST:
        raise FormatError("An integer is too large.")
    return int(text)


def _not_integer(_text: str) -> int:
    raise FormatError("A number is not an integer.")


_decode: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_not_integer, parse_constant=_not_integer
).decode
