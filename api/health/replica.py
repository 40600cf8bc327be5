"""The state of the replica at `READ_DATABASE_URL`, for the doctor and the metrics."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Final

import msgspec
import psycopg

from history.statements import Connection
from history.store import History

CONNECT_SECONDS: Final = 3


class ReplicaHealth(msgspec.Struct, frozen=True, kw_only=True):
    """A replica: whether it answers and belongs to this installation, how many facts it has not seen yet, and how many
    seconds ago the first of those was recorded."""

    answers: bool
    follows: bool = False
    behind: int = 0
    lag_seconds: float = 0.0


async def look_at(history: History, replica: AbstractAsyncContextManager[Connection]) -> ReplicaHealth:
    """Examine a replica over a connection to it. Raises `Unavailable` if the primary does not answer."""
    try:
        async with replica as connection:
            cursor = await connection.execute(
                "SELECT (SELECT history_id FROM history.installation), "
                "(SELECT coalesce(max(position), 0) FROM history.facts)"
            )
            found = await cursor.fetchone()
    except psycopg.OperationalError:
        return ReplicaHealth(answers=False)
    except psycopg.Error:
        return ReplicaHealth(answers=True)
    if found is None or found[0] != history.id:
        return ReplicaHealth(answers=True)
    async with history.connection() as connection:
        cursor = await connection.execute(
            "SELECT (SELECT coalesce(max(position), 0) FROM history.facts), extract(epoch FROM clock_timestamp() - "
            "(SELECT recorded_at FROM history.facts WHERE position = %b::bigint))::float8",
            (found[1] + 1,),
        )
        row = await cursor.fetchone()
    assert row is not None
    return ReplicaHealth(
        answers=True,
        follows=True,
        behind=max(0, row[0] - found[1]),
        lag_seconds=round(max(0.0, row[1] or 0.0), 3),
    )
