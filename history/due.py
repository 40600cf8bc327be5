"""Runs scheduled commands when they are due, through the ordinary command runner.

A row of the queue of due dates names the fact that set it and holds no command: the command is worked out from the fact.
So a row that somebody inserted by hand runs nothing unless there is a fact that sets the same due date.
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
from history.derived_tables import shown
from history.documents import read
from history.requests import Contended, Request
from history.runner import Runner
from history.store import History
from history.unreadable import Unreadable

log = logging.getLogger("overwinter.due")

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
"""How many seconds a due date is delayed after a failure: the pause doubles from the first to the longest."""


class Backoff:
    """Due dates that failed, with the time of the next attempt in seconds of `clock`. Rescheduling a due date clears its
    backoff."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: dict[DueDate, tuple[int, float]] = {}

    def now(self) -> tuple[DueDate, ...]:
        """The due dates that should not be tried yet."""
        now = self._clock()
        return tuple([due for due, (_, resume) in self._failed.items() if resume > now])

    def failed(self, due: DueDate) -> float:
        """Delay a due date; returns for how many seconds."""
        failures = self._failed.get(due, (0, 0.0))[0] + 1
        pause: float = min(FIRST_PAUSE * 2 ** min(failures - 1, 30), LONGEST_PAUSE)
        self._failed[due] = (failures, self._clock() + pause)
        return pause

    def succeeded(self, due: DueDate) -> None:
        """Forget the failures of a due date."""
        self._failed.pop(due, None)


async def run_due(runner: Runner, backoff: Backoff | None = None) -> int:
    """Run everything that is due now, the oldest first; returns how many commands were run.

    The caller holds the leader lock; if two processes run it anyway, the domain rule refuses the second command. If the
    command is refused, events have overtaken the due date, and it is removed from the queue. If it meets contention, it
    stays in the queue. If no fact sets it, it is not run and stays, so that `overwinter verify` reports it. Such a due
    date, and one that fails unexpectedly, is tried again later; pass the same `backoff` to every call. Raises
    `Unavailable`, because nothing else can be run without the database either.
    """
    backoff = backoff or Backoff()
    ran = 0
    now = runner.clock()
    for row in await runner.history.due(now, without=backoff.now()):
        try:
            ran += await _run(runner, row, now)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one failing due date must not hold up the others
            pause = backoff.failed(row)
            log.error(  # noqa: TRY400 - a traceback may quote what was read
                "due date failed: %s: %s; next try in %.0f s", shown(row.key), _why(error), pause
            )
        else:
            backoff.succeeded(row)
    return ran


def _why(error: Exception) -> str:
    """The text to log for an error. Of errors that are not our own only the type is logged: their text may quote data."""
    if isinstance(error, Unreadable):
        return f"the fact at position {error.position} cannot be read"
    return str(error) if isinstance(error, _NotFromItsFact) else type(error).__name__


class _NotFromItsFact(Exception):
    """A row of the queue differs from the due date that its fact sets. This only happens if the queue was changed by hand."""


async def _run(runner: Runner, row: DueDate, now: datetime) -> bool:
    """Run one command and remove its row from the queue; False if it met contention or was refused."""
    due, leaf, since = await _followed(runner.history, row)
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
                # The clock may have been set back since, and a refusal would remove the due date for good.
                not_before=max(due.at, since),
            )
        )
        ran = True
    except Contended:
        return False
    except CommandRejected as rejected:
        log.info("due date removed, its command was refused: %s: %s", due.key, rejected.detail)
    await runner.history.remove_due_date(row)
    return ran


async def _followed(history: History, row: DueDate) -> tuple[Due, bytes, datetime]:
    """The due date set by the fact that a row names, the leaf hash of the fact, and when it was decided."""
    found = (await history.load({row.stream: row.version - 1})).get(row.stream, ())
    if not found or found[0].version != row.version:
        raise _NotFromItsFact("there is no such fact")
    stored = found[0]
    try:
        recorded = read(stored.topic, stored.document, history=history.id)
    except Exception as error:  # a damaged fact can raise anything
        raise Unreadable(await history.position_of(row.stream, row.version)) from error
    due = set_by(recorded.fact)
    if due is None or due.key != row.key or stream_of(recorded.fact) != row.stream:
        raise _NotFromItsFact("its fact does not set it")
    return due, stored.leaf, recorded.envelope.decided_at
