"""Ten random SIGKILLs under load: nothing acknowledged is lost, nothing is done twice, nothing is half-done."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import psutil
import pytest

from tests.history import second_reader
from tests.journey.running import OVERWINTER, until

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
                [*OVERWINTER, "demo"], env=self.environment, stdout=written, stderr=subprocess.STDOUT
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


def found_initiative(demonstration: Demonstration, client: httpx.Client, name: str) -> str | None:
    """Found an initiative under its name as the key; None if there was no answer."""
    try:
        answer = client.post(
            "/api/initiatives",
            json={"name": name},
            headers={"Authorization": f"Bearer {demonstration.token}", "Idempotency-Key": name},
        )
    except httpx.HTTPError:
        return None
    assert answer.status_code in (201, 409, 503), answer.text
    return str(answer.json()["id"]) if answer.status_code == 201 else None


def test_ten_random_kills_under_load() -> None:
    """Each key is sent again after the restart: it is answered as before, and stands in the history once."""
    chance = random.Random()
    folder = Path(tempfile.mkdtemp(prefix="ow-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    demonstration = Demonstration(folder, port)
    acknowledged: dict[str, str] = {}
    sent: list[str] = []
    killed: Counter[str] = Counter()
    try:
        for kill in range(10):
            demonstration.start()
            ending = threading.Event()

            def load(worker: int, kill: int = kill, ending: threading.Event = ending) -> None:
                with httpx.Client(base_url=demonstration.address, timeout=10) as client:
                    number = 0
                    while not ending.is_set():
                        name = f"{kill} {worker} {number}"
                        number += 1
                        sent.append(name)
                        stream = found_initiative(demonstration, client, name)
                        if stream is None:
                            return
                        acknowledged[name] = stream

            workers = [threading.Thread(target=load, args=(worker,)) for worker in range(6)]
            for worker in workers:
                worker.start()
            time.sleep(chance.uniform(0.2, 1.5))
            name, pid = chance.choice(sorted(demonstration.victims().items()))
            killed[name] += 1
            os.kill(pid, signal.SIGKILL)
            time.sleep(0.5)
            ending.set()
            for worker in workers:
                worker.join(60)
            demonstration.stop()

        demonstration.start()
        with httpx.Client(base_url=demonstration.address, timeout=30) as client:
            for name in sent:
                stream = found_initiative(demonstration, client, name)
                assert stream is not None
                assert acknowledged.setdefault(name, stream) == stream, name
            headers = {"Authorization": f"Bearer {demonstration.token}"}
            rows: list[dict[str, object]] = []
            while page := client.get(f"/api/facts?after={len(rows)}", headers=headers).json()["items"]:
                rows += page
        founded = Counter(
            row["fact"]["name"] for row in rows if row["topic"] == "initiative.founded.v1"  # type: ignore[index]
        )  # fmt: skip
        assert founded.pop("Зимний дом / Winter House") == 1, "the demonstration's own is loaded once"
        assert founded == Counter(sent)
        assert len(sent) > 100
        check_bytes(folder)
        check_read_models(folder)
    finally:
        demonstration.stop()
        shutil.rmtree(folder, ignore_errors=True)


def check_read_models(folder: Path) -> None:
    """What was projected through all the kills is what a rebuild makes of the history."""
    import psycopg

    from api.embedded import EmbeddedPostgres
    from projections.rebuild import rebuild
    from projections.register import PROJECTIONS

    tables = [table for projection in PROJECTIONS for table in projection.tables]
    with (
        EmbeddedPostgres(folder / "postgres") as server,
        psycopg.connect(server.url, autocommit=True) as looking,
    ):

        def look() -> dict[str, list[tuple[object, ...]]]:
            return {
                table: looking.execute(f"SELECT t::text FROM read.{table} t ORDER BY 1".encode()).fetchall()
                for table in tables
            }

        newest = looking.execute("SELECT max(position) FROM history.facts").fetchone()
        until(lambda: looking.execute("SELECT min(position) FROM read.positions").fetchone() == newest)
        followed = look()
        assert (rebuild(server.url, PROJECTIONS),) == newest
        assert look() == followed
        assert followed["memberships"]


def check_bytes(folder: Path) -> None:
    """The second reader finds every position, version, leaf and chain in order."""
    import psycopg

    from api.embedded import EmbeddedPostgres

    with EmbeddedPostgres(folder / "postgres") as server, psycopg.connect(server.url) as connection:
        rows = connection.execute(
            "SELECT position, stream, version, topic, document, leaf FROM history.facts ORDER BY position"
        ).fetchall()
    second_reader.check(rows, {})
