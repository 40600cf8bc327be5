"""The process that runs due dates: one leader at a time, by an advisory lock that falls with its connection."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import psycopg

from api.settings import Settings
from api.wiring import wire
from history.appends import Unavailable
from history.due import Resting, run_due
from history.statements import heed_cancellation

LOCK: Final = (7302025, 3)
PAUSE_SECONDS: Final = 0.5

log = logging.getLogger("overwinter.due")


async def follow_due_dates(settings: Settings, url: str) -> None:
    """Run what is due, twice a second, for ever. A second process waits until the first one's connection is gone."""
    resting = Resting()
    async with wire(settings, url, connections=2) as wiring:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(url, autocommit=True) as leader:
                    await leader.execute("SELECT pg_advisory_lock(%s, %s)", LOCK)
                    log.info("this process runs the due dates now")
                    while True:
                        await leader.execute("SELECT 1")  # still connected, so still the leader
                        await run_due(wiring.runner, resting)
                        await asyncio.sleep(PAUSE_SECONDS)
            except (psycopg.OperationalError, psycopg.InterfaceError, Unavailable) as error:
                heed_cancellation()
                log.warning("the database cannot be used now (%s); trying again", type(error).__name__)
                await asyncio.sleep(2)
