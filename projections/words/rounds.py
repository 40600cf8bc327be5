"""Facts of a round, in words."""

from __future__ import annotations

from typing import assert_never

from domain.labels import reason
from domain.messages import At, counted, msg
from domain.rounds.facts import (
    RoundCancelled,
    RoundClosed,
    RoundDeadlineExtended,
    RoundDecided,
    RoundFact,
    RoundLateAccessGranted,
    RoundOpened,
    RoundPutToPanel,
    RoundQuorumLowered,
    RoundReviewsDueSet,
)
from projections.words.sentences import FactInWords, SentenceContext


def round_words(fact: RoundFact, context: SentenceContext) -> FactInWords:
    """A fact of a round."""
    actor, about = context.actor, context.about
    match fact:
        case RoundOpened():
            closes = At(fact.closes_at, fact.time_zone)
            return FactInWords(
                msg("{actor} opened {about}.", actor=actor, about=about),
                changed=(msg("Closes: {closes}", closes=closes),),
            )
        case RoundDeadlineExtended():
            return FactInWords(
                msg(
                    "{actor} extended {about} to {closes}.",
                    actor=actor,
                    about=about,
                    closes=At(fact.closes_at, fact.time_zone),
                ),
                reason(fact.reason),
            )
        case RoundLateAccessGranted():
            return FactInWords(
                msg(
                    "{actor} gave one applicant more time in {about}, until {until}.",
                    actor=actor,
                    about=context.of_about,
                    until=At(fact.until, fact.time_zone),
                ),
                reason(fact.reason),
            )
        case RoundCancelled():
            return FactInWords(msg("The call was cancelled, and {about} ended with it.", about=about))
        case RoundClosed():
            return FactInWords(
                counted(
                    "{actor} closed {about}, with {count} application.",
                    "{actor} closed {about}, with {count} applications.",
                    count=len(fact.applications),
                    actor=actor,
                    about=about,
                )
            )
        case RoundReviewsDueSet():
            return FactInWords(
                msg(
                    "{actor} set the date by which the reviews of {about} are due: {moment}.",
                    actor=actor,
                    about=about,
                    moment=At(fact.due_at, fact.time_zone),
                )
            )
        case RoundQuorumLowered():
            return FactInWords(
                counted(
                    "{actor} lowered the quorum of {about} to {count} review.",
                    "{actor} lowered the quorum of {about} to {count} reviews.",
                    count=fact.quorum,
                    actor=actor,
                    about=about,
                ),
                reason(fact.reason),
            )
        case RoundPutToPanel():
            return FactInWords(msg("{actor} put {about} to its panel.", actor=actor, about=about))
        case RoundDecided():
            return FactInWords(msg("All applications of {about} were decided.", about=context.of_about))
        case _:
            assert_never(fact)
