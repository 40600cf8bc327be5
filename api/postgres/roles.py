"""Database roles: the owner, who migrates and rebuilds, and the program's role, which can only append facts.

Each schema has a procedure ``allow`` that grants what its part of the program needs.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg import sql

SCHEMAS: Final = ("history", "read", "accounts")
"""The schemas with a procedure ``allow``. That of the history also covers the schemas vault and migrations."""


class RoleError(Exception):
    """A database role cannot be used for this; the message is one sentence."""


def let_in(url: str, role: str) -> None:
    """Grant an existing role what serve and project need. Run by the owner, on a migrated database. Idempotent.

    Raises `RoleError`, also for a role that could change facts anyway.
    """
    with psycopg.connect(url, autocommit=True) as connection, connection.transaction():
        found = connection.execute(
            "SELECT pg_has_role(r.oid, n.nspowner, 'MEMBER') FROM pg_roles r, pg_namespace n "
            "WHERE r.rolname = %s AND n.nspname = 'history'",
            (role,),
        ).fetchone()
        if found is None:
            raise RoleError(f"There is no database role {role}; create it first: CREATE ROLE {role} LOGIN.")
        if found[0]:
            raise RoleError(
                f"The database role {role} can act as the owner of the history, so it could change facts; use another role."
            )
        for schema in SCHEMAS:
            connection.execute(sql.SQL("CALL {}(%s)").format(sql.Identifier(schema, "allow")), (role,))


def let_in_once(url: str, role: str) -> None:
    """Call `let_in` unless the role has access already or the database was never migrated. Run by the owner."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(*), coalesce(bool_and(has_schema_privilege(%s, oid, 'USAGE')), true) FROM pg_namespace "
            "WHERE nspname = ANY (%s)",
            (role, list(SCHEMAS)),
        ).fetchone()
    if row is not None and row[0] == len(SCHEMAS) and not row[1]:
        let_in(url, role)


def role_of(connection: psycopg.Connection[tuple[Any, ...]]) -> tuple[str, bool]:
    """The role of a connection, and whether it could change the history (it can act as the owner, or there is no history)."""
    row = connection.execute(
        "SELECT current_user, coalesce((SELECT pg_has_role(n.nspowner, 'MEMBER') FROM pg_namespace n "
        "WHERE n.nspname = 'history'), true)"
    ).fetchone()
    assert row is not None
    return str(row[0]), bool(row[1])


def refuse_all_but_the_owner(url: str, why: str) -> None:
    """Raise `RoleError` if the role is not the owner of the database; `why` says what needs the owner."""
    with psycopg.connect(url, autocommit=True) as connection:
        if not role_of(connection)[1]:
            raise RoleError(
                f"{why}, so run it as the role that owns the database, the one that runs migrate."
            )
