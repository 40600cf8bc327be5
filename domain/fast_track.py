"""The fast track: a lighter procedure for small emergency grants, up to a sum that the call names.

Two people review each application; the panel's decision can be confirmed without the chair closing the panel first; and
the grant is paid in one instalment, which is scheduled when it is accepted. The protection of money stays: nobody
confirms their own decision, the payee is confirmed, and two people who are not paid by it approve the payment.
"""

from __future__ import annotations

from typing import Final

from domain.messages import msg
from domain.refusals import Invalid, Refused
from domain.values import Money

REVIEWS: Final = 2
"""The number of reviews that each application needs."""


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


def check_quorum_stays() -> None:
    """Refuse to let an application go to the panel with fewer reviews."""
    raise Refused(
        msg(
            "On the fast track each application has {reviews} reviews, so their number cannot be lowered. Ask another juror.",
            reviews=REVIEWS,
        )
    )


def check_one_instalment(count: int) -> None:
    """Raise `Invalid` if a grant on the fast track would be paid in more than one instalment."""
    if count > 1:
        raise Invalid.field("instalments", msg("A grant on the fast track is paid in one instalment."))


def check_ceiling(maximum_award: int, *, up_to: int, currency: str) -> None:
    """Raise `Invalid` if a call awards more, in minor units, than its fast track allows."""
    if maximum_award > up_to:
        raise Invalid.field(
            "maximum_award.amount",
            msg(
                "The fast track of this call goes up to {most}; to award more, draft a call without it.",
                most=Money.of(up_to, currency),
            ),
        )
