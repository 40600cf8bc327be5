"""What waits on grants for the people of the initiative, in words, and who has to do what next so that an instalment is paid."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from domain.grants.state import Grant, InstalmentState
from domain.grants.statuses import GrantStatus, InstalmentStatus, ReportStatus
from domain.grants.tasks import TaskKind
from domain.messages import Message, counted, msg


def turn_of(
    grant: Grant, number: int, *, viewer: str, screening: bool, told: bool, now: datetime
) -> Message | None:
    """Whose turn it is with an instalment of a grant, as told to `viewer`; None if nobody has to do anything more. `screening`: the
    payee is screened before a payment; `told`: the viewer may know what that found."""
    instalment = grant.instalments[number]
    if instalment.status in (InstalmentStatus.SETTLED, InstalmentStatus.CANCELLED):
        return None
    if instalment.status is InstalmentStatus.INSTRUCTED:
        return msg("Finance records the payment here once the bank's statement shows it.")
    if grant.status is GrantStatus.SUSPENDED:
        return msg("The grant is suspended: the staff have to resume it first.")
    if grant.status is not GrantStatus.ACCEPTED:
        return None
    if grant.payee is None:
        return msg("The recipient has to add bank details first.")
    if not grant.payee.confirmed:
        return msg("Somebody from finance has to confirm the bank details first.")
    if instalment.status is InstalmentStatus.SCHEDULED:
        return _to_request(grant, instalment)
    match grant.next_approval(number):
        case 1:
            return msg(
                "Two people have to approve it: first somebody from finance, then an approver, who is somebody else."
            )
        case 2 if instalment.first_approver == viewer:
            return msg("You have approved it. One more person is needed: an approver.")
        case 2:
            return msg("One person has approved it. One more is needed: an approver, who is somebody else.")
        case None:
            return _to_order(grant, instalment, screening=screening, told=told, now=now)
        case other:
            assert_never(other)


def _to_request(grant: Grant, instalment: InstalmentState) -> Message:
    if grant.amendment is not None:
        return msg("The recipient has to answer the amendment first.")
    if instalment.plan.condition != "report" or grant.unused_reports:
        return msg("The recipient has to request it on the page of their grant.")
    if ReportStatus.SUBMITTED in grant.reports.values():
        return msg("The staff have to accept the report; then the recipient can request it.")
    return msg(
        "The recipient has to submit a report. When the staff have accepted it, the recipient can request this instalment."
    )


def _to_order(
    grant: Grant, instalment: InstalmentState, *, screening: bool, told: bool, now: datetime
) -> Message:
    assert grant.payee is not None
    if told and screening and grant.screened is None:
        return msg("Somebody from finance has to screen the payee and record it first.")
    if told and grant.screened == "match":
        return msg("Nothing can be paid, because the payee was found on a sanctions list.")
    if grant.payee.payable_from is not None and now < grant.payee.payable_from:
        return msg(
            "The bank details were changed, so finance can order it from {start}.",
            start=grant.payee.payable_from,
        )
    if instalment.status is InstalmentStatus.FAILED:
        return msg("Finance makes the transfer in the bank again, and then records the new order here.")
    return msg("Finance makes the transfer in the bank, and then records the order here.")


def task_words(kind: TaskKind, count: int) -> Message:
    """What there is to do, to be read after how often."""
    match kind:
        case TaskKind.CONFIRM_PAYEE:
            return counted(
                "grant with bank details to confirm", "grants with bank details to confirm", count=count
            )
        case TaskKind.SCHEDULE:
            return counted(
                "grant to divide into instalments", "grants to divide into instalments", count=count
            )
        case TaskKind.APPROVE:
            return counted("instalment to approve", "instalments to approve", count=count)
        case TaskKind.RECORD_SCREENING:
            return counted("payee to screen", "payees to screen", count=count)
        case TaskKind.INSTRUCT:
            return counted(
                "payment to make in your bank and to record here",
                "payments to make in your bank and to record here",
                count=count,
            )
        case TaskKind.SETTLE:
            return counted(
                "payment to confirm when it is on the bank's statement",
                "payments to confirm when they are on the bank's statement",
                count=count,
            )
        case TaskKind.ANSWER_REPORT:
            return counted("report to accept or return", "reports to accept or return", count=count)
        case TaskKind.AWAIT_ANSWER:
            return counted(
                "amendment that the recipient has not answered yet",
                "amendments that the recipients have not answered yet",
                count=count,
            )
        case TaskKind.COMPLETE:
            return counted("grant to complete", "grants to complete", count=count)
        case _:
            assert_never(kind)
