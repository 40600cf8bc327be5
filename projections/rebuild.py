"""Rebuilds read models beside the live ones, and swaps them in.

A rebuild replays the history into tables of the same shape in another schema, while queries read the live tables and the
projector keeps writing them. When it has caught up, one transaction replaces the old tables and their positions by the new
ones; the projector notices the moved position and continues from there. A rebuild that is killed leaves nothing that
anybody reads; the next one starts over.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

import psycopg
from psycopg import sql

from history.progress import Progress
from projections.facts import BATCH
from projections.projection import Projection
from projections.projector import Projector, Taken
from projections.tables import LIVE, Connection

BESIDE: Final = "read_beside"
"""The schema in which read models are rebuilt."""
LOCK: Final = (7302025, 5)
"""The advisory lock held during a rebuild."""
_PATIENCE_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.5


class Stopped(Exception):
    """A read model could not be rebuilt or swapped in; the message is one sentence. The live read model is unchanged."""


def rebuild(
    url: str, projections: Sequence[Projection], *, progress: Progress = lambda _done, _all: None
) -> int:
    """Rebuild some projections and swap them in; returns the position that they have seen.

    Raises `Taken` if another rebuild is running, and `Stopped` if a fact cannot be projected or long queries prevent the
    swap.
    """
    with Projector(url, projections, schema=BESIDE, lock=LOCK) as building:
        connection = building.connection
        taken = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", LOCK).fetchone()
        if taken is None or not taken[0]:
            raise Taken("Another rebuild is running; wait until it has ended.")
        _prepare(connection, projections)
        try:
            building.lead()
            _catch_up(building, progress)
            return _swap_when_quiet(building, projections)
        finally:
            if not connection.closed:
                # A failure may have left a transaction open.
                connection.rollback()
                connection.execute(_drop_beside())


def _prepare(connection: Connection, projections: Sequence[Projection]) -> None:
    """Create empty tables with the shape and the indexes of the live ones."""
    with connection.transaction():
        connection.execute(_drop_beside())
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(BESIDE)))
        for table in ("positions", *_tables(projections)):
            connection.execute(
                sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(
                    sql.Identifier(BESIDE, table), sql.Identifier(LIVE, table)
                )
            )


def _catch_up(building: Projector, progress: Progress) -> None:
    """Project until at most one batch is left; waiting for none would never end while others keep writing."""
    while True:
        done, newest = building.reach()
        progress(done, newest)
        if done == newest:
            return
        _step(building)
        if newest - done <= BATCH:
            progress(*building.reach())
            return


def _step(building: Projector) -> None:
    building.step()
    if stopped := building.resting():
        raise Stopped(
            f"The read model {stopped[0]} could not be rebuilt; the log says where it failed. The live one is unchanged."
        )


def _swap_when_quiet(building: Projector, projections: Sequence[Projection]) -> int:
    """Swap as soon as no query holds a lock on the tables. Each attempt waits so briefly that queries are hardly delayed."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with building.connection.transaction():
                return _swap(building, projections)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            if time.monotonic() > until:
                raise Stopped("Long queries prevented the swap; try again.") from None
            # The facts projected in this attempt were rolled back with it.
            building.lead()
            time.sleep(_PAUSE_SECONDS)
            _catch_up(building, lambda _done, _all: None)


def _swap(building: Projector, projections: Sequence[Projection]) -> int:
    connection, tables = building.connection, _tables(projections)
    connection.execute("SET LOCAL lock_timeout = '200ms'")
    names = [projection.name for projection in projections]
    # The same lock order as queries: first a view, then its tables.
    views = _views_on(connection, tables)
    granted = _granted_on(connection, [*tables, *(name for name, _ in views)])
    for name, _ in views:
        connection.execute(sql.SQL("DROP VIEW {}").format(sql.Identifier(LIVE, name)))
    # The same lock order as the projector: first the positions, then the tables.
    rows = connection.execute(
        "SELECT position FROM read.positions WHERE projection = ANY (%s) ORDER BY projection FOR UPDATE",
        (names,),
    ).fetchall()
    live = max((int(row[0]) for row in rows), default=0)
    connection.execute(
        sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(
            sql.SQL(", ").join(sql.Identifier(LIVE, table) for table in tables)
        )
    )
    # The new tables must be at least as current as the live ones, or people's own changes would disappear for a moment. If an
    # older backup was restored, the live position can be beyond the newest fact.
    while (reach := building.reach())[0] < min(live, reach[1]):
        _step(building)
    for table in tables:
        connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(LIVE, table)))
        connection.execute(
            sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(
                sql.Identifier(BESIDE, table), sql.Identifier(LIVE)
            )
        )
    for name, definition in views:
        connection.execute(
            sql.SQL("CREATE VIEW {} AS {}").format(sql.Identifier(LIVE, name), sql.SQL(definition))
        )
    for grant in granted:
        connection.execute(grant.encode())
    connection.execute(
        "INSERT INTO read.positions SELECT * FROM read_beside.positions ON CONFLICT (projection) DO UPDATE SET "
        "position = excluded.position, failed_position = NULL, failed_topic = NULL, failed_error = NULL, "
        "failed_at = NULL"
    )
    return building.reach()[0]


def _views_on(
    connection: Connection, tables: Sequence[str]
) -> list[tuple[str, Any]]:  # Any: SQL from the catalogue
    """The views on some tables, with their definitions. Names in them are qualified, because the search path is empty."""
    connection.execute("SET LOCAL search_path = ''")
    found = connection.execute(
        "SELECT DISTINCT v.relname, pg_get_viewdef(v.oid) FROM pg_catalog.pg_depend d "
        "JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid JOIN pg_catalog.pg_class v ON v.oid = r.ev_class "
        "JOIN pg_catalog.pg_class t ON t.oid = d.refobjid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace "
        "WHERE v.relkind = 'v' AND n.nspname = %s AND t.relname = ANY (%s)",
        (LIVE, list(tables)),
    ).fetchall()
    return [(str(name), str(definition).rstrip("; ")) for name, definition in found]


def _granted_on(connection: Connection, names: Sequence[str]) -> list[str]:
    """The GRANT statements that restore the present rights on some tables and views, because new tables have none."""
    found = connection.execute(
        "SELECT format('GRANT %%s ON %%I.%%I TO %%s', string_agg(a.privilege_type, ', '), n.nspname, c.relname, "
        "CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END) "
        "|| CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END "
        "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "CROSS JOIN LATERAL aclexplode(c.relacl) a "
        "WHERE n.nspname = %s AND c.relname = ANY (%s) AND a.grantee <> c.relowner "
        "GROUP BY n.nspname, c.relname, a.grantee, a.is_grantable",
        (LIVE, list(names)),
    ).fetchall()
    return [str(row[0]) for row in found]


def _tables(projections: Sequence[Projection]) -> tuple[str, ...]:
    return tuple(table for projection in projections for table in projection.tables)


def _drop_beside() -> sql.Composed:
    return sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(BESIDE))
