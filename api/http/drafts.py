"""JSON operations for drafts of applications: saved at the version that was read, shared with others, and submitted as they are.

A draft holds what a form on the pages holds: texts by the names of the inputs, so that one that was begun in a browser goes on here, and
the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec
from litestar import Response

from api.drafts.drafts import KEPT_DAYS, Draft, DraftChanged, DraftPlace
from api.drafts.sharing import FORMS
from api.http.commands import Done, answer_headers, expected_version
from api.http.operations import Asking, Operation, as_json
from api.http.problems import Problem, ProblemType
from api.locales import LANGUAGES, Locale
from api.pages.drafted_forms import command_fields, form_of
from api.pages.drafting import MOST_DRAFTED, OWNERS, TOO_LARGE
from api.pages.forms import SubmittedForm, command_of
from api.run.wiring import Wiring
from domain import limits
from domain.applications.state import APPLICATION
from domain.calls.state import CALL
from domain.commands.register import REGISTER
from domain.messages import msg
from domain.refusals import FieldError, Forbidden, Invalid, NotFound
from domain.texts import Texts
from domain.values import Channel, check_stream_id
from history.requests import Request

FormName = Literal["application.submit", "application.change", "application.resubmit", "application.continue"]
CHANGED: Final = msg(
    "This draft was saved elsewhere since the revision that you named, so nothing was overwritten. Read it, put both versions together, "
    "and save them with its revision. What differs is named here."
)
_DIFFERS: Final = msg("This differs.")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*|\[[0-9]{1,3}\])*\Z", re.ASCII)
_MOST_NAME: Final = 120


class DraftLine(msgspec.Struct, frozen=True, kw_only=True):
    """A draft without what is written in it. `form` is the command that it is for, `about` the call or the application; `own`:
    it is yours. `revision` rises with each save. It is deleted after `kept_until`; before, those who write in it are told."""

    id: str
    form: FormName
    about: str
    own: bool
    shared: bool
    revision: int
    saved_at: datetime
    kept_until: datetime


class DraftList(msgspec.Struct, frozen=True, kw_only=True):
    """Your drafts, and those of others in which you write, the last saved first."""

    items: tuple[DraftLine, ...]


class DraftDetail(DraftLine, frozen=True, kw_only=True):
    """A draft. `fields` are what is written in it: texts as a person types them, by the paths of the command's fields, such as
    ``title``, ``requested.amount``, ``answers.idea`` or ``answers.costs[0].item``."""

    fields: dict[str, str]


class NewDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to begin a draft with: the command that it is for, and the call (for a new application) or the application that it is
    about."""

    form: FormName
    about: str
    fields: dict[str, str]


class SavedFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is to be in a draft now, and the `revision` that was read."""

    revision: int
    fields: dict[str, str]


class SeenRevision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `revision` of the draft that was read."""

    revision: int


class DraftId(msgspec.Struct, frozen=True, kw_only=True):
    """A draft that was deleted or left, or to which something else was done."""

    id: str


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
    """Whom to invite to write in a draft: with an `email` address, a letter is sent there in a `language`; without one, the answer has a
    link. `note` tells several links apart; only you see it."""

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
    """The secret of an invitation to write in a draft: the end of its link, which begins with owd_."""

    invitation: str


class DraftInvitationRead(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is asked to write in: a draft for a call. Nothing is told of who asks."""

    call: str
    title: Texts
    ends_at: datetime


class DeclinedInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """The invitation was declined."""

    declined: bool


def _line(draft: Draft, who: str) -> dict[str, object]:
    return {
        "id": draft.id,
        "form": draft.place.command,
        "about": draft.place.about,
        "own": draft.place.person == who,
        "shared": bool(draft.writers),
        "revision": draft.revision,
        "saved_at": draft.saved_at,
        "kept_until": draft.kept_until,
    }


def _detail(draft: Draft, who: str, *, status: int = 200) -> Response[bytes]:
    own = draft.place.person == who
    fields = {name: text for name, text in draft.typed.items() if own or name not in OWNERS}
    return as_json(msgspec.convert(_line(draft, who) | {"fields": fields}, DraftDetail), status=status)


async def _own_or_shared(asking: Asking) -> Draft:
    draft = await asking.wiring.drafts.by_id(asking.path["draft"], asking.who)
    if draft is None or draft.place.command not in FORMS:
        raise NotFound
    await asking.wiring.shared_drafts.check(draft, asking.who)
    return draft


async def _own(asking: Asking) -> Draft:
    draft = await _own_or_shared(asking)
    if draft.place.person != asking.who:
        raise Forbidden(msg("Only the person whose draft this is can do this."))
    return draft


def _checked(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields of a draft. Raises `Invalid`."""
    wrong = [name for name in fields if len(name) > _MOST_NAME or not _NAME.match(name)]
    if wrong:
        raise Invalid.field(
            "fields", msg("The names of fields are paths such as title or answers.costs[0].item.")
        )
    if sum(map(len, fields.values())) > MOST_DRAFTED:
        raise Invalid.field("fields", TOO_LARGE)
    return {name: text.replace("\r\n", "\n") for name, text in fields.items()}


async def _save(
    wiring: Wiring,
    place: DraftPlace,
    fields: Mapping[str, str],
    *,
    seen: int,
    writer: str | None = None,
) -> Draft:
    form = await form_of(wiring, place)
    now = wiring.clock()
    kept_until = max(now, form.until or now) + timedelta(days=KEPT_DAYS)
    try:
        return await wiring.drafts.save(place, fields, seen=seen, kept_until=kept_until, writer=writer)
    except DraftChanged as changed:
        stored = changed.draft.typed
        names = [name for name in {**stored, **fields} if stored.get(name, "") != fields.get(name, "")]
        errors = [FieldError(f"fields.{name}", _DIFFERS) for name in names if name not in OWNERS]
        raise Problem(ProblemType.REFUSED, CHANGED, errors=errors) from None


async def _list(asking: Asking) -> Response[bytes]:
    found = [each for each in await asking.wiring.drafts.of(asking.who) if each.place.command in FORMS]
    return as_json(
        DraftList(items=tuple([msgspec.convert(_line(each, asking.who), DraftLine) for each in found]))
    )


async def _begin(asking: Asking) -> Response[bytes]:
    wanted = await asking.body(NewDraft)
    kind = CALL.kind if wanted.form == "application.submit" else APPLICATION.kind
    place = DraftPlace(asking.who, check_stream_id(kind, wanted.about), wanted.form)
    draft = await _save(asking.wiring, place, _checked(wanted.fields), seen=0)
    return _detail(draft, asking.who, status=201)


async def _show(asking: Asking) -> Response[bytes]:
    return _detail(await _own_or_shared(asking), asking.who)


async def _save_again(asking: Asking) -> Response[bytes]:
    draft = await _own_or_shared(asking)
    wanted = await asking.body(SavedFields)
    fields = _checked(wanted.fields)
    writer = None
    if draft.place.person != asking.who:
        writer = asking.who
        kept = {name: text for name, text in draft.typed.items() if name in OWNERS}
        fields = {name: text for name, text in fields.items() if name not in OWNERS} | kept
    saved = await _save(asking.wiring, draft.place, fields, seen=wanted.revision, writer=writer)
    return _detail(saved, asking.who)


async def _delete(asking: Asking) -> Response[bytes]:
    draft = await _own(asking)
    await asking.wiring.drafts.discard(draft.place)
    return as_json(DraftId(id=draft.id))


async def _submit(asking: Asking) -> Response[bytes]:
    expected = expected_version(asking.request, versioned=True)
    draft = await _own_or_shared(asking)
    wanted = await asking.body(SeenRevision)
    if wanted.revision != draft.revision:
        raise Problem(ProblemType.REFUSED, CHANGED)
    kind = REGISTER[draft.place.command].request
    form = SubmittedForm(draft.typed).without_blank_rows()
    plain = await command_fields(asking.wiring, draft, asking.who, form)
    answer = await asking.wiring.runner.run(
        Request(
            command=command_of(kind, plain),
            actor=asking.who,
            channel=Channel.API,
            expected=expected,
            # Of this draft at this revision, so that it is submitted once also if the draft could not be deleted after.
            key=f"submit {draft.id} {draft.revision}",
            writers=draft.everybody - {asking.who},
        )
    )
    await asking.wiring.drafts.discard(draft.place, seen=draft.revision)
    return as_json(
        Done(id=answer.stream, leaf=answer.leaf.hex()),
        headers=answer_headers(asking.wiring, asking.who, answer, versioned=True),
    )


async def _people(asking: Asking) -> Response[bytes]:
    draft = await _own_or_shared(asking)
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
    draft = await _own(asking)
    wanted = await asking.body(NewDraftInvitation)
    if wanted.language not in LANGUAGES:
        raise Invalid.field("language", msg("Choose one of the languages."))
    if wanted.email:
        await asking.wiring.attempts.count("invite", account=asking.who.encode(), network=None)
    link = await asking.wiring.shared_drafts.invite(
        draft, email=wanted.email or "", note=wanted.note or "", locale=Locale(wanted.language)
    )
    return as_json(MadeDraftInvitation(link=link), status=201)


async def _withdraw(asking: Asking) -> Response[bytes]:
    draft = await _own(asking)
    await asking.wiring.shared_drafts.withdraw(draft, (await asking.body(WithdrawnInvitation)).invitation)
    return as_json(DraftId(id=draft.id))


async def _remove(asking: Asking) -> Response[bytes]:
    draft = await _own(asking)
    await asking.wiring.shared_drafts.end(draft, asking.path["person"])
    return as_json(DraftId(id=draft.id))


async def _leave(asking: Asking) -> Response[bytes]:
    draft = await _own_or_shared(asking)
    await asking.wiring.shared_drafts.end(draft, asking.who)
    return as_json(DraftId(id=draft.id))


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
        name="draft.list",
        method="GET",
        path="/api/drafts",
        summary="List your drafts of applications, and those of others in which you write",
        handle=_list,
        answer=DraftList,
        tag="drafts",
    ),
    Operation(
        name="draft.begin",
        method="POST",
        path="/api/drafts",
        summary="Begin a draft of an application, of changes to one, or of answers for the next stage",
        description="There is one for each call or application and form; if it was begun before, read and save that one. It is encrypted, "
        "outside the history, and deleted thirty days after its form closes.",
        handle=_begin,
        body=NewDraft,
        answer=DraftDetail,
        status=201,
        tag="drafts",
        problems=_REFUSED,
    ),
    Operation(
        name="draft.show",
        method="GET",
        path="/api/drafts/{draft}",
        summary="Read a draft",
        handle=_show,
        answer=DraftDetail,
        tag="drafts",
    ),
    Operation(
        name="draft.save",
        method="POST",
        path="/api/drafts/{draft}",
        summary="Save a draft",
        description="Send all of its fields with the revision that you read. If it was saved with other words since, nothing is "
        "overwritten: the answer names the fields that differ; read it, put both versions together, and save again.",
        handle=_save_again,
        body=SavedFields,
        answer=DraftDetail,
        tag="drafts",
        problems=_REFUSED,
    ),
    Operation(
        name="draft.delete",
        method="POST",
        path="/api/drafts/{draft}/delete",
        summary="Delete your own draft, for all who write in it",
        handle=_delete,
        answer=DraftId,
        tag="drafts",
    ),
    Operation(
        name="draft.submit",
        method="POST",
        path="/api/drafts/{draft}/submit",
        summary="Submit a draft as it is, and delete it",
        description="It is checked as any submission is. Its owner submits it, or somebody who acts for the organisation that applies. "
        "What is submitted says in its history that others wrote in the draft; they judge neither it nor its rivals. A draft is "
        "submitted once, so no idempotency key is needed: if the answer was lost, the draft is gone, and the application is among yours.",
        handle=_submit,
        body=SeenRevision,
        answer=Done,
        tag="drafts",
        problems=_REFUSED,
        writes=True,
        versioned=True,
    ),
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
        summary="Stop writing in somebody's draft",
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
