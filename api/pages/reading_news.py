"""The button with which a person says that they have read the news on their start page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.http.operations import again_if_lost
from api.http.problems import Problem, ProblemType
from api.pages.checks import NOT_AS_SENT, check_signed_form
from api.pages.forms import read_form
from api.pages.origins import check_same_site
from api.pages.responses import redirect
from api.pages.site import Site
from api.run.wiring import Wiring
from domain.values import read_time

ADDRESS: Final = "/me/news"


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handler of the button."""

    async def act(request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, wiring.settings)
        form = await read_form(request, wiring.settings.most_fields)
        visit = await again_if_lost(lambda: site.visit(request))
        check_signed_form(visit, form)
        await wiring.notices.mark_read(visit.who, _moment(form.fields.get("until", "")))
        return redirect("/me")

    return [site.handler(HttpMethod.POST, ADDRESS, act)]


def _moment(text: str) -> datetime:
    """The time of the newest line that was shown. Raises `Problem`."""
    try:
        moment = read_time(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Problem(ProblemType.MALFORMED, NOT_AS_SENT)
    return moment
