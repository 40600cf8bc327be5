"""What may happen to the payee of a grant: that one is set, and confirmed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from domain import limits
from domain.deciding import Fact
from domain.grants.accounts import check_account
from domain.grants.facts import GrantPayeeConfirmed, GrantPayeeSet, PayeeKind
from domain.grants.rules.standing import check_accepted, check_not_erased
from domain.grants.state import Grant
from domain.persons import Person
from domain.refusals import Refused
from domain.values import check_text

PAYEE_WAITING_TIME: Final = timedelta(hours=24)
"""How long no payment is instructed after a confirmed payee was replaced, so that a recipient whose access was
stolen can still object."""


def set_payee(
    grant_id: str, grant: Grant, *, kind: PayeeKind, name: str, account: str, now: datetime
) -> tuple[Fact, ...]:
    """Say to whom the money goes. In place of a payee that was confirmed, it has to wait before it is paid."""
    check_accepted(grant, "The payee can be set")
    return (
        GrantPayeeSet(
            grant=grant_id,
            dossier=grant.dossier,
            setting=1 if grant.payee is None else grant.payee.setting + 1,
            kind=kind,
            name=check_text(name, "name", most=limits.NAME),
            account=check_account(account),
            payable_from=now + PAYEE_WAITING_TIME if grant.payee_confirmed_before else None,
        ),
    )


def confirm_payee(
    grant_id: str, grant: Grant, recipient: Person, *, setting: int, confirmer: str
) -> tuple[Fact, ...]:
    """Confirm the payee as it was seen in `setting`, by another person than the recipient."""
    check_accepted(grant, "The payee can be confirmed")
    check_not_erased(recipient)
    if confirmer == grant.recipient:
        raise Refused("The payee must be confirmed by another person than the recipient.")
    if grant.payee is None:
        raise Refused("The recipient has not set a payee yet.")
    if setting != grant.payee.setting:
        raise Refused(
            f"The payee was set {_times(grant.payee.setting)}; look at the latest setting and confirm that."
        )
    if grant.payee.confirmed:
        raise Refused("This payee was confirmed already.")
    return (GrantPayeeConfirmed(grant=grant_id, setting=setting),)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
