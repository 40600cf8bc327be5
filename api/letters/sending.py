"""Sends what waits in the outbox, one letter after the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from api.letters.outbox import LetterToSend, Outbox
from api.letters.smtp import Outcome, send
from api.letters.working import BEHIND_PAUSE
from api.run.setting_values import MailServer
from history.unreadable import Unreadable
from projections.reader import Behind

FIRST_PAUSE: Final = 15.0
LONGEST_PAUSE: Final = 3600.0
"""After how many seconds a letter is tried again: the pause doubles from the first to the longest."""

log = logging.getLogger("overwinter.letters")


async def _yes(_: bytes) -> bool:
    return True


async def send_waiting(
    outbox: Outbox,
    server: MailServer,
    sender: str,
    *,
    still_told: Callable[[bytes], Awaitable[bool]] = _yes,
) -> int:
    """Send every letter that is to be sent now; returns how many were sent. Logs only what became of them. `still_told`: whether
    its reader may still be told what a letter tells; otherwise it is deleted."""
    sent = 0
    while (letter := await outbox.take()) is not None:
        if letter.notice is not None and not await _may(still_told, letter.notice, outbox, letter.letter):
            continue
        if await _send(outbox, server, sender, letter) is Outcome.SENT:
            sent += 1
    return sent


async def _may(
    still_told: Callable[[bytes], Awaitable[bool]], notice: bytes, outbox: Outbox, letter: str
) -> bool:
    try:
        told = await still_told(notice)
    except Unreadable as error:
        log.error("a letter cannot be sent now: %s", error)  # noqa: TRY400 - a traceback may quote what was read
        await outbox.wait(letter, LONGEST_PAUSE)
        return False
    except Behind:
        await outbox.wait(letter, BEHIND_PAUSE.total_seconds())
        return False
    except BaseException:
        await outbox.wait(letter, FIRST_PAUSE)  # it was certainly not sent
        raise
    if not told:
        log.info(
            "a letter is not sent, because what it tells is over, or its reader may not know of it any more"
        )
        await outbox.sent(letter)
    return told


async def _send(outbox: Outbox, server: MailServer, sender: str, letter: LetterToSend) -> Outcome:
    if letter.written is None:
        log.warning("a letter does not open, and is not sent")
        await outbox.flag(letter.letter, "failed")
        return Outcome.REFUSED
    outcome = await asyncio.to_thread(send, server, sender, letter.letter, letter.written)
    match outcome:
        case Outcome.SENT:
            await outbox.sent(letter.letter)
        case Outcome.LATER:
            pause = min(FIRST_PAUSE * 2 ** min(letter.tries - 1, 20), LONGEST_PAUSE)
            log.warning("the mail server cannot be used now; a letter is tried again in %d s", pause)
            await outbox.wait(letter.letter, pause)
        case Outcome.REFUSED:
            log.warning("the mail server refused a letter; see the page /outbox")
            await outbox.flag(letter.letter, "failed")
        case Outcome.UNKNOWN:
            log.warning("nobody knows whether a letter was sent; see the page /outbox")
            await outbox.flag(letter.letter, "unknown")
    return outcome
