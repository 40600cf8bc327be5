"""Writes and sends letters, each in one process at a time; advisory locks, released with their connections, select the
leaders."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

import psycopg

from api.letters.reaction import BATCH
from api.letters.sending import send_waiting
from api.run.settings import Settings
from api.run.wiring import wire
from history.appends import Unavailable
from history.statements import heed_cancellation

LOCK: Final = (7302025, 7)
PAUSE_SECONDS: Final = 1.0
WRITING: Final = (7302025, 8)
REMIND_SECONDS: Final = 60.0
"""How often dates that come near are looked for."""

log = logging.getLogger("overwinter.letters")


async def follow_history(settings: Settings, url: str) -> None:
    """Write letters about new facts and near dates, for ever. A second process waits until the connection of the first is
    closed."""
    async with wire(settings, url, connections=2) as wiring:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(url, autocommit=True) as leader:
                    await leader.execute("SELECT pg_advisory_lock(%s, %s)", WRITING)
                    log.info("this process writes letters now")
                    await wiring.reaction.begin()
                    remind_at = time.monotonic()
                    while True:
                        await leader.execute("SELECT 1")  # still connected, so still the leader
                        if time.monotonic() >= remind_at:
                            await wiring.reaction.remind()
                            remind_at = time.monotonic() + REMIND_SECONDS
                        heard = await wiring.reaction.hear()
                        await wiring.reaction.write()
                        if heard < BATCH:  # otherwise there are more
                            await asyncio.sleep(PAUSE_SECONDS)
            except (psycopg.OperationalError, psycopg.InterfaceError, Unavailable) as error:
                heed_cancellation()
                log.warning("the database cannot be used now (%s); trying again", type(error).__name__)
                await asyncio.sleep(2)


async def follow_outbox(settings: Settings, url: str) -> None:
    """Send what is in the outbox, for ever. A second process waits until the connection of the first is closed. Without a mail
    server there is nothing to do."""
    server, sender = settings.smtp, settings.mail_from
    if server is None or sender is None:
        await asyncio.Event().wait()
        return
    async with wire(settings, url, connections=2) as wiring:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(url, autocommit=True) as leader:
                    await leader.execute("SELECT pg_advisory_lock(%s, %s)", LOCK)
                    log.info("this process sends letters now")
                    if interrupted := await wiring.outbox.flag_interrupted():
                        log.warning(
                            "nobody knows whether %d letters were sent; see the page /outbox", interrupted
                        )
                    while True:
                        await leader.execute("SELECT 1")  # still connected, so still the leader
                        await send_waiting(
                            wiring.outbox, server, sender, still_told=wiring.reaction.still_told
                        )
                        await asyncio.sleep(PAUSE_SECONDS)
            except (psycopg.OperationalError, psycopg.InterfaceError, Unavailable) as error:
                heed_cancellation()
                log.warning("the database cannot be used now (%s); trying again", type(error).__name__)
                await asyncio.sleep(2)
