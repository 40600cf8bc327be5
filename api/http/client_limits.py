"""What one client may take of the server: the head of a request, the time to send it, and connections at a time.

uvicorn has no bounds of its own for these with httptools: a head may be of any size, a connection may stay silent for
ever, and a body may come a byte a minute. So its protocol is extended here. What is too much is answered in one sentence,
and the connection ends.

Whose connection it is: the address at its other end. That of a proxy (`Settings.proxies`) is nobody's own, so its
connections are not counted; of a request that comes through one, the last address in X-Forwarded-For is counted for as
long as the request lasts.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

import msgspec
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from api.http.problems import MEDIA_TYPE, RETRY_SECONDS, Problem, ProblemType
from api.locales import ENGLISH, Locale, languages_of, locale_of
from api.run.settings import Settings
from domain.messages import Message, msg

LINGER_SECONDS: Final = 2.0
"""For how long a refused client is listened to, so that it reads the answer before the connection ends."""
_FORWARDED: Final = b"x-forwarded-for"


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one server, and who is connected now. One for a process."""

    settings: Settings
    connections: Counter[str] = field(default_factory=Counter)
    """Open connections by address."""
    requests: Counter[str] = field(default_factory=Counter)
    """Requests in progress that came through a proxy, by the address that it names."""

    def is_proxy(self, address: str) -> bool:
        """Whether an address is that of a proxy of ours."""
        found = _address(address)
        return found is not None and any(found in network for network in self.settings.proxies)

    def protocol(self) -> Any:  # Any: uvicorn calls it as it would a class of protocols
        """What uvicorn makes of every connection."""
        return partial(_BoundedProtocol, self)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def counted_as(text: str) -> str | None:
    """The address under which a client is counted: of IPv6, where one client has many, the network of 64 bits. None for
    what is no address."""
    found = _address(text)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found) >> 64 << 64, 64)))
    return None if found is None else str(found)


class _BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol for one connection, with bounds."""

    def __init__(
        self,
        limits: Limits,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._settings = limits.settings
        self._counted: str | None = None
        self._through_proxy = False
        self._refused = False
        self._in_head = False
        self._head_bytes = 0
        self._late: asyncio.TimerHandle | None = None
        """Ends the connection when head or body do not come in time."""
        self._unread: asyncio.TimerHandle | None = None
        """Ends the connection when its client does not take the answer."""
        self._of_request: list[str | None] = []
        """The addresses of the requests in progress, the oldest first."""

    # Connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, and refuse it if there are too many."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        self._through_proxy = not address or self._limits.is_proxy(address)
        if not self._through_proxy:
            self._counted = counted_as(address) or address
            self._limits.connections[self._counted] += 1
        if len(self.connections) > self._settings.connections:
            self._turn_away(
                ProblemType.UNAVAILABLE,
                msg("The server has too many connections at the moment; try again shortly."),
            )
        elif self._counted and (
            self._limits.connections[self._counted] > self._settings.connections_per_address
        ):
            self._turn_away(
                ProblemType.TOO_MANY,
                msg("There are too many connections from your address; close some, then try again."),
            )
        else:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the connection no more."""
        self._stop_waiting()
        self._stop_waiting_for_reader()
        if self._counted is not None:
            _discount(self._limits.connections, self._counted)
            self._counted = None
        while self._of_request:
            _discount(self._limits.requests, self._of_request.pop())
        super().connection_lost(exc)

    def eof_received(self) -> None:
        """A refused client has read its answer."""
        if self._refused:
            self.transport.close()

    # Requests

    def data_received(self, data: bytes) -> None:
        """Take in what was sent, unless the client was refused."""
        if self._refused:
            return
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        self._check_head()

    def _check_head(self) -> None:
        """What a head that is not whole yet has taken, and whether anything is awaited at all."""
        if self._refused:
            return
        if self._in_head and self._head_bytes > self._settings.header_bytes:
            self._refuse_head()
        elif self._late is None and self._is_between_requests():
            # What came begins no request, such as an empty line.
            self._wait_for_head()

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0
        self._wait_for_head()

    def on_headers_complete(self) -> None:
        """Begin to answer a request, if its head is within the bounds and its client has not too many."""
        self._in_head = False
        self._stop_waiting()
        if self._refused:
            return
        sent = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if sent > self._settings.header_bytes or len(self.headers) > self._settings.headers:
            self._refuse_head()
            return
        address = self._address_through_proxy()
        if address and self._limits.requests[address] >= self._settings.connections_per_address:
            self._refuse(
                ProblemType.TOO_MANY,
                msg("There are too many requests from your address at once; wait until some are answered."),
            )
            return
        self._of_request.append(address)
        if address:
            self._limits.requests[address] += 1
        super().on_headers_complete()
        self._late = self.loop.call_later(self._settings.body_seconds, self._body_is_late)

    def on_body(self, body: bytes) -> None:
        """Take in a part of a body."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if not self._refused:
            self._stop_waiting()
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """The request is answered."""
        if self._of_request:
            _discount(self._limits.requests, self._of_request.pop(0))
        super().on_response_complete()

    def _is_between_requests(self) -> bool:
        return not self._in_head and not self._is_answering()

    def _is_answering(self) -> bool:
        # Before the first request there is no cycle, whatever uvicorn's types say.
        return bool(self.cycle) and not self.cycle.response_complete

    def _address_through_proxy(self) -> str | None:
        """Whose request it is, as the proxy says; None where there is no proxy, or it does not say."""
        if not self._through_proxy:
            return None
        named = b",".join(value for name, value in self.headers if name == _FORWARDED).decode("latin-1")
        for address in reversed(named.split(",")):
            # Of proxies in a row, each names the one before it.
            if not self._limits.is_proxy(address):
                return counted_as(address)
        return None

    # Times

    def _wait_for_head(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(self._settings.header_seconds, self._head_is_late)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _head_is_late(self) -> None:
        self._late = None
        if self.flow.read_paused:
            # We do not read at the moment, so that it is not the client who is slow.
            self._wait_for_head()
        elif self._in_head:
            self._refuse(
                ProblemType.TOO_SLOW, msg("The head of the request did not arrive in time; send it again.")
            )
        else:
            self.transport.close()

    def _body_is_late(self) -> None:
        self._late = None
        if self.cycle.response_complete:
            # It was answered without its body.
            self.transport.close()
        elif self.flow.read_paused:
            self._late = self.loop.call_later(self._settings.body_seconds, self._body_is_late)
        else:
            self._refuse(
                ProblemType.TOO_SLOW, msg("The body of the request did not arrive in time; send it again.")
            )

    def pause_writing(self) -> None:
        """The client takes its answer slowly."""
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        """The client goes on taking its answer."""
        self._stop_waiting_for_reader()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """End a connection that lies idle, also where its client never takes the last answer."""
        super().timeout_keep_alive_handler()
        self._wait_for_reader()

    def _wait_for_reader(self) -> None:
        if self._unread is None:
            self._unread = self.loop.call_later(self._settings.body_seconds, self.transport.abort)

    def _stop_waiting_for_reader(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    # Refusing

    def _refuse_head(self) -> None:
        self._refuse(
            ProblemType.HEAD_TOO_LARGE,
            msg(
                "Address and headers together can have at most {bytes} bytes, and there can be at most {headers} headers.",
                bytes=self._settings.header_bytes,
                headers=self._settings.headers,
            ),
        )

    def _turn_away(self, kind: ProblemType, detail: Message) -> None:
        """Answer a connection that is one too many, and end it at once: it must not stand in others' way."""
        self._refused = True
        self.connections.discard(self)
        self.transport.write(_answer(Problem(kind, detail)))
        self.transport.close()

    def _locale(self) -> Locale:
        """The language that the headers ask for, as far as they have come; else English."""
        asked = b",".join(value for name, value in self.headers or () if name == b"accept-language")
        return locale_of(languages_of(asked.decode("latin-1")))

    def _refuse(self, kind: ProblemType, detail: Message) -> None:
        """Answer in one sentence, and end the connection; without an answer where one has begun."""
        self._stop_waiting()
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        began = False
        if self._is_answering():
            began = self.cycle.response_started
            # The program is told that the client has gone, which ends its waiting for the body.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if not began:
            self.transport.write(_answer(Problem(kind, detail), self._locale()))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)


def _discount(counter: Counter[str], address: str | None) -> None:
    """Count one less; an address without any takes no room."""
    if address is None:
        return
    counter[address] -= 1
    if counter[address] <= 0:
        del counter[address]


def _answer(problem: Problem, locale: Locale = ENGLISH) -> bytes:
    """A problem as it goes over the wire, where no request has come to the program."""
    body = msgspec.json.encode(problem.document(locale))
    lines = [
        STATUS_LINE[problem.kind.status].rstrip(),
        f"content-type: {MEDIA_TYPE}".encode(),
        f"content-language: {locale.language}".encode(),
        b"content-length: %d" % len(body),
        b"connection: close",
    ]
    if problem.kind in (ProblemType.UNAVAILABLE, ProblemType.TOO_MANY):
        lines.append(b"retry-after: %d" % RETRY_SECONDS)
    return b"\r\n".join([*lines, b"", body])
