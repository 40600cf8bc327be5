"""What waits to be done on a grant by the people of its initiative, and by its recipient."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from domain.grants.state import Grant
from domain.grants.statuses import GrantStatus, InstalmentStatus, ReportStatus
from domain.grants.steps import Step, step_of, step_to_request

_LATER: Final = datetime.max.replace(tzinfo=UTC)
"""After every waiting time."""


class TaskKind(enum.StrEnum):
    """What there is to do. `AWAIT_ANSWER`: the recipient has not answered an amendment, and until then nothing can be
    requested or scheduled."""

    CONFIRM_PAYEE = "confirm payee"
    SCHEDULE = "schedule"
    APPROVE = "approve"
    RECORD_SCREENING = "record screening"
    INSTRUCT = "instruct"
    SETTLE = "settle"
    ANSWER_REPORT = "answer report"
    AWAIT_ANSWER = "await answer"
    COMPLETE = "complete"


class Task(msgspec.Struct, frozen=True):
    """One thing to do; `number` is that of the instalment, the report or the amendment, if it is about one."""

    kind: TaskKind
    number: int | None = None


def tasks_on(grant: Grant, *, screening: bool, now: datetime, erased: bool = False) -> tuple[Task, ...]:
    """What waits to be done on a grant now. `screening`: its payee is screened before a payment; `erased`: its recipient was erased,
    so nothing more of it is planned, confirmed, approved or paid."""
    if grant.status not in (GrantStatus.ACCEPTED, GrantStatus.SUSPENDED):
        return ()
    steps = [
        (number, step_of(grant, number, screening=screening, erased=erased, now=now))
        for number in sorted(grant.instalments)
    ]
    known = (
        *_about(steps, TaskKind.SETTLE, Step.SETTLE),
        *(
            Task(TaskKind.ANSWER_REPORT, number)
            for number, status in sorted(grant.reports.items())
            if status is ReportStatus.SUBMITTED
        ),
    )
    if grant.status is GrantStatus.SUSPENDED:
        return known
    confirm = grant.payee is not None and not grant.payee.confirmed and not erased
    screen = any(step is Step.SCREEN for _, step in steps)
    return (
        *((Task(TaskKind.CONFIRM_PAYEE),) if confirm else ()),
        *_about(steps, TaskKind.APPROVE, Step.APPROVE_FIRST, Step.APPROVE_SECOND),
        *((Task(TaskKind.RECORD_SCREENING),) if screen else ()),
        *_about(steps, TaskKind.INSTRUCT, Step.INSTRUCT),
        *known,
        *_of_staff(grant, erased=erased),
    )


def tasks_to_come(grant: Grant) -> frozenset[TaskKind]:
    """What waits on a grant now, or will once the waiting time after a change of bank details is over."""
    return frozenset(task.kind for task in tasks_on(grant, screening=False, now=_LATER))


def may_have_tasks(grant: Grant) -> bool:
    """Whether something waits on a grant now, or will then."""
    return bool(tasks_to_come(grant))


def _about(steps: Sequence[tuple[int, Step]], kind: TaskKind, *wanted: Step) -> list[Task]:
    return [Task(kind, number) for number, step in steps if step in wanted]


def _of_staff(grant: Grant, *, erased: bool) -> tuple[Task, ...]:
    """What the staff does about a grant as a whole. Nobody answers for a recipient who was erased, and nothing more is planned."""
    if grant.amendment is not None:
        return () if erased else (Task(TaskKind.AWAIT_ANSWER, grant.amendment.number),)
    if not grant.instalments:
        return () if erased else (Task(TaskKind.SCHEDULE),)
    paid = all(each.status is InstalmentStatus.SETTLED for each in grant.instalments.values())
    if paid and ReportStatus.SUBMITTED not in grant.reports.values():
        return (Task(TaskKind.COMPLETE),)
    return ()


class RecipientTaskKind(enum.StrEnum):
    """What the recipient has to do before something is paid."""

    ADD_PAYEE = "add payee"
    REPORT = "report"
    REQUEST = "request"


class RecipientTask(msgspec.Struct, frozen=True):
    """One thing for the recipient to do; `number` is that of the instalment to request, or the one that waits for a report."""

    kind: RecipientTaskKind
    number: int | None = None


def tasks_of_recipient(grant: Grant) -> tuple[RecipientTask, ...]:
    """What the recipient of an accepted grant has to do now. An amendment has to be answered first, and while the grant is suspended
    there is nothing."""
    if grant.status is not GrantStatus.ACCEPTED or grant.amendment is not None:
        return ()
    if grant.payee is None:
        return (RecipientTask(RecipientTaskKind.ADD_PAYEE),)
    steps = [
        (step_to_request(grant, each), each) for each in sorted(grant.instalments.keys() - grant.begun.keys())
    ]
    return (
        *[RecipientTask(RecipientTaskKind.REQUEST, each) for step, each in steps if step is Step.REQUEST][:1],
        *(RecipientTask(RecipientTaskKind.REPORT, each) for step, each in steps if step is Step.REPORT),
    )
