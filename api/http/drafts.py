"""JSON operations for drafts of applications: saved at the revision that was read, shared with others, and submitted as
they are.

A draft holds what a form on the pages holds: texts by the names of the inputs, so that one that was begun in a browser
goes on here, and the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec
from litestar import Response

from api.drafts.drafts import Draft, DraftChanged, DraftPlace, kept_until
from api.drafts.forms import (
    MOST_DRAFTED,
    TOO_LARGE,
    command_fields,
    field_of_input,
    form_of,
    of_owner,
    own_or_shared,
    typed_fields,
    with_owners,
)
from api.drafts.sharing import FORMS
from api.http.commands import Done, answer_headers, expected_version
from api.http.operations import Asking, Operation, as_json
from api.http.problems import Problem, ProblemType
from api.inputs.commands import command_of
from api.inputs.submitted import SubmittedForm, names_an_input, nested
from api.run.wiring import Wiring
from domain.applications.state import APPLICATION
from domain.calls.state import CALL
from domain.commands.register import REGISTER
from domain.messages import msg
from domain.refusals import FieldError, Forbidden, Invalid, NotFound
from domain.values import Channel, check_stream_id
from history.requests import Request

FormName = Literal["application.submit", "application.change", "application.resubmit", "application.continue"]
CHANGED: Final = msg(
    "This draft was saved elsewhere since the revision that you named, so nothing was overwritten. Read it, put both versions together, "
    "and save them with its revision. What differs is named here."
)
_DIFFERS: Final = msg("This differs.")


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
    """Your drafts, and those of others in which you write, the last saved first. `shut` are the ids of those of others that you can
    no longer open, because you were given a role or read other applications since, or their owner no longer acts for the
    organisation that applied: you can leave them. `to_delete` are your own that you can no longer open, because you no longer
    act for the organisation: you can delete them."""

    items: tuple[DraftLine, ...]
    shut: tuple[str, ...]
    to_delete: tuple[str, ...]


class DraftDetail(DraftLine, frozen=True, kw_only=True):
    """A draft. `fields` are what is written in it: texts as a person types them, by the paths of the command's fields, such as
    ``title``, ``requested.amount``, ``answers.idea`` or ``answers.costs[0].item``."""

    fields: dict[str, str]


class NewDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to begin a draft with: the command that it is for, and the call (for a new application) or the application
    that it is about."""

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
    fields = {name: text for name, text in draft.typed.items() if own or not of_owner(name)}
    return as_json(msgspec.convert(_line(draft, who) | {"fields": fields}, DraftDetail), status=status)


async def asked_draft(asking: Asking) -> Draft:
    """The draft that the address names. Raises as `own_or_shared`."""
    return await own_or_shared(asking.wiring, asking.path["draft"], asking.who)


async def own_draft(asking: Asking) -> Draft:
    """The asker's own draft that the address names, also if it does not open any more: they can still delete it, and take back whom
    they invited. Raises `NotFound` and `Forbidden`."""
    draft = await asking.wiring.drafts.by_id(asking.path["draft"], asking.who)
    if draft is None or draft.place.command not in FORMS:
        raise NotFound
    if draft.place.person != asking.who:
        raise Forbidden(msg("Only the person whose draft this is can do this."))
    return draft


def _checked(command: str, fields: Mapping[str, str]) -> dict[str, str]:
    """The fields of a draft of a command. Raises `Invalid`."""
    asked = typed_fields(command)
    if not all(names_an_input(name) and field_of_input(name) in asked for name in fields):
        raise Invalid.field(
            "fields",
            msg(
                "The names of fields are those of the command, or paths in them, such as title or answers.costs[0].item."
            ),
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
    nested(fields)  # what has no shape would come back with every page that shows the draft
    form = await form_of(wiring, place)
    kept = kept_until(wiring.clock(), form.closes)
    try:
        return await wiring.drafts.save(place, fields, seen=seen, kept_until=kept, writer=writer)
    except DraftChanged as changed:
        stored = changed.draft.typed
        names = [name for name in {**stored, **fields} if stored.get(name, "") != fields.get(name, "")]
        errors = [FieldError(f"fields.{name}", _DIFFERS) for name in names if not of_owner(name)]
        raise Problem(ProblemType.REFUSED, CHANGED, errors=errors) from None


async def _list(asking: Asking) -> Response[bytes]:
    drafts = [each for each in await asking.wiring.drafts.of(asking.who) if each.place.command in FORMS]
    found = await asking.wiring.shared_drafts.sorted_for(asking.who, drafts)
    return as_json(
        DraftList(
            items=tuple([msgspec.convert(_line(each, asking.who), DraftLine) for each in found.open]),
            shut=tuple([each.id for each in found.to_leave]),
            to_delete=tuple([each.id for each in found.to_delete]),
        )
    )


async def _begin(asking: Asking) -> Response[bytes]:
    wanted = await asking.body(NewDraft)
    kind = CALL.kind if wanted.form == "application.submit" else APPLICATION.kind
    place = DraftPlace(asking.who, check_stream_id(kind, wanted.about), wanted.form)
    draft = await _save(asking.wiring, place, _checked(wanted.form, wanted.fields), seen=0)
    return _detail(draft, asking.who, status=201)


async def _show(asking: Asking) -> Response[bytes]:
    return _detail(await asked_draft(asking), asking.who)


async def _save_again(asking: Asking) -> Response[bytes]:
    draft = await asked_draft(asking)
    wanted = await asking.body(SavedFields)
    fields = _checked(draft.place.command, wanted.fields)
    writer = None
    if draft.place.person != asking.who:
        writer = asking.who
        fields = with_owners(draft, fields)
    saved = await _save(asking.wiring, draft.place, fields, seen=wanted.revision, writer=writer)
    return _detail(saved, asking.who)


async def _delete(asking: Asking) -> Response[bytes]:
    draft = await own_draft(asking)
    await asking.wiring.drafts.discard(draft.place)
    return as_json(DraftId(id=draft.id))


async def _submit(asking: Asking) -> Response[bytes]:
    expected = expected_version(asking.request, versioned=True)
    draft = await asked_draft(asking)
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
)
