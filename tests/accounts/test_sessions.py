"""A session lives no longer than the token that it was exchanged for, and than the person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.accounts.sessions import Sessions
from api.run.settings import read_settings
from api.run.wiring import Wiring, all_migrations, wire
from domain.commands.persons import RegisterPerson
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
