"""How a grant and its recipient must stand for an act on it."""

from __future__ import annotations

from domain.grants.state import Grant, GrantStatus
from domain.messages import msg
from domain.parties import PartyState
from domain.refusals import Refused


def check_not_erased(recipient: PartyState) -> None:
    """What the bank was told before the erasure can still be settled, for it may have paid; nothing new is paid."""
    if recipient.erased:
        raise Refused(
            msg(
                "The recipient's data was erased, and the bank details with it. "
                "Nothing more of this grant can be confirmed, approved or paid."
            )
        )


def check_accepted(grant: Grant) -> None:
    """Raises `Refused` unless the grant is accepted."""
    if grant.status is not GrantStatus.ACCEPTED:
        raise Refused(
            msg("This is possible only for an accepted grant; this one is {status}.", status=grant.status)
        )
