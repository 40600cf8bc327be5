"""The fast track: a lighter way for small emergency grants, in a call that says up to which sum it goes.

Two people review each application; whoever confirms the panel's decision may do so without the chair closing it first; and
the grant is paid in one instalment, which is made when it is accepted. What protects money stays: nobody confirms what they
decided, the payee is confirmed, two people approve the payment, and none of them is paid by it.
"""

from __future__ import annotations

from typing import Final

from domain.messages import msg
from domain.refusals import Invalid
from domain.values import Money

REVIEWS: Final = 2
"""How many reviews each application needs."""


def check_quorum(quorum: int, field: str) -> None:
    """Raise `Invalid` unless two people review each application."""
    if quorum != REVIEWS:
        raise Invalid.field(
            field,
            msg(
                "On the fast track each application has {reviews} reviews, not {given}.",
                reviews=REVIEWS,
                given=quorum,
            ),
        )


def check_ceiling(maximum_award: int, *, up_to: int, currency: str) -> None:
    """Raise `Invalid` where a call awards more, in minor units, than its fast track goes up to."""
    if maximum_award > up_to:
        raise Invalid.field(
            "maximum_award.amount",
            msg(
                "The fast track of this call goes up to {most}; for more than that, draft a call without it.",
                most=Money.of(up_to, currency),
            ),
        )
