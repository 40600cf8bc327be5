"""What a process does by itself, beside what it is asked: it deletes what has ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import astuple
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.run import sweeping, wiring
from api.run.settings import Settings, read_settings
from api.run.wiring import Wiring, all_migrations, wire
from domain.commands.initiatives import AppointAdministrator
from domain.commands.persons import ErasePerson, RegisterPerson
from domain.persons.facts import PersonErased
from domain.values import SYSTEM, Channel
from history.documents import read
from history.keyfiles import Fence
from history.migrate import migrate
from history.requests import Request
from history.rotation import to_erase_again
from history.store import History

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """An installation that is migrated and has not been used."""
    migrate(database_url, all_migrations())
    return read_settings({"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "data")})


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    """What a statement finds; or nothing, when it only changes."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


async def register(wired: Wiring) -> str:
    """An invented person."""
    command = RegisterPerson(name="Person of the Test", email=None, language="en")
    return (await wired.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))).stream


async def come_true(url: str, statement: str, expected: object) -> None:
    """Wait until a statement's first column holds this."""
    for _ in range(100):
        if [row[0] for row in rows(url, statement)] == expected:
            return
        await asyncio.sleep(0.05)
    assert [row[0] for row in rows(url, statement)] == expected


class TestSweeping:
    """What can let nobody in any more is deleted while the process runs, not at its next start."""

    async def test_ended_sessions_and_the_access_of_the_erased(
        self, settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sweeping, "SWEEP_ACCOUNTS_SECONDS", 0.1)
        async with wire(settings, database_url, connections=2) as wired:
            person = await register(wired)
            token = await wired.tokens.make(person, label="test", made_by=SYSTEM)
            for _ in range(4):
                assert await wired.sessions.begin(token) is not None
            tag = "UPDATE accounts.sessions SET {} WHERE digest = (SELECT max(digest) FROM accounts.sessions WHERE {})"
            fresh = "expires_at > now() AND last_used_at > now() - interval '1 minute'"
            rows(database_url, tag.format("expires_at = now() - interval '1 day'", fresh))
            rows(database_url, tag.format("last_used_at = now() - interval '26 hours'", fresh))
            rows(database_url, tag.format("last_used_at = now() - interval '25 hours'", fresh))
            await come_true(database_url, "SELECT count(*) FROM accounts.sessions", [2])
            left = rows(
                database_url,
                "SELECT last_used_at < now() - interval '1 hour' FROM accounts.sessions ORDER BY 1",
            )
            assert left == [(False,), (True,)]
            await wired.tokens.make(await register(wired), label="other", made_by=SYSTEM)
            rows(database_url, f"DELETE FROM vault.keys WHERE subject = '{person}'")
            await come_true(database_url, "SELECT label FROM accounts.tokens", ["other"])
            await come_true(database_url, "SELECT count(*) FROM accounts.sessions", [0])

    async def test_it_goes_on_after_the_database_refused(
        self,
        settings: Settings,
        database_url: str,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """As when it only reads for a while, or its role lacks a right."""
        monkeypatch.setattr(sweeping, "SWEEP_ACCOUNTS_SECONDS", 0.1)
        async with wire(settings, database_url, connections=2) as wired:
            token = await wired.tokens.make(await register(wired), label="test", made_by=SYSTEM)
            assert await wired.sessions.begin(token) is not None
            rows(database_url, "ALTER TABLE accounts.tokens RENAME COLUMN person TO renamed")
            rows(database_url, "UPDATE accounts.sessions SET expires_at = now() - interval '1 day'")
            with caplog.at_level(logging.WARNING, "overwinter"):
                for _ in range(100):
                    if caplog.records:
                        break
                    await asyncio.sleep(0.05)
            assert {record.getMessage() for record in caplog.records} == {
                "ended sessions could not be deleted: UndefinedColumn"
            }
            rows(database_url, "ALTER TABLE accounts.tokens RENAME COLUMN renamed TO person")
            await come_true(database_url, "SELECT count(*) FROM accounts.sessions", [0])


class TestFinishingErasures:
    """Whoever is fenced and has a key all the same, as after an old backup was restored, is erased at the next start."""

    async def test_two_processes_at_once(
        self, settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each finds the key before either has deleted it; both start."""
        async with wire(settings, database_url, connections=2) as wired:
            person = await register(wired)
            wired.keys.fence([Fence(person, "safety", SYSTEM, "cli")])
        both, waited = asyncio.Barrier(2), list[None]()
        find = to_erase_again

        async def find_together(history: History, subjects: Iterable[str]) -> list[str]:
            found = await find(history, subjects)
            if len(waited) < 2:
                waited.append(None)
                await both.wait()
            return found

        monkeypatch.setattr(wiring, "to_erase_again", find_together)

        async def start() -> bool:
            async with wire(settings, database_url, connections=2) as wired:
                return await wired.history.keys((person,)) == []

        assert await asyncio.gather(start(), start()) == [True, True]
        assert rows(database_url, "SELECT count(*) FROM history.facts WHERE topic = 'person.erased.v1'") == [
            (1,)
        ]

    async def test_for_the_reason_that_was_given(self, settings: Settings, database_url: str) -> None:
        """The person who erased them may have no right to it in the older history; then it is the system's act."""
        async with wire(settings, database_url, connections=2) as wired:
            one, two, administrator = [await register(wired) for _ in range(3)]
            command = AppointAdministrator(person=administrator)
            await wired.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
            stranger = "person-" + "7" * 32
            wired.keys.fence(
                [Fence(one, "safety", administrator, "api"), Fence(two, "retention_ended", stranger, "page")]
            )
        async with wire(settings, database_url, connections=2) as wired:
            found = [
                read(topic, document)
                for topic, document in rows(
                    database_url,
                    "SELECT topic, document FROM history.facts WHERE topic = 'person.erased.v1' ORDER BY stream = "
                    f"'{two}'",
                )
            ]
            assert [
                (each.fact.person, each.fact.reason, each.envelope.actor, each.envelope.how.channel)
                for each in found
                if isinstance(each.fact, PersonErased)
            ] == [(one, "safety", administrator, "api"), (two, "retention_ended", SYSTEM, "system")]
            assert await wired.history.keys((one, two)) == []

    async def test_a_key_that_stays_is_not_passed_over(self, settings: Settings, database_url: str) -> None:
        """The keys alone were restored: the person's history says erased, and still their data could be read."""
        async with wire(settings, database_url, connections=2) as wired:
            person = await register(wired)
            (key,) = await wired.history.keys((person,))
            command = ErasePerson(person=person, reason="safety")
            await wired.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
        with psycopg.connect(database_url) as connection:
            connection.execute(
                "INSERT INTO vault.keys (subject, epoch, wrapped) VALUES (%s, %s, %s)", astuple(key)
            )
        async with wire(settings, database_url, connections=2) as wired:
            assert await wired.history.keys((person,)) == []
            assert [path.name for path in wired.keys.strays(wired.keys.epoch)] == []
            assert wired.keys.epoch == 3
