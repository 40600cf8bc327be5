"""Creates the embedded server's data folder (in PostgreSQL's terms, the cluster), its roles and its database."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psycopg

from api.postgres.embedded.account import Account
from api.postgres.embedded.guard import EmbeddedError

ROLE: Final = "overwinter"
"""The role that owns the database of the same name: it migrates and rebuilds, and can create other databases."""
PROGRAM: Final = "overwinter_program"
"""The role for everything else. `api.postgres.roles` grants it access; it cannot change recorded facts."""


def no_database(folder: Path) -> EmbeddedError:
    """The error for a folder without a database, where none may be created."""
    return EmbeddedError(
        f"There is no database in {folder}, and DATABASE_URL is not set; set DATABASE_URL or DATA_DIR to where it is, or "
        "create one there with overwinter migrate."
    )


def check_version(account: Account, data: Path) -> None:
    """Raise `EmbeddedError` if the data folder belongs to another major version of PostgreSQL."""
    made_by = (data / "PG_VERSION").read_text().strip()
    if made_by != account.major_version:
        raise EmbeddedError(
            f"The database in {data} belongs to PostgreSQL {made_by}, but the programs here are version "
            f"{account.major_version}; move it with pg_dump and pg_restore, or choose another DATA_DIR."
        )


def make_cluster(account: Account, data: Path) -> None:
    """Create a data folder atomically: after an interruption, the next start begins again."""
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
        raise EmbeddedError(f"PostgreSQL could not create its database in {account.home}: {why[-1]}")
    unfinished.rename(data)


def answers(url: str) -> bool:
    """Whether the server accepts connections."""
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def make_database(url_of: Callable[[str, str], str]) -> None:
    """Create the missing roles and the database. Raises `psycopg.OperationalError` if the server does not answer.

    `url_of` returns the address of a database for a role. Each grant is made only if it is missing, because a read-only
    database would refuse it.
    """
    with psycopg.connect(url_of("postgres", "postgres"), connect_timeout=30, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            connection.execute("CREATE ROLE overwinter LOGIN CREATEDB")
        # Folders created by earlier versions lack this role.
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [PROGRAM]).fetchone():
            connection.execute("CREATE ROLE overwinter_program LOGIN")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [ROLE]).fetchone():
            connection.execute("CREATE DATABASE overwinter OWNER overwinter")
        # After a key rotation, a checkpoint deletes the old write-ahead log (history.rotation).
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
    """Why the server stopped: the last fatal line of its log after byte `begin`. Such lines contain no personal data."""
    try:
        with log_file.open("rb") as file:
            file.seek(begin)
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    for line in reversed(lines):
        for mark in ("FATAL:", "PANIC:"):
            # These lines are about connections that came too early or lost the server; they do not say why it stopped.
            if mark in line and not any(
                each in line for each in ("the database system is", "terminating conn")
            ):
                return line.partition(mark)[2].strip()
    return f"{log_file} may say why"
