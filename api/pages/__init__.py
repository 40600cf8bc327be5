"""The pages: HTML for browsers, which need no scripts, on the same commands and queries as the JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from api.pages import (
    access,
    assets,
    calendars,
    claims,
    demonstration,
    draft_invitations,
    draft_people,
    factors,
    first_start,
    invitations,
    leaving,
    letters,
    outbox,
    reading_news,
    registering,
    second_factor,
    sign_in,
)
from api.pages.site import Site
from api.run.wiring import Wiring

Failed = Callable[[Request[Any, Any, Any], Exception], Response[Any]]


def pages(wiring: Wiring) -> tuple[list[HTTPRouteHandler], Failed]:
    """The handlers of all pages, and the handler for failures of browsers' requests that reach no page."""
    site = Site(wiring)
    shown = [
        *site.routes(),
        *sign_in.routes(site, wiring),
        *second_factor.routes(site, wiring),
        *factors.routes(site, wiring),
        *registering.routes(site, wiring),
        *letters.routes(site, wiring),
        *outbox.routes(site, wiring),
        *reading_news.routes(site, wiring),
        *calendars.routes(site, wiring),
        *claims.routes(site, wiring),
        *invitations.routes(site, wiring),
        *draft_invitations.routes(site, wiring),
        *draft_people.routes(site, wiring),
        *first_start.routes(site, wiring),
        *access.routes(site, wiring),
        *leaving.routes(site, wiring),
        *(demonstration.routes(site, wiring) if wiring.settings.demo else ()),
        *assets.routes(),
    ]
    return shown, site.on_exception


def for_a_browser(request: Request[Any, Any, Any]) -> bool:
    """Whether a request that matched no handler comes from a browser and is answered by a page."""
    return "text/html" in request.headers.get("accept", "") and not request.scope["path"].startswith(
        ("/api/", "/schema")
    )
