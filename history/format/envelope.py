"""The envelope of a fact: who recorded it, when, how and where, in five parts that are committed to separately."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from history.format import names
from history.format.canonical import LARGEST
from history.format.notation import FormatError

# The members are declared in alphabetical order, which is also the order in which they are encoded.


class Acting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The actor's capacity: the role under which access was granted, and a handle that replaces the actor's name within
    `scope` (a stream id) when the fact is shown to outsiders."""

    handle: str | None
    role: str
    scope: str | None


class How(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the command arrived: its channel, its id (the same in all facts of one command), and the leaf hash (hex) of the
    fact that triggered it, or None if the actor sent it."""

    cause: str | None
    channel: str
    command: str


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the fact is recorded: stream and version (from 1), the leaf hash (hex) of the stream's previous fact, and the
    initiative that the stream belongs to, if any."""

    initiative: str | None
    previous: str | None
    stream: str
    version: int


class Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The five parts. `actor` is a person's stream id or ``system``; `decided_at` is a time in UTC."""

    acting: Acting
    actor: str
    decided_at: datetime
    how: How
    place: Place


PARTS: Final = ("acting", "actor", "decided_at", "how", "place")
"""The names of the parts, in the order in which they are committed to."""

_HASH_BYTES: Final = 32
_ID_BYTES: Final = 16


def has_members(value: object, expected: frozenset[str], what: str) -> dict[str, Any]:  # Any: what JSON holds
    """Return `value` if it is an object with exactly these members; `what` is its name in the error."""
    if not isinstance(value, dict) or value.keys() != expected:
        raise FormatError(f"{what} does not have exactly its members: {', '.join(sorted(expected))}.")
    return value


_ENVELOPE: Final = frozenset(PARTS)
_ACTING: Final = frozenset(Acting.__struct_fields__)
_HOW: Final = frozenset(How.__struct_fields__)
_PLACE: Final = frozenset(Place.__struct_fields__)


def check_envelope(value: object) -> dict[str, Any]:  # Any: what JSON holds
    """Return the parsed envelope of a document if it is valid; raises `FormatError` otherwise."""
    envelope = has_members(value, _ENVELOPE, "The envelope")
    acting = has_members(envelope["acting"], _ACTING, "The part acting")
    how = has_members(envelope["how"], _HOW, "The part how")
    place = has_members(envelope["place"], _PLACE, "The part place")
    _check_place(place)
    actor = envelope["actor"]
    if actor != names.SYSTEM and not names.is_stream_id(actor):
        raise FormatError("The actor is neither a stream id nor the system.")
    names.check_time(envelope["decided_at"])
    _check_acting(acting, actor)
    if how["channel"] not in names.CHANNELS if isinstance(how["channel"], str) else True:
        raise FormatError("The channel is not one of the known channels.")
    names.check_hex(how["command"], _ID_BYTES)
    if how["cause"] is not None:
        names.check_hex(how["cause"], _HASH_BYTES)
    return envelope


def _check_place(place: dict[str, Any]) -> None:  # Any: what JSON holds
    version = place["version"]
    if not names.is_stream_id(place["stream"]) or type(version) is not int:
        raise FormatError("The stream or the version is not one.")
    if not 1 <= version <= LARGEST:
        raise FormatError("The stream or the version is not one.")
    if place["previous"] is not None:
        names.check_hex(place["previous"], _HASH_BYTES)
    if (version == 1) != (place["previous"] is None):
        raise FormatError("A first fact names a previous fact, or a later fact names none.")
    if place["initiative"] is not None and not names.is_stream_id(place["initiative"]):
        raise FormatError("The initiative is not a stream id.")


def _check_acting(acting: dict[str, Any], actor: str) -> None:  # Any: what JSON holds
    scope, handle = acting["scope"], acting["handle"]
    if not names.is_word(acting["role"]) or not (scope is None or names.is_stream_id(scope)):
        raise FormatError("The role is not a word, or the scope is not a stream id.")
    if handle is not None and (scope is None or not names.is_handle(handle)):
        raise FormatError("The handle is not one, or it has no scope.")
    if (acting["role"] == names.SYSTEM) != (actor == names.SYSTEM):
        raise FormatError("The role is system exactly if the actor is.")
    if handle is not None and actor == names.SYSTEM:
        raise FormatError("The system has no handle.")
