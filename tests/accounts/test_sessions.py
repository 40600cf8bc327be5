"""A session is listed to its person, who can end it, and lives no longer than a token that it was begun with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from api.accounts import access_tokens
from api.accounts.browsers import UNKNOWN, Browser, browser_of
from api.accounts.sessions import BegunBy, Sessions
from api.app import make_app
from api.run.settings import read_settings
from api.run.wiring import Wiring, all_migrations, wire
from domain.commands.persons import ErasePerson, RegisterPerson
from domain.values import SYSTEM, Channel
from history.migrate import migrate
from history.requests import Request

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def wired(database_url: str, tmp_path: Path) -> AsyncIterator[Wiring]:
    """An installation of the test's own."""
    migrate(database_url, all_migrations())
    settings = read_settings({"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "data")})
    async with wire(settings, database_url, connections=2) as wired:
        yield wired


def change(url: str, statement: str, *values: Any) -> None:
    """Change what lies in the database, behind the program's back; one row must change."""
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute(statement.encode(), values).rowcount == 1


async def signed_in(wired: Wiring) -> tuple[str, str, str]:
    """A person, a token of theirs, and the session that they exchanged for it."""
    command = RegisterPerson(name="Person of the Test", email=None, language="en")
    request = Request(command=command, actor=SYSTEM, channel=Channel.CLI)
    person = (await wired.runner.run(request)).stream
    token = await wired.tokens.make(person, label="test", made_by=SYSTEM)
    cookie = await wired.sessions.begin(token)
    assert cookie is not None
    assert await whose(wired.sessions, cookie.value) == person
    return person, token, str(cookie.value)


async def whose(sessions: Sessions, session: str | None) -> str | None:
    """Who is signed in by a cookie's value."""
    found = await sessions.find(session)
    return None if found is None else found.person


class TestARevokedToken:
    async def test_its_sessions_end_with_it_and_no_other_does(self, wired: Wiring) -> None:
        person, _, session = await signed_in(wired)
        other, _, others = await signed_in(wired)
        (shown,) = await wired.tokens.all(person)
        assert await wired.tokens.revoke(shown.id)
        assert await whose(wired.sessions, session) is None
        assert await whose(wired.sessions, others) == other

    async def test_a_session_that_began_at_that_very_moment_lets_nobody_in(
        self, wired: Wiring, database_url: str
    ) -> None:
        """It was not there yet when the token's sessions were deleted, so its row outlived them."""
        person, _, session = await signed_in(wired)
        change(database_url, "UPDATE accounts.tokens SET revoked_at = now() WHERE person = %s", person)
        assert await whose(wired.sessions, session) is None

    async def test_it_is_exchanged_for_no_session(self, wired: Wiring, database_url: str) -> None:
        person, token, _ = await signed_in(wired)
        change(database_url, "UPDATE accounts.tokens SET revoked_at = now() WHERE person = %s", person)
        assert await wired.sessions.begin(token) is None


class TestASessionThatEnded:
    @pytest.mark.parametrize(
        "since",
        [
            "UPDATE accounts.sessions SET expires_at = now() WHERE person = %s",
            "UPDATE accounts.sessions SET last_used_at = now() - interval '2 hours' WHERE person = %s",
            "DELETE FROM accounts.sessions WHERE person = %s",
            "DELETE FROM vault.keys WHERE subject = %s",
        ],
        ids=["too old", "unused for too long", "signed out", "the person was erased"],
    )
    async def test_it_lets_nobody_in(self, wired: Wiring, database_url: str, since: str) -> None:
        person, _, session = await signed_in(wired)
        change(database_url, since, person)
        assert await whose(wired.sessions, session) is None

    async def test_it_lives_no_longer_than_its_token(self, wired: Wiring, database_url: str) -> None:
        person, token, _ = await signed_in(wired)
        change(
            database_url,
            "UPDATE accounts.tokens SET expires_at = now() + interval '1 hour' WHERE person = %s",
            person,
        )
        cookie = await wired.sessions.begin(token)
        assert cookie is not None
        change(
            database_url,
            "UPDATE accounts.sessions s SET last_used_at = now() FROM accounts.tokens t "
            "WHERE t.digest = s.token AND s.expires_at = t.expires_at AND s.person = %s",
            person,
        )


@pytest.mark.parametrize("session", [None, "", "x", "x" * 43, "x" * 44, "x" * 42 + "\n"])
async def test_what_is_no_session_lets_nobody_in(wired: Wiring, session: str | None) -> None:
    """Nor one that a client chose."""
    assert await whose(wired.sessions, session) is None


CLAIM = "claim-" + "1" * 32
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0"


class TestTheListOfSessions:
    async def test_it_tells_how_and_with_what_each_was_begun_and_no_more(self, wired: Wiring) -> None:
        person, _token, first = await signed_in(wired)
        second = await wired.sessions.begin_by_claim(person, CLAIM, browser=browser_of(FIREFOX))
        assert second is not None
        other, *_ = await signed_in(wired)
        listed = await wired.sessions.all(person)
        assert [(each.begun_by, each.browser) for each in listed] == [
            (BegunBy.CLAIM, Browser("firefox", "windows")),
            (BegunBy.TOKEN, UNKNOWN),
        ]
        found = await wired.sessions.find(first)
        assert found is not None
        assert found.id == listed[1].id
        assert len(await wired.sessions.all(other)) == 1

    async def test_one_is_ended_and_no_other(self, wired: Wiring) -> None:
        person, token, first = await signed_in(wired)
        other, _, others = await signed_in(wired)
        second = await wired.sessions.begin(token)
        assert second is not None
        shown = await wired.sessions.find(first)
        assert shown is not None
        assert not await wired.sessions.end_one(shown.id, of=other)
        assert await wired.sessions.end_one(shown.id, of=person)
        assert [await whose(wired.sessions, each) for each in (first, second.value, others)] == [
            None,
            person,
            other,
        ]

    async def test_all_others_are_ended_at_once(self, wired: Wiring) -> None:
        person, token, first = await signed_in(wired)
        other, _, others = await signed_in(wired)
        second = await wired.sessions.begin(token)
        kept = await wired.sessions.find(first)
        assert second is not None
        assert kept is not None
        assert await wired.sessions.end_others(person, but=kept.session) == 1
        assert [await whose(wired.sessions, each) for each in (first, second.value, others)] == [
            person,
            None,
            other,
        ]
        assert await wired.sessions.end_others(person) == 1
        assert await whose(wired.sessions, first) is None

    @pytest.mark.parametrize(
        "since",
        [
            "UPDATE accounts.sessions SET expires_at = now() WHERE person = %s",
            "UPDATE accounts.sessions SET last_used_at = now() - interval '2 hours' WHERE person = %s",
            "UPDATE accounts.tokens SET revoked_at = now() WHERE person = %s",
        ],
    )
    async def test_what_has_ended_is_not_listed(self, wired: Wiring, database_url: str, since: str) -> None:
        person, *_ = await signed_in(wired)
        change(database_url, since, person)
        assert await wired.sessions.all(person) == []


async def test_a_request_with_a_session_takes_no_more_statements_than_one_with_a_token(
    wired: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From what the request brings to the person who asks, as pages and JSON find them. A session that was not used for
    a minute takes one more, to note that it is used."""
    person, token, session = await signed_in(wired)
    counted: list[object] = []
    this = asyncio.current_task()
    execute, prepared = psycopg.AsyncConnection.execute, access_tokens.call

    async def counting(connection: Any, query: Any, *arguments: Any, **more: Any) -> Any:
        if asyncio.current_task() is this:  # not what sweeps in the background
            counted.append(query)
        return await execute(connection, query, *arguments, **more)

    async def counting_prepared(connection: Any, statement: Any, arguments: Any) -> Any:
        counted.append(statement)
        return await prepared(connection, statement, arguments)

    monkeypatch.setattr(psycopg.AsyncConnection, "execute", counting)
    monkeypatch.setattr(access_tokens, "call", counting_prepared)

    async def statements(asked: Awaitable[Any]) -> int:
        counted.clear()
        found = await asked
        assert found is not None
        assert found.person == person
        return len(counted)

    with_session = await statements(wired.sessions.find(session))
    with_token = await statements(wired.tokens.holder(token))
    assert with_session <= with_token == 1


async def test_nothing_is_left_of_the_sessions_of_an_erased_person(wired: Wiring, database_url: str) -> None:
    """Also of one that needs no token."""
    person, *_ = await signed_in(wired)
    change(database_url, "UPDATE accounts.sessions SET token = NULL WHERE person = %s", person)
    command = ErasePerson(person=person, reason="asked_by_person")
    await wired.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
    await wired.sessions.sweep()
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM accounts.sessions").fetchone() == (0,)


class TestByJson:
    async def test_they_are_listed_to_their_person_alone(self, wired: Wiring) -> None:
        person, token, _ = await signed_in(wired)
        _, others, _ = await signed_in(wired)
        transport = httpx.ASGITransport(app=make_app(wired))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            own = f"/api/persons/{person}/sessions"
            mine, theirs = ({"Authorization": f"Bearer {each}"} for each in (token, others))
            (listed,) = (await client.get(own, headers=mine)).json()["items"]
            assert {name: listed[name] for name in ("begun_by", "browser", "system")} == {
                "begun_by": "token",
                "browser": "other",
                "system": "other",
            }
            for answer in (
                await client.get(own, headers=theirs),
                await client.post(f"{own}/{listed['id']}/end", headers=theirs),
                await client.post(f"{own}/end", headers=theirs),
            ):
                assert answer.status_code == 403
            ended = await client.post(f"{own}/{listed['id']}/end", headers=mine)
            assert (ended.status_code, ended.json()) == (200, {"ended": 1})
            assert (await client.post(f"{own}/{listed['id']}/end", headers=mine)).status_code == 404
            assert await wired.sessions.begin(token) is not None
            assert (await client.post(f"{own}/end", headers=mine)).json() == {"ended": 1}


@pytest.mark.parametrize(
    ("user_agent", "browser"),
    [
        (FIREFOX, Browser("firefox", "windows")),
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 "
                "Safari/537.36 Edg/130.0"
            ),
            Browser("edge", "windows"),
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36",
            Browser("chrome", "android"),
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/17.5 "
                "Mobile/15E148 Safari/604.1"
            ),
            Browser("safari", "ios"),
        ),
        ("curl/8.1", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_a_browser_is_known_by_family_and_system(user_agent: str, browser: Browser) -> None:
    assert browser_of(user_agent) == browser
