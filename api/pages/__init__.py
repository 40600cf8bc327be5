"""The pages: what a browser is shown, without scripts, over the same commands and questions as the JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from api.pages import access, assets, claims, sign_in
from api.pages.site import Site
from api.run.wiring import Wiring

Failed = Callable[[Request[Any, Any, Any], Exception], Response[Any]]


def pages(wiring: Wiring) -> tuple[list[HTTPRouteHandler], Failed]:
    """The handlers of all pages, and what answers a browser whose request failed before it came to one."""
    site = Site(wiring)
    shown = [
        *site.routes(),
        *sign_in.routes(site, wiring),
        *claims.routes(site, wiring),
        *access.routes(site, wiring),
        *assets.routes(),
    ]
    return shown, site.on_exception


def for_a_browser(request: Request[Any, Any, Any]) -> bool:
    """Whether a request that came to no handler is a browser's, to be answered by a page."""
    return "text/html" in request.headers.get("accept", "") and not request.scope["path"].startswith(
        ("/api/", "/schema")
    )
