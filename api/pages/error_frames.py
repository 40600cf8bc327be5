"""An error page for whoever asked: with their name, their navigation and the button to sign out, and with what they typed."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request

from api.accounts.form_secrets import made_for, made_in
from api.accounts.sessions import SignedIn
from api.inputs.submitted import SubmittedForm
from api.pages.frame import PERHAPS_SIGNED_IN, WITHOUT_PERSON, Frame, frame_of, known
from api.run.wiring import Wiring

_WITH_SESSION: Final = frozenset({403, 404, 409, 412, 422})
"""The statuses of refusals, for which the session is looked up. Where the server itself has trouble, nothing more is asked of it."""


async def remember_visitor(wiring: Wiring, request: Request[Any, Any, Any], status: int) -> None:
    """Find out who is signed in, for `frame_for`. An error page is shown whatever happens here."""
    cookie = request.cookies.get(wiring.sessions.cookie_name)
    if status not in _WITH_SESSION or not cookie:
        return
    try:
        signed_in = await wiring.sessions.find(cookie)
        if signed_in is not None:
            me = await known(wiring.reader, signed_in.person)
            request.state.frame = await frame_of(wiring.reader, me, None, signed_in=True)
            request.state.csrf = signed_in.csrf
    except Exception:  # noqa: BLE001 - the problem itself is what is told
        return


def remember_typed(
    wiring: Wiring,
    request: Request[Any, Any, Any],
    form: SubmittedForm,
    signed_in: SignedIn | None = None,
) -> None:
    """Let an error page give back what was typed, to the person alone who typed it: a browser sends a form once more for whoever
    uses it now. It is theirs if it was made in this session, which may have ended, or for who is signed in."""
    made_with = form.own("csrf") or form.own("made")
    cookie = request.cookies.get(wiring.sessions.cookie_name)
    if made_in(cookie, made_with) or (signed_in is not None and made_for(signed_in.person, made_with)):
        request.state.typed = form.typed()
        request.state.made_with = made_with


def frame_for(wiring: Wiring, request: Request[Any, Any, Any]) -> tuple[Frame, dict[str, Any]]:
    """The frame of an error page, and what else the page knows of its visitor. Without a cookie, nobody is signed in."""
    if found := request.state.get("frame"):
        return found, {"signed_in": True, "csrf": request.state.csrf}
    perhaps = wiring.sessions.cookie_name in request.cookies
    return (PERHAPS_SIGNED_IN, {"signed_in": None}) if perhaps else (WITHOUT_PERSON, {"signed_in": False})
