"""Reading a JSON body: strictly, and with one sentence for every field that is wrong, not for the first alone.

msgspec decodes what is right at full speed. Only what it refuses, or what holds something that a type cannot rule out
(NUL, half a surrogate pair, numbers and years beyond reason), is walked field by field (`api.http.field_errors`).
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, Final, TypeVar, cast

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException

from api.http.field_errors import MOST_ERRORS, BodyWalk, type_shape
from api.http.named_ids import named_ids
from api.http.problems import Problem, ProblemType
from domain.messages import Message, msg
from domain.refusals import Invalid
from domain.values import is_id_of

T = TypeVar("T")
LIMIT: Final = 1_000_000
"""How many bytes a JSON body may have."""
DRAINED: Final = 32_000_000
"""How much of a body that is too large is still taken in, so that its sender reads the answer."""
MOST_FIELDS: Final = 1000
"""How many fields one object of a body may have, unless the settings say otherwise."""
_DIGITS_AS_ZEROS: Final = bytes(
    ord("0") if chr(byte).isdigit() and byte < 128 else ord(" ") for byte in range(256)
)
_LONG_NUMBER: Final = b"0" * 10
_ODD_YEAR: Final = re.compile(rb'"(?:0[0-9]{3}|1[0-8][0-9]{2}|[3-9][0-9]{3})-')
_ESCAPED_ASCII: Final = re.compile(rb"\\u00[023]")
"""How the escapes of NUL, of a date's hyphen and of digits begin: behind one, a body does not show what it says."""
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
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
    in_address: frozenset[str] = frozenset(),
    *,
    most_fields: int = MOST_FIELDS,
    options: bool = False,
) -> T:
    """A body as a value of `kind`, a msgspec Struct; an empty body counts as an empty object.

    `in_address` are fields that the address gives; `options`: codes were chosen by words, which stand beside them on a
    page. Raises `Problem` for what is no JSON, names a field twice or has
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
            is_id_of(id_of, named) for _, id_of, named in named_ids(cast("msgspec.Struct", value))
        ):
            return value
    try:
        plain = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(raw, error) from None
    walk = BodyWalk(in_address, options=options)
    walk.value("", plain, type_shape(cast("type", kind)))
    if walk.errors:
        raise Invalid(tuple(walk.errors[:MOST_ERRORS]), more=walk.is_full)
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
