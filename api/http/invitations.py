"""JSON operations for invitations: whoever invites gets a link or has a letter sent, and whoever has the secret answers it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import Response

from api.accounts.email import check_sends
from api.accounts.invitations import Invited
from api.accounts.inviting_again import send_again
from api.http.commands import answer_headers, expected_version, idempotency_key
from api.http.operations import Asking, Operation, as_json
from api.http.problems import ProblemType
from api.locales import chosen_locale
from domain import limits
from domain.texts import Texts
from domain.values import CallId, Channel, Role, RoundId
from projections.invitations import InvitationList


class NewInvitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to invite to what: `roles`, for one `call`, or as a juror of one `round`. With an `email` address, a letter
    is sent there in a `language`; without one, the answer has a link. `note` tells several links apart; only those who
    invite see it."""

    roles: tuple[Role, ...]
    call: CallId | None = None
    round: RoundId | None = None
    email: limits.Email | None = None
    language: str = "en"
    note: Annotated[str, limits.described(maxLength=limits.NAME)] | None = None
    days: Annotated[int, limits.described(minimum=1, maximum=limits.MOST_INVITATION_DAYS)] = (
        limits.INVITATION_DAYS
    )


class LetterAgain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In which `language` the letter is sent once more."""

    language: str = "en"


class MadeInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """A new invitation. `link` is returned only once (and to the same request with the same idempotency key, within thirty
    days); None if a letter was sent."""

    id: str
    link: str | None
    ends_at: datetime


class InvitationText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The secret of an invitation: the end of its link, which begins with owi_."""

    invitation: str


class InvitationRead(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is invited to, and until when they can answer. `status` is open, expired, accepted, declined or
    withdrawn."""

    status: str
    initiative: str
    roles: tuple[Role, ...]
    call: Texts | None
    one_round: bool
    ends_at: datetime | None


class AnsweredInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation that was answered, and the initiative."""

    id: str
    initiative: str


async def _make(asking: Asking) -> Response[bytes]:
    key = idempotency_key(asking.request)
    expected_version(asking.request, versioned=False)
    wanted = await asking.body(NewInvitation)
    locale = chosen_locale(wanted.language)
    check_sends(wanted.email, sends=asking.wiring.settings.writes_letters)
    if wanted.email:
        await asking.wiring.attempts.count("invite", account=asking.who.encode(), network=None)
    made = await asking.wiring.invitations.make(
        Invited(
            initiative=asking.path["initiative"],
            roles=wanted.roles,
            call=wanted.call,
            round=wanted.round,
            email=wanted.email,
            note=wanted.note,
            days=wanted.days,
        ),
        actor=asking.who,
        channel=Channel.API,
        locale=locale,
        key=key,
    )
    return as_json(
        MadeInvitation(id=made.id, link=made.link, ends_at=made.ends_at),
        status=201,
        headers=answer_headers(asking.wiring, asking.who, made.answer, versioned=False),
    )


async def _send_again(asking: Asking) -> Response[bytes]:
    key = idempotency_key(asking.request)
    expected_version(asking.request, versioned=False)
    locale = chosen_locale((await asking.body(LetterAgain)).language)
    await asking.wiring.attempts.count("invite", account=asking.who.encode(), network=None)
    made = await send_again(
        asking.wiring.invitations,
        asking.wiring.reader,
        asking.path["invitation"],
        initiative=asking.path["initiative"],
        actor=asking.who,
        channel=Channel.API,
        locale=locale,
        key=key,
        now=asking.wiring.clock(),
        sends=asking.wiring.settings.writes_letters,
    )
    return as_json(
        MadeInvitation(id=made.id, link=None, ends_at=made.ends_at),
        status=201,
        headers=answer_headers(asking.wiring, asking.who, made.answer, versioned=False),
    )


async def _list(asking: Asking) -> Response[bytes]:
    shown = await asking.wiring.invitations.all(
        asking.wiring.reader, asking.who, asking.path["initiative"], now=asking.wiring.clock()
    )
    return as_json(shown, locale=asking.locale)


async def _read(asking: Asking) -> Response[bytes]:
    found = await asking.wiring.invitations.find((await asking.body(InvitationText)).invitation.strip())
    state = found.state
    return as_json(
        InvitationRead(
            status="expired" if state.expired(asking.wiring.clock()) else str(state.status),
            initiative=found.initiative,
            roles=state.roles,
            call=found.call_title,
            one_round=state.round is not None,
            ends_at=state.ends_at,
        )
    )


async def _accept(asking: Asking) -> Response[bytes]:
    key = idempotency_key(asking.request)
    expected_version(asking.request, versioned=False)
    text = (await asking.body(InvitationText)).invitation.strip()
    found = await asking.wiring.invitations.find(text)
    answer = await asking.wiring.invitations.accept(text, person=asking.who, channel=Channel.API, key=key)
    return as_json(
        AnsweredInvitation(id=found.id, initiative=found.state.initiative),
        headers=answer_headers(asking.wiring, asking.who, answer, versioned=False),
    )


async def _decline(asking: Asking) -> Response[bytes]:
    text = (await asking.body(InvitationText)).invitation.strip()
    found = await asking.wiring.invitations.find(text)
    await asking.wiring.invitations.decline(text, channel=Channel.API)
    return as_json(AnsweredInvitation(id=found.id, initiative=found.state.initiative))


OPERATIONS: Final = (
    Operation(
        name="invitation.make",
        method="POST",
        path="/api/initiatives/{initiative}/invitations",
        summary="Invite somebody to roles, by a letter or by a link",
        description="Whether the person has an account makes no difference. Administrators invite to every role, the officers of a "
        "call also to judge in one of its rounds.",
        handle=_make,
        body=NewInvitation,
        answer=MadeInvitation,
        status=201,
        tag="initiatives",
        problems=(ProblemType.REFUSED, ProblemType.INVALID, ProblemType.TOO_MANY),
        writes=True,
        takes_key=True,
    ),
    Operation(
        name="invitation.send_again",
        method="POST",
        path="/api/initiatives/{initiative}/invitations/{invitation}/send-again",
        summary="Send the letter of an invitation that was not answered once more",
        description="A new invitation to the same roles goes to the same address, and the earlier one is withdrawn: its link no longer "
        "works, and it cannot be sent again. The answer is the new invitation.",
        handle=_send_again,
        body=LetterAgain,
        answer=MadeInvitation,
        status=201,
        tag="initiatives",
        problems=(ProblemType.REFUSED, ProblemType.INVALID, ProblemType.TOO_MANY),
        writes=True,
        takes_key=True,
    ),
    Operation(
        name="invitation.list",
        method="GET",
        path="/api/initiatives/{initiative}/invitations",
        summary="List the invitations that you could have made, the newest first",
        handle=_list,
        answer=InvitationList,
        tag="initiatives",
    ),
    Operation(
        name="invitation.read",
        method="POST",
        path="/api/invitations/read",
        summary="Read an invitation, without answering it",
        description="No token is needed: the secret of the invitation is enough.",
        handle=_read,
        body=InvitationText,
        answer=InvitationRead,
        public=True,
        tag="invitations",
        problems=(ProblemType.INVALID, ProblemType.NOT_FOUND),
    ),
    Operation(
        name="invitation.accept",
        method="POST",
        path="/api/invitations/accept",
        summary="Accept an invitation, and take part from now on",
        handle=_accept,
        body=InvitationText,
        answer=AnsweredInvitation,
        tag="invitations",
        problems=(ProblemType.REFUSED, ProblemType.INVALID),
        writes=True,
        takes_key=True,
    ),
    Operation(
        name="invitation.decline",
        method="POST",
        path="/api/invitations/decline",
        summary="Decline an invitation",
        description="No token is needed, and nobody learns who declined.",
        handle=_decline,
        body=InvitationText,
        answer=AnsweredInvitation,
        public=True,
        tag="invitations",
        problems=(
            ProblemType.REFUSED,
            ProblemType.INVALID,
            ProblemType.CONTENDED,
            ProblemType.NOT_FOUND,
        ),
    ),
)
