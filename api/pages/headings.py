"""What a page that tells a problem shows: its heading, its sentence, and nothing that needs a session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.http.problems import Problem, ProblemType
from domain.messages import Message, msg

_HEADINGS: Final[Mapping[ProblemType, Message]] = {
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
"""The heading of an error page, by problem type."""

_SAID_ELSE: Final = {
    ProblemType.INTERNAL: msg(
        "Something went wrong on our side, and it was recorded. You can try again: nothing is done twice."
    ),
}


def problem_context(problem: Problem, typed: object) -> dict[str, Any]:  # Any: see PageContent
    """The values of a page that tells a problem, with what was `typed`; who is signed in is not known here."""
    return {
        "visit": None,
        "signed_in": None,
        "nothing_there": problem.kind is ProblemType.NOT_FOUND,
        "csrf": "",
        "untold": False,
        "no_way_back": False,
        "needs_factor": [],
        "recovery_asked": False,
        "shown_once": False,
        "own_form": None,
        "returned": None,
        "faults": (),
        "notice": None,
        "script": False,
        "passkeys": False,
        "heading": _HEADINGS[problem.kind],
        "sentence": _SAID_ELSE.get(problem.kind, problem.detail),
        "typed": typed,
    }
