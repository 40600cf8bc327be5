"""Every way in which a request can fail, as RFC 9457 problem documents: the one home of the problem types.

A problem never repeats what the client sent, and what the program did not expect is told without its contents.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from api.locales import ENGLISH, Locale, asked_languages, locale_of
from domain.messages import Message, verbatim
from domain.refusals import CommandRejected, FieldError, Forbidden, Invalid, NotFound, Refused
from history.appends import Unavailable
from history.keyfiles import KeysUnusable
from history.runner import Contended, KeyReused, Stale
from history.unreadable import Unreadable
from projections.readings import NotRecorded

log = logging.getLogger("overwinter.api")

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 2
"""After how many seconds a client may try again what was unavailable or contended."""


class ProblemType(enum.Enum):
    """The problem types: name, status, title, and what it means for whoever meets it."""

    MALFORMED = ("malformed", 400, "The request cannot be read", ("It is no JSON, no UTF-8, or a parameter of its "
        "address or a header is not as described. Mend the request."))  # fmt: skip
    UNAUTHORIZED = ("unauthorized", 401, "Nobody is signed in", ("The request carries no token, or one that is unknown, "
        "expired or revoked. Send `Authorization: Bearer` with a good one."))  # fmt: skip
    FORBIDDEN = ("forbidden", 403, "You may not do this", ("The person whose token it is does not hold the role that "
        "this takes. Nothing was written."))  # fmt: skip
    NOT_FOUND = ("not-found", 404, "There is no such thing", ("It does not exist, or this person may not know of "
        "it."))  # fmt: skip
    TOO_SLOW = ("too-slow", 408, "The request did not come in time", ("Its head or its body took too long. Send it "
        "again, with the same `Idempotency-Key`."))  # fmt: skip
    METHOD_NOT_ALLOWED = ("method-not-allowed", 405, "This address does not take that method", ("The header `Allow` "
        "names those that it takes."))  # fmt: skip
    REFUSED = ("refused", 409, "The rules do not allow this now", ("The request is sound, but not in the present state. "
        "Nothing was written; the detail says what would have to be true."))  # fmt: skip
    CONTENDED = ("contended", 409, "Others were faster", ("Several people changed the same thing at once. Nothing was "
        "written; send the request again."))  # fmt: skip
    STALE = ("stale", 412, "This was changed meanwhile", ("The version in `If-Match` is not the present one, which "
        "`ETag` tells. Nothing was written; read it again and decide again."))  # fmt: skip
    TOO_LARGE = ("too-large", 413, "The body is too large", "A JSON body has at most 1 MB.")
    UNSUPPORTED = ("unsupported-media-type", 415, "The body is not JSON", ("Send `Content-Type: "
        "application/json`."))  # fmt: skip
    INVALID = ("invalid", 422, "Some fields need correcting", ("`errors` names each wrong field and what is wrong with "
        "it. Nothing was written."))  # fmt: skip
    KEY_REUSED = ("key-reused", 422, "The idempotency key was used before", ("The same `Idempotency-Key` came with "
        "another request. Nothing was written; take a new key."))  # fmt: skip
    TOO_MANY = ("too-many", 429, "Too much at once from one address", ("There are too many connections or requests from "
        "this address. Try again after `Retry-After` seconds, with fewer at a time."))  # fmt: skip
    HEAD_TOO_LARGE = ("head-too-large", 431, "The head of the request is too large", ("Its address and headers have too "
        "many bytes, or there are too many headers."))  # fmt: skip
    INTERNAL = ("internal", 500, "Something went wrong here", ("A mistake of the program. Send the request again with "
        "the same `Idempotency-Key`: what was done is not done twice."))  # fmt: skip
    UNAVAILABLE = ("unavailable", 503, "Not available just now", ("The database does not answer, the read models have "
        "not caught up, or what was read cannot be recorded. Try again after `Retry-After` seconds, with the same `Idempotency-Key`."))  # fmt: skip
    UNREADABLE = ("unreadable", 503, "A stored fact cannot be read", ("What was asked for rests on a fact that is damaged "
        "or that this program does not know. Nothing was written; everything that does not rest on it goes on. Whoever runs "
        "the installation finds the fact by `overwinter doctor` or `overwinter verify`."))  # fmt: skip

    def __init__(self, code: str, status: int, title: str, meaning: str) -> None:
        self.code = code
        self.status = status
        self.title = title
        self.meaning = meaning

    @property
    def uri(self) -> str:
        """The type's identifier, which is also where it is explained."""
        return f"/schema#problem-{self.code}"


MOST_NAMED: Final = 50
"""How many wrong fields an answer names; of the others it tells the number."""


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one field: its path, such as `instalments[0].amount`, and one sentence."""

    field: str
    detail: str


class ProblemDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request failed (RFC 9457). `errors` is there when single fields are wrong, and names the first of them; `more`
    is how many others were found. After 1000 a body is not looked at any further, and `detail` says "More than 1000"."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FieldProblem, ...] | None = None
    more: int | None = None
    checks: dict[str, Any] | None = None  # Any: what the readiness check found, by check


class Problem(Exception):
    """A failed request, ready to be answered. For what the domain turns down, raise its own exceptions instead."""

    def __init__(
        self,
        kind: ProblemType,
        detail: Message | str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        checks: dict[str, Any] | None = None,
    ) -> None:
        self.kind = kind
        self.detail = detail if isinstance(detail, Message) else verbatim(detail)
        super().__init__(str(self.detail))
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.checks = checks

    def document(self, locale: Locale = ENGLISH) -> ProblemDocument:
        """The problem as it is answered."""
        return ProblemDocument(
            type=self.kind.uri,
            title=self.kind.title,
            status=self.kind.status,
            detail=locale.say(self.detail),
            errors=tuple(
                FieldProblem(field=each.field, detail=locale.say(each.detail))
                for each in self.errors[:MOST_NAMED]
            )
            or None,
            more=max(0, len(self.errors) - MOST_NAMED) or None,
            checks=self.checks,
        )


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
            return Problem(ProblemType.STALE, str(error), headers={"ETag": f'"{error.tag}"'})
        case KeyReused():
            return Problem(ProblemType.KEY_REUSED, "This idempotency key came with another request before.")
        case Contended():
            return Problem(
                ProblemType.CONTENDED,
                "Others changed this at the same moment, several times over; send the request again.",
                headers={"Retry-After": str(RETRY_SECONDS)},
            )
        case NotRecorded():
            return Problem(ProblemType.UNAVAILABLE, error.detail, headers={"Retry-After": str(RETRY_SECONDS)})
        case Unavailable() | KeysUnusable():
            return Problem(
                ProblemType.UNAVAILABLE,
                "The database cannot be used just now; try again shortly.",
                headers={"Retry-After": str(RETRY_SECONDS)},
            )
        case Unreadable():
            return Problem(
                ProblemType.UNREADABLE,
                "A stored fact that this rests on cannot be read, so it can be neither shown nor changed now; "
                "tell whoever runs this installation.",
            )
        case HTTPException():
            return _of_framework(error)
        case _:
            return Problem(ProblemType.INTERNAL, "Something went wrong here; it has been noted.")


_FRAMEWORK: Final[Mapping[int, tuple[ProblemType, str]]] = {
    401: (ProblemType.UNAUTHORIZED, "Sign in first."),
    403: (ProblemType.FORBIDDEN, "You may not do this."),
    404: (ProblemType.NOT_FOUND, "There is nothing at this address."),
    405: (ProblemType.METHOD_NOT_ALLOWED, "This address does not take that method."),
    413: (ProblemType.TOO_LARGE, "The body is too large."),
    415: (ProblemType.UNSUPPORTED, "The body is not JSON; send Content-Type: application/json."),
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
        return Problem(ProblemType.MALFORMED, "The request cannot be read.")
    return Problem(ProblemType.INTERNAL, "Something went wrong here; it has been noted.")


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
