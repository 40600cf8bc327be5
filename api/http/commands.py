"""Every command that can be sent by JSON, with its address, and one way from request to answer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from litestar import Request as HTTPRequest
from litestar import Response

from api.accounts.demonstration_people import check_may_erase
from api.drafts.drafts import DraftPlace
from api.drafts.sharing import FORMS
from api.http.named_ids import field_of
from api.http.operations import Asking, Operation, Parameter, as_json, bad_parameter, the_header
from api.http.problems import ProblemType
from api.letters.farewell import told_of_erasure
from api.run.wiring import Wiring
from domain.commands.register import REGISTER
from domain.messages import msg
from domain.refusals import NotFound
from domain.values import Channel
from history.requests import Answer, Request

Then = Callable[[Wiring, Any], Awaitable[None]]
Around = Callable[[Wiring, Any], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Write:
    """An address that takes a command. The path's parameters are the command's fields of those names. `then` is what
    follows when the command was done, also when it was done before and is only answered again; `around` surrounds the command
    alone."""

    path: str
    command: str
    status: int = 200
    then: Then | None = None
    around: Around | None = None


async def _forget_accounts(wiring: Wiring, command: Any) -> None:
    await wiring.forget_accounts(command.person)


def _told_of_erasure(wiring: Wiring, command: Any) -> AbstractAsyncContextManager[None]:
    check_may_erase(wiring, command.person)
    return told_of_erasure(wiring, command.person)


async def _note_withdrawn(wiring: Wiring, command: Any) -> None:
    await wiring.claims.note_withdrawn(command.claim)


# fmt: off
_ADDRESSES: Final = (
    Write("/api/initiatives", "initiative.found", 201),
    Write("/api/initiatives/{initiative}/profile", "initiative.describe"),
    Write("/api/initiatives/{initiative}/screening", "initiative.set_screening"),
    Write("/api/initiatives/{initiative}/members", "initiative.add_member", 201),
    Write("/api/initiatives/{initiative}/members/{person}/remove", "initiative.remove_member"),
    Write("/api/initiatives/{initiative}/leave", "initiative.leave"),
    Write("/api/administrators", "installation.appoint", 201),
    Write("/api/persons", "person.register", 201),
    Write("/api/persons/{person}/profile", "person.change_profile"),
    Write("/api/persons/{person}/excluded-readers/{exclusion}/remove", "person.allow_reader"),
    Write("/api/persons/{person}/erase", "person.erase", then=_forget_accounts, around=_told_of_erasure),
    Write("/api/persons/{person}/claims/{claim}/withdraw", "person.withdraw_claim", then=_note_withdrawn),
    Write("/api/organisations", "organisation.register", 201),
    Write("/api/organisations/{organisation}/members", "organisation.invite", 201),
    Write("/api/organisations/{organisation}/members/{person}/remove", "organisation.remove_member"),
    Write("/api/funds", "fund.open", 201),
    Write("/api/funds/{fund}/pledges", "fund.pledge", 201),
    Write("/api/funds/{fund}/pledges/{pledge}/assign", "fund.assign_pledge"),
    Write("/api/funds/{fund}/receipts", "fund.receive", 201),
    Write("/api/calls", "call.draft", 201),
    Write("/api/calls/{call}/copy", "call.copy", 201),
    Write("/api/calls/{call}/stages", "call.change_stages"),
    Write("/api/calls/{call}/form", "call.change_form"),
    Write("/api/calls/{call}/form/prepare", "call.prepare_form"),
    Write("/api/calls/{call}/rubric", "call.change_rubric"),
    Write("/api/calls/{call}/rubric/prepare", "call.prepare_rubric"),
    Write("/api/calls/{call}/screening", "call.set_screening"),
    Write("/api/calls/{call}/members", "call.add_member", 201),
    Write("/api/calls/{call}/members/{person}/remove", "call.remove_member"),
    Write("/api/calls/{call}/rounds", "round.open", 201),
    Write("/api/calls/{call}/applications", "application.submit", 201),
    Write("/api/calls/{call}/applications/entered", "application.enter", 201),
    Write("/api/rounds/{round}/late-access", "round.grant_late_access"),
    Write("/api/rounds/{round}/jurors/{person}/remove", "round.remove_juror"),
    Write("/api/rounds/{round}/reviews-due", "round.set_reviews_due"),
    Write("/api/rounds/{round}/panel", "panel.open", 201),
    Write("/api/applications/{application}/reviews", "review.assign", 201),
    Write("/api/applications/{application}/grant", "grant.offer", 201),
    Write("/api/applications/{application}/messages", "application.write_message", 201),
    Write("/api/applications/{application}/messages/settle", "application.settle_messages"),
    Write("/api/applications/{application}/notes", "application.write_note", 201),
    Write("/api/reviews/{review}/replace", "review.replace", 201),
    Write("/api/panels/{panel}/outcomes", "panel.set_outcome", 201),
    Write("/api/panels/{panel}/notes", "panel.write_note", 201),
    Write("/api/panels/{panel}/announcement", "panel.plan_announcement"),
    Write("/api/panels/{panel}/announcement/cancel", "panel.cancel_announcement"),
    Write("/api/grants/{grant}/amendments", "grant.propose_amendment", 201),
    Write("/api/grants/{grant}/amendments/{amendment}/accept", "grant.accept_amendment"),
    Write("/api/grants/{grant}/amendments/{amendment}/decline", "grant.decline_amendment"),
    Write("/api/grants/{grant}/payee", "grant.set_payee"),
    Write("/api/grants/{grant}/payee/confirm", "grant.confirm_payee"),
    Write("/api/grants/{grant}/screenings", "grant.record_screening", 201),
    Write("/api/grants/{grant}/reports", "grant.submit_report", 201),
    Write("/api/grants/{grant}/reports/{report}/accept", "grant.accept_report"),
    Write("/api/grants/{grant}/reports/{report}/return", "grant.return_report"),
    Write("/api/grants/{grant}/instalments/{instalment}/request", "instalment.request"),
    Write("/api/grants/{grant}/instalments/{instalment}/approve", "instalment.approve"),
    Write("/api/grants/{grant}/instalments/{instalment}/instruct", "instalment.instruct"),
    Write("/api/grants/{grant}/instalments/{instalment}/settle", "instalment.settle"),
    Write("/api/grants/{grant}/instalments/{instalment}/fail", "instalment.fail"),
)
"""The writes whose address says more than the name of the command."""
# fmt: on
_WITH_A_SECRET: Final = (
    "person.make_claim",
    "person.use_claim",
    "person.exclude_reader",
    "invitation.make",
    "invitation.accept",
)
"""Commands that need or answer a secret, or look up an address; their addresses are in `api.accounts.access`,
`api.http.invitations` and `api.http.profiles`."""
_BY_PAGE: Final = (
    "person.add_way_in",
    "person.remove_way_in",
    "person.add_factor",
    "person.remove_factor",
)
"""Commands that only pages send, because they change how somebody signs in with a browser."""


def _by_name(name: str) -> Write:
    """The address that follows from a command's name: ``/api/applications/{application}/find-eligible``."""
    kind, _, verb = name.partition(".")
    return Write(f"/api/{kind}s/{{{kind}}}/{verb.replace('_', '-')}", name)


def _writes() -> tuple[Write, ...]:
    addressed = {write.command for write in _ADDRESSES} | set(_WITH_A_SECRET) | set(_BY_PAGE)
    named = [name for name, entry in REGISTER.items() if not entry.by_program and name not in addressed]
    return (*_ADDRESSES, *map(_by_name, named))


WRITES: Final = _writes()
"""Every write by JSON. All are POST."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What a write came to: the stream that it is about, whose version `ETag` tells, and the leaf hash (hex) of its
    newest fact, by which the write can be found in the history for ever."""

    id: str
    leaf: str


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """What a write came to: the stream that it is about. No version of it is told, nor which fact of the history this is,
    since the facts around it are not for the writer to know."""

    id: str


_KEY: Final = re.compile(r"[ -~]{1,200}\Z", re.ASCII)
_MATCH: Final = re.compile(r'"([A-Za-z0-9_-]{22})"\Z', re.ASCII)

IDEMPOTENCY_KEY: Final = Parameter(
    "Idempotency-Key",
    "A text that you choose; take a new one for each thing to be done. Sent again with the same request within thirty days, it is done "
    "once.",
    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
    "header",
)
IF_MATCH: Final = Parameter(
    "If-Match",
    "The version (an `ETag` that you were given) at which the thing that the answer's `id` names must still be; otherwise "
    "nothing is written.",
    {"type": "string", "pattern": '^"[A-Za-z0-9_-]{22}"$'},
    "header",
)


def idempotency_key(request: HTTPRequest[Any, Any, Any]) -> str | None:
    """The request's idempotency key; raises `Problem` for one that cannot be one."""
    key = the_header(request, "Idempotency-Key")
    if key is not None and not _KEY.match(key):
        raise bad_parameter(
            "Idempotency-Key", msg("An idempotency key has 1 to 200 printable ASCII characters.")
        )
    return key


def expected_version(request: HTTPRequest[Any, Any, Any], *, versioned: bool) -> str | None:
    """The version's tag that `If-Match` insists on; raises `Problem` for what is no version, and for any where the
    command is not `versioned`."""
    text = the_header(request, "If-Match")
    if text is not None and not versioned:
        raise bad_parameter("If-Match", msg("This request takes no version; send it without If-Match."))
    if text is None or text == "*":
        return None
    found = _MATCH.match(text)
    if not found:
        raise bad_parameter(
            "If-Match", msg("Send one ETag in If-Match, exactly as you got it, with its quotes.")
        )
    return found[1]


def body_type(write: Write) -> type[msgspec.Struct]:
    """What the body of a write holds: the command's fields without those that are in the address."""
    request = REGISTER[write.command].request
    in_address = _in_address(write.path)
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []  # Any: types and defaults
    for field in msgspec.structs.fields(request):
        if field.name in in_address:
            continue
        if field.default is not msgspec.NODEFAULT:
            fields.append((field.name, field.type, field.default))
        elif field.default_factory is not msgspec.NODEFAULT:
            fields.append((field.name, field.type, msgspec.field(default_factory=field.default_factory)))
        else:
            fields.append((field.name, field.type))
    made: type[msgspec.Struct] = msgspec.defstruct(
        request.__name__,
        fields,
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
        module=request.__module__,
    )
    made.__doc__ = request.__doc__
    return made


def _in_address(path: str) -> frozenset[str]:
    return frozenset(re.findall(r"\{([a-z_]+)\}", path))


def answer_headers(wiring: Wiring, who: str, answer: Answer, *, versioned: bool) -> dict[str, str]:
    """The headers of every answer to a write by somebody; a version only if the command is `versioned`."""
    headers = {"X-Position": wiring.positions.token(answer.position)}
    if versioned:
        headers["ETag"] = f'"{wiring.runner.version_tag(who, answer.stream, answer.version)}"'
    return headers


def operation_of(write: Write) -> Operation:
    """A write as an operation of the API."""
    entry = REGISTER[write.command]
    command, versioned = entry.request, entry.versioned
    body = body_type(write)
    in_address = _in_address(write.path)
    fields = {field.name: field.type for field in msgspec.structs.fields(command)}
    numbers = frozenset(name for name in in_address if fields[name] is int)
    summary, _, rest = " ".join((command.__doc__ or "").split()).partition(". ")

    async def handle(asking: Asking) -> Response[bytes]:
        key = idempotency_key(asking.request)
        expected = expected_version(asking.request, versioned=versioned)
        sent = await asking.body(body, in_address)
        path = {name: asking.number(name) if name in numbers else asking.path[name] for name in in_address}
        wanted = command(**path, **{name: getattr(sent, name) for name in sent.__struct_fields__})
        surrounding = nullcontext() if write.around is None else write.around(asking.wiring, wanted)
        try:
            async with surrounding:
                answer = await asking.wiring.runner.run(
                    Request(
                        command=wanted,
                        actor=asking.who,
                        channel=Channel.API,
                        key=key,
                        expected=expected,
                        writers=await _writers(asking, write, wanted),
                    )
                )
        except NotFound as error:
            raise field_of(error, wanted, in_address) from None
        if write.then is not None:
            await write.then(asking.wiring, wanted)
        done = Done(id=answer.stream, leaf=answer.leaf.hex()) if versioned else Noted(id=answer.stream)
        return as_json(
            done,
            status=write.status,
            headers=answer_headers(asking.wiring, asking.who, answer, versioned=versioned),
        )

    return Operation(
        name=write.command,
        method="POST",
        path=write.path,
        summary=summary.rstrip("."),
        description=rest,
        handle=handle,
        body=body,
        answer=Done if versioned else Noted,
        status=write.status,
        numbers=numbers,
        tag=write.path.split("/")[2],
        problems=(ProblemType.REFUSED, ProblemType.INVALID),
        writes=True,
        takes_key=True,
        versioned=versioned,
        grave=REGISTER[write.command].grave,
    )


async def _writers(asking: Asking, write: Write, wanted: Any) -> frozenset[str]:  # Any: a command
    """The others who wrote in the sender's draft of what is sent: it may be what they wrote, also if the draft was read before and is
    not submitted by its own operation."""
    if write.command not in FORMS:
        return frozenset()
    about = wanted.call if write.command == "application.submit" else wanted.application
    return await asking.wiring.drafts.helpers(DraftPlace(asking.who, about, write.command))


def operations() -> tuple[Operation, ...]:
    """Every write of the API."""
    return tuple(operation_of(write) for write in WRITES)
