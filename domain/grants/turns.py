"""What waits on grants for the people of the initiative, in words, and who has to do what next so that an instalment is paid."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

import msgspec

from domain.grants.state import Grant
from domain.grants.statuses import InstalmentStatus
from domain.grants.steps import Step, earliest_scheduled, step_of
from domain.grants.tasks import TaskKind
from domain.messages import Message, counted, msg


def turn_of(
    grant: Grant, number: int, *, viewer: str, screening: bool, told: bool, erased: bool, now: datetime
) -> Message | None:
    """Whose turn it is with an instalment of a grant, as told to `viewer`; None if nobody has to do anything more. `screening`: the
    payee is screened before a payment; `told`: the viewer may know what that found; `erased`: the recipient was erased."""
    if not told:
        grant, screening = msgspec.structs.replace(grant, screening=None), False
    instalment = grant.instalments[number]
    match step_of(grant, number, screening=screening, erased=erased, now=now):
        case Step.NONE:
            return None
        case Step.SETTLE:
            return msg("Finance records the payment here once the bank's statement shows it.")
        case Step.ERASED:
            return msg(
                "The recipient's data was erased, so it cannot be paid any more. The staff can end the grant; then what was not paid "
                "returns to the fund."
            )
        case Step.RESUME:
            return msg("The grant is suspended: the staff have to resume it first.")
        case Step.ANSWER_AMENDMENT:
            return msg("The recipient has to answer the amendment first.")
        case Step.ADD_PAYEE:
            return msg("The recipient has to add bank details first.")
        case Step.CONFIRM_PAYEE:
            return msg("Somebody from finance has to confirm the bank details first.")
        case Step.REQUEST_EARLIER:
            return msg(
                "The recipient has to request instalment {number} first.", number=earliest_scheduled(grant)
            )
        case Step.REPORT:
            return msg(
                "The recipient has to submit a report. When the staff have accepted it, the recipient can request this instalment."
            )
        case Step.ANSWER_REPORT:
            return msg("The staff have to accept the report; then the recipient can request it.")
        case Step.REQUEST:
            return msg("The recipient has to request it on the page of their grant.")
        case Step.APPROVE_FIRST:
            return msg(
                "Two people have to approve it: first somebody from finance, then an approver, who is somebody else."
            )
        case Step.APPROVE_SECOND if instalment.first_approver == viewer:
            return msg("You have approved it. One more person is needed: an approver.")
        case Step.APPROVE_SECOND:
            return msg("One person has approved it. One more is needed: an approver, who is somebody else.")
        case Step.SCREEN:
            return msg("Somebody from finance has to screen the payee and record it first.")
        case Step.ON_A_LIST:
            return msg("Nothing can be paid, because the payee was found on a sanctions list.")
        case Step.WAIT:
            assert grant.payee is not None
            return msg(
                "The bank details were changed, so finance can order it from {start}.",
                start=grant.payee.payable_from,
            )
        case Step.INSTRUCT if instalment.status is InstalmentStatus.FAILED:
            return msg("Finance makes the transfer in the bank again, and then records the new order here.")
        case Step.INSTRUCT:
            return msg("Finance makes the transfer in the bank, and then records the order here.")
        case other:
            assert_never(other)


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
