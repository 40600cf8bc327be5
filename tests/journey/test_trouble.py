"""A database in trouble: writes are refused for now, reads go on, and writing resumes without a restart."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psycopg
import pytest

from api.postgres.embedded import ROLE, EmbeddedPostgres
from tests.journey.running import Running, demonstration, until

READ_ONLY_SECONDS = 6
"""Longer than it takes the projections and the due dates to connect anew, and to be refused once more."""


@pytest.fixture(scope="module")
def troubled() -> Iterator[Running]:
    """A demonstration of one's own, whose database may be troubled."""
    with demonstration() as running:
        yield running


def configure(running: Running, setting: str) -> None:
    """Change a setting of the database for whoever connects from now on, and cut everybody off, as a failover does."""
    with (
        EmbeddedPostgres(running.folder / "postgres") as server,
        psycopg.connect(server.url_of("overwinter", "postgres"), autocommit=True) as connection,
    ):
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE {ROLE} {setting}".encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_database_that_only_reads(troubled: Running) -> None:
    """As a standby is, or a server whose operator has stopped writes. No process ends of it."""
    person = troubled.person(troubled.token)
    person.post("/api/initiatives", name="Before")
    configure(troubled, "SET default_transaction_read_only = on")
    try:
        end = time.monotonic() + READ_ONLY_SECONDS
        while time.monotonic() < end:
            assert troubled.process.poll() is None
            answer = troubled.client.post(
                "/api/initiatives",
                json={"name": "Meanwhile"},
                headers={"Authorization": f"Bearer {person.token}"},
            )
            assert answer.status_code == 503, answer.text
            assert answer.headers["Retry-After"].isdigit()
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert person.get("/api/me")["administrator"] is True
            assert person.get("/api/calls")["items"]
            time.sleep(0.5)
    finally:
        configure(troubled, "RESET default_transaction_read_only")
    person.post("/api/initiatives", name="After")
    # The read models follow again.
    until(lambda: troubled.client.get("/api/calls", params={"position": person.position}).is_success)
    assert troubled.process.poll() is None
    names = [row["fact"]["name"] for row in troubled.rows() if row["topic"] == "initiative.founded.v1"]
    assert names[-2:] == ["Before", "After"]


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of its own in memory, where this machine lets us mount one."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", str(folder)], check=False)
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.skipif(shutil.which("mount") is None, reason="needs mount")
def test_a_full_disk(tmp_path: Path) -> None:
    """Writes are refused once there is no room for them; when there is some again, they go on."""
    with small_disk(tmp_path) as folder, demonstration(folder / "data") as running:
        person = running.person(running.token)
        ballast = folder / "ballast"
        with ballast.open("wb", buffering=0) as filling, suppress(OSError):
            while True:
                filling.write(b"0" * 4096)
        written = 0
        while True:
            answer = running.client.post(
                "/api/initiatives",
                json={"name": f"On a full disk {written}"},
                headers={"Authorization": f"Bearer {person.token}"},
            )
            if answer.status_code == 503:
                break
            assert answer.status_code == 201, answer.text
            written += 1
            assert written < 500, "the disk never was full"
        assert answer.headers["Retry-After"].isdigit()
        # Whoever wrote waits for the read models to show it, and for these there may be no room either; others read.
        assert httpx.get(f"{running.address}/api/calls", timeout=30).status_code == 200
        ballast.unlink()
        until(lambda: _founds(running, "With room again"))
        names = [row["fact"]["name"] for row in running.rows() if row["topic"] == "initiative.founded.v1"]
        assert names[1:] == [*(f"On a full disk {number}" for number in range(written)), "With room again"]


def _founds(running: Running, name: str) -> bool:
    answer = running.client.post(
        "/api/initiatives",
        json={"name": name},
        headers={"Authorization": f"Bearer {running.token}", "Idempotency-Key": name},
    )
    assert answer.status_code in (201, 503), answer.text
    return answer.status_code == 201
