"""Using a claim: the person is signed in, and chooses how they will sign in from now on."""

from __future__ import annotations

import secrets
from typing import Any

from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.accounts.browsers import browser_from
from api.http.failing import problem_of
from api.pages.access import ADDRESS
from api.pages.forms import read_form
from api.pages.letting_in import let_in
from api.pages.origins import check_same_site
from api.pages.page import PageContent
from api.pages.same_browser import SameBrowser
from api.pages.site import Site
from api.pages.visits import Visit
from api.run.wiring import Wiring
from domain.messages import Message
from domain.refusals import CommandRejected
from domain.values import Channel
from history.requests import Contended, KeyReused


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of the page for claims. The claim is sent in a form; it appears in no address and is not shown
    again."""
    browser = SameBrowser(f"{wiring.sessions.cookie_name}-claim")

    async def page(visit: Visit, trouble: Message | None, status: int) -> Response[Any]:
        secret = secrets.token_urlsafe(24)
        drawn = PageContent("claim.html", {"secret": secret, "trouble": trouble})
        return await site.answer(visit, drawn, cookies=[browser.cookie(secret)], status=status)

    async def show(request: Request[Any, Any, Any]) -> Response[Any]:
        return await page(await site.visit(request), None, 200)

    async def exchange(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        browser.check(request, form)
        try:
            # If the answer was lost, sending the same form again signs in again.
            used = await wiring.claims.use(
                form.fields.get("claim", "").strip(), channel=Channel.PAGE, form_secret=form.own("secret")
            )
        except (CommandRejected, KeyReused, Contended) as error:
            problem = problem_of(error)
            visit = await site.visit(request)
            return await page(visit, problem.detail, problem.kind.status)
        cookie = await wiring.sessions.begin_by_claim(used.person, used.claim, browser=browser_from(request))
        return await let_in(wiring, request, cookie, ADDRESS, [browser.forget()])

    return [
        site.handler(HttpMethod.GET, "/claim", show),
        site.handler(HttpMethod.POST, "/claim", exchange),
    ]
