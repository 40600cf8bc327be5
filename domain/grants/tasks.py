"""What waits to be done on a grant by the people of its initiative, and by its recipient."""

from __future__ import annotations

import enum

import msgspec

from domain.grants import rules
from domain.grants.state import Grant
from domain.grants.statuses import GrantStatus, InstalmentStatus, ReportStatus
from domain.refusals import CommandRejected


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


def tasks_on(grant: Grant, *, screening: bool, erased: bool = False) -> tuple[Task, ...]:
    """What waits to be done on a grant. `screening`: its payee is screened before a payment; `erased`: its recipient was erased,
    so nothing more of it is confirmed, approved or paid."""
    if grant.status not in (GrantStatus.ACCEPTED, GrantStatus.SUSPENDED):
        return ()
    known = (
        *(
            Task(TaskKind.SETTLE, number)
            for number, instalment in sorted(grant.instalments.items())
            if instalment.status is InstalmentStatus.INSTRUCTED
        ),
        *(
            Task(TaskKind.ANSWER_REPORT, number)
            for number, status in sorted(grant.reports.items())
            if status is ReportStatus.SUBMITTED
        ),
    )
    if grant.status is GrantStatus.SUSPENDED:
        return known
    return (*(() if erased else _towards_payment(grant, screening=screening)), *known, *_of_staff(grant))


def _towards_payment(grant: Grant, *, screening: bool) -> tuple[Task, ...]:
    """What stands between the bank details and the payment."""
    if grant.payee is None:
        return ()
    if not grant.payee.confirmed:
        return (Task(TaskKind.CONFIRM_PAYEE),)
    numbers = sorted(grant.instalments)
    approve = [
        Task(TaskKind.APPROVE, number) for number in numbers if grant.next_approval(number) is not None
    ]
    approved = [
        number
        for number in numbers
        if grant.next_approval(number) is None
        and grant.instalments[number].status in (InstalmentStatus.APPROVED, InstalmentStatus.FAILED)
    ]
    if grant.screened == "match":
        return tuple(approve)
    if approved and screening and grant.screened is None:
        return (*approve, Task(TaskKind.RECORD_SCREENING))
    return (*approve, *(Task(TaskKind.INSTRUCT, number) for number in approved))


def _of_staff(grant: Grant) -> tuple[Task, ...]:
    """What the staff does about a grant as a whole."""
    if grant.amendment is not None:
        return (Task(TaskKind.AWAIT_ANSWER, grant.amendment.number),)
    if not grant.instalments:
        return (Task(TaskKind.SCHEDULE),)
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
    scheduled = [
        number
        for number, instalment in sorted(grant.instalments.items())
        if instalment.status is InstalmentStatus.SCHEDULED
    ]
    ready = [
        RecipientTask(RecipientTaskKind.REQUEST, each) for each in scheduled if _requestable(grant, each)
    ]
    return (*ready[:1], *_report_due(grant, scheduled))


def _requestable(grant: Grant, number: int) -> bool:
    """Whether the request would be accepted; of which grant it is makes no difference."""
    try:
        rules.request("", grant, number=number)
    except CommandRejected:
        return False
    return True


def _report_due(grant: Grant, scheduled: list[int]) -> tuple[RecipientTask, ...]:
    """The report for which the next instalment waits, unless one is being read or was accepted."""
    if not scheduled or ReportStatus.SUBMITTED in grant.reports.values() or grant.unused_reports:
        return ()
    following = grant.instalments[scheduled[0]].plan
    return (RecipientTask(RecipientTaskKind.REPORT, scheduled[0]),) if following.condition == "report" else ()
