"""The headings of pages that tell a problem, and sentences that pages tell otherwise than JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.http.problems import ProblemType
from domain.messages import Message, msg

HEADINGS: Final[Mapping[ProblemType, Message]] = {
    ProblemType.MALFORMED: msg("This could not be read"),
    ProblemType.UNAUTHORIZED: msg("You are not signed in"),
    ProblemType.FORBIDDEN: msg("You cannot do this"),
    ProblemType.NOT_FOUND: msg("Not found"),
    ProblemType.TOO_SLOW: msg("The form arrived too slowly"),
    ProblemType.METHOD_NOT_ALLOWED: msg("This cannot be sent here"),
    ProblemType.REFUSED: msg("This is not possible now"),
    ProblemType.CONTENDED: msg("Somebody else was faster"),
    ProblemType.STALE: msg("This was changed in the meantime"),
    ProblemType.TOO_LARGE: msg("This is too large"),
    ProblemType.UNSUPPORTED: msg("This could not be read"),
    ProblemType.INVALID: msg("Please correct some fields"),
    ProblemType.KEY_REUSED: msg("This form was sent before"),
    ProblemType.TOO_MANY: msg("Too many requests"),
    ProblemType.HEAD_TOO_LARGE: msg("This is too large"),
    ProblemType.INTERNAL: msg("Something went wrong"),
    ProblemType.UNAVAILABLE: msg("Not available right now"),
    ProblemType.UNREADABLE: msg("This cannot be shown"),
}
"""The heading of an error page, by status code."""

SAID_ELSE: Final = {
    ProblemType.INTERNAL: msg(
        "Something went wrong on our side, and it was recorded. You can try again: nothing is done twice."
    ),
}
