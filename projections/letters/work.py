"""What waits for the people of an initiative, for the letter that tells them so once a day at most."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final, assert_never

from domain.grants.tasks import TaskKind
from domain.grants.turns import task_words
from domain.messages import Message, counted, msg
from domain.values import Role
from projections import initiatives, work_waiting
from projections.reader import Reader
from projections.work_waiting import WorkKind

WORKING: Final = frozenset({Role.OFFICER, Role.CHAIR, Role.JUROR, Role.FINANCE, Role.APPROVER})
"""The roles of those who can get this letter. A juror gets it only where no chair can decide in an open panel."""


async def work_of(reader: Reader, person: str, *, now: datetime) -> tuple[Message, ...]:
    """What waits for a person now, with how often: as on their page Today, but without their drafts, and only what they can do now.
    Raises `Behind`."""
    found: Counter[WorkKind] = Counter()
    for own in (await initiatives.me(reader, person)).initiatives:
        its_calls = await work_waiting.calls_of(reader, person, own)
        for work in await work_waiting.work_in(reader, person, own, its_calls, now=now, may_lag=False):
            if work.ready:
                found[work.kind] += work.count
    waiting = await work_waiting.on_grants(reader, person, now=now, titles=False)
    tasks = Counter(task.kind for grant in waiting for task in grant.tasks)
    said = [words for kind in WorkKind if found[kind] and (words := _words(kind, found[kind]))]
    return (
        *(msg("{count} {things}", count=each.values["count"], things=each) for each in said),
        *(
            msg("{count} {things}", count=tasks[kind], things=task_words(kind, tasks[kind]))
            for kind in TaskKind
            if tasks[kind] and kind is not TaskKind.AWAIT_ANSWER
        ),
    )


def _words(kind: WorkKind, count: int) -> Message | None:
    """What there is to do, to be read after how often; None if no letter tells it."""
    match kind:
        case WorkKind.CHECK:
            return counted("application to check", "applications to check", count=count)
        case WorkKind.ASK_JURORS:
            return counted("review to ask a juror for", "reviews to ask jurors for", count=count)
        case WorkKind.OPEN_PANEL:
            return counted("panel to open", "panels to open", count=count)
        case WorkKind.READ_RANKING:
            return None  # jurors may read it, and do not have to
        case WorkKind.SET_OUTCOMES:
            return counted("panel to decide in", "panels to decide in", count=count)
        case WorkKind.CLOSE_PANEL:
            return counted("panel to close", "panels to close", count=count)
        case WorkKind.CONFIRM:
            return counted("decision of a panel to confirm", "decisions of panels to confirm", count=count)
        case WorkKind.ANNOUNCE:
            return counted("confirmed decision to announce", "confirmed decisions to announce", count=count)
        case WorkKind.DUE_SOON:
            return due_soon(count)
        case WorkKind.OFFER:
            return counted("grant to offer", "grants to offer", count=count)
        case _:
            assert_never(kind)


def due_soon(count: int) -> Message:
    """Of applications to a rolling call: others have to do something, although the day of the decision is near or over."""
    return counted(
        "application waits for others, and its decision is due",
        "applications wait for others, and their decisions are due",
        count=count,
    )
