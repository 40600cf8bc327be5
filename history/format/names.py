"""Checks the spelling of names, ids, topics, keys, hex and times as the format defines it."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Final

from history.format.canonical import LARGEST
from history.format.notation import FormatError

CHANNELS: Final = frozenset({"page", "api", "cli", "import", "system"})
"""The channels through which a command can arrive."""
SYSTEM: Final = "system"
"""The actor and the role of commands that the program runs itself."""

_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_STREAM: Final = re.compile(r"[a-z]+(?:_[a-z]+)*-[0-9a-f]{32}\Z")
_TOPIC: Final = re.compile(r"(?:[a-z][a-z0-9_]{0,63}\.)+v[1-9][0-9]{0,62}\Z")
_HANDLE: Final = re.compile(r"[0-9a-z]{1,64}\Z")
_HEX: Final = re.compile(r"[0-9a-f]*\Z")
_TIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{6}))?Z\Z"
)
_NOT_IN_KEYS: Final = re.compile("[/\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_LONGEST_STREAM: Final = 128
_LONGEST_TOPIC: Final = 255
_LONGEST_KEY: Final = 255
_LONGEST_ORIGIN: Final = 255
_CACHED: Final = 10_000


def is_word(value: object) -> bool:
    """Whether a value is a word, the form of member names and roles."""
    return isinstance(value, str) and _WORD.match(value) is not None


def is_stream_id(value: object) -> bool:
    """Whether a value is the id of a stream."""
    return isinstance(value, str) and len(value) <= _LONGEST_STREAM and _STREAM.match(value) is not None


def is_handle(value: object) -> bool:
    """Whether a value is a handle."""
    return isinstance(value, str) and _HANDLE.match(value) is not None


def check_topic(value: object) -> str:
    """Return the topic of a document if it is valid; raises `FormatError` otherwise."""
    if not isinstance(value, str) or len(value) > _LONGEST_TOPIC or not _TOPIC.match(value):
        raise FormatError("The topic is not a topic: words and a version, joined by dots.")
    return value


def check_hex(value: object, size: int) -> bytes:
    """Decode `size` bytes from lower-case hex; raises `FormatError` for anything else."""
    if not isinstance(value, str) or len(value) != 2 * size or not _HEX.match(value):
        raise FormatError(f"A value that has to be {size} bytes in lower-case hex is not.")
    return bytes.fromhex(value)


@lru_cache(_CACHED)
def check_key(key: str) -> str:
    """Return the key of a mapping if it is valid; it becomes part of a field's name."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        size = 0
    if not 1 <= size <= _LONGEST_KEY or _NOT_IN_KEYS.search(key):
        raise FormatError("The key of a mapping is empty, too long or has a character that keys cannot have.")
    return key


def check_time(value: object) -> str:
    """Return a time if it has a form that the format allows; raises `FormatError` otherwise."""
    found = _TIME.match(value) if isinstance(value, str) else None
    if found is None or found[7] == "000000":
        raise FormatError("A time is not written in one of the two allowed forms.")
    try:
        datetime(*(int(part) for part in found.groups() if part is not None))  # type: ignore[arg-type]  # noqa: DTZ001 - UTC, as written
    except ValueError:
        raise FormatError("There is no such time.") from None
    return found[0]


def check_origin(value: object, history: str) -> str:
    """Return the origin of a log of this history if it is valid: an address, the history id and, after a declared restore,
    its number."""
    found = None
    if isinstance(value, str) and len(value) <= _LONGEST_ORIGIN:
        found = re.fullmatch(rf"[!-*,-~]+/{history}(?:/([^/]*))?", value, re.DOTALL)
    if found is None:
        raise FormatError("The origin is not one of this history.")
    number = found[1]
    if number is not None and (
        not re.fullmatch(r"[1-9][0-9]{0,15}", number, re.ASCII) or int(number) > LARGEST
    ):
        raise FormatError("The number of restores in the origin is not a number from 1 on.")
    return found[0]
