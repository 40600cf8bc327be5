"""Migrations: numbered SQL files, each applied once and in order, in its own transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

import psycopg

_LOCK: Final = (7302025, 2)


class MigrationError(Exception):
    """The database does not fit this version of the program. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file: its name (``history/0001_history``) and its text."""

    name: str
    sql: str

    @property
    def digest(self) -> str:
        """The SHA-256 of the text, so that a change to a released migration is noticed."""
        return sha256(self.sql.encode()).hexdigest()


def migrations_in(package: str) -> tuple[Migration, ...]:
    """The migrations in a package's folder ``schema``, ordered by number."""
    folder = files(package) / "schema"
    found = sorted(
        (file.name, file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".sql")
    )
    return tuple(Migration(f"{package}/{name.removesuffix('.sql')}", text) for name, text in found)


def migrate(
    url: str, migrations: Sequence[Migration], *, progress: Callable[[str], None] = lambda _name: None
) -> tuple[str, ...]:
    """Apply the missing migrations and return their names. Roles that have access keep it.

    Raises `MigrationError` if the database was migrated by a newer program, or with another text under the same name.
    """
    known = {migration.name: migration for migration in migrations}
    done: list[str] = []
    with psycopg.connect(url, autocommit=True) as connection:
        _check_encoding(connection)
        connection.execute("SELECT pg_advisory_lock(%s, %s)", _LOCK)
        connection.execute("CREATE SCHEMA IF NOT EXISTS migrations")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations.applied "
            "(name text PRIMARY KEY, digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        applied = _applied(connection)
        _check(applied, known)
        for migration in migrations:
            if migration.name in applied:
                continue
            with connection.transaction():
                allowed = _allowed(connection)
                connection.execute(migration.sql.encode())
                # Recreating a function drops its grants.
                for role in allowed:
                    connection.execute("CALL history.allow(%s)", (role,))
                connection.execute(
                    "INSERT INTO migrations.applied (name, digest) VALUES (%s, %s)",
                    (migration.name, migration.digest),
                )
            done.append(migration.name)
            progress(migration.name)
        connection.execute(
            "INSERT INTO history.installation (history_id) VALUES (%s) ON CONFLICT DO NOTHING",
            (secrets.token_hex(16),),
        )
    return tuple(done)


def pending(url: str, migrations: Sequence[Migration]) -> tuple[str, ...]:
    """The names of migrations that the database lacks. Raises `MigrationError` as `migrate` does."""
    with psycopg.connect(url, autocommit=True) as connection:
        _check_encoding(connection)
        exists = connection.execute("SELECT to_regclass('migrations.applied') IS NOT NULL").fetchone()
        if exists is None or not exists[0]:
            return tuple(migration.name for migration in migrations)
        applied = _applied(connection)
    _check(applied, {migration.name: migration for migration in migrations})
    return tuple(migration.name for migration in migrations if migration.name not in applied)


def _check_encoding(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise MigrationError(
            f"The database's encoding is {encoding}, but the history needs UTF-8; create another with CREATE DATABASE … "
            "ENCODING 'UTF8' TEMPLATE template0."
        )


def _applied(connection: psycopg.Connection[tuple[Any, ...]]) -> dict[str, str]:
    rows = connection.execute("SELECT name, digest FROM migrations.applied").fetchall()
    return {str(name): str(digest) for name, digest in rows}


def _allowed(connection: psycopg.Connection[tuple[Any, ...]]) -> list[str]:
    """The roles that got access from ``history.allow``: they may append without owning the history."""
    rows = connection.execute(
        "SELECT DISTINCT r.rolname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "CROSS JOIN LATERAL aclexplode(p.proacl) a JOIN pg_roles r ON r.oid = a.grantee "
        "WHERE n.nspname = 'history' AND p.proname = 'append' AND a.grantee <> p.proowner ORDER BY r.rolname"
    ).fetchall()
    return [str(row[0]) for row in rows]


def _check(applied: dict[str, str], known: dict[str, Migration]) -> None:
    for name, digest in applied.items():
        if name in known and known[name].digest != digest:
            raise MigrationError(
                f"This database was created with another version of the migration {name}; install the version of the program "
                "that created it. A database from before the first release must be replaced by an empty one."
            )
    unknown = sorted(set(applied) - set(known))
    if unknown:
        raise MigrationError(
            f"The database is newer than this program (it has {unknown[0]}); install the newer version."
        )
