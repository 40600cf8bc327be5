"""Runs due dates in one process at a time; an advisory lock, released with its connection, selects the leader."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

import psycopg

from api.run.settings import Settings
from api.run.wiring import wire
from history.appends import Unavailable
from history.due import Backoff, run_due
from history.statements import heed_cancellation
from history.store import History

LOCK: Final = (7302025, 3)
PAUSE_SECONDS: Final = 0.5
FORGET_SECONDS: Final = 3600.0
"""How often expired answers to idempotency keys are deleted."""

log = logging.getLogger("overwinter.due")


async def follow_due_dates(settings: Settings, url: str) -> None:
    """Run what is due twice a second, for ever, and delete expired answers to idempotency keys every hour. A second process
    waits until the connection of the first is closed."""
    backoff = Backoff()
    forget_at = time.monotonic()
    async with wire(settings, url, connections=2) as wiring:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(url, autocommit=True) as leader:
                    await leader.execute("SELECT pg_advisory_lock(%s, %s)", LOCK)
                    log.info("this process runs the due dates now")
                    while True:
                        await leader.execute("SELECT 1")  # still connected, so still the leader
                        await run_due(wiring.runner, backoff)
                        if time.monotonic() >= forget_at:
                            await _forget_answers(wiring.history)
                            forget_at = time.monotonic() + FORGET_SECONDS
                        await asyncio.sleep(PAUSE_SECONDS)
            except (psycopg.OperationalError, psycopg.InterfaceError, Unavailable) as error:
                heed_cancellation()
                log.warning("the database cannot be used now (%s); trying again", type(error).__name__)
                await asyncio.sleep(2)


async def _forget_answers(history: History) -> None:
    """Delete expired answers. A failure is only logged, so that it does not hold up due dates."""
    try:
        if forgotten := await history.forget_answers():
            log.info("%d expired answers to idempotency keys were deleted", forgotten)
    except (Unavailable, psycopg.Error) as error:
        heed_cancellation()
        log.warning("old answers to idempotency keys could not be deleted: %s", type(error).__name__)
