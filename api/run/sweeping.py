"""What a process cleans up from time to time: keys in memory, unfinished erasures, ended sessions, and drafts whose
time is over."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Final

import psycopg

from api.drafts.keeping import closing_of, end_with_reviews, keep_or_delete
from api.letters.ending_drafts import announce_endings
from history.appends import Unavailable
from history.keyfiles import KeysUnusable
from history.statements import heed_cancellation

if TYPE_CHECKING:
    from api.run.wiring import Wiring

log = logging.getLogger("overwinter.accounts")

SWEEP_SECONDS: Final = 10.0
"""How often expired keys are removed from the cache, and unfinished erasures are completed."""


SWEEP_ACCOUNTS_SECONDS: Final = 600.0
"""How often ended sessions, tokens and claims are deleted."""


async def sweep_keys(wiring: Wiring) -> None:
    """Remove expired keys from the cache, and the wrapping keys of former epochs from memory, every few seconds."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        wiring.vault.sweep()
        wiring.keys.sweep()


async def follow_erasures(wiring: Wiring) -> None:
    """Complete erasures that could not be completed at once, for example because a dump blocked the rotation."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        await try_to_finish(wiring)


async def try_to_finish(wiring: Wiring) -> str | None:
    """Complete erasures; returns None, or a sentence that says why it is not possible now."""
    try:
        await wiring.rotation.finish()
    except (KeysUnusable, Unavailable) as error:
        log.warning("erasures are not complete yet: %s", error)
        return str(error)
    except psycopg.Error as error:
        log.warning("erasures are not complete yet: %s", type(error).__name__)
        return "The database refused it."
    except Exception as error:  # noqa: BLE001 - the task that tries again must not end
        log.error("erasures are not complete yet: %s", type(error).__name__)  # noqa: TRY400 - may quote
        return "An unexpected error occurred; the log names its type."
    return None


async def sweep_accounts(wiring: Wiring) -> None:
    """Delete expired and revoked tokens, sessions and claims, and drafts whose time is over, every few minutes. Failures
    are only logged."""
    while True:
        try:
            await wiring.tokens.sweep()
            await wiring.claims.sweep()
            await wiring.sessions.sweep()
            await announce_endings(
                wiring.history,
                wiring.drafts,
                wiring.notices,
                partial(closing_of, wiring.reader),
                now=wiring.clock(),
            )
            await keep_or_delete(wiring.drafts, partial(closing_of, wiring.reader))
            await end_with_reviews(wiring.drafts, wiring.reader)
            await wiring.shared_drafts.sweep()
            await wiring.ways_in.sweep()
            await wiring.email.sweep()
            await wiring.invitations.sweep()
            await wiring.kept_forms.sweep()
            await wiring.factors.sweep()
            await wiring.devices.sweep()
            await wiring.attempts.sweep()
            await wiring.outbox.sweep()
            await wiring.notices.sweep()
        except Unavailable:
            heed_cancellation()
            log.debug("ended sessions are not deleted while the database cannot be used")
        except psycopg.Error as error:
            heed_cancellation()
            log.warning("ended sessions could not be deleted: %s", type(error).__name__)
        await asyncio.sleep(SWEEP_ACCOUNTS_SECONDS)
