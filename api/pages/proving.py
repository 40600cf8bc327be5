"""Forms that are kept, sealed for their person: because the session had ended, because a grave act needs a new sign-in, so that
nobody does it at a screen that was left alone, or because the language was changed.

Whoever signs in as the same person sees the form again on the same page, with all that was typed, until it is sent or thrown away.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from litestar import Response

from api.accounts.form_secrets import made_in
from api.drafts.merging import merge
from api.inputs.submitted import SubmittedForm
from api.locales import LANGUAGES
from api.pages.drafting import PageDrafts, written_since
from api.pages.page import Page
from api.pages.responses import redirect
from api.pages.visits import Returned, Visit
from domain.messages import Message, msg
from history.appends import Unavailable

AGAIN: Final = "again"
"""Why a form is kept, in its own field and in the address of the page for signing in."""
ENDED_FORM: Final = "1"
"""The same, in that address, of a form whose session had ended."""

KEPT_FOR_YOU: Final = msg(
    "Your session had ended before you sent this. Below is what you typed. Nothing was saved yet: look it over, then send it."
)
KEPT_MEANWHILE: Final = msg(
    "You have signed in again. Nothing was saved yet: look over what is below, then send it."
)
KEPT_DRAFT: Final = msg(
    "Your session had ended before you saved this. Below is what you typed: look it over, then save the draft."
)
SAVED_SINCE: Final = msg(
    "Your session had ended before you sent this, and the draft was saved with other words since. The form below shows the draft, with "
    "what only your earlier text has. Where both differ, your earlier text is shown beside it: take from it what you need."
)
KEPT_SWITCHED: Final = msg(
    "You changed the language of this page before you sent this. Below is what you typed. Nothing was sent yet."
)
KEPT: Final = "kept"
"""The form's own field by which it says that it is shown from what was kept, and why: `_ENDED` or `SWITCHED`."""
_ENDED: Final = "ended"
SWITCHED: Final = "switched"
"""The language was changed; also the own field of a form that was kept for it."""


def must_sign_in_again(visit: Visit) -> bool:
    """Whether the visitor has to sign in again before a grave act."""
    return visit.signed_in is not None and not visit.signed_in.proved


async def sign_in_again(visit: Visit, form: SubmittedForm) -> Response[Any]:
    """Keep a form, and ask its person to sign in again."""
    path = visit.request.scope["path"]
    await visit.wiring.kept_forms.keep(visit.who, path, {**form.fields, f"_{AGAIN}": "1"})
    language = f"&lang={quote(visit.query['lang'])}" if "lang" in visit.query else ""
    return redirect(f"/sign-in?next={quote(path, safe='/')}&kept={AGAIN}{language}")


async def what_is_kept(visit: Visit, path: str, said: str) -> str:
    """What the page for signing in says of a form: `AGAIN` to somebody who is to sign in again, `ENDED_FORM` if one is really kept on
    a page for whoever's session has ended in this browser, and otherwise nothing, whatever the address `said`."""
    if visit.signed_in is not None:
        return AGAIN if said == AGAIN else ""
    sessions = visit.wiring.sessions
    person = await sessions.ended(visit.request.cookies.get(sessions.cookie_name))
    return ENDED_FORM if person and await visit.wiring.kept_forms.holds(person, path) else ""


async def session_ended(visit: Visit, form: SubmittedForm) -> Response[Any] | None:
    """Keep a form whose session has ended, and ask its person to sign in; None if nobody knows whose it is."""
    sessions, path = visit.wiring.sessions, visit.request.scope["path"]
    cookie = visit.request.cookies.get(sessions.cookie_name)
    person = await sessions.ended(cookie) if made_in(cookie, form.own("csrf")) else None
    if person is None or not await visit.wiring.kept_forms.keep(person, path, form.fields):
        return None
    language = f"&lang={quote(visit.query['lang'])}" if "lang" in visit.query else ""
    return redirect(f"/sign-in?next={quote(path, safe='/')}&kept={ENDED_FORM}{language}")


def changes_language(page: Page, form: SubmittedForm) -> bool:
    """Whether a button for another language was pressed in a form that can be kept: not where it is sent to see something, or to
    run several commands."""
    return form.own("language") in LANGUAGES and not form.own("step") and not page.tries and page.runs is None


async def in_other_language(visit: Visit, form: SubmittedForm) -> Response[Any]:
    """Keep a form, and show it on the same page in the language that was chosen, at an address that can be opened again."""
    path = visit.request.scope["path"]
    kept = {name: text for name, text in form.fields.items() if name != "_language"}
    if form.own(KEPT) != _ENDED:
        kept[f"_{SWITCHED}"] = "1"
    await visit.wiring.kept_forms.keep(visit.who, path, kept)
    return redirect(f"{quote(path, safe='/')}?lang={quote(form.own('language'))}")


async def with_kept(visit: Visit, drafts: PageDrafts | None) -> Visit:
    """The visit with the form that was kept on this page for the visitor. If its draft was saved with other words since, the
    form shows the draft, and the words of the kept form beside it."""
    if visit.signed_in is None or not visit.signed_in.kept:
        return visit
    fields = await visit.wiring.kept_forms.find(visit.who, visit.request.scope["path"])
    if fields is None:
        return visit
    form = SubmittedForm({**fields, f"_{KEPT}": SWITCHED if f"_{SWITCHED}" in fields else _ENDED})
    command = form.own("do")
    drafted = drafts is not None and command in drafts.commands
    if not drafted or (draft := written_since(visit, form)) is None:
        # Where the language has just been changed, the form itself says enough, if it is on the page.
        quiet = bool(form.own(SWITCHED)) and "lang" in visit.query
        back = Returned(form.own("form"), form, why_kept(form), status=200, quiet=quiet)
        return replace(visit, returned=back)
    merged = merge(draft.typed, form.typed())
    own = {name: value for name, value in form.fields.items() if name.startswith("_")}
    both = Returned(
        form=form.own("form"),
        typed=SubmittedForm({**own, **merged.typed}),
        sentence=SAVED_SINCE,
        status=200,
    )
    return replace(visit, returned=both, other_version=merged.others)


async def taken_form(visit: Visit) -> SubmittedForm | None:
    """The form that was kept on this page for the visitor, once: for pages where one has to sign in again, with little to
    type. None if there is none."""
    if visit.signed_in is None or not visit.signed_in.kept:
        return None
    path = visit.request.scope["path"]
    fields = await visit.wiring.kept_forms.find(visit.who, path)
    if fields is None:
        return None
    try:
        await visit.wiring.kept_forms.discard(visit.who, path)
    except Unavailable:
        return None  # it stays for the next time
    return SubmittedForm(fields)


async def throw_away(visit: Visit) -> Response[Any]:
    """Delete the form that was kept on this page, because its owner wants it no longer."""
    await visit.wiring.kept_forms.discard(visit.who, visit.request.scope["path"])
    return redirect(same_address(visit))


def same_address(visit: Visit) -> str:
    """The address of the page of a visit, in the language that was chosen."""
    language = f"?lang={quote(visit.query['lang'])}" if "lang" in visit.query else ""
    return quote(visit.request.scope["path"], safe="/") + language


async def sent(visit: Visit, form: SubmittedForm) -> None:
    """Delete the form that was kept on this page, once it was sent or saved as a draft."""
    if not form.own(KEPT) or visit.signed_in is None:
        return
    with contextlib.suppress(Unavailable):  # what was done stays done; the kept form ends within a day
        await visit.wiring.kept_forms.discard(visit.who, visit.request.scope["path"])


def why_kept(form: SubmittedForm) -> Message:
    if form.own(SWITCHED):
        return KEPT_SWITCHED
    if form.own("draft") == "save":
        return KEPT_DRAFT
    return KEPT_MEANWHILE if form.own(AGAIN) else KEPT_FOR_YOU
