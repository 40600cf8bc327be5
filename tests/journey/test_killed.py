"""Ten random SIGKILLs under load: nothing acknowledged is lost, nothing is done twice, nothing is half-done."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from api.postgres.embedded import EmbeddedPostgres
from projections.projector import Projector
from projections.rebuild import rebuild
from projections.register import PROJECTIONS
from tests.journey.load import FACTS, Load, prepare, started
from tests.journey.running import OVERWINTER, until
from tests.money.books import Books

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


class Demonstration:
    """A demonstration that can be started again in the same folder."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.address = f"http://127.0.0.1:{port}"
        self.environment = {**os.environ, "DATA_DIR": str(folder), "OVERWINTER_PORT": str(port)}

    def start(self) -> None:
        """Start it and wait until it answers."""
        output = self.folder / "output.txt"
        with output.open("w") as written:
            self.process = subprocess.Popen(
                [*OVERWINTER, "demo", "--small"],
                env=self.environment,
                stdout=written,
                stderr=subprocess.STDOUT,
            )
        until(lambda: "Ctrl-C" in output.read_text() or self.process.poll() is not None, 60)
        assert self.process.poll() is None, output.read_text()
        self.token = (self.folder / "administrator-token").read_text().strip()

    def victims(self) -> dict[str, int]:
        """What can be killed, by name."""
        found = {"supervisor": self.process.pid}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            words = child.cmdline()
            if words and words[-1] in ("serve", "project"):
                found[words[-1]] = child.pid
        postmaster = next(self.folder.rglob("postmaster.pid"))
        inside = int(postmaster.read_text().split("\n")[0])
        if psutil.pid_exists(inside) and "postgres" in psutil.Process(inside).name():
            found["postgres"] = inside
        return found

    def stop(self) -> None:
        """End it and wait; it ends by itself when one of its processes was killed."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(60)


KILLS = 10
OFFERS = 6
"""How many awards there are to be offered before each kill."""


def order(chance: random.Random) -> list[str]:
    """What is killed, one after another: each of the four at least once, early and late alike."""
    kinds = ["serve", "project", "postgres", "supervisor"]
    victims = kinds + [chance.choice(kinds) for _ in range(KILLS - len(kinds))]
    chance.shuffle(victims)
    return victims


def test_ten_random_kills_under_load() -> None:
    """Each key is sent again after the restart: it is answered as before, and stands in the history once."""
    chance = random.Random()
    folder = Path(tempfile.mkdtemp(prefix="ow-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    demonstration = Demonstration(folder, port)
    killed: Counter[str] = Counter()
    try:
        demonstration.start()
        load = Load(prepare(demonstration.address, folder, KILLS * OFFERS))
        for kill, victim in enumerate(order(chance)):
            if kill:
                demonstration.start()
            end = started(load, demonstration.address, f"kill {kill}", workers=6, offers=OFFERS)
            # In the middle of the load, however slow the machine is.
            many = len(load.sent) + chance.randint(40, 150)
            with suppress(AssertionError):
                until(lambda many=many: len(load.sent) >= many, 20)
            os.kill(demonstration.victims()[victim], signal.SIGKILL)
            killed[victim] += 1
            time.sleep(0.5)
            end()
            demonstration.stop()
        assert set(killed) == {"serve", "project", "postgres", "supervisor"}
        unanswered = sum(sent.key not in load.answers for sent in load.sent)
        assert unanswered >= KILLS // 2, "the kills hit no command on its way"

        demonstration.start()
        with httpx.Client(base_url=demonstration.address, timeout=30) as client:
            load.send_again(client)
            headers = {"Authorization": f"Bearer {demonstration.token}"}
            rows: list[dict[str, object]] = []
            while page := client.get(f"/api/facts?after={len(rows)}", headers=headers).json()["items"]:
                rows += page
        founded = [row for row in rows if row["topic"] == "initiative.founded.v1"]
        assert len(founded) == 1, "the demonstration's own is loaded once"
        assert {sent.kind for sent in load.sent} == set(FACTS)
        assert len(load.sent) > 200
        demonstration.stop()
        with EmbeddedPostgres(folder / "postgres") as server:
            load.check(server.url, folder)
            check_read_models(server.url)
    finally:
        demonstration.stop()
        shutil.rmtree(folder, ignore_errors=True)


def check_read_models(url: str) -> None:
    """What was projected through all the kills is what a rebuild makes of the history, and what the books say."""
    tables = [table for projection in PROJECTIONS for table in projection.tables]
    with psycopg.connect(url, autocommit=True) as looking:

        def look() -> dict[str, list[tuple[object, ...]]]:
            return {
                table: looking.execute(f"SELECT t::text FROM read.{table} t ORDER BY 1".encode()).fetchall()
                for table in tables
            }

        newest = looking.execute("SELECT max(position) FROM history.facts").fetchone()
        with Projector(url, PROJECTIONS) as projector:
            assert projector.lead()
            while projector.reach()[0] < projector.reach()[1]:
                projector.step()
            assert projector.resting() == ()
        followed = look()
        assert (rebuild(url, PROJECTIONS),) == newest
        assert look() == followed
        assert followed["memberships"]
        books = Books().read(url)
        sums: dict[str, dict[str, int]] = {fund: {} for fund in books.funds}
        for fund, account, balance in looking.execute(
            "SELECT fund, account, sum(amount)::bigint FROM read.ledger GROUP BY fund, account"
        ).fetchall():
            if balance:
                sums[fund][account] = balance
        assert sums == {fund: books.balances(fund) for fund in books.funds}
        shown = looking.execute(
            """SELECT "grant", status FROM read.grants WHERE to_position = 9223372036854775807"""
        ).fetchall()
        assert dict(shown) == {grant: book.step for grant, book in books.grants.items()}
