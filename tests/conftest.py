"""What every test may ask for: a PostgreSQL server of this run's own, and a fresh database on it."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from api.postgres.embedded import EmbeddedPostgres

# What a developer has set for their own installation must not reach a test.
for _name in [name for name in os.environ if name.startswith(("OVERWINTER_", "PG"))]:
    del os.environ[_name]
for _name in ("DATABASE_URL", "READ_DATABASE_URL", "DATA_DIR"):
    os.environ.pop(_name, None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One embedded server for each test process, in a folder that goes with it.

    As shipped, except that it does not wait for the disk: a test kills processes, never the machine's power.
    """
    # Not pytest's own temporary folder: that one's path is too long for a socket.
    folder = Path(tempfile.mkdtemp(prefix="ow-"))
    try:
        with EmbeddedPostgres(folder / "postgres", settings={"fsync": "off"}) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database_template() -> str:
    """The database that `database_url` copies. A folder of tests may override it with one that is already migrated."""
    return "template1"


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, database_template: str) -> Iterator[str]:
    """The address of a database of this test's own, a copy of `database_template`, dropped afterwards."""
    name = f"test_{uuid4().hex}"
    make_database(postgres, name, template=database_template)
    yield postgres.url_of(name)
    drop_database(postgres, name)


def make_database(server: EmbeddedPostgres, name: str, template: str = "template1") -> None:
    """Makes a database that belongs to the role of the programs, as a copy of `template`."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def drop_database(server: EmbeddedPostgres, name: str) -> None:
    """Drops a database, whoever is still connected to it."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        for attempt in range(20):
            try:
                connection.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                # The server's own vacuuming cannot be cut off by an ordinary role; it is done in a moment.
                if attempt == 19:
                    raise
                time.sleep(0.5)
            else:
                return


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the system's Chromium. Without one, tests that need it are skipped, except in CI: there they fail."""
    path = "/usr/bin/chromium"
    if not os.access(path, os.X_OK):
        missing = f"There is no {path}: make browser installs it."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return path
