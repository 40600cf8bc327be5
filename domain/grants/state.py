"""The state of a grant, folded from its facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, assert_never

import msgspec

from domain.deciding import Aggregate
from domain.grants.facts import (
    Approval,
    GrantAccepted,
    GrantAmended,
    GrantAmendmentDeclined,
    GrantAmendmentProposed,
    GrantCompleted,
    GrantDecisionsEnded,
    GrantDeclined,
    GrantFact,
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
    GrantResumed,
    GrantScreened,
    GrantScreeningEnded,
    GrantSuspended,
    GrantTerminated,
    Instalment,
    ScreeningResult,
)
from domain.grants.statuses import APPROVALS, GrantStatus, InstalmentStatus, ReportStatus

_APPROVALS_OF: Final[Mapping[InstalmentStatus, int]] = {
    InstalmentStatus.APPROVED_ONCE: 1,
    InstalmentStatus.APPROVED: 2,
    InstalmentStatus.INSTRUCTED: 2,
    InstalmentStatus.FAILED: 2,
}

_AWAITED: Final[Mapping[InstalmentStatus, Approval]] = {
    InstalmentStatus.REQUESTED: 1,
    InstalmentStatus.APPROVED_ONCE: 2,
}


class Payee(msgspec.Struct, frozen=True, kw_only=True):
    """The present payee; its name and account are only in the fact, sealed. `party` is the person or the organisation
    that is paid, if they are registered here. `confirmer` is the person who confirmed it."""

    setting: int
    party: str | None = None
    confirmed: bool = False
    confirmer: str | None = None
    payable_from: datetime | None = None


class Screening(msgspec.Struct, frozen=True, kw_only=True):
    """The latest screening: the setting of the screened payee, what was found, and who recorded it."""

    setting: int
    result: ScreeningResult
    screener: str


class InstalmentState(msgspec.Struct, frozen=True, kw_only=True):
    """An instalment: its plan, who approved it, and which report met its condition.

    `approved_for` is the payee's setting at the latest approval: an approval counts only for that payee. `approvals_ended`:
    somebody who approved it began to act for the recipient or the payee, and nobody has approved it since.
    `instructed_at` is when the bank was last instructed to pay.
    """

    plan: Instalment
    status: InstalmentStatus = InstalmentStatus.SCHEDULED
    first_approver: str | None = None
    second_approver: str | None = None
    approvals_ended: bool = False
    approved_for: int | None = None
    report: int | None = None
    instructed_at: datetime | None = None

    @property
    def approvals(self) -> int:
        """The number of approvals that led to its status."""
        return 0 if self.approvals_ended else _APPROVALS_OF.get(self.status, 0)


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """An amendment that waits for the recipient's answer; the fields are those of its fact."""

    number: int
    amount: int
    ends_on: date | None
    instalments: tuple[Instalment, ...] | None
    unscheduled: int


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a grant, without personal data. Sums are minor units of `currency`; `instalments` and `reports` are
    by number. `parties` are those of the present and of former payees, by setting. `payee_confirmed_before`: a payee has
    been confirmed at some time. `amendment` waits for an answer, and
    `amendments` is the number that were proposed."""

    status: GrantStatus | None = None
    initiative: str = ""
    call: str = ""
    application: str = ""
    fund: str = ""
    recipient: str = ""
    dossier: str = ""
    amount: int = 0
    currency: str = ""
    respond_by: datetime | None = None
    payee: Payee | None = None
    parties: dict[int, str | None] = {}
    payee_confirmed_before: bool = False
    screening: Screening | None = None
    instalments: dict[int, InstalmentState] = {}
    reports: dict[int, ReportStatus] = {}
    ends_on: date | None = None
    amendment: Amendment | None = None
    amendments: int = 0

    @property
    def screened(self) -> ScreeningResult | None:
        """What the screening of the present payee found; None if they were not screened."""
        if self.screening is None or self.payee is None or self.screening.setting != self.payee.setting:
            return None
        return self.screening.result

    @property
    def settled(self) -> int:
        """The sum of the instalments that were paid."""
        return sum(
            instalment.plan.amount
            for instalment in self.instalments.values()
            if instalment.status is InstalmentStatus.SETTLED
        )

    @property
    def begun(self) -> dict[int, InstalmentState]:
        """The instalments that were requested, whatever their status now."""
        return {
            number: instalment
            for number, instalment in self.instalments.items()
            if instalment.status is not InstalmentStatus.SCHEDULED
        }

    @property
    def unused_reports(self) -> tuple[int, ...]:
        """The accepted reports that have met no instalment's condition yet, in order."""
        used = {instalment.report for instalment in self.instalments.values()}
        return tuple(
            number
            for number, status in sorted(self.reports.items())
            if status is ReportStatus.ACCEPTED and number not in used
        )

    @property
    def standing_approvals(self) -> int:
        """The number of approvals that would end if another payee were set: those for the present payee that still
        allow a payment."""
        return sum(
            instalment.approvals
            for instalment in self.instalments.values()
            if instalment.status in (*APPROVALS, InstalmentStatus.FAILED) and not self.outdated(instalment)
        )

    def next_approval(self, number: int) -> Approval | None:
        """The approval that an instalment needs next: the first, the second, or none.

        A failed one needs both again if its approvals no longer count.
        """
        instalment = self.instalments.get(number)
        if instalment is None:
            return None
        if instalment.status is InstalmentStatus.FAILED and (
            instalment.approvals_ended or self.outdated(instalment)
        ):
            return 1
        return _AWAITED.get(instalment.status)

    def outdated(self, instalment: InstalmentState) -> bool:
        """Whether an instalment was approved for a former payee."""
        if instalment.approved_for is None or self.payee is None:
            return False
        return instalment.approved_for != self.payee.setting


def evolve(grant: Grant, fact: GrantFact) -> Grant:
    """The grant after one more fact."""
    replace = msgspec.structs.replace
    match fact:
        case GrantOffered():
            return Grant(
                status=GrantStatus.OFFERED,
                initiative=fact.initiative,
                call=fact.call,
                application=fact.application,
                fund=fact.fund,
                recipient=fact.recipient,
                dossier=fact.dossier,
                amount=fact.amount,
                currency=fact.currency,
                respond_by=fact.respond_by,
            )
        case GrantAccepted():
            return replace(grant, status=GrantStatus.ACCEPTED)
        case GrantDeclined():
            return replace(grant, status=GrantStatus.DECLINED)
        case GrantLapsed():
            return replace(grant, status=GrantStatus.LAPSED)
        case GrantPayeeSet():
            return replace(
                grant,
                payee=Payee(setting=fact.setting, party=fact.party, payable_from=fact.payable_from),
                parties={**grant.parties, fact.setting: fact.party},
                instalments={
                    number: _unapproved(instalment) for number, instalment in grant.instalments.items()
                },
            )
        case GrantPayeeConfirmed():
            assert grant.payee is not None
            payee = replace(grant.payee, confirmed=True, confirmer=fact.confirmer)
            return replace(grant, payee=payee, payee_confirmed_before=True)
        case GrantScreened():
            screening = Screening(setting=fact.setting, result=fact.result, screener=fact.screener)
            return replace(grant, screening=screening)
        case GrantScreeningEnded():
            return replace(grant, screening=None)
        case GrantDecisionsEnded():
            return _with_ended_decisions(grant, fact)
        case GrantInstalmentsScheduled():
            return replace(
                grant, instalments={plan.number: InstalmentState(plan=plan) for plan in fact.instalments}
            )
        case GrantReportSubmitted():
            return _with_report(grant, fact.report, ReportStatus.SUBMITTED)
        case GrantReportAccepted():
            return _with_report(grant, fact.report, ReportStatus.ACCEPTED)
        case GrantReportReturned():
            return _with_report(grant, fact.report, ReportStatus.RETURNED)
        case GrantInstalmentRequested():
            instalment = grant.instalments[fact.instalment]
            return _with_instalment(
                grant, replace(instalment, status=InstalmentStatus.REQUESTED, report=fact.report)
            )
        case GrantInstalmentApproved(approval=1):
            instalment = grant.instalments[fact.instalment]
            return _with_instalment(
                grant,
                replace(
                    instalment,
                    status=InstalmentStatus.APPROVED_ONCE,
                    first_approver=fact.approver,
                    second_approver=None,
                    approvals_ended=False,
                    approved_for=_setting(grant),
                ),
            )
        case GrantInstalmentApproved():
            instalment = grant.instalments[fact.instalment]
            return _with_instalment(
                grant,
                replace(
                    instalment,
                    status=InstalmentStatus.APPROVED,
                    second_approver=fact.approver,
                    approved_for=_setting(grant),
                ),
            )
        case GrantInstalmentInstructed():
            instalment = grant.instalments[fact.instalment]
            return _with_instalment(
                grant,
                replace(instalment, status=InstalmentStatus.INSTRUCTED, instructed_at=fact.instructed_at),
            )
        case GrantInstalmentSettled():
            return _moved(grant, fact.instalment, InstalmentStatus.SETTLED)
        case GrantInstalmentFailed():
            return _moved(grant, fact.instalment, InstalmentStatus.FAILED)
        case GrantSuspended():
            return replace(grant, status=GrantStatus.SUSPENDED)
        case GrantResumed():
            return replace(grant, status=GrantStatus.ACCEPTED)
        case GrantTerminated():
            return replace(
                grant,
                status=GrantStatus.TERMINATED,
                amendment=None,
                instalments={number: _ended(instalment) for number, instalment in grant.instalments.items()},
            )
        case GrantAmendmentProposed():
            return replace(
                grant,
                amendments=fact.amendment,
                amendment=Amendment(
                    number=fact.amendment,
                    amount=fact.amount,
                    ends_on=fact.ends_on,
                    instalments=fact.instalments,
                    unscheduled=fact.unscheduled,
                ),
            )
        case GrantAmended():
            return replace(
                grant,
                amount=fact.amount,
                ends_on=fact.ends_on,
                amendment=None,
                instalments=grant.instalments
                if fact.instalments is None
                else grant.begun | {plan.number: InstalmentState(plan=plan) for plan in fact.instalments},
            )
        case GrantAmendmentDeclined():
            return replace(grant, amendment=None)
        case GrantCompleted():
            return replace(grant, status=GrantStatus.COMPLETED, amendment=None)
        case _:
            assert_never(fact)


def _setting(grant: Grant) -> int | None:
    return None if grant.payee is None else grant.payee.setting


def _unapproved(instalment: InstalmentState) -> InstalmentState:
    """An instalment whose approvals ended. One that is with the bank, or that the bank did not pay, keeps its status."""
    if instalment.status not in APPROVALS:
        return instalment
    return msgspec.structs.replace(
        instalment, status=InstalmentStatus.REQUESTED, first_approver=None, second_approver=None
    )


def _with_ended_decisions(grant: Grant, fact: GrantDecisionsEnded) -> Grant:
    """A grant after a person who decided on its payments began to act for its recipient or its payee."""
    instalments = {
        number: msgspec.structs.replace(_unapproved(grant.instalments[number]), approvals_ended=True)
        for number in fact.instalments
    }
    payee = grant.payee
    if fact.payee and payee is not None:
        payee = msgspec.structs.replace(payee, confirmed=False, confirmer=None)
    return msgspec.structs.replace(grant, payee=payee, instalments=grant.instalments | instalments)


def _ended(instalment: InstalmentState) -> InstalmentState:
    """An instalment of a terminated grant: what was not paid is cancelled."""
    if instalment.status is InstalmentStatus.SETTLED:
        return instalment
    return msgspec.structs.replace(instalment, status=InstalmentStatus.CANCELLED)


def _moved(grant: Grant, number: int, status: InstalmentStatus) -> Grant:
    return _with_instalment(grant, msgspec.structs.replace(grant.instalments[number], status=status))


def _with_instalment(grant: Grant, instalment: InstalmentState) -> Grant:
    return msgspec.structs.replace(
        grant, instalments={**grant.instalments, instalment.plan.number: instalment}
    )


def _with_report(grant: Grant, number: int, status: ReportStatus) -> Grant:
    return msgspec.structs.replace(grant, reports={**grant.reports, number: status})


GRANT = Aggregate(kind="grant", empty=Grant(), evolve=evolve)
