"""Building read models anew from the history, while no process projects."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from psycopg import sql

from projections.projection import Connection, Projection
from projections.projector import Projector, Taken


class Stopped(Exception):
    """A projection failed while it was rebuilt; one sentence, with the position."""


Progress = Callable[[int, int], None]
"""Told before each batch: how many facts every projection has seen, and how many there are."""


def rebuild(
    url: str, projections: Sequence[Projection], *, progress: Progress = lambda _done, _all: None
) -> int:
    """Empty the tables of some projections and replay the whole history into them; returns the last position.

    Raises `Taken` if a process is projecting (end it first), and `Stopped` if a fact cannot be projected; what was
    rebuilt before it stays.
    """
    with Projector(url, projections) as projector:
        if not projector.lead():
            raise Taken("Another process is projecting; stop it before rebuilding.")
        for projection in projections:
            _empty(projector.connection, projection)
        projector.lead()
        while True:
            done, newest = projector.reach()
            progress(done, newest)
            if done == newest:
                return done
            projector.step()
            if stopped := projector.resting():
                raise Stopped(f"The projection {stopped[0]} failed; the log says where.")


def _empty(connection: Connection, projection: Projection) -> None:
    tables = sql.SQL(", ").join(sql.Identifier("read", table) for table in projection.tables)
    with connection.transaction():
        connection.execute(sql.SQL("TRUNCATE {}").format(tables))
        connection.execute(
            "UPDATE read.positions SET position = 0, failed_position = NULL, failed_topic = NULL, "
            "failed_error = NULL, failed_at = NULL WHERE projection = %s",
            (projection.name,),
        )
