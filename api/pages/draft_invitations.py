"""Answering an invitation to write in a draft. As with other invitations, the link's secret goes into a cookie at once,
and only pressing a button answers anything."""

from __future__ import annotations

from typing import Any, Final

from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.http.failing import problem_of
from api.http.problems import Problem, ProblemType
from api.locales import LANGUAGES
from api.pages.checks import NOT_OF_THIS_PAGE, check_signed_form
from api.pages.forms import read_form
from api.pages.origins import check_same_site
from api.pages.page import PageContent
from api.pages.responses import redirect
from api.pages.same_browser import SameBrowser
from api.pages.site import Site
from api.pages.visits import Visit
from api.run.wiring import Wiring
from domain.calls.state import CALL, Call
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import Message
from domain.refusals import CommandRejected, NotFound

ADDRESS: Final = "/draft-invitation"
SECONDS: Final = 86_400
"""How long a browser keeps an invitation that was opened, so that somebody can register meanwhile."""


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of these pages."""
    browser = SameBrowser(f"{wiring.sessions.cookie_name}-draft")
    shared = wiring.shared_drafts

    async def page(
        visit: Visit, text: str, *, trouble: Message | None = None, declined: bool = False, status: int = 200
    ) -> Response[Any]:
        call: Call | None = None
        house: Initiative | None = None
        ends_at = None
        if not declined:
            try:
                found = await shared.find(text)
                call = await wiring.reader.the(CALL, found.call)
                house = await wiring.reader.the(INITIATIVE, call.initiative)
                ends_at = found.ends_at
            except NotFound as error:
                trouble, status = trouble or problem_of(error).detail, 404
        context = {
            "secret": text,
            "call": call,
            "house": house.name if house else "",
            "ends_at": ends_at,
            "declined": declined,
            "trouble": trouble,
            "next": ADDRESS,
            "by_email": wiring.settings.writes_letters,
        }
        cookies = [browser.cookie(text, SECONDS)] if call is not None else [browser.forget()]
        response = await site.answer(visit, PageContent("draft_invitation.html", context), cookies=cookies)
        response.status_code = status
        return response

    async def open_link(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await site.visit(request)
        language = f"?lang={visit.query['lang']}" if visit.query.get("lang") in LANGUAGES else ""
        return redirect(
            f"{ADDRESS}{language}", cookies=[browser.cookie(request.path_params["invitation"], SECONDS)]
        )

    async def show(request: Request[Any, Any, Any]) -> Response[Any]:
        return await page(await site.visit(request), request.cookies.get(browser.name, ""))

    async def answer(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        browser.check(request, form)
        visit = await site.visit(request, form)
        text = form.own("secret")
        try:
            if form.own("do") == "decline":
                await shared.decline(text)
                return await page(visit, text, declined=True)
            if form.own("do") != "accept":
                raise Problem(ProblemType.MALFORMED, NOT_OF_THIS_PAGE)
            check_signed_form(visit, form)
            draft = await shared.accept(text, visit.who)
        except CommandRejected as error:
            problem = problem_of(error)
            return await page(visit, text, trouble=problem.detail, status=problem.kind.status)
        return redirect(f"/drafts/{draft}", cookies=[browser.forget()])

    return [
        site.handler(HttpMethod.GET, f"{ADDRESS}/{{invitation}}", open_link),
        site.handler(HttpMethod.GET, ADDRESS, show),
        site.handler(HttpMethod.POST, ADDRESS, answer),
    ]
