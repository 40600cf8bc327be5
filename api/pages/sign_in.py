"""Signing in and out: a token is exchanged for a session cookie, and never appears in an address."""

from __future__ import annotations

import re
import secrets
from typing import Any, Final

from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.accounts.browsers import browser_from
from api.pages.forms import read_form
from api.pages.origins import check_same_site
from api.pages.page import PageContent
from api.pages.same_browser import SameBrowser
from api.pages.site import Site, check_signed_form, redirect
from api.pages.visits import Visit
from api.run.wiring import Wiring
from domain.messages import Message, msg

_WITHIN: Final = re.compile(r"/(?:[a-z0-9-]+(?:/[a-z0-9-]+)*)?\Z", re.ASCII)


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of signing in and out."""
    sessions = wiring.sessions
    browser = SameBrowser(f"{sessions.cookie_name}-sign-in")

    async def page(visit: Visit, next_: str, value: str, trouble: Message | None) -> Response[Any]:
        context = {"next": next_, "secret": value, "trouble": trouble}
        response = await site.answer(
            visit, PageContent("sign_in.html", context), cookies=[browser.cookie(value)]
        )
        response.status_code = 401 if trouble else 200
        return response

    async def show(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await site.visit(request)
        return await page(visit, within(visit.query.get("next", "")), secrets.token_urlsafe(24), None)

    async def sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        browser.check(request, form)
        cookie = await sessions.begin(form.fields.get("token", "").strip(), browser=browser_from(request))
        next_ = within(form.own("next"))
        if cookie is None:
            # The token is not repeated in the form, because a form can be seen on the screen.
            trouble = msg("This access key is unknown, has expired or was revoked.")
            return await page(await site.visit(request), next_, secrets.token_urlsafe(24), trouble)
        # A browser has only one session, so an earlier one ends.
        await sessions.end(request.cookies.get(sessions.cookie_name))
        return redirect(next_, cookies=[cookie, browser.forget()])

    async def sign_out(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        check_signed_form(await site.visit(request), form)
        return redirect("/", cookies=[await sessions.end(request.cookies.get(sessions.cookie_name))])

    return [
        site.handler(HttpMethod.GET, "/sign-in", show),
        site.handler(HttpMethod.POST, "/sign-in", sign_in),
        site.handler(HttpMethod.POST, "/sign-out", sign_out),
    ]


def within(address: str) -> str:
    """The address on this site to continue to; for any other address, the visitor's own page."""
    return address if _WITHIN.match(address) and address != "/" else "/me"
