"""What a request that failed is answered, and what is logged of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from api.http.problems import MEDIA_TYPE, RETRY_SECONDS, Problem, ProblemType
from api.locales import ENGLISH, Locale, asked_languages, locale_of
from domain.messages import Message, msg
from domain.refusals import CommandRejected, Forbidden, Invalid, NotFound, Refused
from history.appends import Unavailable
from history.keyfiles import KeysUnusable
from history.requests import Contended, KeyReused, Stale
from history.unreadable import Unreadable
from projections.readings import NotRecorded

log = logging.getLogger("overwinter.api")


def problem_of(error: Exception) -> Problem:
    """The problem that an exception amounts to; for one that nobody foresaw, `ProblemType.INTERNAL`."""
    match error:
        case Problem():
            return error
        case Invalid():
            return Problem(ProblemType.INVALID, error.detail, errors=error.errors)
        case Forbidden():
            return Problem(ProblemType.FORBIDDEN, error.detail)
        case NotFound():
            return Problem(ProblemType.NOT_FOUND, error.detail)
        case Refused() | CommandRejected():
            return Problem(ProblemType.REFUSED, error.detail)
        case Stale():
            return Problem(
                ProblemType.STALE,
                msg("This was changed since you read it; read it again."),
                headers={"ETag": f'"{error.tag}"'},
            )
        case KeyReused():
            return Problem(
                ProblemType.KEY_REUSED, msg("This idempotency key was already used for another request.")
            )
        case Contended():
            return Problem(
                ProblemType.CONTENDED,
                msg("Others changed this at the same time; send the request again."),
                headers={"Retry-After": str(RETRY_SECONDS)},
            )
        case NotRecorded():
            return Problem(ProblemType.UNAVAILABLE, error.detail, headers={"Retry-After": str(RETRY_SECONDS)})
        case Unavailable() | KeysUnusable():
            return Problem(
                ProblemType.UNAVAILABLE,
                msg("The database cannot be used right now; try again shortly."),
                headers={"Retry-After": str(RETRY_SECONDS)},
            )
        case Unreadable():
            return Problem(
                ProblemType.UNREADABLE,
                msg(
                    "Part of the history cannot be read, so this can be neither shown nor changed right now; please tell "
                    "the people who run this installation."
                ),
            )
        case HTTPException():
            return _of_framework(error)
        case _:
            return Problem(ProblemType.INTERNAL, _INTERNAL)


_INTERNAL: Final = msg("Something went wrong here; it has been noted.")


_FRAMEWORK: Final[Mapping[int, tuple[ProblemType, Message]]] = {
    401: (ProblemType.UNAUTHORIZED, msg("Sign in first.")),
    403: (ProblemType.FORBIDDEN, msg("You cannot do this.")),
    404: (ProblemType.NOT_FOUND, msg("There is nothing at this address.")),
    405: (ProblemType.METHOD_NOT_ALLOWED, msg("This address does not accept this method.")),
    413: (ProblemType.TOO_LARGE, msg("The body is too large.")),
    415: (ProblemType.UNSUPPORTED, msg("The body is not JSON; send Content-Type: application/json.")),
}


def _of_framework(error: HTTPException) -> Problem:
    """Litestar's own exceptions: their words may repeat the client's, so ours stand in for them."""
    if error.status_code in _FRAMEWORK:
        kind, detail = _FRAMEWORK[error.status_code]
        # The framework tells the methods in no order of its own.
        headers = {
            name: ", ".join(sorted(value.split(", ")))
            for name, value in (error.headers or {}).items()
            if name.lower() == "allow"
        }
        return Problem(kind, detail, headers=headers)
    if error.status_code < 500:
        return Problem(ProblemType.MALFORMED, msg("The request cannot be read."))
    return Problem(ProblemType.INTERNAL, _INTERNAL)


def as_response(problem: Problem, locale: Locale = ENGLISH) -> Response[bytes]:
    """The answer to a request that failed."""
    headers = {"Content-Language": locale.language, **problem.headers}
    if problem.kind is ProblemType.UNAUTHORIZED:
        headers.setdefault("WWW-Authenticate", "Bearer")
    return Response(
        msgspec.json.encode(problem.document(locale)),
        status_code=problem.kind.status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def on_exception(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Litestar's handler for every exception."""
    problem = problem_of(error)
    note(request, error, problem)
    return as_response(problem, locale_of(asked_languages(request)))


def note(request: Request[Any, Any, Any], error: Exception, problem: Problem) -> None:
    """Log what the operator has to know of. What was not foreseen is logged by its type and route alone, because its
    words and its frames may hold what people sent."""
    if problem.kind is ProblemType.INTERNAL:
        route = request.scope.get("path_template", "no route")
        log.error("%s at %s %s%s", type(error).__name__, request.method, route, _place_of(error))
    elif isinstance(error, KeysUnusable | Unreadable):
        log.error("%s", error)


def _place_of(error: Exception) -> str:
    """Where in the program an exception arose: file and line, which hold nobody's data."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f" (in {trace.tb_frame.f_code.co_qualname}, line {trace.tb_lineno})"
