"""Facts of an application, in words."""

from __future__ import annotations

from typing import assert_never

from domain.applications.facts import (
    ApplicationAwarded,
    ApplicationCancelled,
    ApplicationChanged,
    ApplicationContinued,
    ApplicationDeclined,
    ApplicationEndedByErasure,
    ApplicationEnteredOnBehalf,
    ApplicationFact,
    ApplicationFoundEligible,
    ApplicationFoundIneligible,
    ApplicationGrantOffered,
    ApplicationInvitationLapsed,
    ApplicationInvited,
    ApplicationPromoted,
    ApplicationResubmitted,
    ApplicationReturned,
    ApplicationReturnLapsed,
    ApplicationSubmitted,
    ApplicationWaitlisted,
    ApplicationWithdrawn,
    ApplicationWrittenWith,
)
from domain.labels import reason
from domain.messages import At, counted, msg
from domain.values import Money
from projections.words.sentences import FactInWords, SentenceContext


def application_words(fact: ApplicationFact, context: SentenceContext) -> FactInWords:
    """A fact of an application. The panel decides; the actor of an outcome is the person who announced it."""
    actor, about = context.actor, context.about
    match fact:
        case ApplicationSubmitted():
            return FactInWords(
                msg(
                    "{actor} submitted {about} and asked for {requested}.",
                    actor=actor,
                    about=about,
                    requested=Money.of(fact.requested, fact.currency),
                )
            )
        case ApplicationEnteredOnBehalf():
            return FactInWords(
                msg("{actor} entered {about} for somebody who could not do it.", actor=actor, about=about)
            )
        case ApplicationWrittenWith():
            return FactInWords(
                counted(
                    "{count} other person got access to a draft of {about}, to help to write it. They cannot judge in its rounds.",
                    "{count} other people got access to a draft of {about}, to help to write it. They cannot judge in its rounds.",
                    count=len(fact.writers),
                    about=about,
                )
            )
        case ApplicationInvited():
            return FactInWords(msg("{actor} invited {about} to the next stage.", actor=actor, about=about))
        case ApplicationContinued():
            return FactInWords(
                msg(
                    "{actor} answered the next stage's form for {about} and asks for {requested}.",
                    actor=actor,
                    about=about,
                    requested=Money.of(fact.requested, fact.currency),
                )
            )
        case ApplicationInvitationLapsed():
            return FactInWords(
                msg(
                    "The next stage closed without an answer to its form, so {about} does not continue.",
                    about=about,
                )
            )
        case ApplicationChanged():
            return FactInWords(
                msg(
                    "{actor} changed {about} and asks for {requested}.",
                    actor=actor,
                    about=about,
                    requested=Money.of(fact.requested, fact.currency),
                )
            )
        case ApplicationReturned():
            return FactInWords(
                msg(
                    "{actor} returned {about} with questions, to be submitted again by {until}.",
                    actor=actor,
                    about=about,
                    until=At(fact.resubmit_by, fact.time_zone),
                )
            )
        case ApplicationResubmitted():
            return FactInWords(
                msg(
                    "{actor} submitted {about} again and asks for {requested}.",
                    actor=actor,
                    about=about,
                    requested=Money.of(fact.requested, fact.currency),
                )
            )
        case ApplicationReturnLapsed():
            return FactInWords(
                msg(
                    "Nobody submitted {about} again in time, so its last submitted version counts.",
                    about=about,
                )
            )
        case ApplicationWithdrawn():
            return FactInWords(
                msg("{actor} withdrew {about}.", actor=actor, about=about), reason(fact.reason)
            )
        case ApplicationEndedByErasure():
            return FactInWords(msg("There will be no decision on {about}.", about=about), reason("erased"))
        case ApplicationFoundEligible():
            return FactInWords(msg("{actor} found {about} eligible.", actor=actor, about=about))
        case ApplicationFoundIneligible():
            return FactInWords(
                msg("{actor} found {about} ineligible.", actor=actor, about=about), reason(fact.reason)
            )
        case ApplicationCancelled():
            return FactInWords(
                msg("The call was cancelled, and {about} with it.", about=about), reason(fact.reason)
            )
        case ApplicationAwarded():
            return FactInWords(
                msg(
                    "{actor} announced an award of {amount} to {about}.",
                    actor=actor,
                    about=about,
                    amount=Money.of(fact.amount, fact.currency),
                ),
                reason(fact.reason),
            )
        case ApplicationPromoted():
            return FactInWords(
                msg(
                    "An award of {amount} went to {about}, which moved up from the waiting list.",
                    about=about,
                    amount=Money.of(fact.amount, fact.currency),
                )
            )
        case ApplicationWaitlisted() if context.places:
            return FactInWords(
                msg(
                    "{actor} announced that {about} is at place {rank} of the waiting list.",
                    actor=actor,
                    about=about,
                    rank=fact.rank,
                )
            )
        case ApplicationWaitlisted():
            return FactInWords(
                msg("{actor} announced that {about} is on the waiting list.", actor=actor, about=about),
            )
        case ApplicationDeclined():
            return FactInWords(
                msg("{actor} announced that {about} is declined.", actor=actor, about=about),
                reason(fact.reason),
            )
        case ApplicationGrantOffered():
            return FactInWords(msg("{actor} offered the grant for {about}.", actor=actor, about=about))
        case _:
            assert_never(fact)
