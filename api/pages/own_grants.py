"""What a recipient has to do for a grant, in words: on their start page, in the list of their grants and on the grant's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, assert_never

from domain.grants.tasks import RecipientTaskKind
from domain.messages import Message, msg
from projections.grants import GrantLine, OwnGrantTask

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
