"""Asking to set the payee of a grant, and to confirm it."""

from __future__ import annotations

from domain import access, limits
from domain.commands.grants.acting import by_recipient, by_staff
from domain.deciding import Command, Given, Plan, Registered
from domain.grants import rules
from domain.grants.facts import PayeeKind
from domain.values import GrantId


class SetGrantPayee(Command, frozen=True, kw_only=True):
    """Say to whom, and to which account, one's grant is paid: an IBAN, or another account in words; or an account number with
    the `bank_code` and the `country` (two letters) of its bank."""

    grant: GrantId
    kind: PayeeKind
    name: limits.Name
    account: limits.Account
    bank_code: limits.BankCode | None = None
    country: limits.Country | None = None


class ConfirmGrantPayee(Command, frozen=True, kw_only=True):
    """Confirm the payee of a grant as it was seen in that `setting`."""

    grant: GrantId
    setting: int


def _set_payee(command: SetGrantPayee, given: Given) -> Plan:
    return by_recipient(
        command.grant,
        given,
        lambda grant: rules.set_payee(
            command.grant,
            grant,
            kind=command.kind,
            name=command.name,
            account=command.account,
            bank_code=command.bank_code,
            country=command.country,
            now=given.now,
        ),
    )


def _confirm_payee(command: ConfirmGrantPayee, given: Given) -> Plan:
    return by_staff(
        command.grant,
        given,
        access.finance_on_grant,
        lambda grant, recipient: rules.confirm_payee(
            command.grant, grant, recipient, setting=command.setting, confirmer=given.actor
        ),
    )


COMMANDS = (
    Registered("grant.set_payee", SetGrantPayee, _set_payee),
    Registered("grant.confirm_payee", ConfirmGrantPayee, _confirm_payee),
)
