"""Facts of reviews and readings, in words."""

from __future__ import annotations

from typing import assert_never

from domain.labels import reason
from domain.messages import msg
from domain.readings import ReadingFact
from domain.reviews.facts import (
    ReviewAssigned,
    ReviewChanged,
    ReviewCleared,
    ReviewConflictDeclared,
    ReviewExpired,
    ReviewFact,
    ReviewReplaced,
    ReviewSubmitted,
)
from projections.words.sentences import FactInWords, SentenceContext


def review_words(fact: ReviewFact, context: SentenceContext) -> FactInWords:
    """A fact of a review, without scores."""
    actor, about = context.actor, context.about
    match fact:
        case ReviewAssigned():
            return FactInWords(
                msg("{actor} asked a juror for a review of {about}.", actor=actor, about=about)
            )
        case ReviewCleared():
            return FactInWords(
                msg("{actor} declared no conflict of interest with {about}.", actor=actor, about=about)
            )
        case ReviewConflictDeclared(after_submitting=True):
            return FactInWords(
                msg(
                    "{actor} found a conflict of interest with {about} after submitting the review and stepped back; "
                    "its scores no longer count.",
                    actor=actor,
                    about=about,
                ),
                reason(fact.reason),
            )
        case ReviewConflictDeclared():
            return FactInWords(
                msg(
                    "{actor} declared a conflict of interest with {about} and stepped back.",
                    actor=actor,
                    about=about,
                ),
                reason(fact.reason),
            )
        case ReviewReplaced():
            return FactInWords(
                msg(
                    "{actor} asked another juror to review {about} in place of the one who stepped back.",
                    actor=actor,
                    about=about,
                )
            )
        case ReviewSubmitted():
            return FactInWords(msg("{actor} submitted a review of {about}.", actor=actor, about=about))
        case ReviewChanged():
            return FactInWords(msg("{actor} changed their review of {about}.", actor=actor, about=about))
        case ReviewExpired():
            return FactInWords(
                msg("A review of {about} was no longer needed before it was submitted.", about=about)
            )
        case _:
            assert_never(fact)


def reading_words(fact: ReadingFact, context: SentenceContext) -> FactInWords:
    """A reading of a round, without the reader."""
    match fact.kind:
        case "applicants":
            return FactInWords(msg("A member read who applied in {about}.", about=context.of_about))
        case "answers":
            return FactInWords(msg("A member read what applicants wrote in {about}.", about=context.of_about))
        case "times":
            return FactInWords(
                msg("A member read when the applications of {about} were submitted.", about=context.of_about)
            )
        case "scores":
            return FactInWords(msg("A member read other people's scores in {about}.", about=context.of_about))
        case "judged":
            return FactInWords(
                msg(
                    "A member of the jury read applications of {about} to judge them.", about=context.of_about
                )
            )
        case _:
            assert_never(fact.kind)
