"""JSON operations for access: claims, which an administrator makes and the person exchanges, and a person's own tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from litestar import Response

from api.accounts.access_tokens import DEFAULT_DAYS, MOST_DAYS, TokenScope, digest_of
from api.accounts.demonstration_people import check_may_revoke
from api.http.administration import check_administrator
from api.http.commands import answer_headers, expected_version, idempotency_key
from api.http.operations import Asking, Operation, as_json, bearer
from api.http.problems import ProblemType
from domain import limits
from domain.commands.persons import MakeClaim
from domain.messages import Message, msg
from domain.refusals import Forbidden, NotFound
from domain.values import Channel

NOT_THEIRS = msg(
    "Only the person can make, see and revoke the tokens of their own account; an administrator can make them a claim."
)
NOT_THEIR_SESSIONS = msg("Only the person can see and end the sessions of their own account.")


class NewClaim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request for a claim, with the number of days for which it can be used."""

    days: Annotated[int, limits.described(minimum=1, maximum=limits.MOST_CLAIM_DAYS)] = limits.CLAIM_DAYS


class MadeClaim(msgspec.Struct, frozen=True, kw_only=True):
    """A new claim. `text` is returned only once (and to the same request with the same idempotency key, within thirty
    days): give it to the person in a safe way. They must exchange it before `ends_at`."""

    id: str
    person: str
    text: str
    ends_at: datetime


class ClaimBrought(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A claim's text, and label and lifetime of the token. The label says what the token is for, never for whom."""

    claim: str
    label: str = "claim"
    days: Annotated[int, limits.described(minimum=1, maximum=MOST_DAYS)] = DEFAULT_DAYS


class OwnWayIn(msgspec.Struct, frozen=True, kw_only=True):
    """The person of the claim and their token. The token is returned only once, whatever is sent again."""

    person: str
    token: str


class NewToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request for a token: what it is for (never for whom), for how many days it is valid, and what it can do: only ``read``;
    ``work``, but erase nothing and change neither where money goes nor who gets in; or ``all``."""

    label: str = "api"
    days: Annotated[int, limits.described(minimum=1, maximum=MOST_DAYS)] = DEFAULT_DAYS
    scope: Literal["read", "work", "all"] = "all"


class MadeToken(msgspec.Struct, frozen=True, kw_only=True):
    """A new token's text, returned only once, and to the same request with the same idempotency key within thirty days."""

    token: str


class OwnToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token without its text. Use `id` to revoke it; `claim` is the claim for which it was exchanged."""

    id: str
    label: str
    made_by: str
    scope: Literal["read", "work", "all"]
    claim: str | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class OwnTokens(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of one account, newest first."""

    items: tuple[OwnToken, ...]


class RevokedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A revoked token. The sessions for which it was exchanged have ended."""

    id: str


class OwnSession(msgspec.Struct, frozen=True, kw_only=True):
    """Where the person is signed in by page. Use `id` to end it; `browser` and `system` are coarse, such as ``firefox`` and
    ``linux``; `new_device`: they had not signed in in that browser before. It ends at `ends_at` at the latest."""

    id: str
    begun_by: Literal["token", "claim", "email", "words"]
    browser: str
    system: str
    new_device: bool
    created_at: datetime
    last_used_at: datetime
    ends_at: datetime


class OwnSessions(msgspec.Struct, frozen=True, kw_only=True):
    """The sessions of one account that have not ended, the last used first."""

    items: tuple[OwnSession, ...]


class EndedSessions(msgspec.Struct, frozen=True, kw_only=True):
    """How many sessions were ended."""

    ended: int


async def _make_claim(asking: Asking) -> Response[bytes]:
    key = idempotency_key(asking.request)
    expected = expected_version(asking.request, versioned=False)
    wanted = await asking.body(NewClaim)
    made = await asking.wiring.claims.make(
        MakeClaim(person=asking.path["person"], days=wanted.days),
        actor=asking.who,
        channel=Channel.API,
        key=key,
        expected=expected,
    )
    return as_json(
        MadeClaim(id=made.id, person=made.person, text=made.text, ends_at=made.ends_at),
        status=201,
        headers=answer_headers(asking.wiring, asking.who, made.answer, versioned=False),
    )


async def _exchange_claim(asking: Asking) -> Response[bytes]:
    brought = await asking.body(ClaimBrought)
    exchanged = await asking.wiring.claims.exchange(
        brought.claim.strip(), channel=Channel.API, label=brought.label, days=brought.days
    )
    return as_json(OwnWayIn(person=exchanged.person, token=exchanged.token), status=201)


async def _make_token(asking: Asking) -> Response[bytes]:
    tokens, person = asking.wiring.tokens, asking.path["person"]
    made_with = None
    if person == asking.who:
        made_with = digest_of(bearer(asking.request) or "")
    elif asking.wiring.settings.demo:
        await check_administrator(asking)
    else:
        raise Forbidden(NOT_THEIRS)
    key = idempotency_key(asking.request)
    wanted = await asking.body(NewToken)
    seed = (
        None if key is None else asking.wiring.runner.keyed("token", f"{asking.who} {person} {key}".encode())
    )
    text = await tokens.make(
        person,
        label=wanted.label,
        days=wanted.days,
        scope=TokenScope(wanted.scope),
        made_by=asking.who,
        seed=seed,
        made_with=made_with,
    )
    return as_json(MadeToken(token=text), status=201)


async def _list_tokens(asking: Asking) -> Response[bytes]:
    _check_own(asking)
    found = await asking.wiring.tokens.all(asking.who)
    return as_json(
        OwnTokens(
            items=tuple(
                OwnToken(
                    id=each.id,
                    label=each.label,
                    made_by=each.made_by,
                    scope=each.scope.value,
                    claim=each.claim,
                    created_at=each.created_at,
                    expires_at=each.expires_at,
                    revoked_at=each.revoked_at,
                )
                for each in found
            )
        )
    )


async def _list_sessions(asking: Asking) -> Response[bytes]:
    _check_own(asking, NOT_THEIR_SESSIONS)
    found = await asking.wiring.sessions.all(asking.who)
    return as_json(
        OwnSessions(
            items=tuple(
                OwnSession(
                    id=each.id,
                    begun_by=each.begun_by.value,
                    browser=each.browser.family,
                    system=each.browser.system,
                    new_device=each.new_device,
                    created_at=each.created_at,
                    last_used_at=each.last_used_at,
                    ends_at=each.ends_at,
                )
                for each in found
            )
        )
    )


async def _end_session(asking: Asking) -> Response[bytes]:
    _check_own(asking, NOT_THEIR_SESSIONS)
    session = asking.path["session"]
    if not await asking.wiring.sessions.end_one(session, of=asking.who):
        raise NotFound(msg("You have no such session."))
    return as_json(EndedSessions(ended=1))


async def _end_sessions(asking: Asking) -> Response[bytes]:
    _check_own(asking, NOT_THEIR_SESSIONS)
    return as_json(EndedSessions(ended=await asking.wiring.sessions.end_others(asking.who)))


async def _revoke_token(asking: Asking) -> Response[bytes]:
    _check_own(asking)
    check_may_revoke(asking.wiring, asking.who)
    token = asking.path["token"]
    if not await asking.wiring.tokens.revoke(token, of=asking.who):
        raise NotFound(msg("You have no such token."))
    return as_json(RevokedToken(id=token))


def _check_own(asking: Asking, otherwise: Message = NOT_THEIRS) -> None:
    if asking.path["person"] != asking.who:
        raise Forbidden(otherwise)


OPERATIONS: Final = (
    Operation(
        name="person.make_claim",
        method="POST",
        path="/api/persons/{person}/claims",
        summary="Make a one-time claim, which the person exchanges for a token that nobody else knows",
        description="Administrators make claims; for a person for whom the staff entered an application, also the officers of "
        "that call, until the person has used the account. A person has one claim at a time. They and the members of their initiatives see that it was made. "
        "Its text is returned only once; with an idempotency key, the same request gets the same text within thirty days.",
        handle=_make_claim,
        body=NewClaim,
        answer=MadeClaim,
        status=201,
        tag="persons",
        problems=(ProblemType.REFUSED, ProblemType.INVALID),
        writes=True,
        takes_key=True,
        grave=True,
    ),
    Operation(
        name="claim.exchange",
        method="POST",
        path="/api/claims",
        summary="Exchange a claim for a token, once",
        description="No token is needed: the claim's text identifies the person. The token is returned only once: if the "
        "answer is lost, ask for another claim. An idempotency key has no effect here, because the person who made the "
        "claim could guess it.",
        handle=_exchange_claim,
        body=ClaimBrought,
        answer=OwnWayIn,
        status=201,
        public=True,
        tag="persons",
        problems=(
            ProblemType.REFUSED,
            ProblemType.INVALID,
            ProblemType.CONTENDED,
            ProblemType.FORBIDDEN,
            ProblemType.NOT_FOUND,
        ),
    ),
    Operation(
        name="token.make",
        method="POST",
        path="/api/persons/{person}/tokens",
        summary="Create another token for yourself",
        description="The token is returned only once. With an idempotency key, the same request gets the same token within "
        "thirty days. In a demonstration, administrators can also create tokens for others.",
        handle=_make_token,
        body=NewToken,
        answer=MadeToken,
        status=201,
        tag="persons",
        problems=(ProblemType.INVALID, ProblemType.KEY_REUSED),
        takes_key=True,
        grave=True,
    ),
    Operation(
        name="token.list",
        method="GET",
        path="/api/persons/{person}/tokens",
        summary="List your own tokens, without their texts",
        handle=_list_tokens,
        answer=OwnTokens,
        tag="persons",
    ),
    Operation(
        name="token.revoke",
        method="POST",
        path="/api/persons/{person}/tokens/{token}/revoke",
        summary="Revoke one of your own tokens, and end its sessions",
        handle=_revoke_token,
        answer=RevokedToken,
        tag="persons",
    ),
    Operation(
        name="session.list",
        method="GET",
        path="/api/persons/{person}/sessions",
        summary="List where you are signed in",
        handle=_list_sessions,
        answer=OwnSessions,
        tag="persons",
    ),
    Operation(
        name="session.end",
        method="POST",
        path="/api/persons/{person}/sessions/{session}/end",
        summary="End one of your own sessions",
        handle=_end_session,
        answer=EndedSessions,
        tag="persons",
    ),
    Operation(
        name="session.end_all",
        method="POST",
        path="/api/persons/{person}/sessions/end",
        summary="End all of your own sessions",
        handle=_end_sessions,
        answer=EndedSessions,
        tag="persons",
    ),
)
