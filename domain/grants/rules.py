"""What may happen to a grant: one function for each command.

Three people stand between a request and a payment: the recipient asks, and two others approve. None of the rules
relies on access alone for that: who approves is compared here, by person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec

from domain.applications import Application, ApplicationStatus, check_explanation
from domain.calls import Call
from domain.deciding import Fact
from domain.funds import Fund, check_past
from domain.grants.accounts import check_account
from domain.grants.facts import (
    Condition,
    DeclineReason,
    FailureReason,
    GrantAccepted,
    GrantCompleted,
    GrantDeclined,
    GrantInstalmentApproved,
    GrantInstalmentFailed,
    GrantInstalmentInstructed,
    GrantInstalmentRequested,
    GrantInstalmentSettled,
    GrantInstalmentsScheduled,
    GrantLapsed,
    GrantOffered,
    GrantPayeeConfirmed,
    GrantPayeeSet,
    GrantReportAccepted,
    GrantReportReturned,
    GrantReportSubmitted,
    Instalment,
    PayeeKind,
    ReturnReason,
)
from domain.grants.state import Grant, GrantStatus, InstalmentState, InstalmentStatus, ReportStatus
from domain.persons import Person, PersonStatus
from domain.refusals import FieldError, Invalid, NotFound, Refused
from domain.values import Money, amount_text, check_text, in_utc

PAYEE_WAITING_TIME: Final = timedelta(hours=24)
"""How long no payment is instructed after a confirmed payee was replaced, so that a recipient whose access was
stolen can still object."""

MOST_INSTALMENTS: Final = 12
"""The most instalments in which a grant is paid."""

_OTHER_ZONES: Final = timedelta(days=1)
"""By how much the day on the bank's calendar may lie before the day in UTC."""

_REFERENCE: Final = re.compile(r"[A-Za-z0-9/?:().,'+ -]{1,35}\Z", re.ASCII)
"""What every bank carries unharmed: the character set and the length of a reference in ISO 20022 payments."""


class PlannedInstalment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One payment as staff plan it; its place in the plan is its number."""

    amount: Money
    due: date
    condition: Condition = "none"


# The offer


def offer(
    grant_id: str,
    application_id: str,
    application: Application,
    call: Call,
    fund: Fund,
    recipient: Person,
    *,
    respond_by: datetime,
    now: datetime,
) -> tuple[Fact, ...]:
    """Offer an applicant what the panel awarded, from the call's fund, until a moment with its offset."""
    if application.status is not ApplicationStatus.AWARDED:
        raise Refused(
            f"Only an awarded application can be offered a grant; this one is {application.status}."
        )
    if recipient.status is PersonStatus.ERASED:
        raise Refused("The applicant was erased and can accept no grant.")
    if application.currency != fund.currency:
        raise Refused(f"The award is in {application.currency}, and the call's fund is in {fund.currency}.")
    respond_by = in_utc(respond_by, "respond_by")
    if respond_by <= now:
        raise Invalid.field("respond_by", "The time to respond by must lie in the future.")
    return (
        GrantOffered(
            grant=grant_id,
            initiative=application.initiative,
            call=application.call,
            application=application_id,
            fund=call.fund,
            recipient=application.applicant,
            amount=application.awarded,
            currency=application.currency,
            respond_by=respond_by,
        ),
    )


def accept(grant_id: str, grant: Grant, *, now: datetime) -> tuple[Fact, ...]:
    """Accept an offer in time."""
    _check_offered(grant, "accepted")
    assert grant.respond_by is not None
    if now >= grant.respond_by:
        raise Refused(f"The offer stood until {_moment(grant.respond_by)}; it can no longer be accepted.")
    return (GrantAccepted(grant=grant_id),)


def decline(
    grant_id: str, grant: Grant, *, reason: DeclineReason, explanation: str | None
) -> tuple[Fact, ...]:
    """Decline an offer before it lapses."""
    _check_offered(grant, "declined")
    return (
        GrantDeclined(
            grant=grant_id,
            recipient=grant.recipient,
            reason=reason,
            explanation=check_explanation(explanation),
        ),
    )


def lapse(grant_id: str, grant: Grant, *, now: datetime) -> tuple[Fact, ...]:
    """End an offer that was not answered, so that its money can be granted to somebody else."""
    if grant.status is not GrantStatus.OFFERED:
        raise Refused(f"Only an offered grant can lapse; this one is {grant.status}.")
    assert grant.respond_by is not None
    if now < grant.respond_by:
        raise Refused(f"The offer stands until {_moment(grant.respond_by)}; it does not lapse before.")
    return (GrantLapsed(grant=grant_id),)


# The payee


def set_payee(
    grant_id: str, grant: Grant, *, kind: PayeeKind, name: str, account: str, now: datetime
) -> tuple[Fact, ...]:
    """Say to whom the money goes. In place of a payee that was confirmed, it has to wait before it is paid."""
    _check_accepted(grant, "The payee can be set")
    return (
        GrantPayeeSet(
            grant=grant_id,
            recipient=grant.recipient,
            setting=1 if grant.payee is None else grant.payee.setting + 1,
            kind=kind,
            name=check_text(name, "name", most=200),
            account=check_account(account),
            payable_from=now + PAYEE_WAITING_TIME if grant.payee_confirmed_before else None,
        ),
    )


def confirm_payee(
    grant_id: str, grant: Grant, recipient: Person, *, setting: int, confirmer: str
) -> tuple[Fact, ...]:
    """Confirm the payee as it was seen in `setting`, by another person than the recipient."""
    _check_accepted(grant, "The payee can be confirmed")
    _check_not_erased(recipient)
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


# The schedule


def schedule(grant_id: str, grant: Grant, *, instalments: Sequence[PlannedInstalment]) -> tuple[Fact, ...]:
    """Divide a grant into instalments that add up to no more than it; anew only while none was requested."""
    _check_accepted(grant, "Instalments can be scheduled")
    if any(instalment.status is not InstalmentStatus.SCHEDULED for instalment in grant.instalments.values()):
        raise Refused("An instalment was requested already, so the schedule stands.")
    if not 1 <= len(instalments) <= MOST_INSTALMENTS:
        raise Invalid.field("instalments", f"A grant is paid in 1 to {MOST_INSTALMENTS} instalments.")
    plans = tuple(
        Instalment(number=number, amount=amount, condition=planned.condition, due=planned.due)
        for number, (planned, amount) in enumerate(
            zip(instalments, _amounts(grant, instalments), strict=True), 1
        )
    )
    total = sum(plan.amount for plan in plans)
    if total > grant.amount:
        planned_text, most = amount_text(total, grant.currency), amount_text(grant.amount, grant.currency)
        raise Refused(f"The instalments add up to {planned_text}, which is more than the grant of {most}.")
    return (GrantInstalmentsScheduled(grant=grant_id, instalments=plans),)


# Reports


def submit_report(grant_id: str, grant: Grant, *, text: str) -> tuple[Fact, ...]:
    """Report on what was done with the money; one report at a time."""
    _check_accepted(grant, "A report can be submitted")
    _check_no_report_waits(grant)
    return (
        GrantReportSubmitted(
            grant=grant_id,
            report=len(grant.reports) + 1,
            recipient=grant.recipient,
            text=check_text(text, "text", most=50_000, long=True),
        ),
    )


def accept_report(grant_id: str, grant: Grant, *, report: int) -> tuple[Fact, ...]:
    """Accept a submitted report."""
    _check_submitted_report(grant, report, "accepted")
    return (GrantReportAccepted(grant=grant_id, report=report),)


def return_report(
    grant_id: str, grant: Grant, *, report: int, reason: ReturnReason, explanation: str | None
) -> tuple[Fact, ...]:
    """Return a submitted report, with the reason; the recipient may submit another."""
    _check_submitted_report(grant, report, "returned")
    return (
        GrantReportReturned(
            grant=grant_id,
            report=report,
            recipient=grant.recipient,
            reason=reason,
            explanation=check_explanation(explanation),
        ),
    )


# Instalments


def request(grant_id: str, grant: Grant, *, number: int) -> tuple[Fact, ...]:
    """Ask for an instalment. One that follows a report needs those before it requested, and an accepted report that
    met no other instalment's condition; the oldest such report is used."""
    _check_accepted(grant, "An instalment can be requested")
    instalment = _find(grant, number)
    if instalment.status is not InstalmentStatus.SCHEDULED:
        raise Refused(f"Only a scheduled instalment can be requested; this one is {instalment.status}.")
    if grant.payee is None or not grant.payee.confirmed:
        raise Refused("An instalment can be requested once the payee is set and confirmed.")
    return (
        GrantInstalmentRequested(
            grant=grant_id,
            instalment=number,
            report=_report_for(grant, number) if instalment.plan.condition == "report" else None,
        ),
    )


def approve(
    grant_id: str, grant: Grant, recipient: Person, *, number: int, approver: str
) -> tuple[Fact, ...]:
    """Approve a requested instalment, first or second, to be paid to the payee of now; never the recipient, and never
    one person twice."""
    instalment = _find(grant, number)
    _check_not_erased(recipient)
    stage = grant.next_stage(number)
    if stage is None and instalment.status is InstalmentStatus.FAILED:
        raise Refused("The approvals of this failed instalment stand, so it can be instructed again.")
    if stage is None:
        raise Refused(f"Only a requested instalment can be approved, twice; this one is {instalment.status}.")
    if approver == grant.recipient:
        raise Refused("An instalment must be approved by other people than the recipient.")
    if stage == 2 and approver == instalment.first_approver:
        raise Refused("The second approval must come from another person than the first.")
    return (GrantInstalmentApproved(grant=grant_id, instalment=number, approver=approver, stage=stage),)


def instruct(
    grant_id: str, grant: Grant, recipient: Person, *, number: int, reference: str, now: datetime
) -> tuple[Fact, ...]:
    """Record that the bank was told to pay: after both approvals, each of them for this payee, to a confirmed payee
    whose waiting time is over, and whose recipient was not erased."""
    instalment = _find(grant, number)
    _check_not_erased(recipient)
    if grant.next_stage(number) is not None and grant.outdated(instalment):
        raise Refused(
            "The payee was changed after this instalment was approved, so it must be approved twice again."
        )
    if instalment.status not in (InstalmentStatus.APPROVED, InstalmentStatus.FAILED):
        raise Refused(
            f"Only an instalment approved twice can be instructed; this one is {instalment.status}."
        )
    if not _REFERENCE.match(reference) or reference != reference.strip():
        detail = (
            "A reference has 1 to 35 letters, digits, spaces or signs of /-?:().,'+ and no space at its ends."
        )
        raise Invalid.field("reference", detail)
    payee = grant.payee
    if payee is None or not payee.confirmed:
        raise Refused("The payee was changed and is not confirmed; it must be confirmed before a payment.")
    if payee.payable_from is not None and now < payee.payable_from:
        raise Refused(
            f"The payee was changed; payments can be instructed from {_moment(payee.payable_from)}."
        )
    return (
        GrantInstalmentInstructed(
            grant=grant_id, instalment=number, setting=payee.setting, reference=reference
        ),
    )


def settle(
    grant_id: str,
    grant: Grant,
    *,
    number: int,
    amount: Money,
    settled_on: date,
    instructed_on: date | None,
    now: datetime,
) -> tuple[Fact, ...]:
    """Record that the bank paid an instalment, to the last minor unit, and not before it was told to.

    `instructed_on` is the day, in UTC, on which it was told last; None where that was not noted.
    """
    instalment = _find(grant, number)
    _check_instructed(instalment, "settled")
    minor = amount.minor("amount", currency=grant.currency, least=1)
    check_past(settled_on, "settled_on", now)
    if instructed_on is not None and settled_on < (earliest := instructed_on - _OTHER_ZONES):
        raise Invalid.field(
            "settled_on",
            f"The bank was told to pay on {instructed_on}, so it cannot have paid before {earliest}.",
        )
    if minor != instalment.plan.amount:
        planned = amount_text(instalment.plan.amount, grant.currency)
        raise Refused(
            f"The instalment is {planned}, so {amount_text(minor, grant.currency)} cannot settle it."
        )
    return (
        GrantInstalmentSettled(
            grant=grant_id, instalment=number, amount=minor, currency=grant.currency, settled_on=settled_on
        ),
    )


def fail(grant_id: str, grant: Grant, *, number: int, reason: FailureReason) -> tuple[Fact, ...]:
    """Record that the bank did not pay an instalment."""
    _check_instructed(_find(grant, number), "found to have failed")
    return (GrantInstalmentFailed(grant=grant_id, instalment=number, reason=reason),)


def complete(grant_id: str, grant: Grant) -> tuple[Fact, ...]:
    """End a grant once every instalment is settled and every report answered."""
    _check_accepted(grant, "A grant can be completed")
    if not grant.instalments:
        raise Refused("A grant can be completed once its instalments are scheduled and settled.")
    unsettled = [
        number
        for number, instalment in sorted(grant.instalments.items())
        if instalment.status is not InstalmentStatus.SETTLED
    ]
    if unsettled:
        status = grant.instalments[unsettled[0]].status
        raise Refused(f"A grant can be completed once all is settled; instalment {unsettled[0]} is {status}.")
    _check_no_report_waits(grant)
    return (GrantCompleted(grant=grant_id),)


def _check_not_erased(recipient: Person) -> None:
    """What the bank was told before the erasure can still be settled, for it may have paid; nothing new is paid."""
    if recipient.status is PersonStatus.ERASED:
        raise Refused(
            "The recipient was erased, so nobody can read any more to whom this grant is paid; "
            "nothing more of it can be confirmed, approved or paid."
        )


def _check_offered(grant: Grant, done: str) -> None:
    if grant.status is not GrantStatus.OFFERED:
        raise Refused(f"Only an offered grant can be {done}; this one is {grant.status}.")


def _check_accepted(grant: Grant, what: str) -> None:
    if grant.status is not GrantStatus.ACCEPTED:
        raise Refused(f"{what} only while the grant is accepted; this one is {grant.status}.")


def _check_instructed(instalment: InstalmentState, done: str) -> None:
    if instalment.status is not InstalmentStatus.INSTRUCTED:
        raise Refused(f"Only an instructed instalment can be {done}; this one is {instalment.status}.")


def _check_no_report_waits(grant: Grant) -> None:
    for number, status in grant.reports.items():
        if status is ReportStatus.SUBMITTED:
            raise Refused(f"Report {number} must be accepted or returned first.")


def _check_submitted_report(grant: Grant, report: int, done: str) -> None:
    status = grant.reports.get(report)
    if status is None:
        raise NotFound("There is no such report on this grant.")
    if status is not ReportStatus.SUBMITTED:
        raise Refused(f"Only a submitted report can be {done}; this one is {status}.")


def _amounts(grant: Grant, instalments: Sequence[PlannedInstalment]) -> list[int]:
    """The instalments' sums in minor units; raises `Invalid` with all that is wrong with any of them."""
    amounts: list[int] = []
    errors: list[FieldError] = []
    for place, planned in enumerate(instalments):
        try:
            amounts.append(
                planned.amount.minor(f"instalments[{place}].amount", currency=grant.currency, least=1)
            )
        except Invalid as invalid:
            errors.extend(invalid.errors)
    if errors:
        raise Invalid(tuple(errors))
    return amounts


def _find(grant: Grant, number: int) -> InstalmentState:
    instalment = grant.instalments.get(number)
    if instalment is None:
        raise NotFound("There is no such instalment of this grant.")
    return instalment


def _report_for(grant: Grant, number: int) -> int:
    for before in range(1, number):
        if grant.instalments[before].status is InstalmentStatus.SCHEDULED:
            raise Refused(
                f"Instalment {number} follows a report, so instalment {before} must be requested first."
            )
    if not grant.unused_reports:
        raise Refused(f"Instalment {number} needs an accepted report of its own; submit one first.")
    return grant.unused_reports[0]


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
