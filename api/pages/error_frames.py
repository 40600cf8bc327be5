"""The frame of an error page for who is signed in: with their name, their navigation and the button to sign out."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request

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


def frame_for(wiring: Wiring, request: Request[Any, Any, Any]) -> tuple[Frame, dict[str, Any]]:
    """The frame of an error page, and what else the page knows of its visitor. Without a cookie, nobody is signed in."""
    if found := request.state.get("frame"):
        return found, {"signed_in": True, "csrf": request.state.csrf}
    perhaps = wiring.sessions.cookie_name in request.cookies
    return (PERHAPS_SIGNED_IN, {"signed_in": None}) if perhaps else (WITHOUT_PERSON, {"signed_in": False})
