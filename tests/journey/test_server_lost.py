"""The embedded PostgreSQL is killed, for want of memory say: it comes back by itself, with all that was answered."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from api.postgres.embedded import EmbeddedPostgres
from tests.journey.running import OVERWINTER, Person, Running, demonstration, until


@pytest.fixture
def running() -> Iterator[Running]:
    """A demonstration of this test's own, whose server is killed."""
    with demonstration() as running:
        yield running


def server_of(folder: Path) -> int:
    """The process id of the server."""
    return int((folder / "postgres" / "data" / "postmaster.pid").read_text().split("\n")[0])


def kill_server(folder: Path) -> int:
    """Kill the server's main process; returns its process id."""
    victim = server_of(folder)
    assert psutil.Process(victim).name() == "postgres"
    os.kill(victim, signal.SIGKILL)
    return victim


def replaced(folder: Path, killed: int) -> bool:
    """Whether another server runs in place of the killed one. Until then the killed one's own processes may still answer."""
    with suppress(FileNotFoundError, ValueError, psutil.NoSuchProcess):
        server = server_of(folder)
        return server != killed and psutil.Process(server).name() == "postgres"
    return False


def founds(person: Person, name: str) -> bool:
    """Whether an initiative can be founded, under its name as the key."""
    try:
        answer = person.client.post(
            "/api/initiatives",
            json={"name": name},
            headers={"Authorization": f"Bearer {person.token}", "Idempotency-Key": name},
        )
    except httpx.HTTPError:
        return False
    assert answer.status_code in (201, 409, 503), answer.text
    return answer.status_code == 201


def test_a_demonstration_goes_on_after_its_server_was_killed(running: Running) -> None:
    """Twice over: what was answered before is there, new writes are taken, and the read models follow."""
    administrator = running.person(running.token)
    for round in range(2):
        assert founds(administrator, f"before {round}")
        killed = kill_server(running.folder)
        until(lambda: replaced(running.folder, killed), 60)  # noqa: B023 - asked within this round
        until(lambda: founds(administrator, f"after {round}"), 60)  # noqa: B023 - as above
        until(lambda: running.client.get("/health/ready").status_code == 200, 60)
    names = [row["fact"]["name"] for row in running.rows() if row["topic"] == "initiative.founded.v1"]
    assert names[1:] == ["before 0", "after 0", "before 1", "after 1"]
    assert running.process.poll() is None


@contextmanager
def started(command: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process of the command line, ended afterwards."""
    process = subprocess.Popen([*OVERWINTER, command], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def test_serve_and_project_keep_the_server_that_they_share() -> None:
    """Without a supervisor, either starts it again; and where that cannot be, each ends with one sentence."""
    with tempfile.TemporaryDirectory(prefix="ow-") as made, socket.socket() as probe:
        folder = Path(made)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = {**os.environ, "DATA_DIR": made, "OVERWINTER_PORT": str(port)}

        def run(*arguments: str, typed: str = "") -> str:
            return subprocess.run(
                [*OVERWINTER, *arguments],
                env=environment,
                input=typed,
                capture_output=True,
                text=True,
                check=True,
            ).stdout

        run("migrate")
        claim = run("claims", "create", "--administrator")
        token = run("claims", "exchange", typed=claim).strip()
        with (
            started("serve", environment) as serving,
            started("project", environment) as projecting,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
        ):

            def ready() -> bool:
                try:
                    return client.get("/health/ready").status_code == 200
                except httpx.HTTPError:
                    return False

            until(ready, 60)
            administrator = Person(client, token)
            assert founds(administrator, "before")
            killed = kill_server(folder)
            until(lambda: replaced(folder, killed), 60)
            until(lambda: founds(administrator, "after"), 60)
            until(ready, 60)

            (folder / "postgres" / "data" / "PG_VERSION").write_text("1\n")
            kill_server(folder)
            for process in (serving, projecting):
                said = process.communicate(timeout=60)[1].splitlines()
                assert process.returncode == 1
                assert said[-1].startswith("overwinter: The database in ")
                assert not any("Traceback" in line for line in said), "\n".join(said)


def test_a_server_is_kept_only_for_as_long_as_it_is_held() -> None:
    """Whoever leaves does not start it again."""
    with tempfile.TemporaryDirectory(prefix="ow-") as made:
        folder = Path(made)
        with EmbeddedPostgres(folder / "postgres", settings={"fsync": "off"}) as server:
            with server.kept():
                killed = kill_server(folder)
                until(lambda: server.pid not in (None, killed))
            kill_server(folder)
        assert server.pid is None
