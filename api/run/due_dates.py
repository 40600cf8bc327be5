"""The process that runs due dates: one leader at a time, by an advisory lock that falls with its connection."""

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
"""How often the answers to idempotency keys are looked through for those that are too old to be kept."""

log = logging.getLogger("overwinter.due")


async def follow_due_dates(settings: Settings, url: str) -> None:
    """Run what is due, twice a second, for ever, and now and then forget old answers to idempotency keys. A second process
    waits until the first one's connection is gone."""
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
    """Nothing depends on its success, so that no due date waits for it."""
    try:
        if forgotten := await history.forget_answers():
            log.info("%d answers to idempotency keys were too old to be kept", forgotten)
    except (Unavailable, psycopg.Error) as error:
        heed_cancellation()
        log.warning("old answers to idempotency keys could not be deleted: %s", type(error).__name__)
