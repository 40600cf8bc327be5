"""A small HTTP/1.1 client for load: one kept-alive connection at a time for each request under way.

It does as little as a client can, so that the server is measured: one write for a request, and the parser that the
server uses too. Not a client for the open internet (no redirects, no compression).
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self, cast
from urllib.parse import urlsplit

import httptools
import msgspec

SECONDS: Final = 60.0
"""How long an answer may take before the connection counts as lost."""


IDLE_SECONDS: Final = 2.0
"""For how long a connection without a request is kept. Servers end one after five seconds or so, and a request that is sent
at that very moment is lost."""


class ConnectionLost(Exception):
    """The server went away, or did not answer in time: it is open whether the request was done."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        """The body as a JSON object. Raises `msgspec.DecodeError`."""
        return msgspec.json.decode(self.body, type=dict[str, object])


class _Exchange(asyncio.Protocol):
    """One connection, with at most one request under way."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Answer] | None = None
        self._begin()
        self.open = False
        self.answered_at = 0.0
        """When its latest answer came, by the event loop's clock."""

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._pieces: list[bytes] = []

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's by class, only by what they do.
        self._transport = cast("asyncio.Transport", transport)
        self.open = True

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def connection_lost(self, _error: Exception | None) -> None:
        self.open = False
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ConnectionLost("The server closed the connection."))

    # What the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, piece: bytes) -> None:
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        answer = Answer(self._parser.get_status_code(), self._headers, b"".join(self._pieces))
        if not self._parser.should_keep_alive():
            self.close()
        waiter, self._waiter = self._waiter, None
        self._begin()
        if waiter is not None and not waiter.done():
            waiter.set_result(answer)

    # What the client calls

    async def exchange(self, request: bytes, seconds: float) -> Answer:
        assert self._transport is not None
        assert self._waiter is None
        waiter: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiter = waiter
        self._transport.write(request)
        try:
            async with asyncio.timeout(seconds):
                return await waiter
        except BaseException as error:
            # An answer that comes later would be taken for the next request's.
            self._waiter = None
            self.close()
            if isinstance(error, TimeoutError):
                raise ConnectionLost("The server did not answer in time.") from None
            raise

    def close(self) -> None:
        self.open = False
        if self._transport is not None:
            self._transport.close()


class Client:
    """Sends requests to one server, over as many kept-alive connections as there are requests at a time."""

    def __init__(self, url: str, *, seconds: float = SECONDS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("A server's address is written as http://127.0.0.1:8000.")
        self._host = parts.hostname
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._base = parts.path.rstrip("/")
        self._named = parts.netloc.rpartition("@")[2]
        self._seconds = seconds
        self._idle: deque[_Exchange] = deque()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        while self._idle:
            self._idle.pop().close()

    async def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send one request and wait for its answer. Raises `ConnectionLost`."""
        request = self.prepare(method, path, headers=headers, body=body)
        return await self.send_prepared(request)

    def prepare(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> bytes:
        """The bytes of a request, to be made before the clock runs."""
        lines = [f"{method} {self._base}{path} HTTP/1.1", f"Host: {self._named}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        elif method != "GET":
            lines.append("Content-Length: 0")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")

    async def send_prepared(self, request: bytes) -> Answer:
        """Send the bytes of a request and wait for the answer. Raises `ConnectionLost`."""
        exchange = await self._connection()
        answer = await exchange.exchange(request, self._seconds)
        if exchange.open:
            exchange.answered_at = asyncio.get_running_loop().time()
            self._idle.append(exchange)
        return answer

    async def _connection(self) -> _Exchange:
        while self._idle:
            exchange = self._idle.pop()
            if exchange.open and asyncio.get_running_loop().time() < exchange.answered_at + IDLE_SECONDS:
                return exchange
            exchange.close()
        try:
            _, exchange = await asyncio.get_running_loop().create_connection(
                _Exchange, self._host, self._port, ssl=self._tls
            )
        except OSError:
            raise ConnectionLost("The server cannot be reached.") from None
        return exchange
