"""JSON operations for writing in a draft together: who writes in it, and invitations to it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import Response

from api.accounts.email import check_sends
from api.http.drafts import DraftId, asked_draft, own_draft
from api.http.operations import Asking, Operation, as_json
from api.http.problems import ProblemType
from api.locales import chosen_locale
from domain import limits
from domain.calls.state import CALL
from domain.texts import Texts


class DraftWriter(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who writes in a draft, and how they are called; `owner`: it is their draft."""

    person: str
    name: str | None
    owner: bool


class DraftInvitationLine(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation that nobody has answered; `for_whom` is the address of its letter, or the note of whoever made it."""

    id: str
    for_whom: str | None
    ends_at: datetime


class DraftPeople(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes in a draft; the open invitations are shown to its owner alone."""

    writers: tuple[DraftWriter, ...]
    invitations: tuple[DraftInvitationLine, ...]


class NewDraftInvitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to invite to write in a draft: with an `email` address, a letter is sent there in a `language`; without one,
    the answer has a link. `note` tells several links apart; only you see it."""

    email: limits.Email | None = None
    language: str = "en"
    note: Annotated[str, limits.described(maxLength=limits.NAME)] | None = None


class MadeDraftInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """The link of a new invitation, returned only once; None if a letter was sent."""

    link: str | None


class WithdrawnInvitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `id` of an open invitation."""

    invitation: str


class DraftInvitationText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The secret of an invitation to write in a draft: the end of its link, from owd_ on."""

    invitation: str


class DraftInvitationRead(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is asked to write in: a draft for a call. It does not say who asks."""

    call: str
    title: Texts
    ends_at: datetime


class DeclinedInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """The invitation was declined."""

    declined: bool


async def _people(asking: Asking) -> Response[bytes]:
    draft = await asked_draft(asking)
    shared = asking.wiring.shared_drafts
    owner = draft.place.person
    open_ = await shared.invitations(draft) if owner == asking.who else []
    return as_json(
        DraftPeople(
            writers=tuple(
                [
                    DraftWriter(person=person, name=name, owner=person == owner)
                    for person, name in (await shared.names(draft)).items()
                ]
            ),
            invitations=tuple(
                [
                    DraftInvitationLine(id=each.id, for_whom=each.for_whom, ends_at=each.ends_at)
                    for each in open_
                ]
            ),
        )
    )


async def _invite(asking: Asking) -> Response[bytes]:
    draft = await own_draft(asking)
    wanted = await asking.body(NewDraftInvitation)
    locale = chosen_locale(wanted.language)
    check_sends(wanted.email, sends=asking.wiring.settings.writes_letters)
    if wanted.email:
        await asking.wiring.attempts.count("invite", account=asking.who.encode(), network=None)
    link = await asking.wiring.shared_drafts.invite(
        draft, email=wanted.email or "", note=wanted.note or "", locale=locale
    )
    return as_json(MadeDraftInvitation(link=link), status=201)


async def _withdraw(asking: Asking) -> Response[bytes]:
    draft = await own_draft(asking)
    await asking.wiring.shared_drafts.withdraw(draft, (await asking.body(WithdrawnInvitation)).invitation)
    return as_json(DraftId(id=draft.id))


async def _remove(asking: Asking) -> Response[bytes]:
    draft = await own_draft(asking)
    await asking.wiring.shared_drafts.end(draft.id, asking.path["person"])
    return as_json(DraftId(id=draft.id))


async def _leave(asking: Asking) -> Response[bytes]:
    # Not `asked_draft`: who can no longer open it leaves it all the same.
    draft = asking.path["draft"]
    await asking.wiring.shared_drafts.end(draft, asking.who)
    return as_json(DraftId(id=draft))


async def _read_invitation(asking: Asking) -> Response[bytes]:
    text = (await asking.body(DraftInvitationText)).invitation.strip()
    found = await asking.wiring.shared_drafts.find(text)
    call = await asking.wiring.reader.the(CALL, found.call)
    return as_json(DraftInvitationRead(call=found.call, title=call.title, ends_at=found.ends_at))


async def _accept(asking: Asking) -> Response[bytes]:
    text = (await asking.body(DraftInvitationText)).invitation.strip()
    return as_json(DraftId(id=await asking.wiring.shared_drafts.accept(text, asking.who)))


async def _decline(asking: Asking) -> Response[bytes]:
    text = (await asking.body(DraftInvitationText)).invitation.strip()
    await asking.wiring.shared_drafts.decline(text)
    return as_json(DeclinedInvitation(declined=True))


_REFUSED: Final = (ProblemType.REFUSED, ProblemType.INVALID)

OPERATIONS: Final = (
    Operation(
        name="draft.people",
        method="GET",
        path="/api/drafts/{draft}/people",
        summary="List who writes in a draft; its owner also sees the open invitations",
        handle=_people,
        answer=DraftPeople,
        tag="drafts",
    ),
    Operation(
        name="draft.invite",
        method="POST",
        path="/api/drafts/{draft}/invitations",
        summary="Invite somebody to write in your draft, by a letter or by a link",
        description="Whether the person has an account makes no difference. They read and change the draft, see how the others who write "
        "in it are called, and nothing else.",
        handle=_invite,
        body=NewDraftInvitation,
        answer=MadeDraftInvitation,
        status=201,
        tag="drafts",
        problems=(*_REFUSED, ProblemType.TOO_MANY),
    ),
    Operation(
        name="draft.withdraw_invitation",
        method="POST",
        path="/api/drafts/{draft}/withdraw",
        summary="Withdraw an invitation to write in your draft",
        handle=_withdraw,
        body=WithdrawnInvitation,
        answer=DraftId,
        tag="drafts",
        problems=(ProblemType.INVALID,),
    ),
    Operation(
        name="draft.remove",
        method="POST",
        path="/api/drafts/{draft}/people/{person}/remove",
        summary="Let somebody no longer write in your draft, from their next request on",
        handle=_remove,
        answer=DraftId,
        tag="drafts",
    ),
    Operation(
        name="draft.leave",
        method="POST",
        path="/api/drafts/{draft}/leave",
        summary="Stop writing in somebody's draft, also in one that you can no longer open",
        handle=_leave,
        answer=DraftId,
        tag="drafts",
    ),
    Operation(
        name="draft_invitation.read",
        method="POST",
        path="/api/draft-invitations/read",
        summary="Read an invitation to write in a draft, without answering it",
        description="No token is needed: the secret of the invitation is enough.",
        handle=_read_invitation,
        body=DraftInvitationText,
        answer=DraftInvitationRead,
        public=True,
        tag="drafts",
        problems=(ProblemType.INVALID, ProblemType.NOT_FOUND),
    ),
    Operation(
        name="draft_invitation.accept",
        method="POST",
        path="/api/draft-invitations/accept",
        summary="Accept an invitation, and write in the draft from now on",
        handle=_accept,
        body=DraftInvitationText,
        answer=DraftId,
        tag="drafts",
        problems=_REFUSED,
    ),
    Operation(
        name="draft_invitation.decline",
        method="POST",
        path="/api/draft-invitations/decline",
        summary="Decline an invitation to write in a draft",
        description="No token is needed, and nobody learns who declined.",
        handle=_decline,
        body=DraftInvitationText,
        answer=DeclinedInvitation,
        public=True,
        tag="drafts",
        problems=(ProblemType.INVALID, ProblemType.NOT_FOUND),
    ),
)
