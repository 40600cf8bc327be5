"""What is wrong with a decoded body, field by field: one sentence for each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import inspect as shapes

from domain.messages import Message, msg
from domain.refusals import FieldError
from domain.values import is_id_of

MOST_INTEGER: Final = 2**31 - 1
_YEARS: Final = range(1900, 3000)
MOST_ERRORS: Final = 1000
"""After so many faults a body is not looked at any further."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}\Z", re.ASCII)
_NEEDED: Final = msg("This is needed.")
_UNKNOWN: Final = msg("There is no such field here.")
_NUL: Final = msg("This contains a NUL character, which cannot be stored.")
_AN_OBJECT: Final = msg("This must be an object with fields.")
_NO_SUCH_OPTION: Final = msg("Choose one of the options that are offered.")


@cache
def type_shape(kind: type) -> shapes.Type:
    """How msgspec describes a type."""
    return shapes.type_info(kind)


def shown_name(name: str) -> str:
    """A name that the client sent, if it could be a field's at all; its free text is never repeated."""
    return name if _NAME.match(name) else "?"


class BodyWalk:
    """One walk through a decoded body, collecting what is wrong. What comes from a page has `options` with words of their own,
    so their codes are not named."""

    def __init__(self, in_address: frozenset[str], *, options: bool = False) -> None:
        self.errors: list[FieldError] = []
        self._in_address = in_address
        self._options = options

    @property
    def is_full(self) -> bool:
        """Whether so much is wrong that the walk ends."""
        return len(self.errors) > MOST_ERRORS

    def value(self, path: str, value: Any, shape: shapes.Type) -> None:  # Any: whatever JSON can hold
        """Check one value against its type."""
        match shape:
            case shapes.Metadata(type=inner, extra={"id_of": str(id_of)}):
                self._id(path, value, inner, id_of)
            case shapes.Metadata(type=inner):
                self.value(path, value, inner)
            case shapes.StructType():
                self._struct(path, value, shape)
            case shapes.DictType():
                self._mapping(path, value, shape)
            case shapes.ListType(item_type=item) | shapes.VarTupleType(item_type=item):
                self._sequence(path, value, item)
            case shapes.UnionType():
                self._union(path, value, shape)
            case shapes.LiteralType(values=values):
                if value not in values or isinstance(value, bool | list | dict):
                    self._one_of(path, values)
            case shapes.EnumType(cls=cls):
                if value not in [each.value for each in cls]:
                    self._one_of(path, [each.value for each in cls])
            case shapes.IntType():
                if not isinstance(value, int) or isinstance(value, bool):
                    self._wrong(path, msg("This must be a whole number."))
                elif abs(value) > MOST_INTEGER:
                    self._wrong(path, msg("This can be at most {most}.", most=MOST_INTEGER))
            case shapes.BoolType():
                if not isinstance(value, bool):
                    self._wrong(path, msg("This must be true or false."))
            case shapes.DateTimeType():
                self._time(path, value, datetime, msg("Write date and time as 2026-05-31T18:00:00."))
            case shapes.DateType():
                self._time(path, value, date, msg("Write the date as year, month and day: 2026-05-31."))
            case shapes.NoneType():
                if value is not None:
                    self._wrong(path, msg("Leave this out."))
            case _:
                self._text(path, value)

    def _wrong(self, path: str, detail: Message) -> None:
        self.errors.append(FieldError(path, detail))

    def _one_of(self, path: str, values: Iterable[object]) -> None:
        if self._options:
            self._wrong(path, _NO_SUCH_OPTION)
        else:
            self._wrong(path, msg("The possible values are {values}.", values=tuple(map(str, values))))

    def _text(self, path: str, value: Any) -> None:
        if not isinstance(value, str):
            self._wrong(path, msg("This must be a text."))
        elif "\x00" in value:
            self._wrong(path, _NUL)

    def _id(self, path: str, value: Any, shape: shapes.Type, id_of: str) -> None:
        if not isinstance(value, str):
            self.value(path, value, shape)
        elif not value.strip():
            self._wrong(path, msg("This cannot be left empty."))
        elif not is_id_of(id_of, value):
            self._wrong(path, _not_an_id_of(id_of.split(" or ")))

    def _time(self, path: str, value: Any, kind: type, sentence: Message) -> None:
        try:
            found: Any = msgspec.convert(value, kind)  # Any: a date or a time
        except msgspec.ValidationError:
            self._wrong(path, sentence)
            return
        if found.year not in _YEARS:
            self._wrong(
                path,
                msg(
                    "Choose a year from {first} to {last}; this is {given}.",
                    first=str(_YEARS[0]),
                    last=str(_YEARS[-1]),
                    given=str(found.year),
                ),
            )

    def _struct(self, path: str, value: Any, shape: shapes.StructType) -> None:
        if not isinstance(value, dict):
            self._wrong(path, _AN_OBJECT)
            return
        fields = {field.encode_name: field for field in shape.fields}
        for name in value:
            if name not in fields:
                given = not path and name in self._in_address
                sentence = (
                    msg("This is already in the address; leave it out of the body.") if given else _UNKNOWN
                )
                self._wrong(_join(path, shown_name(name)), sentence)
        for name, field in fields.items():
            if name in value:
                self.value(_join(path, name), value[name], field.type)
            elif field.required:
                self._wrong(_join(path, name), _NEEDED)

    def _mapping(self, path: str, value: Any, shape: shapes.DictType) -> None:
        if not isinstance(value, dict):
            self._wrong(path, _AN_OBJECT)
            return
        for name, inner in value.items():
            if "\x00" in name:
                self._wrong(path, _NUL)
            self.value(_join(path, shown_name(name)), inner, shape.value_type)
            if self.is_full:
                return

    def _sequence(self, path: str, value: Any, item: shapes.Type) -> None:
        if not isinstance(value, list):
            self._wrong(path, msg("This must be a list."))
            return
        for number, inner in enumerate(value):
            self.value(f"{path}[{number}]", inner, item)
            if self.is_full:
                return

    def _union(self, path: str, value: Any, shape: shapes.UnionType) -> None:
        """The member that a value of this JSON type can only be meant for is the one it is checked against."""
        for member in shape.types:
            if _fits(value, member):
                self.value(path, value, member)
                return
        members = [_bare(member) for member in shape.types]
        if {type(member) for member in members} == {shapes.IntType, shapes.NoneType}:
            self._wrong(path, msg("Write a whole number, or leave it out."))
            return
        described = [_DESCRIBED[type(member)] for member in members if type(member) in _DESCRIBED]
        self._wrong(path, msg("What is possible here: {kinds}.", kinds=tuple(dict.fromkeys(described))))


def _not_an_id_of(kinds: Sequence[str]) -> Message:
    if len(kinds) == 1:
        return msg("This is not an id that fits here; one begins with {beginning}.", beginning=f"{kinds[0]}-")
    first, second = kinds
    return msg(
        "This is not an id that fits here; one begins with {beginning} or {other}.",
        beginning=f"{first}-",
        other=f"{second}-",
    )


_DESCRIBED: Final[Mapping[type[shapes.Type], Message]] = {
    shapes.StrType: msg("a text"),
    shapes.BoolType: msg("true or false"),
    shapes.IntType: msg("a whole number"),
    shapes.VarTupleType: msg("a list"),
    shapes.ListType: msg("a list"),
    shapes.StructType: msg("an object with fields"),
    shapes.DictType: msg("an object with fields"),
    shapes.LiteralType: msg("one of the described values"),
    shapes.EnumType: msg("one of the described values"),
    shapes.DateTimeType: msg("a time such as 2026-05-31T18:00:00"),
    shapes.DateType: msg("a date such as 2026-05-31"),
    shapes.NoneType: msg("nothing (null)"),
}


def _fits(value: Any, shape: shapes.Type) -> bool:
    """Whether a value's JSON type is the type's own."""
    shape = _bare(shape)
    match value:
        case None:
            return isinstance(shape, shapes.NoneType)
        case bool():
            return isinstance(shape, shapes.BoolType)
        case int() | float():
            return isinstance(shape, shapes.IntType)
        case str():
            return isinstance(
                shape,
                shapes.StrType | shapes.LiteralType | shapes.EnumType | shapes.DateTimeType | shapes.DateType,
            )
        case list():
            return isinstance(shape, shapes.ListType | shapes.VarTupleType)
        case _:
            return isinstance(shape, shapes.StructType | shapes.DictType)


def _bare(shape: shapes.Type) -> shapes.Type:
    """A type without what only describes it."""
    return shape.type if isinstance(shape, shapes.Metadata) else shape


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
