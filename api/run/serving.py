"""The long-running process that serves the API and the pages. It ends cleanly on SIGTERM or Ctrl-C."""

from __future__ import annotations

import contextlib
import gc
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

import uvicorn
import uvloop
from litestar.types import ASGIApp

from api.app import make_app
from api.http.client_limits import Limits
from api.run.ending import on_ending
from api.run.settings import Settings
from api.run.wiring import Wiring, wire


class _Server(uvicorn.Server):
    """A uvicorn server that does not handle signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing. Uvicorn would raise a signal again before the database connections are closed."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)


def serve(
    settings: Settings,
    url: str,
    listening: socket.socket,
    *,
    begun: Callable[[Wiring], Awaitable[None]] | None = None,
) -> None:
    """Serve the API on a socket until the process is told to stop; `begun` is called first."""
    uvloop.run(_serve(settings, url, listening, begun))


def server_of(app: ASGIApp, limits: Limits) -> uvicorn.Server:
    """A server for an app, with the given limits."""
    return _Server(
        uvicorn.Config(
            cast("Any", app),  # uvicorn and Litestar have different types for the same thing
            interface="asgi3",
            loop="none",
            http=limits.protocol(),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=10,
        )
    )


async def _serve(
    settings: Settings,
    url: str,
    listening: socket.socket,
    begun: Callable[[Wiring], Awaitable[None]] | None,
) -> None:
    async with wire(settings, url, read_url=settings.read_database_url) as wiring:
        if begun is not None:
            await begun(wiring)
        server = server_of(make_app(wiring), Limits(settings))
        # What exists by now stays for good, so no collection of garbage needs to look at it again.
        gc.collect()
        gc.freeze()

        def end() -> None:
            server.should_exit = True

        on_ending(end)
        await server.serve(sockets=[listening])
