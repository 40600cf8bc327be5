"""The replica: a database that follows the primary a moment later, and answers questions in its place.

Rows of read models may come from it, since those lag anyway, and facts, which never change. What a decision rests on
never does: streams folded afresh for access, the command runner's indexes, keys, and ways in are the primary's.

Whoever waits for their own write waits for the database that then answers them. While the replica is away, or has not
yet seen what somebody has waited for, the primary answers.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import psycopg
from psycopg_pool import AsyncConnectionPool

from history.group_commit import connection_lost
from history.statements import Connection, ask, lent

log = logging.getLogger("overwinter.replica")

PAUSE_SECONDS: Final = 5.0
"""How long a replica that failed is left alone before it is tried again."""
_PATIENCE_SECONDS: Final = 2.0
_CONNECT_SECONDS: Final = 3


class Foreign(Exception):
    """The replica is none of this database; one sentence."""


class Replica:
    """A replica, as far as it can be used. Make it with `open_replica`."""

    def __init__(self, pool: AsyncConnectionPool[Connection], history_id: str) -> None:
        self.pool = pool
        self.in_use = False
        self._history_id = history_id
        self._trying: asyncio.Task[None] | None = None
        self._try_at = 0.0
        self._promised = 0

    def promise(self, position: int) -> None:
        """Somebody waits for this position: a replica that has not seen it is not taken into use any more.

        Said before the waiting begins, so that nobody waits for the primary and is then answered by a replica behind it.
        """
        self._promised = max(self._promised, position)

    def rest(self) -> None:
        """Let the primary answer for a while."""
        if self.in_use:
            log.warning("the replica is away or too far behind; the primary answers meanwhile")
        self.in_use = False
        self._try_at = time.monotonic() + PAUSE_SECONDS

    async def rows(
        self, query: str, values: Mapping[str, object]
    ) -> list[dict[str, Any]] | None:  # Any: a row's columns are of many types
        """The rows of a query; None if the primary is to be asked. Whatever goes wrong here, the primary may do better:
        a replica breaks off questions that hold it up, and may lack what was migrated a moment ago."""
        if not self.in_use:
            if time.monotonic() >= self._try_at:
                # Beside the question, which need not wait for a server that may be down.
                self._try_at = time.monotonic() + PAUSE_SECONDS
                self._trying = asyncio.create_task(self._take_into_use())
            return None
        try:
            async with lent(self.pool) as connection:
                return await ask(connection, query, values)
        except psycopg.Error as error:
            log.info("a question to the replica failed: %s", type(error).__name__)
            if connection_lost(error):
                self.rest()
                await self.pool.check()  # the other connections were probably lost with it
            return None

    async def _take_into_use(self) -> None:
        try:
            async with lent(self.pool) as connection:
                cursor = await connection.execute(
                    "SELECT (SELECT history_id FROM history.installation), "
                    "(SELECT coalesce(min(position), 0) FROM read.positions WHERE failed_position IS NULL)"
                )
                row = await cursor.fetchone()
        except psycopg.Error:
            return
        self.in_use = row is not None and row[0] == self._history_id and row[1] >= self._promised
        if self.in_use:
            log.info("the replica answers questions")

    async def close(self) -> None:
        """Try no more."""
        if self._trying is not None:
            self._trying.cancel()
            await asyncio.wait([self._trying])


@asynccontextmanager
async def open_replica(url: str, history_id: str, *, connections: int = 8) -> AsyncIterator[Replica]:
    """The replica at `url` of the database with this history; it need not answer yet."""
    pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
        url,
        kwargs={"autocommit": True, "application_name": "overwinter reading", "connect_timeout": 3},
        min_size=0,
        max_size=connections,
        timeout=_PATIENCE_SECONDS,
        # Given up soon, because the next question that is due begins anew.
        reconnect_timeout=PAUSE_SECONDS,
        open=False,
    )
    await pool.open()
    replica = Replica(pool, history_id)
    try:
        yield replica
    finally:
        await replica.close()
        await pool.close()


def follows(replica_url: str, url: str) -> bool:
    """Whether the database at `replica_url` answers, and is of the installation at `url`. Raises `Foreign` if it is of
    another one, and psycopg.OperationalError if the primary does not answer."""
    asked = "SELECT history_id FROM history.installation"
    with psycopg.connect(url, autocommit=True, connect_timeout=_CONNECT_SECONDS) as connection:
        primary = connection.execute(asked).fetchone()
    try:
        with psycopg.connect(replica_url, autocommit=True, connect_timeout=_CONNECT_SECONDS) as connection:
            replica = connection.execute(asked).fetchone()
    except psycopg.OperationalError:
        return False
    except psycopg.errors.UndefinedTable:
        replica = None
    if replica != primary:
        raise Foreign(
            "READ_DATABASE_URL leads to a database that is no replica of the one at DATABASE_URL; name one that follows it."
        )
    return True
