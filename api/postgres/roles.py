"""The database's roles: the owner, who migrates and rebuilds, and the application's role, which can only append.

Each of the schemas has a procedure ``allow`` that knows what its part of the program needs.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg import sql

SCHEMAS: Final = ("history", "read", "accounts")
"""The schemas that let a role in. That of the vault and of the migrations are let in with the history."""


class RoleError(Exception):
    """This role cannot be the application's; one sentence."""


def let_in(url: str, role: str) -> None:
    """Let an existing role serve and project; by the owner, on a database that is migrated. Is idempotent.

    Raises `RoleError`, also for a role that could do whatever it wants all the same.
    """
    with psycopg.connect(url, autocommit=True) as connection, connection.transaction():
        found = connection.execute(
            "SELECT pg_has_role(r.oid, n.nspowner, 'MEMBER') FROM pg_roles r, pg_namespace n "
            "WHERE r.rolname = %s AND n.nspname = 'history'",
            (role,),
        ).fetchone()
        if found is None:
            raise RoleError(f"There is no database role {role}; make one first: CREATE ROLE {role} LOGIN.")
        if found[0]:
            raise RoleError(
                f"The database role {role} can act as the owner of the history, so nothing would be kept from it; "
                "name another one."
            )
        for schema in SCHEMAS:
            connection.execute(sql.SQL("CALL {}(%s)").format(sql.Identifier(schema, "allow")), (role,))


def let_in_once(url: str, role: str) -> None:
    """Let a role in unless it is in already, or the database was never migrated; by the owner."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(*), coalesce(bool_and(has_schema_privilege(%s, oid, 'USAGE')), true) FROM pg_namespace "
            "WHERE nspname = ANY (%s)",
            (role, list(SCHEMAS)),
        ).fetchone()
    if row is not None and row[0] == len(SCHEMAS) and not row[1]:
        let_in(url, role)


def role_of(connection: psycopg.Connection[tuple[Any, ...]]) -> tuple[str, bool]:
    """The role of a connection, and whether it could change the history: it can act as its owner, or there is none yet."""
    row = connection.execute(
        "SELECT current_user, coalesce((SELECT pg_has_role(n.nspowner, 'MEMBER') FROM pg_namespace n "
        "WHERE n.nspname = 'history'), true)"
    ).fetchone()
    assert row is not None
    return str(row[0]), bool(row[1])


def refuse_all_but_the_owner(url: str, why: str) -> None:
    """Raise `RoleError` for a role that does not own the database; `why` says what needs the owner."""
    with psycopg.connect(url, autocommit=True) as connection:
        if not role_of(connection)[1]:
            raise RoleError(f"{why}: run it as the role that owns the database, the one that runs migrate.")
