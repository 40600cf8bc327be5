"""Fixtures for all tests: a PostgreSQL server for this run, and a fresh database on it."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from api.postgres.embedded import EmbeddedPostgres

# Settings of a developer's own installation must not influence tests.
for _name in [name for name in os.environ if name.startswith(("OVERWINTER_", "PG"))]:
    del os.environ[_name]
for _name in ("DATABASE_URL", "READ_DATABASE_URL", "DATA_DIR"):
    os.environ.pop(_name, None)

# The programs that tests start are compiled once, not at each start, even where the environment keeps Python from doing so.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One embedded server for each test process, in a temporary folder.

    It is configured as shipped, except that it does not care for what a loss of power would do to the disk: tests kill
    processes, but never cut the power.
    """
    # Not pytest's temporary folder, because its path is too long for a socket.
    folder = Path(tempfile.mkdtemp(prefix="ow-"))
    try:
        settings = {"fsync": "off", "full_page_writes": "off"}
        with EmbeddedPostgres(folder / "postgres", settings=settings) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database_template() -> str:
    """The database that `database_url` copies. A test folder can override it with one that is already migrated."""
    return "template1"


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, database_template: str) -> Iterator[str]:
    """The address of a database for this test, a copy of `database_template`, dropped afterwards."""
    name = f"test_{uuid4().hex}"
    make_database(postgres, name, template=database_template)
    yield postgres.url_of(name)
    drop_database(postgres, name)


def make_database(server: EmbeddedPostgres, name: str, template: str = "template1") -> None:
    """Create a database owned by the program's role, as a copy of `template`."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        # For a template so small, logging each page costs seven times as much as copying its files.
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def drop_database(server: EmbeddedPostgres, name: str) -> None:
    """Drop a database, even if somebody is still connected to it."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        for attempt in range(20):
            try:
                connection.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                # An ordinary role cannot terminate autovacuum, which will be done in a moment.
                if attempt == 19:
                    raise
                time.sleep(0.5)
            else:
                return


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the system's Chromium. If there is none, tests that need it are skipped, but fail in CI."""
    path = "/usr/bin/chromium"
    if not os.access(path, os.X_OK):
        missing = f"There is no {path}: make browser installs it."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return path
