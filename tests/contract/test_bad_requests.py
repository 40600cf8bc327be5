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
