"""Rebuilding read models beside the live ones: nobody who asks, writes or projects meanwhile notices."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.from_thread
import anyio.to_thread
import psycopg
import pytest

from domain.grants.facts import GrantFact
from projections import applications, facts
from projections import rebuild as rebuilding
from projections.folding import calls
from projections.placed import Placed
from projections.projection import Projection
from projections.projector import Projector, Taken, follow
from projections.rebuild import LOCK, Stopped, rebuild
from projections.register import PROJECTIONS
from projections.rows import Rows
from tests.projections.conftest import Season

pytestmark = pytest.mark.anyio

BESIDE = "SELECT count(*) FROM pg_namespace WHERE nspname = 'read_beside'"


@contextmanager
def followed(season: Season) -> Iterator[None]:
    """A process that projects, as a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=follow, args=(season.url, PROJECTIONS, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


async def test_it_swaps_while_facts_are_written_projected_and_asked_for(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The grant is there at every look, positions never run backwards, and the tables end as a projector leaves them."""
    await season.whole()
    season.project()
    monkeypatch.setattr(facts, "BATCH", 5)
    ended = threading.Event()
    seen: list[tuple[int, int]] = []

    def look() -> None:
        with psycopg.connect(season.url, autocommit=True) as connection:
            while not ended.is_set():
                row = connection.execute(
                    "SELECT (SELECT min(position) FROM read.positions), (SELECT count(*) FROM read.grants "
                    "WHERE to_position = 9223372036854775807)"
                ).fetchone()
                assert row is not None
                seen.append(row)

    looking = threading.Thread(target=look)
    with followed(season):
        looking.start()
        rebuilt = threading.Thread(target=rebuild, args=(season.url, PROJECTIONS))
        rebuilt.start()
        written = 0
        while rebuilt.is_alive():
            written += 1
            await season.office.person(f"Canary Visitor {written}")
        rebuilt.join()
        await season.reader.wait_for(len(season.office.rows()), 20)
        ended.set()
        looking.join()
    assert written > 1
    assert {count for _, count in seen} == {1}
    assert [position for position, _ in seen] == sorted(position for position, _ in seen)
    swapped_in = season.tables()
    rebuild(season.url, PROJECTIONS)
    assert season.tables() == swapped_in
    assert season.rows(BESIDE) == [(0,)]


async def test_the_new_tables_answer_as_the_old_did(season: Season) -> None:
    """With the same indexes, and with the views on them."""
    await season.whole()
    season.project()
    indexes = (
        "SELECT tablename, regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX \\S+ ', '\\1') "
        "FROM pg_indexes WHERE schemaname = 'read' ORDER BY 1, 2"
    )
    before = season.rows(indexes)
    answer = await applications.of_call(season.reader, season.officer, season.call)

    rebuild(season.url, PROJECTIONS)

    assert season.rows(indexes) == before
    assert await applications.of_call(season.reader, season.officer, season.call) == answer


async def test_one_that_fails_leaves_the_live_one_as_it_was(season: Season) -> None:
    """And says at which projection."""
    await season.whole()
    season.project()
    live, positions = season.tables(), season.positions()

    def fail(_rows: Rows, fact: GrantFact, placed: Placed) -> None:
        if placed.position > positions["calls"] // 2:
            int("Canary")

    with pytest.raises(Stopped, match="The projection calls failed"):
        rebuild(season.url, (replace(calls.PROJECTION, fold=fail),))

    assert (season.tables(), season.positions()) == (live, positions)
    assert season.rows(BESIDE) == [(0,)]


async def test_one_that_finds_the_disk_full_says_so_and_takes_its_tables_along(season: Season) -> None:
    """They would keep it full."""
    await season.whole()
    season.project()
    with psycopg.connect(season.url) as connection:
        connection.execute(
            "CREATE FUNCTION full() RETURNS boolean LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$"
        )
        # A table beside has the checks of the live one, whose rows are not looked at.
        connection.execute("ALTER TABLE read.calls ADD CHECK (full()) NOT VALID")

    with pytest.raises(psycopg.errors.DiskFull):
        rebuild(season.url, PROJECTIONS)

    assert season.rows(BESIDE) == [(0,)]


async def test_one_that_was_killed_is_started_over(season: Season) -> None:
    """What it left is read by nobody, and the next rebuild clears it away."""
    await season.whole()
    season.project()
    live = season.tables()
    killed = await anyio.run_process(
        [sys.executable, "-c", KILLED, season.url], check=False, cwd=Path(__file__).parents[2]
    )
    assert killed.returncode == -signal.SIGKILL
    assert season.rows(BESIDE) == [(1,)]
    assert season.tables() == live

    assert rebuild(season.url, PROJECTIONS) == len(season.office.rows())

    assert season.tables() == live
    assert season.rows(BESIDE) == [(0,)]


KILLED = """
import os, signal, sys
from projections import facts
from projections.rebuild import rebuild
from projections.register import PROJECTIONS
facts.BATCH = 10
rebuild(sys.argv[1], PROJECTIONS, progress=lambda done, _all: done and os.kill(os.getpid(), signal.SIGKILL))
"""


async def test_two_rebuilds_do_not_meet(season: Season) -> None:
    """The second is told so, and touches nothing."""
    await season.begin()
    season.project()
    with psycopg.connect(season.url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", LOCK)
        with pytest.raises(Taken, match="Another rebuild is running"):
            rebuild(season.url, PROJECTIONS)


async def test_a_long_question_is_waited_for_and_holds_nobody_up(season: Season) -> None:
    """The swap tries again and again, briefly; in between others are answered, and then it goes through."""
    await season.begin()
    season.project()
    rebuilt = threading.Thread(target=rebuild, args=(season.url, (calls.PROJECTION,)))
    with psycopg.connect(season.url) as long, psycopg.connect(season.url, autocommit=True) as short:
        long.execute("SELECT count(*) FROM read.calls")
        rebuilt.start()
        rebuilt.join(1.5)
        assert rebuilt.is_alive()
        short.execute("SET statement_timeout = '5s'")
        for _ in range(20):
            short.execute("SELECT count(*) FROM read.calls")
        assert rebuilt.is_alive()
    rebuilt.join(20)
    assert not rebuilt.is_alive()
    assert season.rows("SELECT count(*) FROM read.calls") == [(3,)]


async def test_a_try_that_fails_loses_nothing_that_it_had_seen(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came in while a try held the tables is projected again by the next."""
    await season.begin()
    season.project()
    swap, tries = rebuilding._swap, 0

    def swap_late(building: Projector, projections: Sequence[Projection]) -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            anyio.from_thread.run(season.apply)
            season.project()
        reached = swap(building, projections)
        if tries == 1:
            raise psycopg.errors.LockNotAvailable
        return reached

    monkeypatch.setattr(rebuilding, "_swap", swap_late)
    reached = await anyio.to_thread.run_sync(rebuild, season.url, PROJECTIONS)

    assert tries == 2
    assert reached == len(season.office.rows())
    swapped_in, positions = season.tables(), season.positions()
    assert set(positions.values()) == {reached}
    rebuild(season.url, PROJECTIONS)
    assert season.tables() == swapped_in


async def test_it_gives_up_when_no_moment_is_left(season: Season, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one sentence, with nothing changed."""
    await season.begin()
    season.project()
    monkeypatch.setattr(rebuilding, "_PATIENCE_SECONDS", 0.1)
    with psycopg.connect(season.url) as long:
        long.execute("SELECT count(*) FROM read.calls")
        with pytest.raises(Stopped, match="no moment for the swap"):
            rebuild(season.url, (calls.PROJECTION,))
    assert season.rows(BESIDE) == [(0,)]
