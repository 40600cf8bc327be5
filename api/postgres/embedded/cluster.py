"""Making what the embedded server serves: its data folder (a cluster, in PostgreSQL's words), the roles, the database."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psycopg

from api.postgres.embedded.account import Account
from api.postgres.embedded.guard import EmbeddedError

ROLE: Final = "overwinter"
"""The role that owns the database of the same name: it migrates and rebuilds, and may make other databases."""
PROGRAM: Final = "overwinter_program"
"""The role that everything else runs under. `api.postgres.roles` lets it in; it cannot change recorded facts."""


def no_database(folder: Path) -> EmbeddedError:
    """The error that a folder has no database and none may be made there."""
    return EmbeddedError(
        f"There is no database in {folder}, and no DATABASE_URL is set: set DATABASE_URL or DATA_DIR to where "
        "it is, or make one there with overwinter migrate."
    )


def check_version(account: Account, data: Path) -> None:
    """Raise `EmbeddedError` if another major version of PostgreSQL made the data folder."""
    made_by = (data / "PG_VERSION").read_text().strip()
    if made_by != account.major_version:
        raise EmbeddedError(
            f"The database in {data} was made by PostgreSQL {made_by}, and the programs here are "
            f"{account.major_version}: move it with pg_dump and pg_restore, or choose another DATA_DIR."
        )


def make_cluster(account: Account, data: Path) -> None:
    """Make a data folder, complete or not at all: a start that is killed in between begins again."""
    unfinished = account.home / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    done = account.run(
        "initdb",
        f"--pgdata={unfinished}",
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--data-checksums",
    )
    if done.returncode != 0:
        why = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it did not say why"]
        raise EmbeddedError(f"PostgreSQL could not make its database in {account.home}: {why[-1]}")
    unfinished.rename(data)


def answers(url: str) -> bool:
    """Whether the server accepts connections."""
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def make_database(url_of: Callable[[str, str], str]) -> None:
    """Make the roles and the database that are missing. Raises `psycopg.OperationalError` if the server does not answer.

    `url_of` gives the address of a database for a role. Every grant is looked up before it is made: in a read-only
    database it would be refused.
    """
    with psycopg.connect(url_of("postgres", "postgres"), connect_timeout=30, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            connection.execute("CREATE ROLE overwinter LOGIN CREATEDB")
        # Folders of earlier versions do not have this role.
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [PROGRAM]).fetchone():
            connection.execute("CREATE ROLE overwinter_program LOGIN")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [ROLE]).fetchone():
            connection.execute("CREATE DATABASE overwinter OWNER overwinter")
        # After a key rotation, a checkpoint lets go of the old write-ahead log (history.rotation).
        if connection.execute(
            "SELECT pg_has_role('overwinter', 'pg_checkpoint', 'MEMBER') "
            "AND pg_has_role('overwinter_program', 'pg_checkpoint', 'MEMBER')"
        ).fetchone() != (True,):
            connection.execute("GRANT pg_checkpoint TO overwinter, overwinter_program")
    with psycopg.connect(url_of(ROLE, "postgres"), connect_timeout=30, autocommit=True) as connection:
        if connection.execute(
            "SELECT has_function_privilege('overwinter', 'pg_switch_wal()', 'EXECUTE') "
            "AND has_function_privilege('overwinter_program', 'pg_switch_wal()', 'EXECUTE')"
        ).fetchone() != (True,):
            connection.execute("GRANT EXECUTE ON FUNCTION pg_switch_wal() TO overwinter, overwinter_program")


def last_fatal_line(log_file: Path, begin: int) -> str:
    """Why the server gave up: the last fatal line of its log after byte `begin`. Such lines hold no personal data."""
    try:
        with log_file.open("rb") as file:
            file.seek(begin)
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    for line in reversed(lines):
        for mark in ("FATAL:", "PANIC:"):
            # Neither a connection that came too early nor one that lost its server before says why.
            if mark in line and not any(
                each in line for each in ("the database system is", "terminating conn")
            ):
                return line.partition(mark)[2].strip()
    return f"{log_file} may say why"
