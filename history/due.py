"""The queue of due dates: what time brings about, run by the system through the same command runner."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

import msgspec

from domain.commands.register import REGISTER
from domain.refusals import CommandRejected
from domain.values import SYSTEM, Channel
from history.appends import DueDate, Unavailable
from history.runner import Contended, Request, Runner
from history.unreadable import Unreadable

log = logging.getLogger("overwinter.due")

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
"""For how many seconds a due date is put off after a failure: the pause doubles from the first to the longest."""


class Backoff:
    """Due dates that failed, with the time of the next try in seconds of `clock`. A due date that was changed is tried at
    once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: dict[DueDate, tuple[int, float]] = {}

    def now(self) -> tuple[DueDate, ...]:
        """Those that are not to be tried yet."""
        now = self._clock()
        return tuple([due for due, (_, resume) in self._failed.items() if resume > now])

    def failed(self, due: DueDate) -> float:
        """Put a due date off; returns for how many seconds."""
        failures = self._failed.get(due, (0, 0.0))[0] + 1
        pause: float = min(FIRST_PAUSE * 2 ** min(failures - 1, 30), LONGEST_PAUSE)
        self._failed[due] = (failures, self._clock() + pause)
        return pause

    def succeeded(self, due: DueDate) -> None:
        """Forget that it ever failed."""
        self._failed.pop(due, None)


async def run_due(runner: Runner, backoff: Backoff | None = None) -> int:
    """Run all that is due now, the oldest first, and return how many commands were run.

    Who calls this holds the leader's lock; should two call it all the same, the second is refused by the rule. A due
    date whose command is refused has been overtaken by events: it is struck out. One that meets contention stays. One
    that fails in a way that nobody foresaw is tried again later; who calls again hands in the same `backoff`. Raises
    `Unavailable`, since without the database nothing else can be run either.
    """
    backoff = backoff or Backoff()
    ran = 0
    for due in await runner.history.due(runner.clock(), without=backoff.now()):
        try:
            ran += await _run(runner, due)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever one due date raises must not keep the others waiting
            pause = backoff.failed(due)
            # Of others only the type is told: their text may quote what was read.
            why = (
                f"the fact at position {error.position} cannot be read"
                if isinstance(error, Unreadable)
                else type(error).__name__
            )
            log.error(  # noqa: TRY400 - so may a traceback
                "due date failed: %s: %s; next try in %.0f s", due.command, why, pause
            )
        else:
            backoff.succeeded(due)
    return ran


async def _run(runner: Runner, due: DueDate) -> bool:
    """Run one command and strike it out; False if it met contention or was refused."""
    command = msgspec.json.decode(due.request, type=REGISTER[due.command].request)
    ran = False
    try:
        await runner.run(
            Request(
                command=command,
                actor=SYSTEM,
                channel=Channel.SYSTEM,
                key=f"due {due.key} {due.at.isoformat()}",
                cause=due.cause.hex(),
                # The clock may have been set back since, and a refusal strikes the due date out for good.
                not_before=due.at,
            )
        )
        ran = True
    except Contended:
        return False
    except CommandRejected as turned:
        log.info("due date struck out: %s: %s", due.command, turned.detail)
    await runner.history.strike(due)
    return ran
