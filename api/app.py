"""The Litestar app: the pages of one installation, and its operations, described by OpenAPI from the same
declarations."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, cast

from litestar import Litestar, MediaType, Request, Response, get
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.accounts import access
from api.health import answers, metrics
from api.http import (
    administration,
    commands,
    drafts,
    invitations,
    own_factors,
    profiles,
    queries,
    searching,
    shared_drafts,
    ways_in,
)
from api.http.bodies import DRAINED
from api.http.failing import on_exception
from api.http.hosts import NO_HOST, names_a_host
from api.http.openapi import described_as_html, described_as_json
from api.http.operations import Operation, route
from api.http.problems import RETRY_SECONDS, Problem, ProblemType
from api.pages import for_a_browser, pages
from api.pages.rendering import STYLE_ADDRESS
from api.pages.responses import SECURITY
from api.run.wiring import Wiring
from domain.messages import msg

_HEADERS: Final[dict[bytes, bytes]] = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    # What is answered is somebody's own, and must not lie in a cache on the way or in a shared browser.
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}
"""What every answer carries, unless it says otherwise itself."""


STOPPING: Final = msg(
    "The server is stopping, so this was not finished. Send it again in a moment, with the same idempotency key if it has "
    "one."
)

log = logging.getLogger("overwinter.api")


def operations() -> tuple[Operation, ...]:
    """Every operation of the API."""
    return (
        *commands.operations(),
        *queries.operations(),
        *access.OPERATIONS,
        *ways_in.OPERATIONS,
        *own_factors.OPERATIONS,
        *invitations.OPERATIONS,
        *drafts.OPERATIONS,
        *shared_drafts.OPERATIONS,
        *profiles.OPERATIONS,
        *searching.OPERATIONS,
        *administration.OPERATIONS,
        *answers.operations(),
        *metrics.OPERATIONS,
    )


def make_app(wiring: Wiring) -> ASGIApp:
    """The app over an installation that is open for as long as the app is served."""
    served = operations()
    document, page = described_as_json(served), described_as_html(served, STYLE_ADDRESS)
    shown, page_on_exception = pages(wiring)

    def failed(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        return page_on_exception(request, error) if for_a_browser(request) else on_exception(request, error)

    @get("/schema/openapi.json", include_in_schema=False, sync_to_thread=False)
    def schema() -> Response[bytes]:
        return Response(document, media_type=MediaType.JSON)

    @get("/schema", include_in_schema=False, sync_to_thread=False)
    def schema_page() -> Response[bytes]:
        return Response(page, media_type=MediaType.HTML, headers=SECURITY)

    app = Litestar(
        route_handlers=[*(route(operation, wiring) for operation in served), schema, schema_page, *shown],
        exception_handlers={Exception: failed},
        openapi_config=None,
        logging_config=None,
        # The readers of bodies have limits of their own, and take in what is too large so that the answer is read.
        request_max_body_size=2 * DRAINED,
    )
    # Around the whole, as Litestar's own middleware never sees an address that is not there.
    return _around(cast("ASGIApp", app), failed)


def _around(app: ASGIApp, failed: Callable[[Request[Any, Any, Any], Exception], Response[Any]]) -> ASGIApp:
    """The app with what every answer carries, and with nothing done for a request whose Host is none."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers: list[Any] = list(message["headers"])  # Any: pairs of bytes
                present = {name.lower() for name, _ in headers}
                headers += [(name, value) for name, value in _HEADERS.items() if name not in present]
                message["headers"] = headers
            await send(message)

        async def answer(problem: Problem) -> None:
            request = Request[Any, Any, Any](scope, receive, send)
            await failed(request, problem).to_asgi_response(None, request)(scope, receive, sending)

        if not names_a_host(scope["headers"]):
            await answer(Problem(ProblemType.MALFORMED, NO_HOST))
            return
        try:
            await app(scope, receive, sending)
        except asyncio.CancelledError:
            # The server cancels what takes longer than it waits when it stops. It would log the cancellation with all its
            # frames; the client is told instead.
            log.warning("a request was given up because the server stops")
            if not begun:
                await answer(
                    Problem(ProblemType.UNAVAILABLE, STOPPING, headers={"Retry-After": str(RETRY_SECONDS)})
                )

    return wrapped
