"""Facts of a grant, its instalments and reports, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, assert_never

from domain.grants.facts import (
    GrantAccepted,
    GrantAmended,
    GrantAmendmentDeclined,
    GrantAmendmentProposed,
    GrantCompleted,
    GrantDecisionsEnded,
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
    GrantScreeningEnded,
    GrantSuspended,
    GrantTerminated,
    Instalment,
    PayeeKind,
)
from domain.labels import SCREENING_RESULTS, reason
from domain.messages import At, Message, counted, msg
from domain.values import Money
from projections.words.sentences import FactInWords, SentenceContext

_PAYEES: Final[Mapping[PayeeKind, Message]] = {
    "recipient": msg("Payee: the recipient"),
    "fiscal_host": msg("Payee: a fiscal host"),
    "other": msg("Payee: somebody else, named by the recipient"),
}


def grant_words(fact: GrantFact, context: SentenceContext) -> FactInWords:
    """A fact of a grant, its payee, its reports or its instalments; sums are in `context.currency`."""
    actor, about = context.actor, context.about
    match fact:
        case GrantOffered():
            return FactInWords(
                msg(
                    "{actor} offered a grant of {amount} for {about}, to be answered by {respond_by}.",
                    actor=actor,
                    about=about,
                    amount=Money.of(fact.amount, fact.currency),
                    respond_by=At(fact.respond_by, context.zone),
                )
            )
        case GrantAccepted():
            return FactInWords(msg("{actor} accepted the grant for {about}.", actor=actor, about=about))
        case GrantDeclined():
            return FactInWords(
                msg("{actor} declined the grant for {about}.", actor=actor, about=about), reason(fact.reason)
            )
        case GrantLapsed():
            return FactInWords(
                msg("The offer of a grant for {about} was not answered in time and lapsed.", about=about)
            )
        case GrantPayeeSet():
            wait = (
                ()
                if fact.payable_from is None
                else (msg("Can be paid from {payable_from}", payable_from=fact.payable_from),)
            )
            return FactInWords(
                msg("{actor} added the bank details of the grant for {about}.", actor=actor, about=about),
                changed=(_PAYEES[fact.kind], *wait, *_approvals_ended(fact.approvals_ended)),
            )
        case GrantPayeeConfirmed():
            return FactInWords(
                msg("{actor} confirmed the payee of the grant for {about}.", actor=actor, about=about)
            )
        case GrantScreened():
            return FactInWords(
                msg(
                    "{actor} recorded a screening of the payee of the grant for {about}, made on {screened_on}.",
                    actor=actor,
                    about=about,
                    screened_on=fact.screened_on,
                ),
                changed=(
                    msg("Result of the screening: {result}", result=SCREENING_RESULTS[fact.result]),
                    msg("Reference of the screening: {reference}", reference=fact.reference),
                ),
            )
        case GrantScreeningEnded():
            return FactInWords(
                msg(
                    "The screening of the payee of the grant for {about} no longer counts: the person who recorded it has begun "
                    "to act for the recipient or the payee.",
                    about=about,
                )
            )
        case GrantDecisionsEnded():
            return FactInWords(
                msg(
                    "A person who decided on the payments of the grant for {about} has begun to act for the recipient or the "
                    "payee.",
                    about=about,
                ),
                changed=(
                    *(
                        msg("Instalment {instalment} needs both approvals again", instalment=number)
                        for number in fact.instalments
                    ),
                    *((msg("The payee has to be confirmed again"),) if fact.payee else ()),
                ),
            )
        case GrantCompleted():
            return FactInWords(msg("{actor} completed the grant for {about}.", actor=actor, about=about))
        case GrantSuspended():
            return FactInWords(
                msg("{actor} suspended the grant for {about}.", actor=actor, about=about), reason(fact.reason)
            )
        case GrantResumed():
            return FactInWords(msg("{actor} resumed the grant for {about}.", actor=actor, about=about))
        case GrantTerminated():
            return FactInWords(
                msg(
                    "{actor} ended the grant for {about} before all of it was paid.", actor=actor, about=about
                ),
                reason(fact.reason),
            )
        case GrantAmendmentProposed():
            return FactInWords(
                msg(
                    "{actor} proposed amendment {amendment} of the grant for {about}.",
                    actor=actor,
                    about=about,
                    amendment=fact.amendment,
                ),
                changed=_amendment(fact, context),
            )
        case GrantAmended():
            return FactInWords(
                msg(
                    "{actor} accepted amendment {amendment} of the grant for {about}.",
                    actor=actor,
                    about=about,
                    amendment=fact.amendment,
                ),
                changed=_amendment(fact, context),
            )
        case GrantAmendmentDeclined():
            return FactInWords(
                msg(
                    "{actor} declined amendment {amendment} of the grant for {about}.",
                    actor=actor,
                    about=about,
                    amendment=fact.amendment,
                )
            )
        case GrantReportSubmitted() | GrantReportAccepted() | GrantReportReturned():
            return _report(fact, context)
        case (
            GrantInstalmentsScheduled()
            | GrantInstalmentRequested()
            | GrantInstalmentApproved()
            | GrantInstalmentInstructed()
            | GrantInstalmentSettled()
            | GrantInstalmentFailed()
        ):
            return _instalment(fact, context)
        case _:
            assert_never(fact)


def _report(
    fact: GrantReportSubmitted | GrantReportAccepted | GrantReportReturned, context: SentenceContext
) -> FactInWords:
    actor, about, report = context.actor, context.about, fact.report
    match fact:
        case GrantReportSubmitted():
            return FactInWords(
                msg(
                    "{actor} submitted report {report} on the grant for {about}.",
                    actor=actor,
                    about=about,
                    report=report,
                )
            )
        case GrantReportAccepted():
            return FactInWords(
                msg(
                    "{actor} accepted report {report} on the grant for {about}.",
                    actor=actor,
                    about=about,
                    report=report,
                )
            )
        case GrantReportReturned():
            return FactInWords(
                msg(
                    "{actor} returned report {report} on the grant for {about}.",
                    actor=actor,
                    about=about,
                    report=report,
                ),
                reason(fact.reason),
            )
        case _:
            assert_never(fact)


def _instalment(
    fact: GrantInstalmentsScheduled
    | GrantInstalmentRequested
    | GrantInstalmentApproved
    | GrantInstalmentInstructed
    | GrantInstalmentSettled
    | GrantInstalmentFailed,
    context: SentenceContext,
) -> FactInWords:
    actor, about = context.actor, context.about
    match fact:
        case GrantInstalmentsScheduled():
            return FactInWords(
                counted(
                    "{actor} divided the grant for {about} into {count} instalment.",
                    "{actor} divided the grant for {about} into {count} instalments.",
                    count=len(fact.instalments),
                    actor=actor,
                    about=about,
                ),
                changed=_planned(fact.instalments, fact.unscheduled, context.currency),
            )
        case GrantInstalmentRequested(report=None):
            return FactInWords(
                msg(
                    "{actor} requested instalment {instalment} of the grant for {about}.",
                    actor=actor,
                    about=about,
                    instalment=fact.instalment,
                )
            )
        case GrantInstalmentRequested():
            return FactInWords(
                msg(
                    "{actor} requested instalment {instalment} of the grant for {about}, for "
                    "report {report}.",
                    actor=actor,
                    about=about,
                    instalment=fact.instalment,
                    report=fact.report,
                )
            )
        case GrantInstalmentApproved(approval=1):
            return FactInWords(
                msg(
                    "{actor} approved instalment {instalment} of the grant for {about}, as the first of two people.",
                    actor=actor,
                    about=about,
                    instalment=fact.instalment,
                )
            )
        case GrantInstalmentApproved():
            return FactInWords(
                msg(
                    "{actor} approved instalment {instalment} of the grant for {about}, as the second of two people.",
                    actor=actor,
                    about=about,
                    instalment=fact.instalment,
                )
            )
        case GrantInstalmentInstructed():
            return FactInWords(
                msg(
                    "{actor} instructed the bank to pay instalment {instalment} of the grant for "
                    "{about}, reference {reference}.",
                    actor=actor,
                    about=about,
                    instalment=fact.instalment,
                    reference=fact.reference,
                )
            )
        case GrantInstalmentSettled():
            return FactInWords(
                msg(
                    "{actor} recorded that instalment {instalment} of the grant for {about}, {amount}, was paid on {day}.",
                    actor=actor,
                    about=about,
                    instalment=fact.instalment,
                    amount=Money.of(fact.amount, fact.currency),
                    day=fact.settled_on,
                ),
                changed=tuple(_charged(fact)),
            )
        case GrantInstalmentFailed():
            return FactInWords(
                msg(
                    "{actor} recorded that the bank did not pay instalment {instalment} of the grant for {about}.",
                    actor=actor,
                    about=about,
                    instalment=fact.instalment,
                ),
                reason(fact.reason),
                _approvals_ended(fact.approvals_ended),
            )
        case _:
            assert_never(fact)


def _charged(fact: GrantInstalmentSettled) -> Iterator[Message]:
    if fact.fee is not None and fact.fee_currency is not None:
        yield msg("The bank's fee: {amount}", amount=Money.of(fact.fee, fact.fee_currency))
    if fact.rate is not None:
        yield msg(
            "Exchange rate: 1 {currency} = {rate} {other}",
            currency=fact.currency,
            rate=fact.rate,
            other=fact.rate_currency,
        )


def _planned(instalments: tuple[Instalment, ...], unscheduled: int, currency: str) -> tuple[Message, ...]:
    lines = [_instalment_line(plan, currency) for plan in instalments]
    if unscheduled:
        lines.append(msg("Not scheduled yet: {amount}", amount=Money.of(unscheduled, currency)))
    return tuple(lines)


def _instalment_line(plan: Instalment, currency: str) -> Message:
    amount = Money.of(plan.amount, currency)
    if plan.condition == "report":
        return msg(
            "Instalment {instalment}: {amount}, due on {due}, after a report",
            instalment=plan.number,
            amount=amount,
            due=plan.due,
        )
    return msg(
        "Instalment {instalment}: {amount}, due on {due}", instalment=plan.number, amount=amount, due=plan.due
    )


def _amendment(fact: GrantAmendmentProposed | GrantAmended, context: SentenceContext) -> tuple[Message, ...]:
    return (
        msg("Amount of the grant: {amount}", amount=Money.of(fact.amount, context.currency)),
        *(() if fact.ends_on is None else (msg("The grant ends on {day}", day=fact.ends_on),)),
        *_planned(fact.instalments or (), fact.unscheduled, context.currency),
    )


def _approvals_ended(count: int) -> tuple[Message, ...]:
    if not count:
        return ()
    return (
        counted(
            "{count} approval no longer counts because the bank details changed",
            "{count} approvals no longer count because the bank details changed",
            count=count,
        ),
    )
