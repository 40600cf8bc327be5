"""The replica: a database that follows the primary with a delay, and answers queries instead of it.

It may answer with rows of read models, which lag anyway, and with facts, which never change. Everything that decisions
depend on is read from the primary: streams for access checks, the command runner's indexes, keys, tokens and sessions.

A request that waits for its own write waits for the database that will answer it. While the replica is unavailable, or
behind a position that somebody waits for, the primary answers.
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
"""How long a failed replica is not used before it is tried again."""
_PATIENCE_SECONDS: Final = 2.0
_CONNECT_SECONDS: Final = 3


class Foreign(Exception):
    """The database is not a replica of this one; the message is one sentence."""


class Replica:
    """A replica, and whether it is in use. Create it with `open_replica`."""

    def __init__(self, pool: AsyncConnectionPool[Connection], history_id: str) -> None:
        self.pool = pool
        self.in_use = False
        self._history_id = history_id
        self._trying: asyncio.Task[None] | None = None
        self._try_at = 0.0
        self._promised = 0

    def promise(self, position: int) -> None:
        """Do not start using the replica before it has seen this position, because somebody waits for it.

        Call this before waiting; otherwise a request could wait for the primary and then be answered by a replica that is
        behind.
        """
        self._promised = max(self._promised, position)

    def rest(self) -> None:
        """Stop using the replica for a while."""
        if self.in_use:
            log.warning("the replica is not available or too far behind; the primary answers meanwhile")
        self.in_use = False
        self._try_at = time.monotonic() + PAUSE_SECONDS

    async def rows(
        self, query: str, values: Mapping[str, object]
    ) -> list[dict[str, Any]] | None:  # Any: a row's columns are of many types
        """The rows of a query, or None if the primary must be asked. After any error the primary is asked, because a replica
        cancels queries that delay its replay, and may lack recent migrations."""
        if not self.in_use:
            if time.monotonic() >= self._try_at:
                # In a task, so that the query does not wait for a server that may be down.
                self._try_at = time.monotonic() + PAUSE_SECONDS
                self._trying = asyncio.create_task(self._take_into_use())
            return None
        try:
            async with lent(self.pool) as connection:
                return await ask(connection, query, values)
        except psycopg.Error as error:
            log.info("a query on the replica failed: %s", type(error).__name__)
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
            log.info("the replica is in use")

    async def close(self) -> None:
        """Stop trying to use the replica."""
        if self._trying is not None:
            self._trying.cancel()
            await asyncio.wait([self._trying])


@asynccontextmanager
async def open_replica(url: str, history_id: str, *, connections: int = 8) -> AsyncIterator[Replica]:
    """Open the replica at `url` of the database with this history. The replica need not answer yet."""
    pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
        url,
        kwargs={"autocommit": True, "application_name": "overwinter reading", "connect_timeout": 3},
        min_size=0,
        max_size=connections,
        timeout=_PATIENCE_SECONDS,
        # Give up soon, because a later query tries again.
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
    """Whether the database at `replica_url` answers. Raises `Foreign` if it belongs to another installation than the one at
    `url`, and psycopg.OperationalError if the primary does not answer."""
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
            "The database at READ_DATABASE_URL is not a replica of the one at DATABASE_URL; correct READ_DATABASE_URL."
        )
    return True
