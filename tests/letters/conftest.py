"""A season at an installation whose people can be written to: its letters are written when a test says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from api.accounts.email import Answered
from api.letters.letter import WrittenLetter
from api.locales import ENGLISH
from api.run.settings import read_settings
from api.run.wiring import Wiring, all_migrations, wire
from domain.values import SYSTEM
from history.migrate import migrate
from tests.history.conftest import NOON, Office
from tests.projections.conftest import Season


class PostOffice(Office):
    """An office in an installation that is open already."""

    async def opened(self) -> tuple[str, str]:
        """An administrator, and an initiative that this person founded."""
        administrator = await self.person()
        await self.run("installation.appoint", person=administrator)
        founded = await self.run("initiative.found", administrator, name="Marker Initiative")
        return administrator, founded.stream


@dataclass
class Post:
    """The letters of a season. `addresses` are those that people have confirmed."""

    wired: Wiring
    url: str
    office: PostOffice
    season: Season
    addresses: dict[str, str] = field(default_factory=dict)

    async def confirm(self, name: str) -> str:
        """Let somebody of the season confirm an address: it."""
        person = self.season.people[name]
        address = f"marker.{name}@example.org"
        token = await self.wired.tokens.make(person, label="test", made_by=SYSTEM)
        cookie = await self.wired.sessions.begin(token)
        assert cookie is not None
        signed_in = await self.wired.sessions.find(cookie.value)
        assert signed_in is not None
        answered = Answered(address, self.wired.email.lookup(address), person)
        await self.wired.email.add(signed_in, answered, locale=ENGLISH)
        self.addresses[name] = address
        return address

    async def write(self) -> None:
        """Note what people have to know, and write the letters of it."""
        while await self.wired.reaction.hear():
            pass
        await self.wired.reaction.remind()
        await self.wired.reaction.write()

    async def letters(self, name: str | None = None) -> list[WrittenLetter]:
        """The letters in the outbox to somebody, the newest first."""
        found = [each.written for each in await self.wired.outbox.all(opened=True)]
        return [each for each in found if each and (name is None or each.to == self.addresses[name])]

    async def kinds(self, name: str | None = None) -> list[str]:
        """The kinds of the letters in the outbox, sorted."""
        return sorted(
            each.name
            for each in await self.wired.outbox.all(opened=True)
            if each.written and (name is None or each.written.to == self.addresses[name])
        )

    async def news(self, name: str) -> list[str]:
        """The kinds of what is news for somebody, sorted."""
        return sorted(each.notice.kind for each in await self.wired.notices.news(self.season.people[name]))

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """The rows of a query."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def post(database_url: str, tmp_path: Path) -> AsyncIterator[Post]:
    """An empty season, at noon; the reaction has begun."""
    migrate(database_url, all_migrations())
    settings = read_settings({"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "data")})
    clock: list[PostOffice] = []
    async with wire(
        settings, database_url, connections=3, clock=lambda: clock[0].now if clock else NOON
    ) as wired:
        clock.append(PostOffice(wired.runner, database_url, wired.keys, wired.rotation))
        await wired.reaction.begin()
        yield Post(wired, database_url, clock[0], Season(clock[0], database_url))
