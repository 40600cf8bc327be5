"""Commands to set a grant's payee, and to confirm it."""

from __future__ import annotations

from domain import access, limits
from domain.commands.grants.acting import by_recipient, by_staff
from domain.deciding import Command, CommandContext, Plan, Registered
from domain.grants import rules
from domain.grants.facts import PayeeKind
from domain.parties import party_of
from domain.values import GrantId, PartyId


class SetGrantPayee(Command, frozen=True, kw_only=True):
    """Add the bank details of one's own grant: an IBAN; or an account number, which needs the `bank_code` and the `country`
    (two letters) of its bank; or, where there is neither, words. `host` is the organisation or person that is the fiscal
    host, if it is registered here."""

    grant: GrantId
    kind: PayeeKind
    host: PartyId | None = None
    name: limits.Name
    account: limits.Account
    bank_code: limits.BankCode | None = None
    country: limits.Country | None = None


class ConfirmGrantPayee(Command, frozen=True, kw_only=True):
    """Confirm the payee of a grant as it was seen in that `setting`."""

    grant: GrantId
    setting: int


def _set_payee(command: SetGrantPayee, context: CommandContext) -> Plan:
    host_state = None if command.host is None else (yield from party_of(command.host))
    return (
        yield from by_recipient(
            command.grant,
            context,
            lambda grant: rules.set_payee(
                command.grant,
                grant,
                kind=command.kind,
                host=command.host,
                host_state=host_state,
                name=command.name,
                account=command.account,
                bank_code=command.bank_code,
                country=command.country,
                now=context.now,
            ),
        )
    )


def _confirm_payee(command: ConfirmGrantPayee, context: CommandContext) -> Plan:
    return by_staff(
        command.grant,
        context,
        access.finance_on_grant,
        lambda grant, recipient, actor: rules.confirm_payee(
            command.grant, grant, recipient, setting=command.setting, confirmer=actor
        ),
    )


COMMANDS = (
    Registered("grant.set_payee", SetGrantPayee, _set_payee, grave=True),
    Registered("grant.confirm_payee", ConfirmGrantPayee, _confirm_payee, grave=True),
)
