"""The tables of grants, instalments and reports: the state of a grant's stream, and some values that only its facts
have."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from msgspec.structs import replace

from domain.applications.facts import ApplicationSubmitted
from domain.grants.facts import (
    Condition,
    GrantAmended,
    GrantAmendmentDeclined,
    GrantAmendmentProposed,
    GrantCompleted,
    GrantDeclined,
    GrantFact,
    GrantInstalmentApproved,
    GrantInstalmentFailed,
    GrantInstalmentInstructed,
    GrantInstalmentRequested,
    GrantInstalmentSettled,
    GrantInstalmentsScheduled,
    GrantOffered,
    GrantPayeeSet,
    GrantReportReturned,
    GrantReportSubmitted,
    GrantResumed,
    GrantScreened,
    GrantScreeningEnded,
    GrantSuspended,
    GrantTerminated,
    Instalment,
    PayeeKind,
)
from domain.grants.state import Grant, InstalmentState, Payee, evolve
from domain.grants.statuses import GrantStatus, InstalmentStatus, ReportStatus
from domain.grants.tasks import may_have_tasks
from projections.placed import Placed
from projections.projection import Projection
from projections.rows import Rows, row_of, told_version
from projections.tables import Table, TableRow


class GrantRow(TableRow, frozen=True, kw_only=True):
    """Where a grant stands. `handle` stands for the recipient; sums are minor units of `currency`. `reason_version`,
    `amendment_version`, `payee_version` and `screening_version` are the versions of the facts that contain the
    explanation of its status, the `amendment` that waits for an answer, the payee's name and account, and the latest screening. `has_tasks`:
    something waits to be done on it (`domain.grants.tasks`)."""

    grant: str
    version: int
    initiative: str
    call: str
    application: str
    fund: str
    recipient: str
    handle: str | None
    status: GrantStatus
    amount: int
    settled: int = 0
    currency: str
    respond_by: datetime
    reason: str | None = None
    reason_version: int | None = None
    ends_on: date | None = None
    amendment: int | None = None
    amendment_version: int | None = None
    payee_setting: int | None = None
    payee_version: int | None = None
    payee_kind: PayeeKind | None = None
    payee_confirmed: bool = False
    payable_from: datetime | None = None
    screening_version: int | None = None
    has_tasks: bool = False


class HandleRow(TableRow, frozen=True, kw_only=True):
    """An applicant's handle in the call, for the grants that may follow."""

    application: str
    handle: str | None


class InstalmentRow(TableRow, frozen=True, kw_only=True):
    """The state of an instalment. `settled_on` and `reason` are those of the latest fact only: the reason of a failure
    is removed when it is instructed again."""

    grant: str
    number: int
    amount: int
    condition: Condition
    due: date
    status: InstalmentStatus
    report: int | None
    reference: str | None = None
    settled_on: date | None = None
    fee: int | None = None
    fee_currency: str | None = None
    rate: str | None = None
    rate_currency: str | None = None
    reason: str | None = None


class ReportRow(TableRow, frozen=True, kw_only=True):
    """The state of a report. `text_version` and `reason_version` are the versions of the facts that contain its text,
    and the explanation of its return."""

    grant: str
    report: int
    status: ReportStatus
    text_version: int
    reason: str | None = None
    reason_version: int | None = None


GRANTS: Final = Table("grants", GrantRow, key=("grant",))
HANDLES: Final = Table("grant_handles", HandleRow, key=("application",), versions=False)
INSTALMENTS: Final = Table("instalments", InstalmentRow, key=("grant", "number"), group=("grant",))
REPORTS: Final = Table("reports", ReportRow, key=("grant", "report"), group=("grant",))

_OF_ONE_INSTALMENT: Final = (
    GrantInstalmentRequested,
    GrantInstalmentApproved,
    GrantInstalmentInstructed,
    GrantInstalmentSettled,
    GrantInstalmentFailed,
)


def fold(rows: Rows, fact: ApplicationSubmitted | GrantFact, placed: Placed) -> None:
    """Store the state of each grant. A grant's row is updated by every fact of its stream that is told."""
    if isinstance(fact, ApplicationSubmitted):
        rows.put(HANDLES, HandleRow(application=fact.application, handle=placed.handle))
        return
    row = rows.get(GRANTS, fact.grant)
    told = told_version(row, fact)
    instalments = {each.number: each for each in rows.of(INSTALMENTS, fact.grant)}
    reports = {each.report: each for each in rows.of(REPORTS, fact.grant)}
    state = evolve(state_of(row, instalments, reports), fact)
    if isinstance(fact, GrantOffered):
        known = rows.get(HANDLES, fact.application)
        given = {"version": told, "status": state.status, "handle": known and known.handle}
        row = row_of(GrantRow, fact, **given)
    assert row is not None
    row = grant_row(row, state, fact, placed.version)
    has_tasks = row.amendment is not None or may_have_tasks(state)
    rows.put(GRANTS, replace(row, version=told, has_tasks=has_tasks))
    if isinstance(fact, GrantInstalmentsScheduled | GrantAmended) and fact.instalments is not None:
        rows.clear(INSTALMENTS, fact.grant)
        instalments = {number: instalments[number] for number in state.begun}
    for number, instalment in state.instalments.items():
        rows.put(INSTALMENTS, instalment_row(instalments.get(number), instalment, fact))
    for number, status in state.reports.items():
        rows.put(REPORTS, report_row(reports.get(number), number, status, fact, placed.version))


def state_of(
    row: GrantRow | None, instalments: dict[int, InstalmentRow], reports: dict[int, ReportRow]
) -> Grant:
    """The grant's state as far as its rows show it. The rows do not say who approved an instalment, and for which
    payee: only the rules need that, and no status depends on it."""
    if row is None:
        return Grant()
    payee = None
    if row.payee_setting is not None:
        payee = Payee(setting=row.payee_setting, confirmed=row.payee_confirmed, payable_from=row.payable_from)
    return Grant(
        status=row.status,
        payee=payee,
        instalments={
            number: InstalmentState(
                plan=Instalment(number=number, amount=each.amount, condition=each.condition, due=each.due),
                status=each.status,
                report=each.report,
            )
            for number, each in instalments.items()
        },
        reports={number: each.status for number, each in reports.items()},
    )


def grant_row(row: GrantRow, state: Grant, fact: GrantFact, version: int) -> GrantRow:
    """A grant's row after one more fact, which led to this state."""
    assert state.status is not None
    row = replace(row, status=state.status, settled=state.settled)
    if state.payee is not None:
        row = replace(
            row,
            payee_setting=state.payee.setting,
            payee_confirmed=state.payee.confirmed,
            payable_from=state.payee.payable_from,
        )
    match fact:
        case GrantDeclined() | GrantSuspended():
            return replace(row, reason=fact.reason, reason_version=version)
        case GrantTerminated():
            row = replace(row, reason=fact.reason, reason_version=version)
            return replace(row, amendment=None, amendment_version=None)
        case GrantScreened():
            return replace(row, screening_version=version)
        case GrantScreeningEnded():
            return replace(row, screening_version=None)
        case GrantResumed():
            return replace(row, reason=None, reason_version=None)
        case GrantAmendmentProposed():
            return replace(row, amendment=fact.amendment, amendment_version=version)
        case GrantAmended():
            row = replace(row, amount=fact.amount, ends_on=fact.ends_on)
            return replace(row, amendment=None, amendment_version=None)
        case GrantAmendmentDeclined() | GrantCompleted():
            return replace(row, amendment=None, amendment_version=None)
        case GrantPayeeSet():
            return replace(row, payee_kind=fact.kind, payee_version=version)
        case _:
            return row


def instalment_row(row: InstalmentRow | None, state: InstalmentState, fact: GrantFact) -> InstalmentRow:
    """An instalment's row after one more fact of its grant."""
    plan = state.plan
    if row is None:
        assert isinstance(fact, GrantInstalmentsScheduled | GrantAmended)
        return row_of(InstalmentRow, plan, grant=fact.grant, status=state.status, report=state.report)
    told = isinstance(fact, _OF_ONE_INSTALMENT) and fact.instalment == plan.number
    if not told and state.status is row.status:
        return row
    row = replace(row, status=state.status, report=state.report, settled_on=None, reason=None)
    match fact:
        case GrantInstalmentInstructed():
            return replace(row, reference=fact.reference)
        case GrantInstalmentSettled():
            return replace(
                row,
                settled_on=fact.settled_on,
                fee=fact.fee,
                fee_currency=fact.fee_currency,
                rate=fact.rate,
                rate_currency=fact.rate_currency,
            )
        case GrantInstalmentFailed():
            return replace(row, reason=fact.reason)
        case _:
            return row


def report_row(
    row: ReportRow | None, number: int, status: ReportStatus, fact: GrantFact, version: int
) -> ReportRow:
    """A report's row after one more fact of its grant."""
    match fact:
        case GrantReportSubmitted(report=submitted) if submitted == number:
            return row_of(ReportRow, fact, status=status, text_version=version)
        case GrantReportReturned(report=returned) if returned == number and row is not None:
            return replace(row, status=status, reason=fact.reason, reason_version=version)
        case _:
            assert row is not None
            return replace(row, status=status)


PROJECTION: Final = Projection("grants", (GRANTS, HANDLES, INSTALMENTS, REPORTS), fold)
