"""Requests that are meant to deceive, or that a careless client or proxy makes: one clear sentence each, and nothing
of it is written."""

from __future__ import annotations

import gzip
import json
import socket
import time

import httpx
import pytest

from tests.journey.running import Running

BODY = json.dumps({"name": "Nobody", "email": None, "language": "en"}).encode()
JSON = ("Content-Type", "application/json")


def asked(
    running: Running, method: str, path: str, *headers: tuple[str, str], body: bytes = b""
) -> httpx.Response:
    """An answer to the administrator, with headers that may come twice."""
    signed = ("Authorization", f"Bearer {running.token}")
    return httpx.request(method, running.address + path, headers=[signed, *headers], content=body, timeout=10)


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("Idempotency-Key", "one", "other"),
        ("If-Match", '"1"', '"2"'),
        ("Authorization", "Bearer ow_other", None),
    ],
)
def test_a_header_that_decides_is_given_once(
    running: Running, name: str, first: str, second: str | None
) -> None:
    """Otherwise a proxy might have gone by the one and we by the other."""
    before = len(running.rows())
    given = [(name, value) for value in (first, second) if value is not None]
    answer = asked(running, "POST", "/api/persons", JSON, *given, body=BODY)
    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"field": name, "detail": "This header is given twice."}]
    assert len(running.rows()) == before


def test_the_word_bearer_has_no_case_and_the_token_has(running: Running) -> None:
    """As RFC 9110 has it for schemes."""
    for scheme in ("Bearer", "bearer", "BEARER"):
        answer = httpx.get(
            f"{running.address}/api/me", headers={"Authorization": f"{scheme} {running.token}"}
        )
        assert answer.status_code == 200
    swapped = {"Authorization": f"Bearer {running.token.swapcase()}"}
    assert httpx.get(f"{running.address}/api/me", headers=swapped).status_code == 401


def test_a_compressed_body_is_told_to_come_as_it_is(running: Running) -> None:
    """Not that it were no UTF-8; nor is it unpacked, however much it would become."""
    before = len(running.rows())
    answer = asked(
        running, "POST", "/api/persons", JSON, ("Content-Encoding", "gzip"), body=gzip.compress(BODY)
    )
    assert answer.status_code == 415
    assert "without Content-Encoding" in answer.json()["detail"]
    assert len(running.rows()) == before


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1e1", "999999999999999999999", "%D9%A1", ""])
@pytest.mark.parametrize("path", ["/api/calls", "/api/applications"])
def test_a_page_of_an_impossible_length_is_refused_alike(running: Running, path: str, limit: str) -> None:
    """Whatever is wrong with the number."""
    answer = asked(running, "GET", f"{path}?limit={limit}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "limit"


@pytest.mark.parametrize("path", ["/api/persons/%00/tokens", "/api/calls/a%00b/publish"])
def test_an_address_with_a_nul_leads_nowhere(running: Running, path: str) -> None:
    """PostgreSQL's text holds none, so nothing has such an id."""
    assert asked(running, "POST", path, JSON, body=b'{"label": "x"}').status_code == 404


def test_who_hangs_up_halfway_is_no_failure_of_ours(running: Running) -> None:
    """Nothing is written, and no mistake of the program is noted where there is none."""
    before = len(running.rows())
    host, port = running.address.removeprefix("http://").split(":")
    head = (
        f"POST /api/persons HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {running.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY) + 1}\r\n\r\n"
    ).encode()
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head + BODY)
        time.sleep(0.3)
    time.sleep(0.3)
    assert len(running.rows()) == before
    assert "at POST /api/persons" not in (running.folder / "output.txt").read_text("utf-8")


ASKED = (("GET", "/api/me"), ("POST", "/api/persons"), ("GET", "/calls"), ("GET", "/nowhere"))


@pytest.mark.parametrize(
    "host",
    ["a:99999999", "a:65536", "a:x", "a:-1", "a:1:2", "[::1", "[zz]", "[::1]x", "a b", "a/b", "a@b", "", ":"],
)
def test_a_host_that_is_none_is_refused_before_anything_is_done(running: Running, host: str) -> None:
    """In one sentence, for programs and for browsers."""
    before = len(running.rows())
    for method, path in ASKED:
        body = BODY if method == "POST" else b""
        answer = asked(running, method, path, ("Host", host), JSON, body=body)
        assert (answer.status_code, answer.json()["detail"]) == (400, "The header Host does not name a host.")
        assert answer.headers["cache-control"] == "no-store"
    page = asked(running, "GET", "/calls", ("Host", host), ("Accept", "text/html"))
    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "The header Host does not name a host." in page.text
    assert len(running.rows()) == before


@pytest.mark.parametrize(
    "host",
    [
        "a",
        "A.example:",
        "a:8000",
        "127.0.0.1:65535",
        "[::1]:80",
        "[::ffff:127.0.0.1]",
        "a_b-c.org.",
        "x.onion",
    ],
)
def test_whatever_can_be_a_host_is_answered(running: Running, host: str) -> None:
    """Which one it is makes no difference."""
    for method, path in ASKED:
        body = BODY if method == "POST" else b""
        answers = [asked(running, method, path, JSON, *more, body=body) for more in ((), (("Host", host),))]
        assert answers[0].status_code == answers[1].status_code != 400


def test_two_hosts_are_none(running: Running) -> None:
    """Otherwise a proxy might have gone by the one and we by the other; and an old client that names none is answered."""
    host, port = running.address.removeprefix("http://").split(":")

    def told(head: str) -> bytes:
        with socket.create_connection((host, int(port)), 5) as connection:
            connection.sendall(head.encode())
            return connection.recv(100)[:12]

    assert told("GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n") == b"HTTP/1.1 400"
    assert told("GET /health HTTP/1.0\r\n\r\n") == b"HTTP/1.1 200"


def test_json_in_another_encoding_is_told_so(running: Running) -> None:
    """JSON is in UTF-8."""
    answer = asked(
        running, "POST", "/api/persons", ("Content-Type", "application/json; charset=utf-16"), body=BODY
    )
    assert (answer.status_code, answer.json()["detail"]) == (
        415,
        "The body is not in UTF-8; send it in UTF-8.",
    )
