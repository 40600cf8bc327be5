"""Pages that answer an invitation: its link leads to one where a person accepts or declines it, with an account or before they
have one.

The link's secret goes into a cookie at once, so that it is in no further address; only pressing a button answers anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from litestar import HttpMethod, Request, Response
from litestar.datastructures import Cookie
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
from domain.messages import Message
from domain.refusals import CommandRejected
from history.requests import Contended, KeyReused

SECONDS: Final = 86_400
"""How long a browser keeps an invitation that was opened, so that somebody can register meanwhile."""


@dataclass(frozen=True, slots=True)
class InvitationShown:
    """What a page shows of an invitation: `context` is for its template. `kept`: it can still be answered, so the browser keeps
    it. `trouble` is what is the matter with it, and `status` that of the answer then."""

    template: str
    context: Mapping[str, Any]  # Any: whatever the template shows
    kept: bool
    trouble: Message | None = None
    status: int | None = None


class Invitations(Protocol):
    """One kind of invitations; each is named by the `secret` of its link."""

    async def shown(self, secret: str, *, declined: bool) -> InvitationShown:
        """What is shown of it; `declined` just now."""

    async def accept(self, secret: str, who: str) -> tuple[str, list[Cookie]]:
        """Accept it for a person: the page to which they are led, and its cookies. Raises as the command does."""

    async def decline(self, secret: str) -> None:
        """Decline it. Raises as the command does."""


def routes_of(
    invitations: Invitations, site: Site, wiring: Wiring, *, address: str, browser: SameBrowser
) -> list[HTTPRouteHandler]:
    """The handlers of the pages at an `address`, which keep the secret in the cookie of a `browser`."""

    async def page(
        visit: Visit,
        secret: str,
        *,
        declined: bool = False,
        trouble: Message | None = None,
        status: int = 200,
    ) -> Response[Any]:
        shown = await invitations.shown(secret, declined=declined)
        context = {
            "secret": secret,
            "declined": declined,
            "trouble": trouble or shown.trouble,
            "next": address,
            "by_email": wiring.settings.writes_letters,
            **shown.context,
        }
        cookie = browser.cookie(secret, SECONDS) if shown.kept else browser.forget()
        return await site.answer(
            visit, PageContent(shown.template, context), cookies=[cookie], status=shown.status or status
        )

    async def open_link(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await site.visit(request)
        language = f"?lang={visit.query['lang']}" if visit.query.get("lang") in LANGUAGES else ""
        return redirect(
            f"{address}{language}", cookies=[browser.cookie(request.path_params["invitation"], SECONDS)]
        )

    async def show(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await site.visit(request)
        return await page(visit, request.cookies.get(browser.name, ""))

    async def answer(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        browser.check(request, form)
        visit = await site.visit(request, form)
        secret = form.own("secret")
        try:
            if form.own("do") == "decline":
                await invitations.decline(secret)
                return await page(visit, secret, declined=True)
            if form.own("do") != "accept":
                raise Problem(ProblemType.MALFORMED, NOT_OF_THIS_PAGE)
            check_signed_form(visit, form)
            where, cookies = await invitations.accept(secret, visit.who)
            return redirect(where, cookies=[browser.forget(), *cookies])
        except (CommandRejected, KeyReused, Contended) as error:
            problem = problem_of(error)
            return await page(visit, secret, trouble=problem.detail, status=problem.kind.status)

    return [
        site.handler(HttpMethod.GET, f"{address}/{{invitation}}", open_link),
        site.handler(HttpMethod.GET, address, show),
        site.handler(HttpMethod.POST, address, answer),
    ]
