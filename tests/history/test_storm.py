"""Stress tests of the history: conflicts, refusals, lost connections, killed processes, a killed server.

Each runs for STORM_SECONDS if that is set (`make test-storm SECONDS=600`), otherwise three seconds in the ordinary tests and
thirty in the long ones.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from api.postgres.embedded import EmbeddedError, EmbeddedPostgres
from history.library import FactRecorder
from history.migrate import migrate, migrations_in
from tests.conftest import drop_database, make_database
from tests.history.storm import Asked, check, read_journal

log = logging.getLogger(__name__)

SECONDS = float(os.environ.get("STORM_SECONDS", "0"))
PROCESSES, WRITERS, READERS = 2, 6, 2
SHORT, LONG = SECONDS or 3.0, SECONDS or 30.0

short_and_long = pytest.mark.parametrize(
    "seconds", [pytest.param(SHORT, id="short"), pytest.param(LONG, id="long", marks=pytest.mark.long)]
)
pytestmark = pytest.mark.timeout(LONG * 2 + 240)


class Reader(threading.Thread):
    """Follows the history from its beginning and records what it sees, whatever happens to its connections."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self.seen: list[tuple[int, str, int]] = []
        self.ending = threading.Event()

    def run(self) -> None:
        while not self.ending.is_set():
            with (
                suppress(psycopg.Error),
                ConnectionPool(
                    self._url, min_size=1, max_size=1, timeout=2, kwargs={"autocommit": True}
                ) as pool,
            ):
                recorder = FactRecorder(pool)
                while not self.ending.is_set():
                    last = self.seen[-1][0] if self.seen else 0
                    for fact in recorder.select_notifications(last, 50, inclusive_of_start=False):
                        self.seen.append((fact.id, str(fact.originator_id), fact.originator_version))
                    time.sleep(0.001)


class Storm:
    """Writers in separate processes, readers, and the failures that are inflicted on them."""

    def __init__(self, url: str, folder: Path, seconds: float) -> None:
        self._url = url
        self._folder = folder
        self._end = time.monotonic() + seconds
        self._chance = random.Random()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._journals: list[Path] = []
        self.readers = [Reader(url) for _ in range(READERS)]
        self.cut = self.killed = 0

    def run(self, befall: Callable[[], None]) -> tuple[list[list[Asked]], dict[str, int]]:
        """Run the stress test; returns the journals, and a count of the inflicted failures."""
        for reader in self.readers:
            reader.start()
        for _ in range(PROCESSES):
            self._start()
        try:
            while time.monotonic() < self._end:
                befall()
        finally:
            for process in self._processes:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(60)
                process.kill()
                process.wait()
        return [read_journal(path) for path in self._journals if path.exists()], {
            "cut": self.cut,
            "killed": self.killed,
        }

    def stop_readers_at(self, position: int) -> None:
        """Wait a while for the readers to reach the end, and stop them."""
        deadline = time.monotonic() + 30
        for reader in self.readers:
            while not (reader.seen and reader.seen[-1][0] >= position) and time.monotonic() < deadline:
                time.sleep(0.01)
            reader.ending.set()
            reader.join()

    def cut_connections(self) -> None:
        """Terminate a random connection, whatever it is doing."""
        time.sleep(self._chance.uniform(0, 0.08))
        with suppress(psycopg.Error), psycopg.connect(self._url, autocommit=True) as connection:
            row = connection.execute(
                "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "ORDER BY (state = 'active') DESC, random() LIMIT %s) t",
                [self._chance.randint(1, 2)],
            ).fetchone()
            assert row is not None
            self.cut += row[0]

    def kill_a_process(self) -> None:
        """Kill a writer process in the middle of its work, and start another."""
        time.sleep(self._chance.uniform(0.3, 1.0))
        victim = self._chance.choice(self._processes[-PROCESSES:])
        if victim.poll() is None and time.monotonic() < self._end:
            victim.kill()
            victim.wait()
            self._processes.remove(victim)
            self.killed += 1
            self._start()

    def _start(self) -> None:
        journal = self._folder / f"journal-{len(self._journals)}"
        self._journals.append(journal)
        seconds = max(self._end - time.monotonic(), 0.5)
        seed = str(self._chance.getrandbits(32))
        arguments = [self._url, str(journal), seed, str(WRITERS), str(seconds)]
        self._processes.append(subprocess.Popen([sys.executable, "-m", "tests.history.storm", *arguments]))


def judge(storm: Storm, url: str, journals: list[list[Asked]]) -> dict[str, int]:
    """Check what is left, and what the readers saw."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT position, stream, version, topic, document, leaf FROM history.facts ORDER BY position"
        ).fetchall()
    storm.stop_readers_at(len(rows))
    ends = check(rows, journals)
    for reader in storm.readers:
        assert reader.seen == [row[:3] for row in rows], (
            "a reader missed a fact, or saw one twice or out of order"
        )
    return {**ends, "facts": len(rows)}


@short_and_long
def test_nothing_is_lost_doubled_or_out_of_order_when_connections_are_cut_and_processes_killed(
    database_url: str, tmp_path: Path, seconds: float
) -> None:
    """Twelve writers in two processes and two readers."""
    storm = Storm(database_url, tmp_path, seconds)
    chance = random.Random()

    def befall() -> None:
        turn = chance.choices([storm.cut_connections, storm.kill_a_process], [12, 1])[0]
        turn()

    journals, done = storm.run(befall)
    ends = judge(storm, database_url, journals)

    log.info("%s, %s", ends, done)
    assert done["cut"]
    assert all(ends[outcome] for outcome in ("conflict", "name_taken", "repeated")), ends


@pytest.fixture
def sudden_server() -> Iterator[EmbeddedPostgres]:
    """A separate server, durable as shipped."""
    with (
        tempfile.TemporaryDirectory(prefix="ow-") as folder,
        EmbeddedPostgres(Path(folder) / "postgres") as server,
    ):
        yield server


@contextmanager
def _again(server: EmbeddedPostgres) -> Iterator[None]:
    """Start a killed server again in its folder."""
    second = EmbeddedPostgres(server.folder)
    while True:
        try:
            second.start()
            break
        except EmbeddedError:
            time.sleep(0.2)
    try:
        yield
    finally:
        second.stop()


def facts_in(url: str) -> int:
    """The number of facts; 0 if the server does not answer."""
    with suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT count(*) FROM history.facts").fetchone()
        return int(row[0]) if row else 0
    return 0


@short_and_long
def test_nothing_is_lost_when_postgresql_is_killed_and_started_again(
    sudden_server: EmbeddedPostgres, tmp_path: Path, seconds: float
) -> None:
    """The whole server is killed with SIGKILL repeatedly under load."""
    make_database(sudden_server, "storm")
    url = sudden_server.url_of("storm")
    migrate(url, migrations_in("history"))
    storm = Storm(url, tmp_path, max(seconds, 6))
    chance = random.Random()
    kills = written = 0

    def kill() -> None:
        nonlocal kills, written
        # On a busy machine the writers take long to start and reconnect; wait so that the kill hits them at work.
        deadline = time.monotonic() + 30
        while (now := facts_in(url)) <= written and time.monotonic() < deadline:
            time.sleep(0.05)
        written = now
        time.sleep(chance.uniform(0.1, 1.0))
        assert sudden_server.pid is not None
        os.kill(sudden_server.pid, signal.SIGKILL)
        kills += 1
        with _again(sudden_server):
            pass

    journals, _ = storm.run(kill)
    ends = judge(storm, url, journals)
    drop_database(sudden_server, "storm")

    log.info("%s, %s kills", ends, kills)
    assert kills
    assert ends["appended"], "the storm raged over a history that nobody wrote to"
