"""The rules for the payee of a grant: setting and confirming it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from domain import limits
from domain.deciding import Fact
from domain.grants.bank_accounts import BankAccount, check_bank_account
from domain.grants.facts import GrantPayeeConfirmed, GrantPayeeSet, PayeeKind
from domain.grants.rules.standing import check_accepted, check_not_ended, check_not_erased
from domain.grants.state import Grant
from domain.messages import msg
from domain.organisations import Organisation, check_takes_part
from domain.parties import Actor, PartyState, is_tied_to
from domain.refusals import FieldError, Invalid, NotFound, Refused
from domain.texts import check_text

PAYEE_WAITING_TIME: Final = timedelta(hours=24)
"""The waiting time for payments after a confirmed payee was replaced, so that a recipient whose access was stolen can
still object."""


def set_payee(
    grant_id: str,
    grant: Grant,
    *,
    kind: PayeeKind,
    host: str | None,
    host_state: PartyState | None,
    name: str,
    account: str,
    bank_code: str | None,
    country: str | None,
    now: datetime,
) -> tuple[Fact, ...]:
    """Add bank details. If they replace a confirmed payee, payments have to wait. `host` is the fiscal host if it is a
    registered party, and `host_state` its state."""
    check_not_ended(grant)
    wrong: list[FieldError] = []
    holder, paid = "", BankAccount(account="")
    try:
        if host is not None:
            _check_host(grant, kind, host, host_state)
    except Invalid as invalid:
        wrong += invalid.errors
    try:
        holder = check_text(name, "name", most=limits.NAME)
    except Invalid as invalid:
        wrong += invalid.errors
    try:
        paid = check_bank_account(account, bank_code=bank_code, country=country)
    except Invalid as invalid:
        wrong += invalid.errors
    if wrong:
        raise Invalid(tuple(wrong))
    return (
        GrantPayeeSet(
            grant=grant_id,
            dossier=grant.dossier,
            setting=1 if grant.payee is None else grant.payee.setting + 1,
            kind=kind,
            party=grant.recipient if kind == "recipient" else host,
            name=holder,
            account=paid.account,
            bank_code=paid.bank_code,
            country=paid.country,
            payable_from=now + PAYEE_WAITING_TIME if grant.payee_confirmed_before else None,
            approvals_ended=grant.standing_approvals,
        ),
    )


def _check_host(grant: Grant, kind: PayeeKind, host: str, state: PartyState | None) -> None:
    if kind != "fiscal_host":
        raise Invalid.field("host", msg("Leave this empty, or choose a fiscal host as the payee."))
    if host == grant.recipient:
        raise Invalid.field(
            "host", msg("The recipient cannot be its own fiscal host; say that it is paid itself.")
        )
    if state is None or state.status is None:
        raise NotFound(msg("There is no such person or organisation."), named=host)
    if isinstance(state, Organisation):
        check_takes_part(state)
    elif state.erased:
        raise Refused(msg("This person was erased."))


def confirm_payee(
    grant_id: str, grant: Grant, recipient: PartyState, *, setting: int, confirmer: Actor
) -> tuple[Fact, ...]:
    """Confirm the payee as it was seen in `setting`, by somebody who acts neither for the recipient nor for the
    payee."""
    check_accepted(grant)
    check_not_erased(recipient)
    if is_tied_to(confirmer, grant.recipient):
        raise Refused(msg("The recipient cannot confirm the payee; somebody else must."))
    if grant.payee is None:
        raise Refused(msg("The recipient has not added bank details yet."))
    if is_tied_to(confirmer, grant.payee.party):
        raise Refused(
            msg("People who act for the payee cannot confirm the bank details; somebody else must.")
        )
    if setting != grant.payee.setting:
        raise Refused(
            msg("The bank details have been changed since; look at the new ones, then confirm them.")
        )
    if grant.payee.confirmed:
        raise Refused(msg("This payee is already confirmed."))
    return (GrantPayeeConfirmed(grant=grant_id, setting=setting, confirmer=confirmer.id),)
