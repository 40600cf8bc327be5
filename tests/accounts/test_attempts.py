"""Limits on attempts: they count for known and unknown accounts alike, survive a restart, and tell nothing of who was here."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest
from litestar import Request

from api.accounts.attempts import LIMITS, network_of
from api.app import make_app
from api.http.problems import Problem, ProblemType
from api.run.settings import read_settings
from api.run.wiring import Wiring, wire
from tests.accounts.test_sessions import anyio_backend, wired
from tests.pages.conftest import hidden

__all__ = ["anyio_backend", "wired"]

pytestmark = pytest.mark.anyio

ONE, OTHER = b"\x01" * 32, b"\x02" * 32


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


async def exhaust(wired: Wiring, *, account: bytes | None = ONE, network: str | None = None) -> None:
    """Try as often as it is allowed."""
    limit = LIMITS["words"]
    for _ in range(limit.account if account else limit.network):
        await wired.attempts.count("words", account=account, network=network)


async def refused(wired: Wiring, *, account: bytes | None = ONE, network: str | None = None) -> bool:
    """Whether one more is refused, with the time to wait."""
    with contextlib.suppress(Problem):
        await wired.attempts.count("words", account=account, network=network)
        return False
    with pytest.raises(Problem, match="Try again in") as turned:
        await wired.attempts.count("words", account=account, network=network)
    assert turned.value.kind is ProblemType.TOO_MANY
    assert 0 < int(turned.value.headers["Retry-After"]) <= 3600
    return True


async def test_one_account_is_limited_and_no_other(wired: Wiring) -> None:
    await exhaust(wired)
    assert await refused(wired)
    assert not await refused(wired, account=OTHER)


async def test_one_network_is_limited_and_no_other(wired: Wiring) -> None:
    await exhaust(wired, account=None, network="192.0.2.1")
    assert await refused(wired, account=OTHER, network="192.0.2.1")
    assert not await refused(wired, account=OTHER, network="192.0.2.2")


async def test_all_together_are_limited(wired: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, "words", replace(LIMITS["words"], all=2))  # type: ignore[arg-type]
    assert [await refused(wired, account=bytes([each]) * 32) for each in range(3)] == [False, False, True]


async def test_a_restart_does_not_help(wired: Wiring, database_url: str) -> None:
    await exhaust(wired)
    async with wire(wired.settings, database_url, connections=2) as again:
        assert await refused(again)


async def test_after_the_hour_it_goes_on(wired: Wiring, database_url: str) -> None:
    await exhaust(wired)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE accounts.attempts SET ends_at = now()")
    assert not await refused(wired)


async def test_an_address_cannot_be_found_again_on_another_day(wired: Wiring, database_url: str) -> None:
    await exhaust(wired, account=None, network="192.0.2.1")
    stored = str(
        rows(database_url, "SELECT a::text, k::text FROM accounts.attempts a, accounts.network_keys k")
    )
    assert "192.0.2" not in stored
    assert b"192.0.2".hex() not in stored
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE accounts.network_keys SET day = day - 1")
    assert not await refused(wired, account=None, network="192.0.2.1")
    await wired.attempts.sweep()
    assert rows(database_url, "SELECT day = (now() AT TIME ZONE 'UTC')::date FROM accounts.network_keys") == [
        (True,)
    ]


@pytest.mark.parametrize(
    ("client", "forwarded", "network"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "", None),
        ("127.0.0.1", "127.0.0.1", None),
        ("127.0.0.1", "nonsense", None),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "", "192.0.2.7"),
    ],
)
def test_the_network_of_a_request(client: str, forwarded: str, network: str | None) -> None:
    """That of a proxy is nobody's, and one that names nobody (as for an onion service) is not counted."""
    scope = {"type": "http", "client": (client, 1), "headers": [(b"x-forwarded-for", forwarded.encode())]}
    request = Request[Any, Any, Any](scope)  # type: ignore[arg-type]
    assert network_of(request, read_settings({})) == network


@asynccontextmanager
async def browser(wired: Wiring) -> AsyncIterator[httpx.AsyncClient]:
    """A browser's client."""
    transport = httpx.ASGITransport(app=make_app(wired))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


@pytest.mark.parametrize("known", [False, True])
async def test_the_page_says_when_to_try_again(
    wired: Wiring, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """Whether there is such an account or not; what was typed is kept."""
    monkeypatch.setitem(LIMITS, "words", replace(LIMITS["words"], account=1))  # type: ignore[arg-type]
    words = ("acid",) * 9
    if known:
        words = (await wired.ways_in.register_with_words(name="A", language="en", form_secret="s")).words
        words = (*words[:-1], "acid")
    async with browser(wired) as client:
        answers = []
        for _ in range(2):
            page = await client.get("/sign-in")
            secret = hidden(page.text, "_secret")
            cookies = {each.name: str(each.value) for each in client.cookies.jar}
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
            sent = {"_secret": secret, "words": " ".join(words), "_do": "words"}
            answers.append(await client.post("/sign-in", data=sent, headers=headers))
    assert [answer.status_code for answer in answers] == [401, 429]
    assert 0 < int(answers[1].headers["retry-after"]) <= 3600
    assert "This was tried too often. Try again in" in answers[1].text
    assert "acid" in answers[1].text
