"""Every way in which a request can fail, as RFC 9457 problem documents: the one home of the problem types.

A problem never repeats what the client sent, and what the program did not expect is told without its contents.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec

from api.locales import ENGLISH, Locale
from domain.messages import Message, msg, verbatim
from domain.refusals import FieldError

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 2
"""After how many seconds a client may try again what was unavailable or contended."""


class ProblemType(enum.Enum):
    """The problem types: name, status, title, and what it means for whoever programs against the API (in English)."""

    MALFORMED = ("malformed", 400, msg("The request cannot be read"), ("It is not JSON, not UTF-8, or a parameter in its "
        "address or a header is not as described. Correct the request."))  # fmt: skip
    UNAUTHORIZED = ("unauthorized", 401, msg("You are not signed in"), ("The request carries no access key, or one that is unknown, "
        "expired or revoked. Send `Authorization: Bearer` with a valid one."))  # fmt: skip
    FORBIDDEN = ("forbidden", 403, msg("You cannot do this"), ("The person whose access key it is does not have the role that "
        "this needs. Nothing was written."))  # fmt: skip
    NOT_FOUND = ("not-found", 404, msg("Not found"), ("It does not exist, or this person has no access to "
        "it."))  # fmt: skip
    TOO_SLOW = ("too-slow", 408, msg("The request did not arrive in time"), ("Its head or its body took too long. Send it "
        "again, with the same `Idempotency-Key`."))  # fmt: skip
    METHOD_NOT_ALLOWED = ("method-not-allowed", 405, msg("This address does not accept this method"), ("The header `Allow` "
        "names those that it accepts."))  # fmt: skip
    REFUSED = ("refused", 409, msg("The rules do not allow this now"), ("The request is correct, but not possible in the present state. "
        "Nothing was written; the detail says what would have to be true."))  # fmt: skip
    CONTENDED = ("contended", 409, msg("Others changed this at the same time"), ("Several people changed the same thing at once. Nothing was "
        "written; send the request again."))  # fmt: skip
    STALE = ("stale", 412, msg("This was changed meanwhile"), ("The version in `If-Match` is not the present one, which "
        "`ETag` tells. Nothing was written; read it again and decide again."))  # fmt: skip
    TOO_LARGE = ("too-large", 413, msg("The body is too large"), "A JSON body has at most 1 MB.")
    UNSUPPORTED = ("unsupported-media-type", 415, msg("The body is not JSON"), ("Send `Content-Type: "
        "application/json`."))  # fmt: skip
    INVALID = ("invalid", 422, msg("Some fields need correcting"), ("`errors` names each wrong field and what is wrong with "
        "it. Nothing was written."))  # fmt: skip
    KEY_REUSED = ("key-reused", 422, msg("The idempotency key was used before"), ("The same `Idempotency-Key` came with "
        "another request. Nothing was written; take a new key."))  # fmt: skip
    TOO_MANY = ("too-many", 429, msg("Too many requests at once from one address"), ("There are too many connections or requests from "
        "this address. Try again after `Retry-After` seconds, with fewer at a time."))  # fmt: skip
    HEAD_TOO_LARGE = ("head-too-large", 431, msg("The head of the request is too large"), ("Its address and headers have too "
        "many bytes, or there are too many headers."))  # fmt: skip
    INTERNAL = ("internal", 500, msg("Something went wrong here"), ("An error in the program. Send the request again with "
        "the same `Idempotency-Key`: what was done is not done twice."))  # fmt: skip
    UNAVAILABLE = ("unavailable", 503, msg("Not available right now"), ("The database does not answer, the read models have "
        "not caught up, or what was read cannot be recorded. Try again after `Retry-After` seconds, with the same `Idempotency-Key`."))  # fmt: skip
    UNREADABLE = ("unreadable", 503, msg("Part of the history cannot be read"), ("What was asked for depends on a fact that is damaged "
        "or that this program does not know. Nothing was written; everything that does not depend on it goes on. Whoever runs "
        "the installation finds the fact by `overwinter doctor` or `overwinter verify`."))  # fmt: skip

    def __init__(self, code: str, status: int, title: Message, meaning: str) -> None:
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
    """Why a request failed (RFC 9457). `code` is the name of its `type`, such as ``refused``: it stays the same in every
    language, while `title` and `detail` are in that of the request. `errors` is there when single fields are wrong, and names
    the first of them; `more` is how many others were found. After 1000 a body is not looked at any further, and `detail` says
    "More than 1000"."""

    type: str
    code: Annotated[str, msgspec.Meta(extra_json_schema={"enum": [kind.code for kind in ProblemType]})]
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
            code=self.kind.code,
            title=locale.say(self.kind.title),
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
