"""Knows which read models have stopped: one that stopped at a fact is out of date, and queries on it are refused."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import cache
from typing import Final

from history.store import History
from history.unreadable import ReadModelStopped

LOOKED_AT_SECONDS: Final = 1.0
"""How long the result that no read model has stopped is cached."""

_TABLE: Final = re.compile(r"\bread\.([a-z_]+)")
_VIEWS: Final = {"titled": "applications"}
"""The table that each view uses."""


@cache
def read_models_in(query: str) -> frozenset[str]:
    """The projections whose tables a query names."""
    from projections.register import PROJECTIONS

    owners = {table: each.name for each in PROJECTIONS for table in each.tables}
    tables = {_VIEWS.get(name, name) for name in _TABLE.findall(query)}
    return frozenset(owners[table] for table in tables if table in owners)


class StoppedReadModels:
    """Checks from time to time which read models have stopped. While one has stopped, every query checks again, so that it is
    answered as soon as the read model continues."""

    def __init__(self, history: History, clock: Callable[[], float] = time.monotonic) -> None:
        self._history = history
        self._clock = clock
        self._all_well_until = float("-inf")

    async def check(self, query: str) -> None:
        """Raise `ReadModelStopped` if a query uses a read model that has stopped."""
        rests_on = read_models_in(query)
        if not rests_on or self._clock() < self._all_well_until:
            return
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT projection, failed_position FROM read.positions WHERE failed_position IS NOT NULL "
                "ORDER BY projection"
            )
            stopped = await cursor.fetchall()
        if not stopped:
            self._all_well_until = self._clock() + LOOKED_AT_SECONDS
        for projection, position in stopped:
            if projection in rests_on:
                raise ReadModelStopped(projection, position)
