"""What people do on the page of a grant: with the grant as a whole, with its instalments, and with its reports."""

from __future__ import annotations

from datetime import date
from typing import Final

from api.inputs.submitted import Plain, SubmittedForm, nested
from api.pages.page import PageAction
from api.pages.visits import Visit
from domain.commands.grants.amending import AcceptGrantAmendment, DeclineGrantAmendment, ProposeGrantAmendment
from domain.commands.grants.ending import CompleteGrant, TerminateGrant
from domain.commands.grants.instalments import (
    ApproveInstalment,
    FailInstalment,
    InstructInstalment,
    RequestInstalment,
    SettleInstalment,
)
from domain.commands.grants.offering import AcceptGrant, DeclineGrant
from domain.commands.grants.payee import ConfirmGrantPayee, SetGrantPayee
from domain.commands.grants.reports import AcceptGrantReport, ReturnGrantReport, SubmitGrantReport
from domain.commands.grants.scheduling import ScheduleGrant
from domain.commands.grants.suspending import ResumeGrant, SuspendGrant
from domain.commands.screening import RecordScreening
from domain.grants.statuses import GrantStatus, InstalmentStatus, ReportStatus
from domain.messages import msg
from projections.grants import GrantDetail, InstalmentShown
from projections.grants.shown import ReportShown

_REQUESTED: Final = (
    InstalmentStatus.REQUESTED,
    InstalmentStatus.APPROVED_ONCE,
    InstalmentStatus.FAILED,  # it needs its approvals again if the payee was changed since
)


def _offered(grant: GrantDetail) -> bool:
    return grant.status == GrantStatus.OFFERED


def _under_way(grant: GrantDetail) -> bool:
    return grant.status in (GrantStatus.ACCEPTED, GrantStatus.SUSPENDED)


def _setting(grant: GrantDetail) -> int:
    """The number of the bank details as they are now."""
    return grant.payee.setting if grant.payee else 1


def _amendment(grant: GrantDetail) -> int | None:
    """The number of the amendment that waits for an answer."""
    return grant.amendment if _under_way(grant) else None


def _proposed(_: Visit, grant: GrantDetail) -> ProposeGrantAmendment | None:
    if not _under_way(grant):
        return None
    ends_on = date.max if grant.ends_on != date.max else date.min
    return ProposeGrantAmendment(grant=grant.id, ends_on=ends_on, confirm_past_due=True)


def _screened(_: Visit, grant: GrantDetail) -> RecordScreening | None:
    if not _under_way(grant):
        return None
    return RecordScreening(
        grant=grant.id, setting=_setting(grant), result="no_match", reference="-", screened_on=date.min
    )


async def _payee(_: Visit, form: SubmittedForm) -> Plain:
    """A payee; a fiscal host that is not registered here has no code."""
    plain = nested(form.typed())
    if not plain.get("host"):
        plain.pop("host", None)
    return dict(plain)


ACTS: Final[tuple[PageAction[GrantDetail], ...]] = (
    PageAction(
        command="grant.accept",
        name=msg("Accept the grant"),
        done=msg("You accepted the grant."),
        tried=lambda _, grant: AcceptGrant(grant=grant.id) if _offered(grant) else None,
    ),
    PageAction(
        command="grant.decline",
        name=msg("Decline the grant"),
        done=msg("You declined the grant."),
        tried=lambda _, grant: DeclineGrant(grant=grant.id, reason="other") if _offered(grant) else None,
    ),
    PageAction(
        command="grant.set_payee",
        name=msg("Save the bank details"),
        done=msg("The bank details are saved. A second person has to check them before anything is paid."),
        filled=_payee,
        tried=lambda _, grant: (
            SetGrantPayee(grant=grant.id, kind="recipient", name="-", account="-")
            if _under_way(grant)
            else None
        ),
    ),
    PageAction(
        command="grant.confirm_payee",
        name=msg("Confirm the bank details"),
        done=msg("The bank details are confirmed."),
        tried=lambda _, grant: (
            ConfirmGrantPayee(grant=grant.id, setting=grant.payee.setting)
            if _under_way(grant) and grant.payee is not None and not grant.payee.confirmed
            else None
        ),
    ),
    PageAction(
        command="grant.record_screening",
        name=msg("Record a screening"),
        done=msg("The screening is recorded."),
        tried=_screened,
    ),
    PageAction(
        command="grant.schedule",
        name=msg("Schedule the instalments"),
        done=msg("The instalments are scheduled."),
        tried=lambda _, grant: ScheduleGrant(grant=grant.id, instalments=()) if _under_way(grant) else None,
    ),
    PageAction(
        command="grant.submit_report",
        name=msg("Submit a report"),
        done=msg("Your report is submitted."),
        tried=lambda _, grant: SubmitGrantReport(grant=grant.id, text="-") if _under_way(grant) else None,
    ),
    PageAction(
        command="grant.accept_amendment",
        name=msg("Accept the amendment"),
        done=msg("You accepted the amendment."),
        tried=lambda _, grant: (
            AcceptGrantAmendment(grant=grant.id, amendment=number)
            if (number := _amendment(grant)) is not None
            else None
        ),
    ),
    PageAction(
        command="grant.decline_amendment",
        name=msg("Decline the amendment"),
        done=msg("You declined the amendment."),
        tried=lambda _, grant: (
            DeclineGrantAmendment(grant=grant.id, amendment=number)
            if (number := _amendment(grant)) is not None
            else None
        ),
    ),
    PageAction(
        command="grant.propose_amendment",
        name=msg("Propose an amendment"),
        done=msg("The amendment is proposed. It takes effect once the recipient accepts it."),
        tried=_proposed,
    ),
    PageAction(
        command="grant.resume",
        name=msg("Resume the grant"),
        done=msg("The grant is resumed."),
        tried=lambda _, grant: ResumeGrant(grant=grant.id) if grant.status == GrantStatus.SUSPENDED else None,
    ),
    PageAction(
        command="grant.suspend",
        name=msg("Suspend the grant"),
        done=msg("The grant is suspended."),
        tried=lambda _, grant: (
            SuspendGrant(grant=grant.id, reason="other") if grant.status == GrantStatus.ACCEPTED else None
        ),
    ),
    PageAction(
        command="grant.terminate",
        name=msg("End the grant early"),
        done=msg("The grant has ended. What was not paid is back in the fund."),
        tried=lambda _, grant: TerminateGrant(grant=grant.id, reason="other") if _under_way(grant) else None,
    ),
    PageAction(
        command="grant.complete",
        name=msg("Complete the grant"),
        done=msg("The grant is completed."),
        tried=lambda _, grant: CompleteGrant(grant=grant.id) if _under_way(grant) else None,
    ),
)
"""What anybody does with a grant as a whole, in the order of their lists."""

OfInstalment = tuple[GrantDetail, InstalmentShown]


def _in(of: OfInstalment, *statuses: InstalmentStatus) -> bool:
    return of[1].status in statuses


INSTALMENT_ACTS: Final[tuple[PageAction[OfInstalment], ...]] = (
    PageAction(
        command="instalment.request",
        name=lambda of: msg("Request instalment {number}", number=of[1].number),
        done=msg("The payment is requested."),
        tried=lambda _, of: (
            RequestInstalment(grant=of[0].id, instalment=of[1].number)
            if _in(of, InstalmentStatus.SCHEDULED)
            else None
        ),
    ),
    PageAction(
        command="instalment.approve",
        name=lambda of: msg("Approve instalment {number}", number=of[1].number),
        done=msg("You approved the payment."),
        tried=lambda _, of: (
            ApproveInstalment(grant=of[0].id, instalment=of[1].number) if _in(of, *_REQUESTED) else None
        ),
    ),
    PageAction(
        command="instalment.instruct",
        name=lambda of: msg("Record the payment order of instalment {number}", number=of[1].number),
        done=msg("The payment order is recorded."),
        tried=lambda _, of: (
            InstructInstalment(grant=of[0].id, instalment=of[1].number, reference="-")
            if _in(of, InstalmentStatus.APPROVED, InstalmentStatus.FAILED)
            else None
        ),
    ),
    PageAction(
        command="instalment.settle",
        name=lambda of: msg("Record the payment of instalment {number}", number=of[1].number),
        done=msg("The payment is recorded."),
        tried=lambda visit, of: (
            SettleInstalment(
                grant=of[0].id,
                instalment=of[1].number,
                amount=of[1].amount,
                settled_on=visit.wiring.clock().date(),
            )
            if _in(of, InstalmentStatus.INSTRUCTED)
            else None
        ),
    ),
    PageAction(
        command="instalment.fail",
        name=lambda of: msg("Record instalment {number} as failed", number=of[1].number),
        done=msg("It is recorded that the bank did not pay."),
        tried=lambda _, of: (
            FailInstalment(grant=of[0].id, instalment=of[1].number, reason="other")
            if _in(of, InstalmentStatus.INSTRUCTED)
            else None
        ),
    ),
)
"""The next steps of an instalment, whoever takes them."""

OfReport = tuple[GrantDetail, ReportShown]


def _submitted(of: OfReport) -> bool:
    return of[1].status == ReportStatus.SUBMITTED


REPORT_ACTS: Final[tuple[PageAction[OfReport], ...]] = (
    PageAction(
        command="grant.accept_report",
        name=lambda of: msg("Accept report {number}", number=of[1].number),
        done=msg("The report is accepted."),
        tried=lambda _, of: (
            AcceptGrantReport(grant=of[0].id, report=of[1].number) if _submitted(of) else None
        ),
    ),
    PageAction(
        command="grant.return_report",
        name=lambda of: msg("Return report {number}", number=of[1].number),
        done=msg("The report is returned to the recipient."),
        tried=lambda _, of: (
            ReturnGrantReport(grant=of[0].id, report=of[1].number, reason="other") if _submitted(of) else None
        ),
    ),
)
"""The answers to a report."""
