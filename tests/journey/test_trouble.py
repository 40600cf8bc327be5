"""A database in trouble: writes are refused for now, reads go on, and writing resumes without a restart."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from api.embedded import ROLE, EmbeddedPostgres
from tests.journey.conftest import Running, demonstration


@pytest.fixture(scope="module")
def troubled() -> Iterator[Running]:
    """A demonstration of one's own, whose database may be troubled."""
    with demonstration() as running:
        yield running


def configure(running: Running, setting: str) -> None:
    """Change a setting of the database for whoever connects from now on, and cut everybody off, as a failover does."""
    with (
        EmbeddedPostgres(running.folder / "postgres") as server,
        psycopg.connect(server.url, autocommit=True) as connection,
    ):
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE {ROLE} {setting}".encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_database_that_only_reads(troubled: Running) -> None:
    """As a standby is, or a server whose operator has stopped writes."""
    person = troubled.person(troubled.token)
    person.post("/api/initiatives", name="Before")
    configure(troubled, "SET default_transaction_read_only = on")
    try:
        for _ in range(3):
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
    finally:
        configure(troubled, "RESET default_transaction_read_only")
    person.post("/api/initiatives", name="After")
    names = [row["fact"]["name"] for row in troubled.rows() if row["topic"] == "initiative.founded.v1"]
    assert names[-2:] == ["Before", "After"]
