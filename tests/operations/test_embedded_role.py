"""The embedded server runs the program under a role that cannot change what has happened, as any server does."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from api.postgres.embedded import PROGRAM, EmbeddedPostgres
from tests.journey.running import Running, demonstration
from tests.operations.command_line.operator import Operator

REFUSED = (
    "UPDATE history.facts SET topic = 'x'",
    "DELETE FROM history.facts",
    "TRUNCATE history.facts",
    "INSERT INTO history.facts VALUES (9, 's', 1, 't', '', sha256(''), now())",
    "UPDATE vault.keys SET wrapped = ''",
    "DELETE FROM vault.keys",
    "INSERT INTO vault.keys VALUES ('s', 1, '')",
    "DROP TRIGGER facts_are_final ON history.facts",
    "ALTER TABLE history.facts DISABLE TRIGGER facts_are_final",
    "ALTER TABLE history.facts DISABLE TRIGGER ALL",
    "CREATE OR REPLACE FUNCTION history.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "SET session_replication_role = replica",
    "SET ROLE overwinter",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION overwinter",
    "ALTER ROLE overwinter_program SUPERUSER",
    "GRANT overwinter TO overwinter_program",
    "CREATE ROLE another LOGIN",
    "CREATE DATABASE another",
    "DROP SCHEMA history CASCADE",
    "CALL history.allow('public')",
    "COPY history.facts TO PROGRAM 'true'",
    "CREATE EXTENSION file_fdw",
)
"""What would change the history, its keys or its triggers, or would be a way to a role that can."""


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A demonstration of these tests' own."""
    with demonstration() as running:
        yield running


class TestARunningDemonstration:
    """What its processes can do, as they are told where the database is."""

    def test_its_processes_cannot_change_what_has_happened(self, running: Running) -> None:
        environments = [
            child.environ() for child in psutil.Process(running.process.pid).children() if _is_ours(child)
        ]
        assert len(environments) == 2
        (url,) = {environment["DATABASE_URL"] for environment in environments}
        told: dict[str, str | None] = {}
        for statement in REFUSED:
            with psycopg.connect(url, autocommit=True) as connection:
                try:
                    connection.execute(statement.encode())
                except psycopg.Error as error:
                    told[statement] = error.sqlstate
        assert told == dict.fromkeys(REFUSED, "42501"), "insufficient privilege"

    def test_every_session_of_the_program_is_under_that_role(self, running: Running) -> None:
        running.rows()
        with (
            EmbeddedPostgres(running.folder / "postgres", make=False) as server,
            psycopg.connect(server.url_of("overwinter", "postgres")) as connection,
        ):
            roles = connection.execute(
                "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'overwinter' AND pid <> pg_backend_pid()"
            ).fetchall()
        assert roles == [(PROGRAM,)]


def _is_ours(process: psutil.Process) -> bool:
    return process.cmdline()[-1:] in (["serve"], ["project"])


class TestAnEmbeddedDatabase:
    """On the command line, without a demonstration."""

    @pytest.fixture
    def operator(self) -> Iterator[Operator]:
        folder = Path(tempfile.mkdtemp(prefix="ow-"))
        operator = Operator("", folder)
        operator.said("migrate")
        yield operator
        shutil.rmtree(folder, ignore_errors=True)

    def test_a_folder_from_before_there_was_the_role_gets_it_at_the_next_start(
        self, operator: Operator
    ) -> None:
        """Migrating and rebuilding stay the owner's, whom nothing else needs."""
        folder = Path(operator.settings["DATA_DIR"])
        with (
            EmbeddedPostgres(folder / "postgres", make=False) as server,
            psycopg.connect(server.url_of("overwinter", "postgres"), autocommit=True) as connection,
        ):
            connection.execute("DROP OWNED BY overwinter_program")
            connection.execute("DROP ROLE overwinter_program")
        assert operator.administrator()["token"].startswith("ow_")
        operator.said("rebuild")
        assert "5 facts rechecked" in operator.said("verify")
        assert operator.said("migrate").startswith("0 applied")
