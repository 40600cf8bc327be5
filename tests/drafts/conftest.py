"""A desk at which one invented person writes a draft, in an installation of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.drafts.drafts import Draft, DraftPlace, Drafts
from api.run.settings import read_settings
from api.run.wiring import Wiring, all_migrations, wire
from domain.commands.persons import ErasePerson, RegisterPerson
from domain.values import SYSTEM, Channel
from history.migrate import migrate
from history.requests import Request
from tests.scene import CALL

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Desk:
    """The drafts of an installation at a time that can be set, and the place of one draft. `closes` is when its form
    closes, as its round would tell."""

    wired: Wiring
    url: str
    place: DraftPlace
    now: datetime = NOON
    closes: datetime | None = None

    @property
    def drafts(self) -> Drafts:
        """The drafts, on the desk's clock."""
        wired = self.wired
        return Drafts(wired.history, wired.vault, clock=lambda: self.now, random=wired.runner.random)

    async def save(self, typed: Mapping[str, str], *, seen: int = 0) -> Draft:
        """Save what was typed, to be kept for ten days."""
        return await self.drafts.save(self.place, typed, seen=seen, kept_until=self.now + timedelta(days=10))

    async def closing(self, _: DraftPlace) -> datetime | None:
        """When the form closes."""
        return self.closes

    async def erase(self) -> None:
        """Erase the person; their drafts are not forgotten by hand."""
        command = ErasePerson(person=self.place.person, reason="asked_by_person")
        await self.wired.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """The desk of somebody who was just registered."""
    migrate(database_url, all_migrations())
    settings = read_settings({"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "data")})
    # On the desk's clock, or what sweeps in the background would delete what is over by the real one.
    async with wire(settings, database_url, connections=2, clock=lambda: NOON) as wired:
        command = RegisterPerson(name="Person of the Test", email=None, language="en")
        request = Request(command=command, actor=SYSTEM, channel=Channel.CLI)
        person = (await wired.runner.run(request)).stream
        yield Desk(wired, database_url, DraftPlace(person, CALL, "application.submit"))
