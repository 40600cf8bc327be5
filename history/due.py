"""The queue of due dates: what time brings about, run by the system through the same command runner."""

from __future__ import annotations

import logging

import msgspec

from domain.commands.register import REGISTER
from domain.refusals import Turned
from domain.values import SYSTEM, Channel
from history.runner import Contended, Request, Runner

log = logging.getLogger("overwinter.due")


async def run_due(runner: Runner) -> int:
    """Run all that is due now, the oldest first, and return how many commands were run.

    Who calls this holds the leader's lock; should two call it all the same, the second is refused by the rule. A due
    date whose command is refused has been overtaken by events: it is struck out. One that meets contention stays.
    """
    ran = 0
    for due in await runner.history.due(runner.clock()):
        command = msgspec.json.decode(due.request, type=REGISTER[due.command].request)
        try:
            await runner.run(
                Request(
                    command=command,
                    actor=SYSTEM,
                    channel=Channel.SYSTEM,
                    key=f"due {due.key} {due.at.isoformat()}",
                )
            )
            ran += 1
        except Contended:
            continue
        except Turned as turned:
            log.info("due date struck out: %s: %s", due.command, turned.detail)
        await runner.history.strike(due)
    return ran
