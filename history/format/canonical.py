"""Canonical JSON: RFC 8785 with the further limits of docs/history-format.md, and its strict reader."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgspec

from history.format.notation import FormatError

LARGEST: Final = 2**53 - 1
"""The largest integer; the smallest is its negative."""
DEEPEST: Final = 32
"""How deep objects and arrays can be nested, counting the outermost."""
DEEPEST_VALUE: Final = 16
"""How deep they can be nested within the value of a field."""

_NOT_CANONICAL: Final = "The JSON is not in its one canonical form."
_DIGITS_OF_LARGEST: Final = 16
_LONG_NUMBER: Final = re.compile(rb"[:,\[]-?[0-9]{16}")

encode: Final = msgspec.json.Encoder(order="sorted").encode
"""The canonical bytes of a value that obeys the limits. It does not check them: what is read is checked by `decode`."""

members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
"""The members of a canonical object, each as its canonical bytes."""


def decode(data: bytes, deepest: int = DEEPEST) -> Any:  # Any: what JSON holds
    """The value of canonical bytes. Raises `FormatError` for any others: the value is encoded again and compared, and
    what that comparison would miss (floats, large integers, names, depth) is checked on its own."""
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
    """The bytes of a field's value, if they are canonical; else raises `FormatError`."""
    if data[:1] == b'"' or data == b"null":
        # Most values are texts, and of a text the comparison misses nothing.
        try:
            if encode(msgspec.json.decode(data)) == data:
                return data
        except (msgspec.MsgspecError, UnicodeError):
            pass  # `decode` says what is the matter
    decode(data, DEEPEST_VALUE)
    return data


def has_long_number(data: bytes) -> bool:
    """Whether JSON may hold integers beyond the limits. Fast, and sometimes true when there are none; then `decode`
    decides."""
    return _LONG_NUMBER.search(data) is not None


def depth(value: object, limit: int = DEEPEST) -> int:
    """How deep objects and arrays are nested in a value; more than `limit` is told as `limit` + 1."""
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
