"""Reading a JSON body: strictly, and with one sentence for every field that is wrong, not for the first alone.

msgspec decodes what is right at full speed. Only what it refuses, or what holds something that a type cannot rule out
(NUL, half a surrogate pair, numbers and years beyond reason), is walked field by field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Final, TypeVar, cast, get_args

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException
from msgspec import inspect as shapes

from api.http.problems import Problem, ProblemType
from domain.messages import Message, msg
from domain.refusals import NOT_FOUND, CommandRejected, FieldError, Invalid, NotFound
from domain.values import is_id_of

T = TypeVar("T")

LIMIT: Final = 1_000_000
"""How many bytes a JSON body may have."""
DRAINED: Final = 32_000_000
"""How much of a body that is too large is still taken in, so that its sender reads the answer."""
MOST_INTEGER: Final = 2**31 - 1
_YEARS: Final = range(1900, 3000)
MOST_FIELDS: Final = 1000
"""How many fields one object of a body may have, unless the settings say otherwise."""
_MOST_ERRORS: Final = 1000
"""After so many faults a body is not looked at any further."""

_DIGITS_AS_ZEROS: Final = bytes(
    ord("0") if chr(byte).isdigit() and byte < 128 else ord(" ") for byte in range(256)
)
_LONG_NUMBER: Final = b"0" * 10
_ODD_YEAR: Final = re.compile(rb'"(?:0[0-9]{3}|1[0-8][0-9]{2}|[3-9][0-9]{3})-')
_ESCAPED_ASCII: Final = re.compile(rb"\\u00[023]")
"""How the escapes of NUL, of a date's hyphen and of digits begin: behind one, a body does not show what it says."""
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}\Z", re.ASCII)

_NEEDED: Final = msg("This is needed.")
_UNKNOWN: Final = msg("There is no such field here.")
_NUL: Final = msg("This contains a NUL character, which cannot be stored.")
_AN_OBJECT: Final = msg("This must be an object with fields.")
_NOT_UTF8: Final = msg("The body is not UTF-8.")


async def read_body(request: Request[Any, Any, Any]) -> bytes:
    """The body of a request, if it is JSON and not too large. Raises `Problem`."""
    raw = await take_in(request, LIMIT)
    if raw is None:
        raise Problem(
            ProblemType.TOO_LARGE,
            msg("The body is larger than {limit} bytes, the most that a JSON body can have.", limit=LIMIT),
        )
    if raw:
        if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise Problem(
                ProblemType.UNSUPPORTED, msg("The body is compressed; send it without Content-Encoding.")
            )
        media, _, parameters = request.headers.get("content-type", "application/json").partition(";")
        if media.strip().lower() != "application/json":
            raise Problem(
                ProblemType.UNSUPPORTED, msg("The body is not JSON; send Content-Type: application/json.")
            )
        if parameters and not is_utf8(parameters):
            raise Problem(ProblemType.UNSUPPORTED, msg("The body is not in UTF-8; send it in UTF-8."))
    return raw


def is_utf8(parameters: str) -> bool:
    """Whether the parameters of a media type name no other charset than UTF-8."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8"):
            return False
    return True


async def take_in(request: Request[Any, Any, Any], limit: int) -> bytes | None:
    """The body of a request, or None if it has more than `limit` bytes: then most of it is read all the same, so that
    its sender reads the answer. Raises `Problem` if the sender hung up before."""
    kept: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size <= limit:
                kept.append(chunk)
            elif size > DRAINED:
                break
    except InternalServerException:
        # So the framework calls it when the sender hangs up halfway, which is no failure of ours.
        raise Problem(ProblemType.MALFORMED, msg("The body ended before it was complete.")) from None
    return b"".join(kept) if size <= limit else None


def decode(
    raw: bytes,
    kind: type[T],
    told_elsewhere: frozenset[str] = frozenset(),
    *,
    most_fields: int = MOST_FIELDS,
) -> T:
    """A body as a value of `kind`, a msgspec Struct; an empty body counts as an empty object.

    `told_elsewhere` are fields that the address tells. Raises `Problem` for what is no JSON, names a field twice or has
    an object with more than `most_fields`, and `Invalid` with the fields that are wrong.
    """
    raw = raw or b"{}"
    try:
        value = msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError:
        _check_objects(raw, most_fields)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(raw, error) from None
    else:
        _check_objects(raw, most_fields)
        if not _suspect(raw) and all(
            is_id_of(id_of, named) for _, id_of, named in _named(cast("msgspec.Struct", value))
        ):
            return value
    try:
        plain = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(raw, error) from None
    walk = _Walk(told_elsewhere)
    walk.value("", plain, _shape(cast("type", kind)))
    if walk.errors:
        raise Invalid(tuple(walk.errors[:_MOST_ERRORS]), more=walk.is_full)
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError:
        # The walk knows every type that a command uses; should one be added that it does not know, it says this much.
        raise Problem(
            ProblemType.MALFORMED, msg("The body does not have the structure that the API describes.")
        ) from None


def _suspect(raw: bytes) -> bool:
    """Whether a body may hold what a typed decoder lets through and the program cannot use (a NUL, a huge number, an odd
    year); a false alarm only costs a walk. A pattern for all three took seven times as long as decoding."""
    return (
        _ESCAPED_ASCII.search(raw) is not None
        or _LONG_NUMBER in raw.translate(_DIGITS_AS_ZEROS)
        or _ODD_YEAR.search(raw) is not None
    )


def _check_objects(raw: bytes, most_fields: int) -> None:
    """Raise `Problem` if an object names a field twice, of which a decoder would take the last, and a proxy before us
    perhaps the first, or if it has too many. It takes about 15 µs for a body of 7 kB; to look first whether any name
    occurs twice took longer."""
    try:
        _noting_objects(most_fields).decode(raw.decode())
    except _ObjectError as error:
        raise Problem(ProblemType.MALFORMED, error.detail) from None
    except (ValueError, RecursionError) as error:
        raise _malformed(raw, error) from None


class _ObjectError(Exception):
    """What is wrong with an object, whatever it stands for."""

    def __init__(self, detail: Message) -> None:
        super().__init__(str(detail))
        self.detail = detail


@cache
def _noting_objects(most_fields: int) -> json.JSONDecoder:
    def note(members: list[tuple[str, Any]]) -> None:  # Any: whatever JSON can hold
        if len(members) > most_fields:
            raise _ObjectError(msg("The body has an object with more than {most} fields.", most=most_fields))
        if len(dict(members)) != len(members):
            raise _ObjectError(msg("The body names a field twice in one object."))

    # Only the names matter: a number of ten thousand digits is none that Python would read.
    return json.JSONDecoder(object_pairs_hook=note, parse_int=float)


def _malformed(raw: bytes, error: Exception) -> Problem:
    if isinstance(error, UnicodeDecodeError):
        return Problem(ProblemType.MALFORMED, _NOT_UTF8)
    if isinstance(error, RecursionError):
        return Problem(ProblemType.MALFORMED, msg("The body is nested too deeply."))
    if isinstance(error, msgspec.ValidationError):
        return Problem(ProblemType.MALFORMED, msg("The body contains a number that is out of range."))
    try:
        raw.decode()
    except UnicodeDecodeError:
        return Problem(ProblemType.MALFORMED, _NOT_UTF8)
    if _SURROGATE.search(raw):
        return Problem(
            ProblemType.MALFORMED,
            msg("The body is not JSON, or it contains half of a surrogate pair, which is not a character."),
        )
    return Problem(ProblemType.MALFORMED, msg("The body is not JSON."))


@cache
def _shape(kind: type) -> shapes.Type:
    return shapes.type_info(kind)


def shown_name(name: str) -> str:
    """A name that the client sent, if it could be a field's at all; its free text is never repeated."""
    return name if _NAME.match(name) else "?"


@cache
def _id_fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """The fields of a command or a body that hold an id, each with the kind of thing that it names."""
    found = []
    for field in msgspec.structs.fields(kind):
        options = (field.type, *get_args(field.type))
        metas = [meta for option in options for meta in getattr(option, "__metadata__", ())]
        found += [(field.name, str(meta.extra["id_of"])) for meta in metas if meta.extra]
    return tuple(found)


def _named(value: msgspec.Struct) -> Iterator[tuple[str, str, str]]:
    """Each id in a command or a body: the field that holds it, the kind of thing that it names, and the id."""
    for field, id_of in _id_fields(type(value)):
        if (named := getattr(value, field)) is not None:
            yield field, id_of, named


def field_of(error: NotFound, command: msgspec.Struct, told: frozenset[str]) -> CommandRejected:
    """What is answered when a command names something that is not there, or not for this person: which field names it, or
    the error itself, as 404, where it is what the address names. `told` are the fields that the address tells."""
    sent = [(field, named) for field, _, named in _named(command) if field not in told]
    nothing_told = len(sent) == len(_id_fields(type(command)))
    for field, named in sent:
        if named == error.named or (error.named is None and nothing_told):
            detail = msg("Nothing has this id, or you have no access to it.")
            return Invalid.field(field, detail if error.detail == NOT_FOUND else error.detail)
    return error


class _Walk:
    """One walk through a decoded body, collecting what is wrong."""

    def __init__(self, told_elsewhere: frozenset[str]) -> None:
        self.errors: list[FieldError] = []
        self._told_elsewhere = told_elsewhere

    @property
    def is_full(self) -> bool:
        """Whether so much is wrong that the walk ends."""
        return len(self.errors) > _MOST_ERRORS

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
                told = not path and name in self._told_elsewhere
                sentence = (
                    msg("This is already in the address; leave it out of the body.") if told else _UNKNOWN
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
