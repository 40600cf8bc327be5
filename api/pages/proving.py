"""Signing in again before a grave act, so that nobody does it at a screen that was left alone.

The form is kept, sealed for its person; whoever signs in as the same person sees it again on the same page, with all that was
typed.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from litestar import Response

from api.inputs.submitted import SubmittedForm
from api.pages.responses import redirect
from api.pages.visits import Returned, Visit
from domain.messages import Message, msg

AGAIN: Final = "again"
"""Why a form is kept, in its own field and in the address of the page for signing in."""

KEPT_FOR_YOU: Final = msg(
    "Your session had ended before you sent this. Below is what you typed. Nothing was saved yet: look it over, then send it."
)
KEPT_MEANWHILE: Final = msg(
    "You have signed in again. Nothing was saved yet: look over what is below, then send it."
)


def must_sign_in_again(visit: Visit) -> bool:
    """Whether the visitor has to sign in again before a grave act."""
    return visit.signed_in is not None and not visit.signed_in.proved


async def sign_in_again(visit: Visit, form: SubmittedForm) -> Response[Any]:
    """Keep a form, and ask its person to sign in again."""
    path = visit.request.scope["path"]
    await visit.wiring.kept_forms.keep(visit.who, path, {**form.fields, f"_{AGAIN}": "1"})
    language = f"&lang={quote(visit.query['lang'])}" if "lang" in visit.query else ""
    return redirect(f"/sign-in?next={quote(path, safe='/')}&kept={AGAIN}{language}")


async def taken_form(visit: Visit) -> SubmittedForm | None:
    """The form that was kept on this page for the visitor, once; None if there is none."""
    if visit.signed_in is None or not visit.signed_in.kept:
        return None
    fields = await visit.wiring.kept_forms.take(visit.who, visit.request.scope["path"])
    return None if fields is None else SubmittedForm(fields)


def why_kept(form: SubmittedForm) -> Message:
    """What the page says above a kept form."""
    return KEPT_MEANWHILE if form.own(AGAIN) else KEPT_FOR_YOU


def as_returned(form: SubmittedForm) -> Returned:
    """A kept form as one to be shown again."""
    return Returned(form=form.own("form"), typed=form, sentence=why_kept(form), status=200)
