"""What every way of signing in ends with: a session, or the page that asks for a second factor first."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.datastructures import Cookie

from api.accounts.browsers import browser_from
from api.pages.responses import redirect
from api.run.wiring import Wiring

SECOND: str = "/sign-in/second"


async def let_in(
    wiring: Wiring,
    request: Request[Any, Any, Any],
    begun: Cookie | None,
    where: str,
    cookies: list[Cookie],
) -> Response[Any]:
    """Lead somebody whose session has `begun` to `where` they wanted to go; if it is half begun, by way of the page for a
    second factor. `cookies` are set besides."""
    if begun is None:
        return redirect("/sign-in", cookies=cookies)
    if begun.key == wiring.sessions.half_cookie_name:
        onward = f"?next={quote(where, safe='/')}" if where != "/me" else ""
        return redirect(f"{SECOND}{onward}", cookies=[*cookies, begun])
    return redirect(where, cookies=[*cookies, *await settle_in(wiring, request, begun)])


async def settle_in(wiring: Wiring, request: Request[Any, Any, Any], begun: Cookie) -> list[Cookie]:
    """End the browser's earlier session, because it has only one, and recognise the browser; returns the cookies of both."""
    await wiring.sessions.end(request.cookies.get(wiring.sessions.cookie_name))
    signed_in = await wiring.sessions.find(begun.value)
    if signed_in is None:
        return [begun]
    device = await wiring.devices.note(
        signed_in, request.cookies.get(wiring.devices.cookie_name), browser_from(request)
    )
    return [begun, device]
