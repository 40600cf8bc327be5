"""What health tells whom: how many facts there are would tell everybody when somebody submits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from api.postgres.embedded import EmbeddedPostgres
from projections.register import PROJECTIONS
from tests.journey.running import Running, until

READY = "/health/ready"


@contextmanager
def stopped(running: Running, projection: str) -> Iterator[None]:
    """A projection that says it has stopped at position 5."""
    with (
        EmbeddedPostgres(running.folder / "postgres") as server,
        psycopg.connect(server.url, autocommit=True) as connection,
    ):
        change = "UPDATE read.positions SET failed_position = %s WHERE projection = %s"
        connection.execute(change, (5, projection))
        try:
            yield
        finally:
            connection.execute(change, (None, projection))


def asked(running: Running, token: str | None = None) -> tuple[int, dict[str, Any]]:
    """Status and body of the readiness, as the public or somebody is told."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = running.client.get(READY, headers=headers)
    return answer.status_code, answer.json()


def test_the_public_is_told_that_all_is_well_and_nothing_else(running: Running) -> None:
    """The same bytes before and after a fact; also for those who have no part in running the server."""
    newcomer = running.newcomer("Newcomer of the Test")
    assert asked(running) == asked(running, newcomer.token) == (200, {"status": "ready"})


def test_an_administrator_is_told_the_figures(running: Running) -> None:
    """They grow with the history."""
    administrator = running.person(running.token)
    status, before = asked(running, running.token)
    administrator.post("/api/initiatives", name="One More")
    _, after = asked(running, running.token)
    assert (status, before["status"]) == (200, "ready")
    assert before["figures"]["facts"] < after["figures"]["facts"] == len(running.rows())
    assert [each["name"] for each in after["figures"]["projections"]] == [each.name for each in PROJECTIONS]


def test_a_read_model_that_stopped_is_told_to_administrators_and_the_server_stays_ready(
    running: Running,
) -> None:
    """What it holds is refused; a server that takes no request at all would be the greater harm."""
    with stopped(running, "calls"):
        public = asked(running)
        status, told = asked(running, running.token)
        until(lambda: running.client.get("/api/calls").status_code == 503)
        refused = running.client.get("/api/calls")
    assert public == (200, {"status": "ready"})
    assert (status, told["figures"]["wrong"]) == (200, [])
    assert told["figures"]["stopped"] == ["The projection calls stopped at position 5; the log says why."]
    assert (refused.status_code, refused.json()["type"]) == (503, "/schema#problem-unreadable")
