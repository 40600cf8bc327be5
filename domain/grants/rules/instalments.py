"""The rules for an instalment, from the request to the payment."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from domain import limits
from domain.deciding import Fact
from domain.exchange import Exchange, check_exchange
from domain.funds import check_past
from domain.grants.facts import (
    FailureReason,
    GrantInstalmentApproved,
    GrantInstalmentFailed,
    GrantInstalmentInstructed,
    GrantInstalmentRequested,
    GrantInstalmentSettled,
)
from domain.grants.rules.screening import check_screened
from domain.grants.rules.standing import check_accepted, check_no_amendment_waits, check_not_erased
from domain.grants.state import Grant, InstalmentState
from domain.grants.statuses import InstalmentStatus
from domain.messages import msg
from domain.parties import Actor, PartyState, is_tied_to
from domain.refusals import Invalid, NotFound, Refused
from domain.texts import check_line
from domain.values import Money

_OTHER_ZONES: Final = timedelta(days=1)
"""How much earlier the day in the bank's calendar may be than the day in UTC."""

_REFERENCE: Final = re.compile(r"[A-Za-z0-9/?:().,'+ -]+\Z", re.ASCII)
"""The characters that every bank transmits unchanged: those of a reference in ISO 20022 payments."""


def request(grant_id: str, grant: Grant, *, number: int) -> tuple[Fact, ...]:
    """Request an instalment. If it follows a report, the instalments before it must have been requested, and there must
    be an accepted report that met no other instalment's condition; the oldest such report is used."""
    check_accepted(grant)
    check_no_amendment_waits(grant)
    instalment = _find(grant, number)
    if instalment.status is not InstalmentStatus.SCHEDULED:
        raise Refused(
            msg(
                "Only a scheduled instalment can be requested; this one is {status}.",
                status=instalment.status,
            )
        )
    if grant.payee is None or not grant.payee.confirmed:
        raise Refused(msg("An instalment can be requested once the bank details are added and confirmed."))
    return (
        GrantInstalmentRequested(
            grant=grant_id,
            instalment=number,
            report=_report_for(grant, number) if instalment.plan.condition == "report" else None,
        ),
    )


def approve(
    grant_id: str, grant: Grant, recipient: PartyState, *, number: int, approver: Actor
) -> tuple[Fact, ...]:
    """Approve a requested instalment, first or second, to be paid to the present confirmed payee. The recipient can
    never do this, nor the same person twice."""
    instalment = _find(grant, number)
    check_accepted(grant)
    check_not_erased(recipient)
    approval = grant.next_approval(number)
    if approval is None and instalment.status is InstalmentStatus.FAILED:
        raise Refused(
            msg("This instalment failed but is still approved, so it can be sent to the bank again.")
        )
    if approval is None:
        raise Refused(
            msg(
                "Only a requested instalment can be approved; this one is {status}.", status=instalment.status
            )
        )
    if is_tied_to(approver, grant.recipient):
        raise Refused(msg("The recipient cannot approve an instalment; somebody else must."))
    if grant.payee is not None and is_tied_to(approver, grant.payee.party):
        raise Refused(msg("People who act for the payee cannot approve an instalment; somebody else must."))
    if approval == 2 and approver.id == instalment.first_approver:
        raise Refused(msg("You gave the first approval; the second must come from somebody else."))
    if grant.payee is None or not grant.payee.confirmed:
        raise Refused(
            msg(
                "The bank details are not confirmed yet. Confirm them first; then this instalment can be approved."
            )
        )
    return (
        GrantInstalmentApproved(grant=grant_id, instalment=number, approver=approver.id, approval=approval),
    )


def instruct(
    grant_id: str,
    grant: Grant,
    recipient: PartyState,
    *,
    number: int,
    reference: str,
    screening: bool,
    now: datetime,
) -> tuple[Fact, ...]:
    """Record that the bank was instructed to pay: after both approvals, each for this payee; to a confirmed payee whose
    waiting time is over, who was screened if `screening` requires it, and whose recipient was not erased."""
    instalment = _find(grant, number)
    check_accepted(grant)
    check_not_erased(recipient)
    if grant.next_approval(number) is not None and instalment.approvals_ended:
        raise Refused(
            msg(
                "Somebody who approved this instalment has begun to act for the recipient or the payee since. So it needs both "
                "approvals again, from people who act for neither."
            )
        )
    if grant.next_approval(number) is not None and grant.outdated(instalment):
        raise Refused(
            msg("The payee was changed after this instalment was approved, so it needs both approvals again.")
        )
    if instalment.status not in (InstalmentStatus.APPROVED, InstalmentStatus.FAILED):
        raise Refused(
            msg(
                "Only an instalment approved twice can be sent to the bank; this one is {status}.",
                status=instalment.status,
            )
        )
    reference = check_line(reference, "reference", most=limits.REFERENCE)
    if not _REFERENCE.match(reference):
        raise Invalid.field(
            "reference",
            msg(
                "Use only the letters A to Z, digits, spaces and the characters {signs}",
                signs="/ - ? : ( ) . , ' +",
            ),
        )
    payee = grant.payee
    if payee is None or not payee.confirmed:
        raise Refused(msg("The bank details are not confirmed. They must be confirmed before a payment."))
    check_screened(grant, required=screening)
    if payee.payable_from is not None and now < payee.payable_from:
        raise Refused(
            msg(
                "The payee was changed recently; payments are possible from {start}.",
                start=payee.payable_from,
            )
        )
    return (
        GrantInstalmentInstructed(
            grant=grant_id,
            instalment=number,
            setting=payee.setting,
            reference=reference,
            instructed_at=now,
        ),
    )


def settle(
    grant_id: str,
    grant: Grant,
    *,
    number: int,
    amount: Money,
    settled_on: date,
    fee: Money | None,
    exchange: Exchange | None,
    now: datetime,
) -> tuple[Fact, ...]:
    """Record that the bank paid an instalment: the exact amount, and not before it was instructed; with the bank's fee
    and the exchange rate, if they are known. Neither changes what the grant or the fund paid."""
    instalment = _find(grant, number)
    _check_instructed(instalment)
    assert instalment.instructed_at is not None
    instructed_on = instalment.instructed_at.astimezone(UTC).date()
    minor = amount.minor("amount", currency=grant.currency, least=1)
    check_past(settled_on, "settled_on", now)
    if settled_on < (earliest := instructed_on - _OTHER_ZONES):
        raise Invalid.field(
            "settled_on",
            msg(
                "The payment was sent to the bank on {instructed}, so it cannot have been made before {earliest}.",
                instructed=instructed_on,
                earliest=earliest,
            ),
        )
    if minor != instalment.plan.amount:
        raise Refused(
            msg(
                "The instalment is {planned}, so a payment of {given} does not match it.",
                planned=Money.of(instalment.plan.amount, grant.currency),
                given=Money.of(minor, grant.currency),
            )
        )
    charged = None if fee is None else fee.minor("fee")
    changed = None if exchange is None else check_exchange(exchange, "exchange", sent=grant.currency)
    return (
        GrantInstalmentSettled(
            grant=grant_id,
            instalment=number,
            amount=minor,
            currency=grant.currency,
            settled_on=settled_on,
            fee=charged,
            fee_currency=None if fee is None else fee.currency,
            rate=None if changed is None else changed.rate,
            rate_currency=None if changed is None else changed.currency,
        ),
    )


def fail(grant_id: str, grant: Grant, *, number: int, reason: FailureReason) -> tuple[Fact, ...]:
    """Record that the bank did not pay an instalment."""
    instalment = _find(grant, number)
    _check_instructed(instalment)
    return (
        GrantInstalmentFailed(
            grant=grant_id,
            instalment=number,
            reason=reason,
            approvals_ended=instalment.approvals if grant.outdated(instalment) else 0,
        ),
    )


def _check_instructed(instalment: InstalmentState) -> None:
    if instalment.status is not InstalmentStatus.INSTRUCTED:
        raise Refused(
            msg(
                "Only an instalment that was sent to the bank can be recorded as paid or failed; this one is {status}.",
                status=instalment.status,
            )
        )


def _find(grant: Grant, number: int) -> InstalmentState:
    instalment = grant.instalments.get(number)
    if instalment is None:
        raise NotFound(msg("This grant has no such instalment."))
    return instalment


def _report_for(grant: Grant, number: int) -> int:
    for before in sorted(each for each in grant.instalments if each < number):
        if grant.instalments[before].status is InstalmentStatus.SCHEDULED:
            raise Refused(
                msg(
                    "Instalment {number} follows a report, so instalment {before} must be requested first.",
                    number=number,
                    before=before,
                )
            )
    if not grant.unused_reports:
        raise Refused(
            msg("Instalment {number} needs an accepted report of its own; submit one first.", number=number)
        )
    return grant.unused_reports[0]
