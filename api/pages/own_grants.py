"""What a recipient has to do for a grant, in words: on their start page, in the list of their grants and on the grant's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, assert_never

from domain.grants.statuses import GrantStatus, InstalmentStatus, ReportStatus
from domain.grants.tasks import RecipientTaskKind
from domain.messages import Message, msg
from projections.grants import GrantDetail, GrantLine, OwnGrantTask

WHERE: Final[Mapping[RecipientTaskKind, str]] = {
    RecipientTaskKind.ADD_PAYEE: "payee",
    RecipientTaskKind.REPORT: "reports",
    RecipientTaskKind.REQUEST: "instalments",
}
"""The part of the grant's page where it is done."""


def to_do_words(grant: GrantLine, task: OwnGrantTask) -> Message:
    """What to do, as a line of a list."""
    match task.kind:
        case RecipientTaskKind.ADD_PAYEE:
            return msg("Add the bank details for the grant of {amount}", amount=grant.amount)
        case RecipientTaskKind.REPORT:
            return msg(
                "Write the report that instalment {number} waits for: {amount}, due on {day}",
                number=task.number,
                amount=task.amount,
                day=task.due,
            )
        case RecipientTaskKind.REQUEST:
            return msg(
                "Request instalment {number}: {amount}, due on {day}",
                number=task.number,
                amount=task.amount,
                day=task.due,
            )
        case _:
            assert_never(task.kind)


def state_words(grant: GrantDetail) -> Message | None:
    """Where a grant stands for its recipient, who has nothing to do now or whose grant is suspended."""
    if grant.status == GrantStatus.SUSPENDED:
        return msg(
            "The grant is suspended: no payment can be requested until the staff resume it. If a report is missing, you can submit it "
            "meanwhile."
        )
    if grant.status != GrantStatus.ACCEPTED or grant.amendment is not None:
        return None
    if grant.payee is not None and not grant.payee.confirmed:
        return msg(
            "Somebody of the staff is checking your bank details. You do not have to do anything; you can ask for the first instalment "
            "afterwards."
        )
    if not grant.instalments:
        return msg("The staff divide the grant into instalments next. You do not have to do anything.")
    if all(each.status == InstalmentStatus.SETTLED for each in grant.instalments):
        if any(each.status == ReportStatus.SUBMITTED for each in grant.reports):
            return msg(
                "Everything is paid. The staff are reading your report; you do not have to do anything."
            )
        return msg(
            "Everything is paid. The staff complete the grant when nothing more is expected; until then you can still write a report."
        )
    if any(each.status == InstalmentStatus.FAILED for each in grant.instalments):
        return msg(
            "The bank did not pay an instalment. Check your bank details below; the staff send it again."
        )
    if any(each.status == ReportStatus.SUBMITTED for each in grant.reports):
        return msg("The staff are reading your report. You do not have to do anything now.")
    return msg("A payment is under way. You do not have to do anything now.")
