"""Which process projects, what it does when the database goes away, and who may move a position."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.run.supervise import GRACE_SECONDS
from history.library import FactRecorder
from projections import projector
from projections.folding import calls
from projections.projector import Projector, follow
from projections.rebuild import rebuild
from projections.register import PROJECTIONS
from tests.projections.conftest import Season, take_lead

pytestmark = pytest.mark.anyio


async def test_two_processes_follow_and_one_leads_until_it_ends(season: Season) -> None:
    """The second takes over when the first ends, and every fact is projected once."""
    await season.begin()
    stops = (threading.Event(), threading.Event())
    led: list[int] = []
    threads = [
        threading.Thread(
            target=follow,
            args=(season.url, PROJECTIONS, stop),
            kwargs={"leading": lambda number=number: led.append(number)},
        )
        for number, stop in enumerate(stops)
    ]
    for thread in threads:
        thread.start()
    try:
        await season.reader.wait_for(len(season.office.rows()), 20)
        assert len(led) == 1
        first = led[0]
        await season.apply()
        await season.reader.wait_for(len(season.office.rows()), 20)
        stops[first].set()
        threads[first].join(20)
        assert not threads[first].is_alive()
        await season.close()
        await season.reader.wait_for(len(season.office.rows()), 20)
        assert led == [first, 1 - first]
    finally:
        for stop, thread in zip(stops, threads, strict=True):
            stop.set()
            thread.join(20)
    followed = season.tables()
    rebuild(season.url, PROJECTIONS)
    assert season.tables() == followed


async def test_the_leader_goes_on_after_its_connections_were_cut(season: Season) -> None:
    """As after a restart of the database."""
    await season.begin()
    stop = threading.Event()
    thread = threading.Thread(target=follow, args=(season.url, PROJECTIONS, stop))
    thread.start()
    try:
        await season.reader.wait_for(len(season.office.rows()), 20)
        with psycopg.connect(season.url, autocommit=True) as connection:
            cut = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE application_name = 'overwinter projections' AND datname = current_database()"
            ).fetchone()
        assert cut == (2,)
        await season.apply()
        await season.reader.wait_for(len(season.office.rows()), 20)
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


async def test_the_leader_goes_on_after_the_database_only_read_for_a_while(
    season: Season, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a standby does before it is promoted: no projection is to blame, and none is said to have stopped."""
    monkeypatch.setattr(projector, "_WAIT_SECONDS", 0.1)
    await season.begin()
    with Projector(season.url, PROJECTIONS) as leading:
        take_lead(leading)
        leading.connection.execute("SET default_transaction_read_only = on")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            leading.step()
    stop = threading.Event()
    thread = threading.Thread(target=follow, args=(season.url, PROJECTIONS, stop))
    only_reading(season.url, "SET default_transaction_read_only = on")
    thread.start()
    try:
        await asyncio.sleep(1)
        assert thread.is_alive()
        only_reading(season.url, "RESET default_transaction_read_only")
        await season.reader.wait_for(len(season.office.rows()), 20)
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    assert "(ReadOnlySqlTransaction)" in caplog.text
    assert "stopped at position" not in caplog.text


def only_reading(url: str, setting: str) -> None:
    """Change a setting of the database, for whoever connects from now on."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE {connection.info.dbname} {setting}".encode())


async def test_a_position_that_somebody_else_moved_is_never_written_over(season: Season) -> None:
    """Then nothing of the batch stays."""
    await season.begin()
    with Projector(season.url, (calls.PROJECTION,)) as overtaken:
        take_lead(overtaken)
        with psycopg.connect(season.url) as connection:
            connection.execute("UPDATE read.positions SET position = 3 WHERE projection = 'calls'")
        with pytest.raises(projector.Overtaken):
            overtaken.step()
    assert season.rows("SELECT count(*) FROM read.calls") == [(0,)]


async def test_a_position_that_somebody_else_moved_is_not_written_over_where_nothing_is_to_be_done(
    season: Season,
) -> None:
    """The projections that a batch says nothing to move together, each from where it was known to be."""
    await season.begin()
    season.project()
    before = season.positions()
    with Projector(season.url, PROJECTIONS) as overtaken:
        take_lead(overtaken)
        await season.office.person("Canary Visitor")
        with psycopg.connect(season.url) as connection:
            connection.execute("UPDATE read.positions SET position = position - 1 WHERE projection = 'calls'")
        with pytest.raises(projector.Overtaken):
            overtaken.step()
    assert season.positions()["calls"] == before["calls"] - 1

    season.project()

    assert set(season.positions().values()) == {len(season.office.rows())}


async def test_an_idle_projector_asks_one_small_question_each_time(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to date, it asks which is the newest position, and nothing else."""
    await season.begin()
    season.project()
    asked: list[str] = []

    def noting(name: str) -> Callable[..., Any]:
        method = getattr(FactRecorder, name)

        def noted(*arguments: Any, **named: Any) -> Any:
            asked.append(name)
            return method(*arguments, **named)

        return noted

    with Projector(season.url, PROJECTIONS) as idle:
        take_lead(idle)
        for name in ("max_notification_id", "select_notifications", "select_events"):
            monkeypatch.setattr(FactRecorder, name, noting(name))
        monkeypatch.setattr(
            Projector, "connection", None
        )  # whatever it would ask on its other connection fails
        assert [idle.step() for _ in range(20)] == [0] * 20
        monkeypatch.undo()
    assert asked == ["max_notification_id"] * 20


@pytest.mark.parametrize("replica", [False, True], ids=["alone", "with a replica"])
@pytest.mark.parametrize("silent", [False, True], ids=["where nobody listens", "where nobody answers"])
def test_who_waits_for_a_database_that_is_away_can_be_stopped(
    tmp_path: Path, silent: bool, replica: bool
) -> None:
    """Before the supervisor loses its patience. As when both are told to end at once, and the database is the first
    to go."""
    stop = threading.Event()
    with ExitStack() as held:
        if silent:
            listening = held.enter_context(socket.socket(socket.AF_UNIX))
            listening.bind(str(tmp_path / ".s.PGSQL.5432"))
            listening.listen(20)
        url = f"postgresql://overwinter@/overwinter?host={tmp_path}"
        read_url = url if replica else None
        waiting = threading.Thread(
            target=lambda: follow(url, PROJECTIONS, stop, read_url=read_url), daemon=True
        )
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        stop.set()
        waiting.join(GRACE_SECONDS - 2)
        assert not waiting.is_alive()
