"""The long-running processes: the API, and the projections with due dates. Both end cleanly on SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from threading import Event
from typing import Any, cast

import uvicorn
import uvloop
from litestar.types import ASGIApp

from api.app import make_app
from api.http.client_limits import Limits
from api.run.due_dates import follow_due_dates
from api.run.letters import follow_history, follow_outbox
from api.run.settings import Settings
from api.run.wiring import Wiring, wire
from projections.projector import follow
from projections.register import PROJECTIONS

_ENDING = (signal.SIGINT, signal.SIGTERM)


class _Server(uvicorn.Server):
    """A uvicorn server that does not handle signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing. Uvicorn would raise a signal again before the database connections are closed."""
        yield


def log_to_stderr(settings: Settings) -> None:
    """Log times, levels and sentences. Logs never contain addresses, tokens or what people wrote."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )


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

        _on_ending(end)
        await server.serve(sockets=[listening])


def project(settings: Settings, url: str) -> None:
    """Keep the read models up to date, run due dates, write and send letters, until the process is told to stop."""
    asyncio.run(_project(settings, url))


async def _project(settings: Settings, url: str) -> None:
    stop = Event()
    ended = asyncio.Event()

    def end() -> None:
        stop.set()
        ended.set()

    _on_ending(end)
    projecting = asyncio.create_task(
        asyncio.to_thread(follow, url, PROJECTIONS, stop, read_url=settings.read_database_url)
    )
    running = asyncio.create_task(follow_due_dates(settings, url))
    sending = asyncio.create_task(follow_outbox(settings, url))
    writing = asyncio.create_task(follow_history(settings, url))
    told = asyncio.create_task(ended.wait())
    try:
        done, _ = await asyncio.wait(
            {projecting, running, sending, writing, told}, return_when=asyncio.FIRST_COMPLETED
        )
        for task in done - {told}:
            # Neither ends normally: its exception ends the process, and a supervisor notices.
            task.result()
    finally:
        stop.set()
        for task in (running, sending, writing, told):
            task.cancel()
        for task in (running, sending, writing):
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await projecting


def _on_ending(end: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for sign in _ENDING:
        loop.add_signal_handler(sign, end)
