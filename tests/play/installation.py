"""The program over a real database, driven without an event loop: for random play, whose rules are plain functions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from anyio.from_thread import BlockingPortal, start_blocking_portal

from domain.refusals import CommandRejected
from domain.values import SYSTEM
from history.documents import Recorded, read
from history.due import run_due
from history.states import AGGREGATES
from projections.projector import Projector
from projections.register import PROJECTIONS
from tests.history.conftest import Office, open_office
from tests.projections.conftest import take_lead


@dataclass
class Installation:
    """One command runner and one projector, with a clock that only the test moves. `log` are the facts of `initiative` that were
    recorded since it was emptied, and those of no initiative; `states` are the streams that follow from them."""

    portal: BlockingPortal
    office: Office
    projector: Projector
    connection: psycopg.Connection[Any]
    initiative: str = ""
    log: list[tuple[int, Recorded]] = field(default_factory=list)
    states: dict[str, Any] = field(default_factory=dict)
    _position: int = 0
    _behind: bool = False

    @property
    def now(self) -> datetime:
        """The time of commands."""
        return self.office.now

    def run(self, command: str, who: str, /, **fields: Any) -> str:
        """Run a command as somebody; returns the stream that it is about."""

        async def run() -> str:
            return (await self.office.run(command, who, **fields)).stream

        self._behind = True
        return self.portal.call(run)

    def tried(self, command: str, who: str, /, **fields: Any) -> str | None:
        """The same; None if it was refused."""
        try:
            return self.run(command, who, **fields)
        except CommandRejected:
            return None

    def administrator(self) -> str:
        """Open the installation; gives its administrator."""
        self.run("installation.open", SYSTEM)
        administrator = self.person()
        self.run("installation.appoint", SYSTEM, person=administrator)
        return administrator

    def person(self) -> str:
        """A new invented person."""
        return self.portal.call(self.office.person)

    def wait(self, time: timedelta) -> None:
        """Time passes, and what is due is done."""
        self.office.now += time
        self._behind = True
        while self.portal.call(run_due, self.office.runner):
            pass

    def forget(self) -> None:
        """Empty the log: what is recorded from now on stands alone."""
        self.catch_up()
        self.log.clear()
        self.states.clear()

    def catch_up(self) -> None:
        """Add to the log what was recorded since; personal fields are withheld."""
        if not self._behind:
            return
        self._behind = False
        rows = self.connection.execute(
            "SELECT position, topic, document FROM history.facts WHERE position > %s ORDER BY position",
            (self._position,),
        ).fetchall()
        for self._position, topic, document in rows:
            recorded = read(topic, document)
            # The due dates of earlier seasons still come.
            if recorded.envelope.place.initiative not in (None, self.initiative):
                continue
            self.log.append((self._position, recorded))
            aggregate = AGGREGATES[recorded.stream.partition("-")[0]]
            state = self.states.get(recorded.stream, aggregate.empty)
            self.states[recorded.stream] = aggregate.evolve(state, recorded.fact)

    def state(self, stream: str) -> Any:
        """The state of a stream."""
        self.catch_up()
        return self.states[stream]

    def project(self) -> None:
        """Bring every read model up to date."""
        while self.projector.reach()[0] < self.projector.reach()[1]:
            self.projector.step()
            assert self.projector.resting() == ()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows that a query finds."""
        return self.connection.execute(query.encode(), values).fetchall()


@contextmanager
def installed(url: str, folder: Path) -> Iterator[Installation]:
    """The program over a fresh database."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(open_office(url, folder / "keys")) as office,
        Projector(url, PROJECTIONS) as projector,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        take_lead(projector)
        yield Installation(portal, office, projector, connection)
