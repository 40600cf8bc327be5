"""Fixtures for tests of the history: a migrated database, a key folder and command runners."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from api.postgres.embedded import EmbeddedPostgres
from domain.commands.register import REGISTER
from domain.values import SYSTEM, Channel
from history.keyfiles import KeyFolder
from history.migrate import migrate, migrations_in
from history.requests import Answer, Request
from history.rotation import Rotation
from history.runner import Runner
from history.store import open_history
from history.vault import Vault
from tests.conftest import drop_database, make_database

_NUMBERS = itertools.count(1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def database_template(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database with the history's tables, all empty."""
    make_database(postgres, "history_template")
    migrate(postgres.url_of("history_template"), migrations_in("history"))
    yield "history_template"
    drop_database(postgres, "history_template")


@dataclass
class Office:
    """A command runner for tests: commands by name, as any person, at a time that can be set."""

    runner: Runner
    url: str
    keys: KeyFolder
    rotation: Rotation
    now: datetime = NOON

    async def run(
        self,
        name: str,
        actor: str = SYSTEM,
        /,
        *,
        key: str | None = None,
        expected: str | None = None,
        **fields: Any,
    ) -> Answer:
        """Run the command of this name with these fields."""
        command = REGISTER[name].request(**fields)
        return await self.runner.run(
            Request(command=command, actor=actor, channel=Channel.API, key=key, expected=expected)
        )

    async def say(self, name: str, actor: str = SYSTEM, /, **fields: Any) -> Answer:
        """Run a command whose fields are given as in JSON."""
        command = msgspec.convert(fields, REGISTER[name].request)
        return await self.runner.run(Request(command=command, actor=actor, channel=Channel.API))

    async def person(self, name: str = "Person of the Test") -> str:
        """Register an invented person."""
        number = next(_NUMBERS)
        answer = await self.run(
            "person.register", name=f"{name} {number}", email=f"p{number}@example.org", language="en"
        )
        return answer.stream

    async def opened(self) -> tuple[str, str]:
        """Open the installation; returns an administrator and an initiative that this person founded."""
        await self.run("installation.open")
        administrator = await self.person()
        await self.run("installation.appoint", person=administrator)
        founded = await self.run("initiative.found", administrator, name="Example Initiative")
        return administrator, founded.stream

    def rows(self) -> list[tuple[int, str, int, str, bytes, bytes]]:
        """All facts as stored in the database."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(
                "SELECT position, stream, version, topic, document, leaf FROM history.facts ORDER BY position"
            ).fetchall()


Offices = Callable[[], Any]


@asynccontextmanager
async def open_office(url: str, keys: Path) -> AsyncIterator[Office]:
    """An office on a database whose keys are in that folder."""
    async with open_history(url) as history:
        clock: list[Office] = []
        folder = KeyFolder(keys, create=True)
        rotation = Rotation(history, folder)
        runner = Runner(
            history,
            Vault(folder, history.id),
            folder.index_key,
            clock=lambda: clock[0].now,
            finish_erasures=rotation.finish,
        )
        clock.append(Office(runner, url, folder, rotation))
        yield clock[0]


@pytest.fixture
async def offices(database_url: str, tmp_path: Path) -> AsyncIterator[Offices]:
    """Makes offices on one database, each like a separate process."""
    async with AsyncExitStack() as stack:
        yield lambda: stack.enter_async_context(open_office(database_url, tmp_path / "keys"))


@pytest.fixture
async def office(offices: Offices) -> Office:
    """One office, enough for most tests."""
    made: Office = await offices()
    return made
