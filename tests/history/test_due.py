"""Due dates: each is run once, and one that fails keeps no other waiting."""

from __future__ import annotations

import logging
from datetime import timedelta

import psycopg
import pytest

from history.appends import Unavailable
from history.documents import read
from history.due import FIRST_PAUSE, LONGEST_PAUSE, Backoff, run_due
from history.keyfiles import KeysUnusable
from history.runner import Answer, Request, Runner
from tests.history.conftest import NOON, Office

pytestmark = pytest.mark.anyio


def set_due(office: Office, key: str, command: str, request: str, *, minutes: int = 0) -> None:
    """Put a row into the queue, due some minutes after noon."""
    with psycopg.connect(office.url) as connection:
        connection.execute(
            "INSERT INTO history.due_dates (key, at, command, request, cause) VALUES (%s, %s, %s, %s, %s) "
            "ON CONFLICT (key) DO UPDATE SET at = excluded.at, command = excluded.command, "
            "request = excluded.request, cause = excluded.cause",
            (key, NOON + timedelta(minutes=minutes), command, request.encode(), CAUSE),
        )


CAUSE = b"\x05" * 32
"""The leaf of the fact that set each of these due dates."""


def left(office: Office) -> list[str]:
    """The keys that are still in the queue."""
    with psycopg.connect(office.url) as connection:
        return [
            row[0] for row in connection.execute("SELECT key FROM history.due_dates ORDER BY key").fetchall()
        ]


def appoint(person: str) -> str:
    """A command that the system may run, as it lies in the queue."""
    return f'{{"person": "{person}"}}'


async def test_one_that_fails_rests_alone(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """An unknown command, a request that cannot be read: the later ones run, and the log says no more than the type."""
    await office.opened()
    person = await office.person()
    set_due(office, "a", "canary.unheard_of", "{}", minutes=-3)
    set_due(office, "b", "installation.appoint", '{"person": "Canary"', minutes=-2)
    set_due(office, "c", "installation.appoint", appoint(person), minutes=-1)
    seconds = 0.0
    backoff = Backoff(clock=lambda: seconds)

    with caplog.at_level(logging.ERROR, "overwinter.due"):
        assert await run_due(office.runner, backoff) == 1
        assert await run_due(office.runner, backoff) == 0

    assert left(office) == ["a", "b"]
    assert [record.getMessage() for record in caplog.records] == [
        "due date failed: canary.unheard_of: KeyError; next try in 1 s",
        "due date failed: installation.appoint: DecodeError; next try in 1 s",
    ]

    caplog.clear()
    seconds = FIRST_PAUSE
    assert await run_due(office.runner, backoff) == 0
    assert [record.getMessage()[-15:] for record in caplog.records] == ["next try in 2 s"] * 2
    for _ in range(10):
        seconds += LONGEST_PAUSE
        await run_due(office.runner, backoff)
    assert caplog.records[-1].getMessage().endswith("next try in 60 s")


async def test_what_is_done_in_time_names_what_set_the_time(office: Office) -> None:
    """The system's act has the leaf of that fact as its cause; what a person asks for has none."""
    await office.opened()
    person = await office.person()
    set_due(office, "a", "installation.appoint", appoint(person))
    before = len(office.rows())

    assert await run_due(office.runner) == 1

    hows = [read(topic, document).envelope.how for _, _, _, topic, document, _ in office.rows()]
    assert {how.cause for how in hows[:before]} == {None}
    assert {(how.cause, how.channel) for how in hows[before:]} == {(CAUSE.hex(), "system")}


async def test_many_that_rest_leave_room_for_the_others(office: Office) -> None:
    """However many of the oldest fail."""
    await office.opened()
    person = await office.person()
    for number in range(120):
        set_due(office, f"{number:03}", "unheard.of", "{}", minutes=-5)
    set_due(office, "last", "installation.appoint", appoint(person))
    backoff = Backoff()
    await run_due(office.runner, backoff)
    assert await run_due(office.runner, backoff) == 1
    assert "last" not in left(office)


async def test_one_that_was_set_anew_rests_no_more(office: Office) -> None:
    """It may be another time, or another command."""
    await office.opened()
    person = await office.person()
    backoff = Backoff()
    set_due(office, "a", "unheard.of", "{}", minutes=-2)
    assert await run_due(office.runner, backoff) == 0
    set_due(office, "a", "installation.appoint", appoint(person), minutes=-1)
    assert await run_due(office.runner, backoff) == 1
    assert left(office) == []


async def test_a_failure_of_the_runner_rests_alone_and_one_of_the_database_does_not(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without keys one due date may fail; without the database nothing else can be run either."""
    await office.opened()
    person = await office.person()
    set_due(office, "a", "installation.appoint", appoint(person), minutes=-2)
    errors: list[Exception] = [KeysUnusable("Canary"), Unavailable("The database does not answer.")]

    async def fail(_runner: Runner, _request: Request) -> Answer:
        raise errors[0]

    with monkeypatch.context() as failing:
        failing.setattr(Runner, "run", fail)
        assert await run_due(office.runner) == 0
        del errors[0]
        with pytest.raises(Unavailable):
            await run_due(office.runner)
    assert await run_due(office.runner) == 1


async def test_a_clock_that_is_set_back_strikes_nothing_out(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is decided at the time that it was set for, as if the clock had not moved."""
    await office.opened()
    set_due(office, "a", "installation.appoint", appoint(await office.person()))
    times = [NOON, NOON - timedelta(milliseconds=1)]
    monkeypatch.setattr(office.runner, "clock", lambda: times.pop(0))
    assert await run_due(office.runner) == 1
    _, _, _, topic, document, _ = office.rows()[-1]
    assert read(topic, document).envelope.decided_at == NOON
