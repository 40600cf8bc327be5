"""Forms as browsers send them, read strictly."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from litestar import Request

from api.http.bodies import MOST_FIELDS, is_utf8, take_in
from api.http.problems import Problem, ProblemType
from api.inputs.submitted import SubmittedForm, names_an_input
from domain.messages import msg

LIMIT: Final = 1_000_000
"""The most bytes of a form."""
_MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
_OWN: Final = re.compile(r"_[a-z]{1,20}\Z", re.ASCII)


async def read_form(request: Request[Any, Any, Any], most_fields: int = MOST_FIELDS) -> SubmittedForm:
    """The form in a request, with at most `most_fields` fields. Raises `Problem` for everything that a browser would
    not send from one of our pages."""
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    raw = await take_in(request, LIMIT)
    if raw is None:
        raise Problem(
            ProblemType.TOO_LARGE,
            msg("This form is larger than the {most} bytes that it may have.", most=LIMIT),
        )
    if media.strip().lower() != _MEDIA_TYPE or not is_utf8(parameters):
        raise Problem(ProblemType.UNSUPPORTED, msg("What was sent is not a form of these pages."))
    return SubmittedForm(_pairs(raw, most_fields))


def _pairs(raw: bytes, most_fields: int) -> dict[str, str]:
    fields: dict[str, str] = {}
    parts = raw.split(b"&", most_fields) if raw else []
    if len(parts) > most_fields:
        raise Problem(ProblemType.MALFORMED, msg("A form has at most {most} fields.", most=most_fields))
    for part in parts:
        sent_name, _, sent = part.partition(b"=")
        try:
            name, value = (unquote_to_bytes(each.replace(b"+", b" ")).decode() for each in (sent_name, sent))
        except UnicodeDecodeError:
            raise Problem(ProblemType.MALFORMED, msg("The form is not in UTF-8.")) from None
        if "\x00" in name or "\x00" in value:
            raise Problem(
                ProblemType.MALFORMED, msg("The form contains a NUL character, which cannot be stored.")
            )
        if not (names_an_input(name) or _OWN.match(name)):
            raise Problem(ProblemType.MALFORMED, msg("The form has a field that is not on the page."))
        if name in fields:
            raise Problem(ProblemType.MALFORMED, msg("The form has the same field twice."))
        # Browsers send the end of a line as two characters; it counts as one.
        fields[name] = value.replace("\r\n", "\n")
    return fields
