"""Due dates: each command is worked out from its fact and run once, and a failing one does not hold up others."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec
import psycopg
import pytest

import history.documents
from domain.deciding import Fact
from domain.rounds.facts import RoundOpened
from domain.topics import TOPIC_OF
from domain.values import stream_id
from history.appends import Append, DueDate, Unavailable
from history.derived_tables import verify_tables
from history.documents import Stored, read
from history.due import FIRST_PAUSE, LONGEST_PAUSE, Backoff, run_due
from history.keyfiles import KeysUnusable
from history.requests import Answer, Request
from history.runner import Runner
from tests.history.conftest import NOON, Office
from tests.history.round_due import open_round

pytestmark = pytest.mark.anyio

NOTE = Stored("note-1", 1, "note.written.v1", b"x", bytes(32))
"""A fact that the function accepts, as from somebody with the role's password."""


@dataclass
class Queue:
    """An office in which rounds are due to close."""

    office: Office
    initiative: str

    async def open_round(self, *, minutes: int = 0) -> str:
        """Open a round that is due to close some minutes after noon; gives its id."""
        return await open_round(
            self.office.runner.history, self.initiative, NOON + timedelta(minutes=minutes)
        )

    async def add_with_the_roles_password(self, *due: DueDate) -> None:
        """Add due dates by the append, with some fact that has nothing to do with them."""
        await self.office.runner.history.append(Append(facts=[NOTE], read={}, answers="note-1", due=due))

    def change(self, statement: str, *values: object) -> None:
        """Change a table by hand, as its owner can."""
        with psycopg.connect(self.office.url) as connection:
            connection.execute(statement.encode(), values)

    def damage(self, round: str) -> int:
        """Make the fact by which a round was opened unreadable; gives its position."""
        self.change("ALTER TABLE history.facts DISABLE TRIGGER facts_are_final")
        self.change("UPDATE history.facts SET document = 'Canary' WHERE stream = %s", round)
        return next(position for position, stream, *_ in self.office.rows() if stream == round)

    def left(self) -> list[str]:
        """The keys that are still in the queue."""
        with psycopg.connect(self.office.url) as connection:
            rows = connection.execute("SELECT key FROM history.due_dates ORDER BY key").fetchall()
        return [row[0] for row in rows]

    def closed(self) -> list[str]:
        """The rounds that were closed, in that order."""
        return [stream for _, stream, _, topic, _, _ in self.office.rows() if topic == "round.closed.v1"]


@pytest.fixture
async def queue(office: Office) -> Queue:
    """An office with an initiative and nothing in the queue."""
    _, initiative = await office.opened()
    return Queue(office, initiative)


async def test_the_oldest_is_run_first_and_each_once(queue: Queue) -> None:
    """What is not due yet waits."""
    second = await queue.open_round(minutes=-1)
    first = await queue.open_round(minutes=-2)
    later = await queue.open_round(minutes=1)
    assert await run_due(queue.office.runner) == 2
    assert await run_due(queue.office.runner) == 0
    assert queue.closed() == [first, second]
    assert queue.left() == [f"close {later}"]


async def test_one_that_fails_rests_alone(queue: Queue, caplog: pytest.LogCaptureFixture) -> None:
    """One whose fact cannot be read, one of a fact that is not there: the later ones run, and the log quotes nothing."""
    damaged = await queue.open_round(minutes=-3)
    position = queue.damage(damaged)
    await queue.add_with_the_roles_password(DueDate("Canary", NOON - timedelta(minutes=2), "Canary", 1))
    sound = await queue.open_round(minutes=-1)
    seconds = 0.0
    backoff = Backoff(clock=lambda: seconds)

    with caplog.at_level(logging.ERROR, "overwinter.due"):
        assert await run_due(queue.office.runner, backoff) == 1
        assert await run_due(queue.office.runner, backoff) == 0

    assert queue.closed() == [sound]
    assert queue.left() == ["Canary", f"close {damaged}"]
    unknown = f"unknown {sha256(b'Canary').hexdigest()[:16]}"
    assert [record.getMessage() for record in caplog.records] == [
        f"due date failed: close {damaged}: the fact at position {position} cannot be read; next try in 1 s",
        f"due date failed: {unknown}: there is no such fact; next try in 1 s",
    ]

    caplog.clear()
    seconds = FIRST_PAUSE
    assert await run_due(queue.office.runner, backoff) == 0
    assert [record.getMessage()[-15:] for record in caplog.records] == ["next try in 2 s"] * 2
    for _ in range(10):
        seconds += LONGEST_PAUSE
        await run_due(queue.office.runner, backoff)
    assert caplog.records[-1].getMessage().endswith("next try in 60 s")


async def test_one_that_follows_from_no_fact_does_not_run(
    queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever has the role's password can add rows to the queue: that runs nothing. They stay, and `verify` names them."""
    open_now, other, third = [await queue.open_round(minutes=60) for _ in range(3)]
    past = NOON - timedelta(minutes=1)
    await queue.add_with_the_roles_password(
        DueDate(
            f"close {stream_id('round', bytes(16))}", past, stream_id("round", bytes(16)), 1
        ),  # no such stream
        DueDate(f"close {open_now}", past, open_now, 2),  # no such version
        DueDate(f"close {third}", past, third, 0),  # nor before the first
        DueDate(f"close {other}", past, open_now, 1),  # the fact of another round
        DueDate("lapse", past, queue.initiative, 1),  # a fact that sets no due date
    )

    with caplog.at_level(logging.ERROR, "overwinter.due"):
        assert await run_due(queue.office.runner) == 0

    assert queue.closed() == []
    assert sorted(record.getMessage().split(": ")[2] for record in caplog.records) == [
        "its fact does not set it; next try in 1 s",
        "its fact does not set it; next try in 1 s",
        "there is no such fact; next try in 1 s",
        "there is no such fact; next try in 1 s",
        "there is no such fact; next try in 1 s",
    ]
    wrong = [each.fault for each in verify_tables(queue.office.url).wrong if each.table == "due_dates"]
    assert sorted(wrong) == ["added", "added", "changed", "changed", "changed"]


async def test_one_whose_time_was_changed_runs_no_earlier_than_its_fact_says(queue: Queue) -> None:
    """The row's time only says when to look."""
    round = await queue.open_round(minutes=60)
    queue.change("UPDATE history.due_dates SET at = %s", NOON - timedelta(days=30))
    assert await run_due(queue.office.runner) == 0
    assert queue.left() == [f"close {round}"]
    queue.office.now = NOON + timedelta(minutes=60)
    assert await run_due(queue.office.runner) == 1
    assert (queue.closed(), queue.left()) == ([round], [])


async def test_an_older_shape_of_a_fact_is_converted_before_its_due_date_is_worked_out(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that waits in the queue has to be converted itself."""
    round = await queue.open_round()
    newest = history.documents.newest

    def an_hour_later(topic: str, fact: Fact, *rest: Any) -> Fact:
        fact = newest(topic, fact, *rest)
        if topic == TOPIC_OF[RoundOpened]:
            assert isinstance(fact, RoundOpened)
            return msgspec.structs.replace(fact, closes_at=fact.closes_at + timedelta(hours=1))
        return fact

    monkeypatch.setattr(history.documents, "newest", an_hour_later)
    assert await run_due(queue.office.runner) == 0
    queue.office.now = NOON + timedelta(hours=1)
    assert await run_due(queue.office.runner) == 1
    assert (queue.closed(), queue.left()) == ([round], [])


async def test_what_is_done_in_time_names_what_set_the_time(queue: Queue) -> None:
    """The system's act has the leaf of that fact as its cause; what a person asks for has none."""
    round = await queue.open_round()
    before = len(queue.office.rows())

    assert await run_due(queue.office.runner) == 1

    opened = next(leaf for *_, topic, _, leaf in queue.office.rows() if topic == TOPIC_OF[RoundOpened])
    hows = [read(topic, document).envelope.how for _, _, _, topic, document, _ in queue.office.rows()]
    assert {how.cause for how in hows[:before]} == {None}
    assert [(how.cause, how.channel) for how in hows[before:]] == [(opened.hex(), "system")]
    assert queue.closed() == [round]


async def test_one_that_was_overtaken_is_struck_out(queue: Queue) -> None:
    """The rule refuses it: here somebody closed the round by hand, and the row came back."""
    round = await queue.open_round()
    await queue.office.run("round.close", round=round)
    queue.change("INSERT INTO history.due_dates VALUES (%s, %s, %s, 1)", f"close {round}", NOON, round)
    assert await run_due(queue.office.runner) == 0
    assert (queue.closed(), queue.left()) == ([round], [])


async def test_many_that_rest_leave_room_for_the_others(queue: Queue) -> None:
    """However many of the oldest fail."""
    await queue.add_with_the_roles_password(
        *[DueDate(f"{number:03}", NOON - timedelta(minutes=5), "nobody", 1) for number in range(120)]
    )
    last = await queue.open_round()
    backoff = Backoff()
    await run_due(queue.office.runner, backoff)
    assert await run_due(queue.office.runner, backoff) == 1
    assert queue.closed() == [last]


async def test_one_that_was_set_anew_is_tried_at_once(queue: Queue) -> None:
    """It may be another time, or another fact."""
    round = await queue.open_round()
    backoff = Backoff()
    queue.change("UPDATE history.due_dates SET version = 7, at = at - interval '1 minute'")
    assert await run_due(queue.office.runner, backoff) == 0
    queue.change("UPDATE history.due_dates SET version = 1, at = at + interval '1 minute'")
    assert await run_due(queue.office.runner, backoff) == 1
    assert (queue.closed(), queue.left()) == ([round], [])


async def test_a_failure_of_the_runner_rests_alone_and_one_of_the_database_does_not(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without keys one due date may fail; without the database nothing else can be run either."""
    await queue.open_round(minutes=-2)
    errors: list[Exception] = [KeysUnusable("Canary"), Unavailable("The database does not answer.")]

    async def fail(_runner: Runner, _request: Request) -> Answer:
        raise errors[0]

    with monkeypatch.context() as failing:
        failing.setattr(Runner, "run", fail)
        assert await run_due(queue.office.runner) == 0
        del errors[0]
        with pytest.raises(Unavailable):
            await run_due(queue.office.runner)
    assert await run_due(queue.office.runner) == 1


async def test_a_clock_that_is_set_back_strikes_nothing_out(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is decided at the time that it was set for, as if the clock had not moved."""
    await queue.open_round()
    times = [NOON, NOON - timedelta(milliseconds=1)]
    monkeypatch.setattr(queue.office.runner, "clock", lambda: times.pop(0))
    assert await run_due(queue.office.runner) == 1
    _, _, _, topic, document, _ = queue.office.rows()[-1]
    assert read(topic, document).envelope.decided_at == NOON


async def test_in_a_demonstration_whose_clock_jumps_each_is_decided_at_its_own_time(queue: Queue) -> None:
    """Elsewhere, when the program comes to it."""
    runner, rows = queue.office.runner, queue.office.rows
    for demonstration in (False, True):
        runner.demonstration = demonstration
        round = await queue.open_round(minutes=5)
        queue.office.now = NOON + timedelta(days=3)
        assert await run_due(runner) == 1
        (closed,) = [row for row in rows() if row[1] == round and row[3] == "round.closed.v1"]
        decided = read(closed[3], closed[4]).envelope.decided_at
        assert decided == (NOON + timedelta(minutes=5) if demonstration else queue.office.now)
