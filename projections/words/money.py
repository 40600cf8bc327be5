"""Funds and grants, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, assert_never

from domain.funds import FundCommitted, FundFact, FundOpened, FundPledged, FundReceived, FundReleased
from domain.grants.facts import (
    GrantAccepted,
    GrantAmended,
    GrantAmendmentDeclined,
    GrantAmendmentProposed,
    GrantCompleted,
    GrantDeclined,
    GrantFact,
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
    GrantResumed,
    GrantScreened,
    GrantSuspended,
    GrantTerminated,
    Instalment,
)
from domain.labels import SCREENING_RESULTS
from domain.values import amount_text, moment_text
from projections.words.telling import REASONS, Told, Words, count_text

_PAYEES: Final[Mapping[str, str]] = {
    "recipient": "the recipient",
    "fiscal_host": "a fiscal host",
    "other": "another whom the recipient names",
}


def fund_words(fact: FundFact, told: Told) -> Words:
    """What happened to a fund, in `told.currency`."""
    match fact:
        case FundOpened():
            counted = "what was received" if fact.basis == "received" else "what was pledged"
            return Words(
                f"The fund {fact.name} was opened in {fact.currency}.",
                changed=(f"available: from {counted}",),
            )
        case FundPledged():
            restriction = () if fact.restriction is None else (f"restriction: {fact.restriction}",)
            return Words(f"A funder pledged {amount_text(fact.amount, told.currency)}.", changed=restriction)
        case FundReceived():
            amount = amount_text(fact.amount, told.currency)
            return Words(f"Of a pledge {amount} arrived on {fact.received_on.isoformat()}.")
        case FundCommitted():
            return Words(f"{amount_text(fact.amount, told.currency)} was committed to a grant.")
        case FundReleased():
            amount = amount_text(fact.amount, told.currency)
            return Words(f"{amount} that was committed to a grant is available again.", REASONS[fact.reason])
        case _:
            assert_never(fact)


def grant_words(fact: GrantFact, told: Told) -> Words:
    """What happened to a grant, its payee, its reports and its instalments; sums are in `told.currency`."""
    match fact:
        case GrantOffered():
            amount = amount_text(fact.amount, fact.currency)
            return Words(
                f"A grant of {amount} was offered, to be answered by {moment_text(fact.respond_by)}.",
                changed=("status: offered",),
            )
        case GrantAccepted():
            return Words("The recipient accepted the grant.", changed=("status: accepted",))
        case GrantDeclined():
            return Words("The recipient declined the grant.", REASONS[fact.reason], ("status: declined",))
        case GrantLapsed():
            return Words("The offer was not answered in time and lapsed.", changed=("status: lapsed",))
        case GrantPayeeSet():
            wait = () if fact.payable_from is None else (f"payable from: {moment_text(fact.payable_from)}",)
            return Words(
                "The recipient set to whom the grant is paid.",
                changed=(
                    f"payee: {_PAYEES[fact.kind]}, setting {fact.setting}",
                    *wait,
                    *_approvals_ended(fact.approvals_ended),
                ),
            )
        case GrantPayeeConfirmed():
            return Words(
                "Another person confirmed the payee.", changed=(f"payee: setting {fact.setting} confirmed",)
            )
        case GrantScreened():
            return Words(
                f"A screening of the payee was recorded, made on {fact.screened_on.isoformat()}.",
                changed=(f"result: {SCREENING_RESULTS[fact.result]}", f"reference: {fact.reference}"),
            )
        case GrantCompleted():
            return Words("The grant was completed.", changed=("status: completed",))
        case GrantSuspended():
            return Words("The grant was suspended.", REASONS[fact.reason])
        case GrantResumed():
            return Words("The grant was resumed.")
        case GrantTerminated():
            return Words("The grant was ended before all of it was paid.", REASONS[fact.reason])
        case GrantAmendmentProposed():
            return Words(f"Amendment {fact.amendment} was proposed.", changed=_amendment(fact, told))
        case GrantAmended():
            return Words(
                f"The recipient accepted amendment {fact.amendment}.", changed=_amendment(fact, told)
            )
        case GrantAmendmentDeclined():
            return Words(f"The recipient declined amendment {fact.amendment}.")
        case GrantReportSubmitted():
            return Words(
                f"The recipient submitted report {fact.report}.",
                changed=(f"report {fact.report}: submitted",),
            )
        case GrantReportAccepted():
            return Words(f"Report {fact.report} was accepted.", changed=(f"report {fact.report}: accepted",))
        case GrantReportReturned():
            return Words(
                f"Report {fact.report} was returned.",
                REASONS[fact.reason],
                (f"report {fact.report}: returned",),
            )
        case (
            GrantInstalmentsScheduled()
            | GrantInstalmentRequested()
            | GrantInstalmentApproved()
            | GrantInstalmentInstructed()
            | GrantInstalmentSettled()
            | GrantInstalmentFailed()
        ):
            return _instalment(fact, told)
        case _:
            assert_never(fact)


def _instalment(
    fact: GrantInstalmentsScheduled
    | GrantInstalmentRequested
    | GrantInstalmentApproved
    | GrantInstalmentInstructed
    | GrantInstalmentSettled
    | GrantInstalmentFailed,
    told: Told,
) -> Words:
    match fact:
        case GrantInstalmentsScheduled():
            count = count_text(len(fact.instalments), "instalment", "instalments")
            return Words(
                f"The grant is to be paid in {count}.",
                changed=_planned(fact.instalments, fact.unscheduled, told),
            )
        case GrantInstalmentRequested():
            met = "" if fact.report is None else f", for report {fact.report}"
            return _moved(
                fact.instalment, f"The recipient asked for instalment {fact.instalment}{met}.", "requested"
            )
        case GrantInstalmentApproved():
            first = fact.stage == 1
            return _moved(
                fact.instalment,
                f"A {'first' if first else 'second'} person approved instalment {fact.instalment}.",
                "approved once" if first else "approved",
            )
        case GrantInstalmentInstructed():
            return _moved(
                fact.instalment,
                f"The bank was told to pay instalment {fact.instalment}, reference {fact.reference}.",
                "instructed",
            )
        case GrantInstalmentSettled():
            amount = amount_text(fact.amount, fact.currency)
            return Words(
                f"Instalment {fact.instalment} of {amount} was paid on {fact.settled_on.isoformat()}.",
                changed=(f"instalment {fact.instalment}: settled", *_charged(fact)),
            )
        case GrantInstalmentFailed():
            return Words(
                f"The bank did not pay instalment {fact.instalment}.",
                REASONS[fact.reason],
                (f"instalment {fact.instalment}: failed", *_approvals_ended(fact.approvals_ended)),
            )
        case _:
            assert_never(fact)


def _charged(fact: GrantInstalmentSettled) -> Iterator[str]:
    if fact.fee is not None and fact.fee_currency is not None:
        yield f"the bank's fee: {amount_text(fact.fee, fact.fee_currency)}"
    if fact.rate is not None:
        yield f"exchange rate: 1 {fact.currency} = {fact.rate} {fact.rate_currency}"


def _planned(instalments: tuple[Instalment, ...], unscheduled: int, told: Told) -> tuple[str, ...]:
    lines = [
        f"instalment {plan.number}: {amount_text(plan.amount, told.currency)}, due {plan.due.isoformat()}"
        + (", after a report" if plan.condition == "report" else "")
        for plan in instalments
    ]
    if unscheduled:
        lines.append(f"left unscheduled: {amount_text(unscheduled, told.currency)}")
    return tuple(lines)


def _amendment(fact: GrantAmendmentProposed | GrantAmended, told: Told) -> tuple[str, ...]:
    ends = () if fact.ends_on is None else (f"ends on: {fact.ends_on.isoformat()}",)
    return (
        f"amount of the grant: {amount_text(fact.amount, told.currency)}",
        *ends,
        *_planned(fact.instalments or (), fact.unscheduled, told),
    )


def _approvals_ended(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    gone = count_text(count, "approval no longer counts", "approvals no longer count")
    return (f"{gone} because the bank details changed",)


def _moved(number: int, what: str, status: str) -> Words:
    return Words(what, changed=(f"instalment {number}: {status}",))
