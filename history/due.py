"""The queue of due dates: what time brings about, run by the system through the same command runner."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

import msgspec

from domain.commands.register import REGISTER
from domain.refusals import Turned
from domain.values import SYSTEM, Channel
from history.appends import DueDate, Unavailable
from history.runner import Contended, Request, Runner
from history.unreadable import Unreadable

log = logging.getLogger("overwinter.due")

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
"""How many seconds a due date rests after a failure: the pause doubles from the first to the longest."""


class Resting:
    """The due dates that failed, each until it may be tried again, in seconds of `clock`. One set anew rests no more."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: dict[DueDate, tuple[int, float]] = {}

    def now(self) -> tuple[DueDate, ...]:
        """Those that rest now."""
        now = self._clock()
        return tuple([due for due, (_, resume) in self._failed.items() if resume > now])

    def failed(self, due: DueDate) -> float:
        """Let a due date rest; returns for how many seconds."""
        failures = self._failed.get(due, (0, 0.0))[0] + 1
        pause: float = min(FIRST_PAUSE * 2 ** min(failures - 1, 30), LONGEST_PAUSE)
        self._failed[due] = (failures, self._clock() + pause)
        return pause

    def went_well(self, due: DueDate) -> None:
        """Forget that it ever failed."""
        self._failed.pop(due, None)


async def run_due(runner: Runner, resting: Resting | None = None) -> int:
    """Run all that is due now, the oldest first, and return how many commands were run.

    Who calls this holds the leader's lock; should two call it all the same, the second is refused by the rule. A due
    date whose command is refused has been overtaken by events: it is struck out. One that meets contention stays. One
    that fails in a way that nobody foresaw rests a while, alone; who calls again hands in the same `resting`. Raises
    `Unavailable`, since without the database nothing else can be run either.
    """
    resting = resting or Resting()
    ran = 0
    for due in await runner.history.due(runner.clock(), without=resting.now()):
        try:
            ran += await _run(runner, due)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever one due date raises must not keep the others waiting
            pause = resting.failed(due)
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
            resting.went_well(due)
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
            )
        )
        ran = True
    except Contended:
        return False
    except Turned as turned:
        log.info("due date struck out: %s: %s", due.command, turned.detail)
    await runner.history.strike(due)
    return ran
