"""Sends what waits in the outbox, one letter after the other."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from api.letters.outbox import LetterToSend, Outbox
from api.letters.smtp import Outcome, send
from api.run.setting_values import MailServer

FIRST_PAUSE: Final = 15.0
LONGEST_PAUSE: Final = 3600.0
"""After how many seconds a letter is tried again: the pause doubles from the first to the longest."""

log = logging.getLogger("overwinter.letters")


async def send_waiting(outbox: Outbox, server: MailServer, sender: str) -> int:
    """Send every letter that is to be sent now; returns how many were sent. Logs only what became of them."""
    sent = 0
    while (letter := await outbox.take()) is not None:
        if await _send(outbox, server, sender, letter) is Outcome.SENT:
            sent += 1
    return sent


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
