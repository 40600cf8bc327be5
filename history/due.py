"""The queue of due dates: scheduled commands, run by the system through the same command runner.

A row of the queue names the fact from which it follows, and holds no command: that is worked out from the fact when it is
due. So a row that somebody added to the queue runs nothing unless there is a fact which says the same.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from domain.deciding import Due
from domain.due_dates import set_by
from domain.refusals import CommandRejected
from domain.topics import stream_of
from domain.values import SYSTEM, Channel
from history.appends import DueDate, Unavailable
from history.documents import fact_in
from history.runner import Contended, Request, Runner
from history.store import History
from history.tables import shown
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
    date whose command is refused has been overtaken by events: it is struck out. One that meets contention stays. One that
    follows from no fact is not run and stays, so that `overwinter verify` names it. That one, and one that fails in a way
    that nobody foresaw, is tried again later; who calls again hands in the same `backoff`. Raises `Unavailable`, since
    without the database nothing else can be run either.
    """
    backoff = backoff or Backoff()
    ran = 0
    now = runner.clock()
    for row in await runner.history.due(now, without=backoff.now()):
        try:
            ran += await _run(runner, row, now)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever one due date raises must not keep the others waiting
            pause = backoff.failed(row)
            log.error(  # noqa: TRY400 - a traceback may quote what was read
                "due date failed: %s: %s; next try in %.0f s", shown(row.key), _why(error), pause
            )
        else:
            backoff.succeeded(row)
    return ran


def _why(error: Exception) -> str:
    """What a log may say of an error. Of those that are not our own only the type is told: their text may quote what was
    read."""
    if isinstance(error, Unreadable):
        return f"the fact at position {error.position} cannot be read"
    return str(error) if isinstance(error, _NotFromItsFact) else type(error).__name__


class _NotFromItsFact(Exception):
    """A row of the queue that is not as the fact at its place makes it. Only by hand does one get there."""


async def _run(runner: Runner, row: DueDate, now: datetime) -> bool:
    """Run one command and strike its row out; False if it met contention or was refused."""
    due, leaf = await _followed(runner.history, row)
    if due.at > now:
        raise _NotFromItsFact("its fact sets a later time")
    ran = False
    try:
        await runner.run(
            Request(
                command=due.command,
                actor=SYSTEM,
                channel=Channel.SYSTEM,
                key=f"due {due.key} {due.at.isoformat()}",
                cause=leaf.hex(),
                # The clock may have been set back since, and a refusal strikes the due date out for good.
                not_before=due.at,
            )
        )
        ran = True
    except Contended:
        return False
    except CommandRejected as rejected:
        log.info("due date struck out: %s: %s", due.key, rejected.detail)
    await runner.history.strike(row)
    return ran


async def _followed(history: History, row: DueDate) -> tuple[Due, bytes]:
    """The due date that follows from the fact at a row's place, in the fact's newest shape, and the fact's leaf."""
    found = (await history.load({row.stream: row.version - 1})).get(row.stream, ())
    if not found or found[0].version != row.version:
        raise _NotFromItsFact("there is no such fact")
    stored = found[0]
    try:
        fact = fact_in(stored.topic, stored.document, history.id)
    except Exception as error:  # whatever a damaged fact raises
        raise Unreadable(await history.position_of(row.stream, row.version)) from error
    due = set_by(fact)
    if due is None or due.key != row.key or stream_of(fact) != row.stream:
        raise _NotFromItsFact("its fact does not set it")
    return due, stored.leaf
