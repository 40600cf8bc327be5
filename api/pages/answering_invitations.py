"""Pages that answer an invitation: its link leads to one where a person accepts or declines it, with an account or before they
have one.

The link's secret goes into a cookie at once, so that it is in no further address; only pressing a button answers anything.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.http.failing import problem_of
from api.http.problems import Problem, ProblemType
from api.locales import LANGUAGES
from api.pages.checks import NOT_OF_THIS_PAGE, check_signed_form
from api.pages.forms import read_form
from api.pages.origins import check_same_site
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


class Invitations(Protocol):
    """One kind of invitations: its page, and what answering one does. `secret` is that of the link."""

    async def page(
        self,
        visit: Visit,
        secret: str,
        *,
        trouble: Message | None = None,
        declined: bool = False,
        status: int = 200,
    ) -> Response[Any]:
        """The page with the invitation, or with what is the matter."""

    async def accept(self, visit: Visit, secret: str) -> Response[Any]:
        """Accept it for the visitor, and lead them on. Raises as the command does."""

    async def decline(self, secret: str) -> None:
        """Decline it. Raises as the command does."""


def routes_of(
    invitations: Invitations, site: Site, wiring: Wiring, *, address: str, browser: SameBrowser
) -> list[HTTPRouteHandler]:
    """The handlers of the pages at an `address`, which keep the secret in the cookie of a `browser`."""

    async def open_link(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await site.visit(request)
        language = f"?lang={visit.query['lang']}" if visit.query.get("lang") in LANGUAGES else ""
        return redirect(
            f"{address}{language}", cookies=[browser.cookie(request.path_params["invitation"], SECONDS)]
        )

    async def show(request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await site.visit(request)
        return await invitations.page(visit, request.cookies.get(browser.name, ""))

    async def answer(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        browser.check(request, form)
        visit = await site.visit(request, form)
        secret = form.own("secret")
        try:
            if form.own("do") == "decline":
                await invitations.decline(secret)
                return await invitations.page(visit, secret, declined=True)
            if form.own("do") != "accept":
                raise Problem(ProblemType.MALFORMED, NOT_OF_THIS_PAGE)
            check_signed_form(visit, form)
            return await invitations.accept(visit, secret)
        except (CommandRejected, KeyReused, Contended) as error:
            problem = problem_of(error)
            return await invitations.page(visit, secret, trouble=problem.detail, status=problem.kind.status)

    return [
        site.handler(HttpMethod.GET, f"{address}/{{invitation}}", open_link),
        site.handler(HttpMethod.GET, address, show),
        site.handler(HttpMethod.POST, address, answer),
    ]
