"""Signing in and out: a token is exchanged for a session's cookie, and never stands in an address."""

from __future__ import annotations

import hmac
import re
import secrets
from typing import Any, Final

from litestar import HttpMethod, Request, Response
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from api.pages.forms import read_form
from api.pages.origins import check_same_site
from api.pages.page import Drawn
from api.pages.site import Site, check_signed_form, redirect
from api.problems import Problem, ProblemType
from api.wiring import Wiring

_WITHIN: Final = re.compile(r"/(?:[a-z0-9-]+(?:/[a-z0-9-]+)*)?\Z", re.ASCII)
_MINUTES: Final = 60


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of signing in and out."""
    sessions = wiring.sessions
    name = f"{sessions.cookie_name}-sign-in"

    def secret(value: str, seconds: int) -> Cookie:
        """What binds the form to the browser that asked for it: nobody is signed in as somebody else by another site."""
        secure = name.startswith("__Host-")
        return Cookie(
            key=name, value=value, path="/", max_age=seconds, httponly=True, secure=secure, samesite="lax"
        )

    def page(visit: Any, next_: str, value: str, trouble: str) -> Response[Any]:  # Any: a Visit
        context = {"next": next_, "secret": value, "trouble": trouble}
        response = site.answer(visit, Drawn("sign_in.html", context), cookies=[secret(value, _MINUTES * 60)])
        response.status_code = 401 if trouble else 200
        return response

    async def show(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await site.visit(request)
        return page(visit, within(visit.query.get("next", "")), secrets.token_urlsafe(24), "")

    async def sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request)
        kept = request.cookies.get(name, "")
        if not kept or not hmac.compare_digest(kept.encode(), form.own("secret").encode()):
            raise Problem(
                ProblemType.FORBIDDEN,
                "This form is too old, or cookies are turned off. Open the page for signing in again.",
            )
        cookie = await sessions.begin(form.fields.get("token", "").strip())
        next_ = within(form.own("next"))
        if cookie is None:
            # The token is not shown again: what stands in a form stands on a screen.
            trouble = "This token is unknown, expired or revoked."
            return page(await site.visit(request), next_, secrets.token_urlsafe(24), trouble)
        # Whoever was signed in before is so no more: one session a browser.
        await sessions.end(request.cookies.get(sessions.cookie_name))
        return redirect(next_, cookies=[cookie, secret("", 0)])

    async def sign_out(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request)
        check_signed_form(await site.visit(request), form)
        return redirect("/", cookies=[await sessions.end(request.cookies.get(sessions.cookie_name))])

    return [
        site.handler(HttpMethod.GET, "/sign-in", show),
        site.handler(HttpMethod.POST, "/sign-in", sign_in),
        site.handler(HttpMethod.POST, "/sign-out", sign_out),
    ]


def within(address: str) -> str:
    """An address of this site to go on to; the visitor's own page for anything else."""
    return address if _WITHIN.match(address) and address != "/" else "/me"
