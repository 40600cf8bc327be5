"""How a grant and its recipient must stand for an act on it."""

from __future__ import annotations

from domain.grants.state import Grant, GrantStatus
from domain.parties import PartyState
from domain.refusals import Refused


def check_not_erased(recipient: PartyState) -> None:
    """What the bank was told before the erasure can still be settled, for it may have paid; nothing new is paid."""
    if recipient.erased:
        raise Refused(
            "The recipient was erased, so nobody can read any more to whom this grant is paid; "
            "nothing more of it can be confirmed, approved or paid."
        )


def check_accepted(grant: Grant, what: str) -> None:
    """Raises `Refused` unless the grant is accepted; `what` begins the sentence, such as "The payee can be set"."""
    if grant.status is not GrantStatus.ACCEPTED:
        raise Refused(f"{what} only while the grant is accepted; this one is {grant.status}.")
