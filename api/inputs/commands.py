"""Commands from what was typed into forms."""

from __future__ import annotations

from types import UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from api.http.bodies import decode
from api.inputs.submitted import Plain, is_empty
from domain.amounts import typed_amount, typed_whole
from domain.deciding import Command
from domain.exchange import Exchange, typed_rate
from domain.values import Money

C = TypeVar("C", bound=Command)

TICKED: Final = "true"
"""The value of a ticked box; a box that is not ticked is not sent."""


def command_of(kind: type[C], plain: Plain) -> C:
    """A command from a form, in which all values are text: whole numbers and amounts are read as people write them, and
    empty optional fields are left out. Raises `Problem`, or `Invalid` with every wrong field."""
    return decode(msgspec.json.encode(read_typed(plain, kind)), kind, options=True)


def read_typed(value: Any, hint: Any) -> Any:  # Any: see Plain, and a type
    """A value in the type that its field needs: whole numbers and amounts are read if they have one meaning. What
    cannot be read stays as it was typed, so that the command's own rule reports the error."""
    if get_origin(hint) in (Union, UnionType):
        members = get_args(hint)
        if type(None) in members and is_empty(value):
            return None
        if str in members and isinstance(value, str):
            return value  # also "true", where it is somebody's text
        for member in members:
            value = read_typed(value, member)
        return value
    if isinstance(value, str):
        if hint is bool:
            return {TICKED: True, "false": False}.get(value, value)
        return typed_whole(value) if hint is int else value
    if isinstance(value, list) and get_origin(hint) is tuple:
        return [read_typed(each, get_args(hint)[0]) for each in value]
    if not isinstance(value, dict):
        return value
    if get_origin(hint) is dict:
        return {name: read_typed(below, get_args(hint)[1]) for name, below in value.items()}
    if hint is Exchange and isinstance(typed := value.get("rate"), str):
        return {**value, "rate": typed_rate(typed)}
    if hint is Money and isinstance(typed := value.get("amount"), str):
        return {**value, "amount": typed_amount(typed, str(value.get("currency")))}
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = get_type_hints(hint)
        return {name: read_typed(below, hints.get(name)) for name, below in value.items()}
    return value
