"""The process that runs due dates: one leads, the others wait until its connection is gone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from api.run import due_dates
from api.run.due_dates import LOCK, PAUSE_SECONDS, follow_due_dates
from api.run.settings import Settings, read_settings
from api.run.wiring import all_migrations, wire
from domain.commands.initiatives import FoundInitiative
from domain.commands.persons import RegisterPerson
from domain.deciding import Command
from domain.values import SYSTEM, Channel
from history.migrate import migrate
from history.requests import Request
from tests.history.round_due import open_round

pytestmark = pytest.mark.anyio

HOLDERS = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted = %s AND classid = %s AND objid = %s "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """An installation that is migrated and has not been used."""
    migrate(database_url, all_migrations())
    return read_settings({"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "data")})


@asynccontextmanager
async def following(settings: Settings, url: str) -> AsyncIterator[None]:
    """A process that runs due dates, or waits to."""
    task = asyncio.create_task(follow_due_dates(settings, url))
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def something_due(settings: Settings, url: str) -> None:
    """Let the closing of a round be long due."""
    async with wire(settings, url, connections=2) as wired:

        async def run(command: Command) -> str:
            request = Request(command=command, actor=SYSTEM, channel=Channel.CLI)
            return (await wired.runner.run(request)).stream

        person = await run(RegisterPerson(name="Person of the Test", email=None, language="en"))
        initiative = await run(FoundInitiative(name="Initiative of the Test", founder=person))
        await open_round(wired.history, initiative, datetime(2026, 1, 1, tzinfo=UTC))


def left(url: str) -> int:
    """How many due dates are still in the queue."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT count(*) FROM history.due_dates").fetchone()
    assert found is not None
    return int(found[0])


def backends(url: str, *, granted: bool) -> list[int]:
    """The server processes that hold the leader's lock, or wait for it."""
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(HOLDERS, (granted, *LOCK)).fetchall()]


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    for _ in range(200):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("this never came about")


async def test_nothing_is_run_while_another_process_leads(settings: Settings, database_url: str) -> None:
    """Once that one's connection is gone, whatever became of it, the next one runs what is due."""
    await something_due(settings, database_url)
    with psycopg.connect(database_url, autocommit=True) as leader:
        leader.execute("SELECT pg_advisory_lock(%s, %s)", LOCK)
        async with following(settings, database_url):
            await until(lambda: len(backends(database_url, granted=False)) == 1)
            await asyncio.sleep(2 * PAUSE_SECONDS)
            assert left(database_url) == 1
            leader.close()
            await until(lambda: left(database_url) == 0)


async def test_of_two_processes_one_leads_and_the_other_follows_it(
    settings: Settings, database_url: str
) -> None:
    """When the leader's connection is cut there is a leader again, and what falls due then is run."""
    await something_due(settings, database_url)
    async with following(settings, database_url), following(settings, database_url):
        await until(lambda: left(database_url) == 0)
        await until(lambda: len(backends(database_url, granted=False)) == 1)
        (first,) = backends(database_url, granted=True)
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", (first,))
        await until(lambda: backends(database_url, granted=True) not in ([], [first]))
        await something_due(settings, database_url)
        await until(lambda: left(database_url) == 0)


async def test_it_stops_when_it_is_told_to_just_as_the_server_goes_away(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """psycopg then raises the loss of the connection in place of the cancellation, and that is not tried again."""
    running = asyncio.Event()

    async def lost(*_: object) -> None:
        try:
            running.set()
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            raise psycopg.OperationalError("the connection is lost") from None

    monkeypatch.setattr(due_dates, "run_due", lost)
    task = asyncio.create_task(follow_due_dates(settings, database_url))
    await running.wait()
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=30)
    assert done
    assert task.cancelled()


async def test_it_forgets_old_answers_to_idempotency_keys(settings: Settings, database_url: str) -> None:
    """Those older than a month; it needs no process of its own."""
    async with wire(settings, database_url, connections=2) as wired:
        for key in ("old", "young"):
            command = RegisterPerson(name="Person of the Test", email=None, language="en")
            await wired.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI, key=key))

    def kept() -> int:
        with psycopg.connect(database_url) as connection:
            row = connection.execute("SELECT count(*) FROM history.commands").fetchone()
        assert row is not None
        return int(row[0])

    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE history.commands SET recorded_at = now() - interval '31 days' WHERE ctid = "
            "(SELECT ctid FROM history.commands LIMIT 1)"
        )
    assert kept() == 2
    async with following(settings, database_url):
        await until(lambda: kept() == 1)
