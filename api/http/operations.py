"""What an address of the API does: declared once, served by Litestar and described by OpenAPI from the same words."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar

import msgspec
from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.accounts.access_tokens import TokenHolder, TokenScope
from api.http.bodies import decode, read_body
from api.http.problems import Problem, ProblemType
from api.locales import ENGLISH, Locale, asked_languages, locale_of
from api.run.wiring import Wiring
from domain.forms import SLUG
from domain.letters.kinds import LetterKind
from domain.messages import Message, counted, msg
from domain.refusals import FieldError, NotFound
from domain.texts import CONTROL
from domain.values import check_stream_id
from history.appends import Lost
from projections.versions import Version

T = TypeVar("T")

MEDIA_TYPE: Final = "application/json"
_BEARER: Final = re.compile(r"bearer +([!-~]+) *\Z", re.ASCII | re.IGNORECASE)
_PARAMETER: Final = re.compile(r"\{([a-z_]+)\}")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}\Z", re.ASCII)
_QUERY_NAME: Final = re.compile(r"[a-z_]{1,40}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an address: its name, what it means, and its JSON schema."""

    name: str
    meaning: str
    schema: Mapping[str, Any]  # Any: JSON
    place: Literal["query", "path", "header"] = "query"


@dataclass(frozen=True, slots=True)
class Asking:
    """One request: who asks, for which installation, with which parameters. `person` is None for the public."""

    request: Request[Any, Any, Any]
    wiring: Wiring
    person: str | None
    path: Mapping[str, str]
    query: Mapping[str, str]

    @property
    def locale(self) -> Locale:
        """The language of the answer's sentences."""
        return locale_of(asked_languages(self.request))

    @property
    def who(self) -> str:
        """The person who asks, of an operation that is not public."""
        assert self.person is not None
        return self.person

    def number(self, name: str) -> int:
        """A number in the path, such as an instalment's; raises `NotFound` for anything else."""
        text = self.path[name]
        if not _NUMBER.match(text):
            raise NotFound
        return int(text)

    async def body(self, kind: type[T], in_address: frozenset[str] = frozenset()) -> T:
        """The request's body as a value of `kind`; `in_address` are fields that the address gives. Raises `Problem` and
        `Invalid`."""
        raw = await read_body(self.request)
        return decode(raw, kind, in_address, most_fields=self.wiring.settings.most_fields)


Handle = Callable[[Asking], Awaitable[Response[bytes]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one address.

    `name` is the operationId; `body` and `answer` are msgspec types, or None, and `media_type` is the answer's; `numbers` are
    path parameters that are numbers; `public` operations need no token, and know the person if there is one all the same;
    `writes`: it runs a command, with its headers; `takes_key`: an idempotency key counts; `tells_version`: what is read has an
    `ETag`; `versioned`: what is written has one, and `If-Match` counts; `files`: it is a list that is also answered as a file;
    `only_reads`: it writes nothing though it is a POST;
    `grave`: only a token that can do everything may ask for it."""

    name: str
    method: Literal["GET", "POST"]
    path: str
    summary: str
    handle: Handle
    body: type | None = None
    answer: Any = None  # Any: a type, also a generic one
    media_type: str = MEDIA_TYPE
    status: int = 200
    public: bool = False
    query: tuple[Parameter, ...] = ()
    numbers: frozenset[str] = frozenset()
    tag: str = ""
    description: str = ""
    problems: tuple[ProblemType, ...] = ()
    writes: bool = False
    takes_key: bool = False
    tells_version: bool = False
    versioned: bool = False
    grave: bool = False
    only_reads: bool = False
    files: bool = False
    parameters: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Read the path's parameters off it."""
        object.__setattr__(self, "parameters", tuple(_PARAMETER.findall(self.path)))


def the_header(request: Request[Any, Any, Any], name: str) -> str | None:
    """A header's value; None without it. Raises `Problem` if it is given twice: a proxy on the way may have gone by
    the other one."""
    found = request.headers.getall(name, [])
    if len(found) > 1:
        raise bad_parameter(name, msg("This header is given twice."))
    return found[0] if found else None


def bearer(request: Request[Any, Any, Any]) -> str | None:
    """The token that a request carries, good or not; None if it carries none."""
    header = the_header(request, "Authorization")
    if header is None:
        return None
    found = _BEARER.match(header)
    return found[1] if found else ""


async def who_asks(request: Request[Any, Any, Any], wiring: Wiring) -> TokenHolder | None:
    """The person whose token a request carries, and what it can do; None if it carries none. Raises `Problem` for one
    that is no good."""
    token = bearer(request)
    if token is None:
        return None
    holder = await wiring.tokens.holder(token)
    if holder is None:
        raise Problem(ProblemType.UNAUTHORIZED, msg("This access key is unknown, expired or revoked."))
    return holder


def check_scope(operation: Operation, scope: TokenScope) -> None:
    """Raise `Problem` if a token cannot do what an operation does."""
    if scope is TokenScope.READ and operation.method != "GET" and not operation.only_reads:
        raise Problem(ProblemType.FORBIDDEN, msg("This access key can only read."))
    if scope is not TokenScope.ALL and operation.grave:
        raise Problem(
            ProblemType.FORBIDDEN,
            msg(
                "This access key can do nothing that erases something or changes where money goes or who gets in. Use one that can do "
                "everything, or do it on the pages."
            ),
        )


def as_json(
    value: Any,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    version_tag: Callable[[Version], str] | None = None,
    locale: Locale = ENGLISH,
) -> Response[bytes]:
    """An answer in JSON, with `version_tag` for the versions in it and its sentences in the language of `locale`. Any:
    whatever msgspec can encode."""

    def otherwise(found: Any) -> str:
        if isinstance(found, Version) and version_tag is not None:
            return version_tag(found)
        if isinstance(found, Message):
            return locale.say(found)
        raise TypeError(f"an answer holds {type(found).__name__}, which is not to be sent")

    return Response(
        msgspec.json.encode(value, enc_hook=otherwise),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"Content-Language": locale.language, **(headers or {})},
    )


async def again_if_lost(ask: Callable[[], Awaitable[T]]) -> T:
    """A question's answer; it is asked once more if its connection was lost. Never to be used for a write."""
    try:
        return await ask()
    except Lost:
        return await ask()


def methods(method: str) -> list[HttpMethod]:
    """The methods of an address: whoever may GET it may ask for its HEAD, which the server sends without the body."""
    return [HttpMethod.GET, HttpMethod.HEAD] if method == "GET" else [HttpMethod.POST]


def route(operation: Operation, wiring: Wiring) -> HTTPRouteHandler:
    """The Litestar handler of an operation on an installation."""
    known = {parameter.name: parameter for parameter in operation.query}

    async def handler(request: Request[Any, Any, Any]) -> Response[bytes]:
        holder = await again_if_lost(lambda: who_asks(request, wiring))
        person = None if holder is None else holder.person
        if holder is not None:
            check_scope(operation, holder.scope)
        if person is None and not operation.public:
            raise Problem(ProblemType.UNAUTHORIZED, msg("Send an access key: Authorization: Bearer ow_…."))
        check_kinds(request.path_params, operation.numbers)
        asking = Asking(request, wiring, person, request.path_params, _query(request, known))
        if operation.method == "GET":
            return await again_if_lost(lambda: operation.handle(asking))
        return await operation.handle(asking)

    handler.__doc__ = operation.summary
    # Litestar reads annotations by name, from a module that it cannot know of a function made here.
    handler.__annotations__ = {"request": Request[Any, Any, Any], "return": Response[bytes]}
    return HTTPRouteHandler(
        _PARAMETER.sub(r"{\1:str}", operation.path),
        http_method=methods(operation.method),
        name=operation.name,
        status_code=operation.status,
        include_in_schema=False,
    )(handler)


OTHER_IDS: Final[Mapping[str, re.Pattern[str]]] = {
    "token": re.compile(r"[0-9a-f]{16}\Z"),
    "session": re.compile(r"[0-9a-f]{16}\Z"),
    "stage": SLUG,
    "question": SLUG,
    "part": SLUG,
    "after": SLUG,
    "kind": SLUG,
    "letter": re.compile("|".join(rf"{kind}\Z" for kind in LetterKind)),
}
"""The shapes of ids in addresses that name no stream."""


def check_kinds(path: Mapping[str, str], numbers: Collection[str] = ()) -> None:
    """Raise `NotFound`, before anything is looked up, unless every id in an address has the shape of its kind, which is
    the parameter's name. `numbers` are parameters that are numbers."""
    for name, value in path.items():
        if name in OTHER_IDS:
            if not OTHER_IDS[name].match(value):
                raise NotFound
        elif name not in numbers:
            check_stream_id(name, value)


def _query(request: Request[Any, Any, Any], known: Mapping[str, Parameter]) -> dict[str, str]:
    """The query's parameters, each known and given once. Raises `Problem` with every one that is not."""
    found: dict[str, str] = {}
    errors: dict[str, Message] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            errors[name if _QUERY_NAME.match(name) else "?"] = msg("There is no such parameter here.")
        elif name in found:
            errors[name] = msg("This is given twice.")
        elif CONTROL.search(value):
            errors[name] = msg("This contains a control character.")
        elif len(value) > (most := known[name].schema.get("maxLength", len(value))):
            errors[name] = counted(
                "At most {count} character; this has {given}.",
                "At most {count} characters; this has {given}.",
                count=most,
                given=len(value),
            )
        else:
            found[name] = value
    if errors:
        raise Problem(
            ProblemType.MALFORMED,
            msg("A parameter in the address is wrong."),
            errors=[FieldError(name, detail) for name, detail in errors.items()],
        )
    return found


def bad_parameter(name: str, detail: Message) -> Problem:
    """A parameter of the address, or a header, that is wrong."""
    return Problem(ProblemType.MALFORMED, detail, errors=[FieldError(name, detail)])
