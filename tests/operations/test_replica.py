"""Server and projections with a replica beside the primary, as an operator runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from api.postgres.embedded import EmbeddedPostgres
from tests.operations.command_line.operator import Operator, wait_until
from tests.operations.test_application_role import served
from tests.replicas import StreamingReplica


@pytest.fixture(scope="module")
def streaming(postgres: EmbeddedPostgres) -> Iterator[StreamingReplica]:
    """One for all tests here."""
    with StreamingReplica(postgres) as made:
        yield made


@pytest.fixture
def operator(database_url: str, tmp_path: Path, streaming: StreamingReplica) -> Iterator[Operator]:
    """An operator whose database is migrated and has a replica."""
    operator = Operator(database_url, tmp_path / "data")
    operator.said("migrate")
    streaming.catch_up()
    name = urlsplit(database_url).path.removeprefix("/")
    operator.settings["READ_DATABASE_URL"] = streaming.url_of(name)
    yield operator
    streaming.go_on()


def clients(operator: Operator, name: str) -> set[str]:
    """The programs that are connected to the replica under this name."""
    with psycopg.connect(operator.settings["READ_DATABASE_URL"]) as connection:
        return {
            str(row[0])
            for row in connection.execute(
                "SELECT application_name FROM pg_stat_activity WHERE datname = current_database() "
                "AND application_name LIKE 'overwinter%'"
            )
            if name in str(row[0])
        }


@pytest.mark.long
def test_what_was_written_is_read_whether_the_replica_follows_lags_or_is_gone(
    operator: Operator, streaming: StreamingReplica, tmp_path: Path
) -> None:
    """By whoever wrote it, with the position of their write; and the doctor tells how the replica is."""
    with served(operator, tmp_path) as running:
        administrator = running.person(running.token)

        def found() -> None:
            founded = administrator.post("/api/initiatives", name="One More")["id"]
            mine = administrator.get("/api/me", position=administrator.position)
            assert founded in {each["initiative"] for each in mine["initiatives"]}

        def doctor() -> dict[str, object]:
            replica: dict[str, object] = json.loads(operator.run("doctor", "--json").stdout)["replica"]
            return replica

        found()
        wait_until(lambda: clients(operator, "reading") and clients(operator, "projections"))
        found()
        streaming.catch_up()
        assert doctor() == {"answers": True, "follows": True, "behind": 0, "lag_seconds": 0.0}

        streaming.hold_up()
        administrator.post("/api/initiatives", name="One More")
        lagging = doctor()
        assert (lagging["follows"], lagging["behind"]) == (True, 2)
        assert float(str(lagging["lag_seconds"])) > 0
        streaming.go_on()
        streaming.catch_up()
        found()

        streaming.stop()
        try:
            wait_until(lambda: operator.readiness() == 200)
            found()
            assert doctor() == {"answers": False, "follows": False, "behind": 0, "lag_seconds": 0.0}
            assert "does not answer; the primary does all the work meanwhile." in operator.refused("doctor")
        finally:
            streaming.start()
        found()


def test_a_database_that_is_no_replica_of_it_is_refused(
    operator: Operator, postgres: EmbeddedPostgres
) -> None:
    """By what would read from it; in one sentence."""
    operator.settings["READ_DATABASE_URL"] = postgres.url
    for command in ("serve", "project"):
        assert operator.refused(command) == (
            "READ_DATABASE_URL leads to a database that is no replica of the one at DATABASE_URL; "
            "name one that follows it."
        )


def test_the_settings_show_no_password(operator: Operator) -> None:
    """Of the replica's address either."""
    operator.settings["READ_DATABASE_URL"] = "postgresql://reader:canary@127.0.0.1:1/grants"
    done = operator.run("doctor")
    assert "postgresql://reader@127.0.0.1:1/grants" in done.stdout
    assert "canary" not in done.stdout + done.stderr
