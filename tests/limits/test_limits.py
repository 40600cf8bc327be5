"""What one client may take of the server, over real sockets: a server with small limits, and an app that answers when told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest
import uvloop
from litestar.types import Receive, Scope, Send

from api.http.client_limits import Limits, counted_as
from api.run.serving import listen, server_of
from api.run.settings import read_settings

ADDRESS, OTHER = b"198.51.100.7", b"198.51.100.8"
BIG = 20_000_000


@dataclass
class Served:
    """A server in a thread of its own. `asked` are the paths that came to its app, `left` those whose client was gone
    before the body was whole; requests for /wait are answered once `go` is set."""

    limits: Limits
    port: int = 0
    asked: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    go: threading.Event = field(default_factory=threading.Event)
    connections: Callable[[], int] = lambda: 0

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take in the body, then answer."""
        assert scope["type"] == "http"
        self.asked.append(scope["path"])
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.append(scope["path"])
                return
            if not message.get("more_body"):
                break
        if scope["path"] == "/wait":
            await asyncio.to_thread(self.go.wait, 60)
        body = b"x" * BIG if scope["path"] == "/big" else b"done"
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", b"%d" % len(body))],
            }
        )
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def connect(self) -> socket.socket:
        """A connection of a client who waits for half a minute at most."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def ask(self, sent: bytes) -> tuple[int, str]:
        """Send something on a connection of its own: the status and the sentence that come back."""
        with self.connect() as connection:
            connection.sendall(sent)
            return answered(connection)


def answered(connection: socket.socket) -> tuple[int, str]:
    """The status of what comes back until the connection ends, and its sentence; 0 if nothing does."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    if not head:
        return 0, ""
    status = int(head.split()[1])
    return status, json.loads(body)["detail"] if b"problem+json" in head else body.decode()


def get(path: str, *headers: bytes) -> bytes:
    """A request, after which the connection ends."""
    lines = [b"GET %s HTTP/1.1" % path.encode(), b"Host: localhost", b"Connection: close", *headers]
    return b"\r\n".join([*lines, b"", b""])


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, for half a minute at most."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "this never came about"
        time.sleep(0.02)


@contextmanager
def served(**settings: str) -> Iterator[Served]:
    """A server with these limits."""
    names = {f"OVERWINTER_{name.upper()}": value for name, value in settings.items()}
    found = Served(Limits(read_settings(names)))
    listening = listen("127.0.0.1", 0)
    found.port = listening.getsockname()[1]
    server = server_of(found.app, found.limits)
    found.connections = lambda: len(server.server_state.connections)
    thread = threading.Thread(target=lambda: uvloop.run(server.serve(sockets=[listening])))
    thread.start()
    try:
        yield found
    finally:
        found.go.set()
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()
        assert (found.limits.connections, found.limits.requests) == ({}, {}), "somebody is counted for ever"


HEAD = "Address and headers together can have at most 1,000 bytes, and there can be at most 20 headers."


class TestTheHead:
    """Address and headers are bounded in bytes, in number and in time."""

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[Served]:
        with served(header_bytes="1000", headers="20", header_seconds="1") as server:
            yield server

    @pytest.mark.parametrize(
        "sent",
        [
            get("/head", b"X-Long: " + b"x" * 1000),
            get("/head", *[b"X-%d: y" % number for number in range(100)]),
            get("/head?" + "x" * 1000),
            get("/head", b"Cookie: " + b"a=b; " * 300),
            b"GET /head HTTP/1.1\r\nX-Endless: " + b"x" * 2_000_000,
            b"GET /head" + b"x" * 2_000_000,
            b"GET /head HTTP/1.1\r\n" + b"X: y\r\n" * 300_000,
        ],
        ids=[
            "a long header",
            "many headers",
            "a long address",
            "many cookies",
            "no end",
            "no end of it",
            "endless",
        ],
    )
    def test_too_much_is_refused_before_the_program_sees_it(self, server: Served, sent: bytes) -> None:
        with server.connect() as connection:
            with contextlib.suppress(ConnectionError):  # it may be refused before all of it was sent
                connection.sendall(sent)
            status, sentence = answered(connection)
        # Where much was on its way still, the connection may end before the answer is read.
        assert (status, sentence) in [(431, HEAD), (0, "")]
        assert len(sent) > 100_000 or status == 431
        assert server.asked == []
        assert server.ask(get("/", b"X-Short: " + b"x" * 500)) == (200, "done")
        server.asked.clear()

    def test_the_refusal_is_in_the_language_that_the_headers_ask_for(self, server: Served) -> None:
        status, sentence = server.ask(get("/head", b"Accept-Language: ru", b"X-Long: " + b"x" * 1000))
        assert (status, sentence[:5]) == (431, "Адрес")

    def test_one_that_comes_byte_by_byte_is_ended(self, server: Served) -> None:
        late = (408, "The head of the request did not arrive in time; send it again.")
        with server.connect() as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n")
            assert drip(connection, b"x") == late

    @pytest.mark.parametrize("sent", [b"", b"\r\n"], ids=["silence", "empty lines"])
    def test_a_connection_on_which_no_request_begins_is_ended(self, server: Served, sent: bytes) -> None:
        with server.connect() as connection:
            assert drip(connection, sent) == (0, "")

    def test_so_is_one_that_was_used_before(self, server: Served) -> None:
        with server.connect() as connection:
            connection.sendall(get("/").replace(b"Connection: close\r\n", b""))
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
            status, _ = drip(connection, b"\r\n")
            assert status == 0


def drip(connection: socket.socket, byte: bytes) -> tuple[int, str]:
    """Send something again and again until the server ends the connection; what it said before."""
    connection.settimeout(0.1)
    received = b""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if byte:
                connection.sendall(byte)
            chunk = connection.recv(65536)
        except TimeoutError:
            continue
        except ConnectionError:
            break
        if not chunk:
            break
        received += chunk
    else:
        raise AssertionError("the server went on listening")
    if not received:
        return 0, ""
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["detail"]


class TestTheBody:
    """A body must come in time, and an answer must be taken."""

    def test_one_that_stops_halfway_is_ended(self) -> None:
        """The program is told that its client has gone."""
        with served(body_seconds="1") as server, server.connect() as connection:
            connection.sendall(b"POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
            assert answered(connection) == (
                408,
                "The body of the request did not arrive in time; send it again.",
            )
            assert server.asked == ["/body"]
            until(lambda: server.left == ["/body"])

    def test_an_answer_that_nobody_takes_is_given_up(self) -> None:
        with served(body_seconds="1") as server, server.connect() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(get("/big"))
            until(lambda: server.asked == ["/big"] and server.connections() == 0)

    def test_the_time_for_a_body_does_not_run_while_the_program_works(self) -> None:
        with served(body_seconds="1", header_seconds="1") as server, server.connect() as connection:
            connection.sendall(get("/wait"))
            time.sleep(2.5)
            server.go.set()
            assert answered(connection) == (200, "done")


class TestConnections:
    """How many there are at a time, in all and from one address."""

    def test_one_address_has_so_many_and_then_waits(self) -> None:
        with served(connections_per_address="3", proxies="192.0.2.1") as server, ExitStack() as opened:
            held = [opened.enter_context(server.connect()) for _ in range(3)]
            until(lambda: server.connections() == 3)
            with server.connect() as more:
                assert answered(more) == (
                    429,
                    "There are too many connections from your address; close some, then try again.",
                )
            held[0].close()
            until(lambda: server.connections() == 2)
            assert server.ask(get("/")) == (200, "done")

    def test_all_together_have_so_many(self) -> None:
        with served(connections="2") as server, ExitStack() as opened:
            for _ in range(2):
                opened.enter_context(server.connect())
            until(lambda: server.connections() == 2)
            with server.connect() as more:
                assert answered(more) == (
                    503,
                    "The server has too many connections at the moment; try again shortly.",
                )

    def test_behind_a_proxy_it_is_requests_that_count(self) -> None:
        """By the address that the proxy added last: what the client wrote there before counts for nothing."""
        with served(connections_per_address="2") as server, ExitStack() as opened:
            for forwarded in (ADDRESS, b"203.0.113.99, " + ADDRESS):
                connection = opened.enter_context(server.connect())
                connection.sendall(get("/wait", b"X-Forwarded-For: " + forwarded))
            until(lambda: server.asked == ["/wait"] * 2)
            too_many = (
                429,
                "There are too many requests from your address at once; wait until some are answered.",
            )
            for forwarded in (ADDRESS, b"203.0.113.98, " + ADDRESS, ADDRESS + b", 127.0.0.1"):
                assert server.ask(get("/", b"X-Forwarded-For: " + forwarded)) == too_many
            for other in (OTHER, ADDRESS + b", " + OTHER, b"nonsense", b""):
                assert server.ask(get("/", b"X-Forwarded-For: " + other)) == (200, "done")
            assert server.ask(get("/")) == (200, "done")
            server.go.set()
            until(lambda: not server.limits.requests)
            assert server.ask(get("/", b"X-Forwarded-For: " + ADDRESS)) == (200, "done")

    def test_who_is_no_proxy_cannot_say_who_they_are(self) -> None:
        with served(connections_per_address="2", proxies="192.0.2.1") as server, ExitStack() as opened:
            for number in range(2):
                connection = opened.enter_context(server.connect())
                connection.sendall(get("/wait", b"X-Forwarded-For: 198.51.100.%d" % number))
            until(lambda: server.asked == ["/wait"] * 2)
            with server.connect() as more:
                assert answered(more)[0] == 429


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("198.51.100.7", "198.51.100.7"),
        (" 198.51.100.7 ", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("unknown", None),
        ("198.51.100.7:1234", None),
        ("", None),
    ],
)
def test_a_client_of_ipv6_is_a_network(text: str, counted: str | None) -> None:
    """One client has as many addresses there as they like."""
    assert counted_as(text) == counted
