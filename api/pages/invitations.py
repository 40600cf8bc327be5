"""Answering an invitation: its link leads to a page where one accepts or declines it, with an account or before one has one.

The link's secret goes into a cookie at once, so that it is in no further address; only pressing a button answers anything.
"""

from __future__ import annotations

from typing import Any, Final

from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.accounts.invitations import FoundInvitation, sentence
from api.http.failing import problem_of
from api.http.problems import Problem, ProblemType
from api.locales import LANGUAGES
from api.pages.arrivals import Arrivals
from api.pages.checks import NOT_OF_THIS_PAGE, check_signed_form
from api.pages.forms import SubmittedForm, read_form
from api.pages.origins import check_same_site
from api.pages.page import PageContent
from api.pages.responses import redirect
from api.pages.same_browser import SameBrowser
from api.pages.site import Site
from api.pages.visits import Visit
from api.run.wiring import Wiring
from domain import invitations
from domain.labels import DUTIES
from domain.messages import Message
from domain.refusals import CommandRejected, NotFound, Refused
from domain.values import Channel
from history.requests import Contended, KeyReused

ADDRESS: Final = "/invitation"
SECONDS: Final = 86_400
"""How long a browser keeps an invitation that was opened, so that somebody can register meanwhile."""


def invitation_cookie(wiring: Wiring) -> SameBrowser:
    """The cookie of an invitation that was opened and not answered yet."""
    return SameBrowser(f"{wiring.sessions.cookie_name}-invitation")


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of these pages."""
    browser, arrivals = invitation_cookie(wiring), Arrivals(wiring)

    async def page(
        visit: Visit, text: str, *, trouble: Message | None = None, declined: bool = False, status: int = 200
    ) -> Response[Any]:
        found: FoundInvitation | None = None
        try:
            found = await wiring.invitations.find(text)
            if not declined:
                invitations.check_open(found.state, wiring.clock())
        except (NotFound, Refused) as error:
            trouble, status = trouble or problem_of(error).detail, 409 if found else 404
        state = None if found is None else found.state
        said = None
        if found is not None and state is not None:
            said = sentence(
                name=found.initiative,
                roles=state.roles,
                title=found.call_title,
                one_round=state.round is not None,
            )
        context = {
            "secret": text,
            "sentence": said,
            "roles": state.roles if state else (),
            "duties": DUTIES,
            "ends_at": state.ends_at if state else None,
            "answerable": trouble is None or (state is not None and _is_open(state, wiring)),
            "declined": declined,
            "trouble": trouble,
            "next": ADDRESS,
            "by_email": wiring.settings.writes_letters,
        }
        cookies = [browser.cookie(text, SECONDS)] if found and not declined else [browser.forget()]
        response = await site.answer(visit, PageContent("invitation.html", context), cookies=cookies)
        response.status_code = status
        return response

    async def open_link(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await site.visit(request)
        language = f"?lang={visit.query['lang']}" if visit.query.get("lang") in LANGUAGES else ""
        return redirect(
            f"{ADDRESS}{language}", cookies=[browser.cookie(request.path_params["invitation"], SECONDS)]
        )

    async def show(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await site.visit(request)
        return await page(visit, request.cookies.get(browser.name, ""))

    async def answer(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        browser.check(request, form)
        visit = await site.visit(request, form)
        text = form.own("secret")
        try:
            if form.own("do") == "decline":
                await wiring.invitations.decline(text, channel=Channel.PAGE)
                return await page(visit, text, declined=True)
            return await accept(visit, form, text)
        except (CommandRejected, KeyReused, Contended) as error:
            problem = problem_of(error)
            return await page(visit, text, trouble=problem.detail, status=problem.kind.status)

    async def accept(visit: Visit, form: SubmittedForm, text: str) -> Response[Any]:
        if form.own("do") != "accept":
            raise Problem(ProblemType.MALFORMED, NOT_OF_THIS_PAGE)
        check_signed_form(visit, form)
        done = await wiring.invitations.accept(text, person=visit.who, channel=Channel.PAGE)
        return redirect("/me", cookies=[browser.forget(), arrivals.after(done.position, "invitation.accept")])

    return [
        site.handler(HttpMethod.GET, f"{ADDRESS}/{{invitation}}", open_link),
        site.handler(HttpMethod.GET, ADDRESS, show),
        site.handler(HttpMethod.POST, ADDRESS, answer),
    ]


def _is_open(state: invitations.Invitation, wiring: Wiring) -> bool:
    try:
        invitations.check_open(state, wiring.clock())
    except Refused:
        return False
    return True
