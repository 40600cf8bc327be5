"""The states of a grant and its recipient that rules require."""

from __future__ import annotations

from domain.grants.state import Grant
from domain.grants.statuses import GrantStatus
from domain.messages import msg
from domain.parties import PartyState
from domain.refusals import Refused


def check_not_erased(recipient: PartyState) -> None:
    """Raises `Refused` if the recipient was erased. Payments that were with the bank before the erasure can still be
    recorded; nothing new is paid."""
    if recipient.erased:
        raise Refused(
            msg(
                "The recipient's data was erased, and the bank details with it. "
                "Nothing more of this grant can be confirmed, approved or paid."
            )
        )


def check_accepted(grant: Grant) -> None:
    """Raises `Refused` unless the grant is accepted and not suspended."""
    _check_in(grant, GrantStatus.ACCEPTED)


def check_not_ended(grant: Grant) -> None:
    """Raises `Refused` unless the grant is accepted; it may be suspended."""
    _check_in(grant, GrantStatus.ACCEPTED, GrantStatus.SUSPENDED)


def check_no_amendment_waits(grant: Grant) -> None:
    """Raises `Refused` while the recipient has not answered an amendment, which could change what is asked for."""
    if grant.amendment is not None:
        raise Refused(
            msg("An amendment of this grant waits for the recipient's answer. It must be answered first.")
        )


def _check_in(grant: Grant, *statuses: GrantStatus) -> None:
    if grant.status not in statuses:
        raise Refused(
            msg("This is possible only for an accepted grant; this one is {status}.", status=grant.status)
        )
