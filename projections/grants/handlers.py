"""How facts change the tables of grants, instalments and reports."""

from __future__ import annotations

from datetime import date, datetime

from domain.applications import ApplicationSubmitted
from domain.grants.facts import (
    GrantAccepted,
    GrantCompleted,
    GrantDeclined,
    GrantInstalmentApproved,
    GrantInstalmentFailed,
    GrantInstalmentInstructed,
    GrantInstalmentRequested,
    GrantInstalmentSettled,
    GrantInstalmentsScheduled,
    GrantLapsed,
    GrantOffered,
    GrantPayeeConfirmed,
    GrantPayeeSet,
    GrantReportAccepted,
    GrantReportReturned,
    GrantReportSubmitted,
)
from domain.grants.state import GrantStatus, InstalmentStatus, ReportStatus
from projections.grants import statements
from projections.projection import Placed, Projection, unhandled
from projections.writing import Write


def handle(placed: Placed, write: Write) -> None:
    """Keep how each grant stands; a grant's row follows every fact of its stream, so that its version is the stream's."""
    match placed.recorded.fact:
        case ApplicationSubmitted() as fact:
            write(
                statements.KNOW,
                application=fact.application,
                handle=placed.recorded.envelope.acting.handle,
            )
        case GrantOffered() as fact:
            _offer(placed, fact, write)
        case GrantAccepted() as fact:
            _change(placed, write, fact.grant, status=GrantStatus.ACCEPTED)
        case GrantDeclined() as fact:
            _change(
                placed,
                write,
                fact.grant,
                status=GrantStatus.DECLINED,
                reason=fact.reason,
                reason_version=placed.version,
            )
        case GrantLapsed() as fact:
            _change(placed, write, fact.grant, status=GrantStatus.LAPSED)
        case GrantCompleted() as fact:
            _change(placed, write, fact.grant, status=GrantStatus.COMPLETED)
        case GrantPayeeSet() | GrantPayeeConfirmed() as fact:
            _change_payee(placed, write, fact)
            if isinstance(fact, GrantPayeeSet):
                _end_approvals(placed, write, fact.grant)
        case GrantReportSubmitted() | GrantReportAccepted() | GrantReportReturned() as fact:
            _change(placed, write, fact.grant)
            _report(placed, write, fact)
        case GrantInstalmentsScheduled() as fact:
            _change(placed, write, fact.grant)
            _schedule(placed, fact, write)
        case GrantInstalmentSettled() as fact:
            _change(placed, write, fact.grant, settled=fact.amount)
            _move(
                placed,
                write,
                fact.grant,
                fact.instalment,
                InstalmentStatus.SETTLED,
                settled_on=fact.settled_on,
            )
        case (
            GrantInstalmentRequested()
            | GrantInstalmentApproved()
            | GrantInstalmentInstructed()
            | GrantInstalmentFailed() as fact
        ):
            _change(placed, write, fact.grant)
            _follow(placed, write, fact)
        case fact:
            unhandled(fact)


def _offer(placed: Placed, fact: GrantOffered, write: Write) -> None:
    write(
        statements.OFFER,
        grant=fact.grant,
        at=placed.position,
        version=placed.version,
        initiative=fact.initiative,
        call=fact.call,
        application=fact.application,
        fund=fact.fund,
        recipient=fact.recipient,
        status=GrantStatus.OFFERED.value,
        amount=fact.amount,
        currency=fact.currency,
        respond_by=fact.respond_by,
    )


def _change(
    placed: Placed,
    write: Write,
    grant: str,
    *,
    status: GrantStatus | None = None,
    settled: int = 0,
    reason: str | None = None,
    reason_version: int | None = None,
) -> None:
    write(
        statements.CHANGE,
        grant=grant,
        at=placed.position,
        version=placed.version,
        status=None if status is None else status.value,
        settled=settled,
        reason=reason,
        reason_version=reason_version,
    )


def _change_payee(placed: Placed, write: Write, fact: GrantPayeeSet | GrantPayeeConfirmed) -> None:
    kind: str | None = None
    payable_from: datetime | None = None
    version: int | None = None
    if isinstance(fact, GrantPayeeSet):
        kind, payable_from, version = fact.kind, fact.payable_from, placed.version
    write(
        statements.CHANGE_PAYEE,
        grant=fact.grant,
        at=placed.position,
        version=placed.version,
        setting=fact.setting,
        payee_version=version,
        kind=kind,
        confirmed=isinstance(fact, GrantPayeeConfirmed),
        payable_from=payable_from,
    )


def _end_approvals(placed: Placed, write: Write, grant: str) -> None:
    """Another payee was set, so what stood on approvals alone is requested anew (`domain.grants.state`)."""
    write(statements.END_APPROVALS, grant=grant, at=placed.position, status=InstalmentStatus.REQUESTED.value)


def _schedule(placed: Placed, fact: GrantInstalmentsScheduled, write: Write) -> None:
    write(statements.UNSCHEDULE, grant=fact.grant, at=placed.position)
    for plan in fact.instalments:
        write(
            statements.SCHEDULE,
            grant=fact.grant,
            number=plan.number,
            at=placed.position,
            amount=plan.amount,
            condition=plan.condition,
            due=plan.due,
            status=InstalmentStatus.SCHEDULED.value,
        )


def _follow(
    placed: Placed,
    write: Write,
    fact: GrantInstalmentRequested
    | GrantInstalmentApproved
    | GrantInstalmentInstructed
    | GrantInstalmentFailed,
) -> None:
    match fact:
        case GrantInstalmentRequested():
            status = InstalmentStatus.REQUESTED
            _move(placed, write, fact.grant, fact.instalment, status, report=fact.report)
        case GrantInstalmentApproved():
            status = InstalmentStatus.APPROVED_ONCE if fact.stage == 1 else InstalmentStatus.APPROVED
            _move(placed, write, fact.grant, fact.instalment, status)
        case GrantInstalmentInstructed():
            status = InstalmentStatus.INSTRUCTED
            _move(placed, write, fact.grant, fact.instalment, status, reference=fact.reference)
        case GrantInstalmentFailed():
            status = InstalmentStatus.FAILED
            _move(placed, write, fact.grant, fact.instalment, status, reason=fact.reason)


def _move(
    placed: Placed,
    write: Write,
    grant: str,
    number: int,
    status: InstalmentStatus,
    *,
    report: int | None = None,
    reference: str | None = None,
    settled_on: date | None = None,
    reason: str | None = None,
) -> None:
    """An instalment's next status; the reason of a failure goes when it is instructed again."""
    write(
        statements.MOVE,
        grant=grant,
        number=number,
        at=placed.position,
        status=status.value,
        report=report,
        reference=reference,
        settled_on=settled_on,
        reason=reason,
    )


def _report(
    placed: Placed, write: Write, fact: GrantReportSubmitted | GrantReportAccepted | GrantReportReturned
) -> None:
    match fact:
        case GrantReportSubmitted():
            write(
                statements.REPORT,
                grant=fact.grant,
                report=fact.report,
                at=placed.position,
                status=ReportStatus.SUBMITTED.value,
                version=placed.version,
            )
        case GrantReportAccepted():
            _answer_report(placed, write, fact.grant, fact.report, ReportStatus.ACCEPTED)
        case GrantReportReturned():
            _answer_report(
                placed, write, fact.grant, fact.report, ReportStatus.RETURNED, fact.reason, placed.version
            )


def _answer_report(
    placed: Placed,
    write: Write,
    grant: str,
    report: int,
    status: ReportStatus,
    reason: str | None = None,
    reason_version: int | None = None,
) -> None:
    write(
        statements.ANSWER_REPORT,
        grant=grant,
        report=report,
        at=placed.position,
        status=status.value,
        reason=reason,
        reason_version=reason_version,
    )


PROJECTION = Projection(
    "grants",
    ("grants", "grant_handles", "instalments", "reports"),
    (
        ApplicationSubmitted,
        GrantOffered,
        GrantAccepted,
        GrantDeclined,
        GrantLapsed,
        GrantPayeeSet,
        GrantPayeeConfirmed,
        GrantInstalmentsScheduled,
        GrantReportSubmitted,
        GrantReportAccepted,
        GrantReportReturned,
        GrantInstalmentRequested,
        GrantInstalmentApproved,
        GrantInstalmentInstructed,
        GrantInstalmentSettled,
        GrantInstalmentFailed,
        GrantCompleted,
    ),
    handle,
)
