"""Facts of a panel, in words."""

from __future__ import annotations

from typing import assert_never

from domain.labels import reason
from domain.messages import At, counted, msg
from domain.panels.facts import (
    PanelAnnounced,
    PanelAnnouncementCancelled,
    PanelAnnouncementPlanned,
    PanelAwardFreed,
    PanelClosed,
    PanelConfirmed,
    PanelFact,
    PanelNoteWritten,
    PanelOpened,
    PanelOutcomeEnded,
    PanelOutcomeSet,
    PanelReopened,
    PanelReturned,
    PanelWaitingListLeft,
    PanelWaitingListMoved,
    PanelWaitingListStayed,
)
from domain.values import Money
from projections.words.sentences import FactInWords, SentenceContext


def panel_words(fact: PanelFact, context: SentenceContext) -> FactInWords:
    """A fact of a panel."""
    actor, about = context.actor, context.of_about
    match fact:
        case PanelOpened():
            return FactInWords(
                counted(
                    "{actor} opened the panel of {about} on a ranking of {count} application.",
                    "{actor} opened the panel of {about} on a ranking of {count} applications.",
                    count=len(fact.ranking),
                    actor=actor,
                    about=about,
                )
            )
        case PanelOutcomeSet():
            return _outcome(fact, context)
        case PanelOutcomeEnded():
            return FactInWords(
                msg(
                    "The outcome for {about} no longer counts: the person who set it has begun to act for an applicant of the "
                    "round.",
                    about=about,
                )
            )
        case PanelReopened():
            return FactInWords(
                msg(
                    "The panel of {about} is open again: a person who decided in it has begun to act for an applicant of the "
                    "round.",
                    about=about,
                )
            )
        case PanelNoteWritten():
            return FactInWords(
                msg("{actor} wrote a note for the panel of {about}.", actor=actor, about=about)
            )
        case PanelClosed():
            return FactInWords(msg("{actor} closed the panel of {about}.", actor=actor, about=about))
        case PanelReturned():
            return FactInWords(
                msg("{actor} returned the panel of {about} to its chair.", actor=actor, about=about),
                reason(fact.reason),
            )
        case PanelConfirmed():
            return FactInWords(
                msg("{actor} confirmed the decisions of the panel of {about}.", actor=actor, about=about)
            )
        case PanelAnnouncementPlanned():
            return FactInWords(
                msg(
                    "{actor} planned to announce the results of {about} to all applicants on {moment}.",
                    actor=actor,
                    about=about,
                    moment=At(fact.announce_at, fact.time_zone),
                )
            )
        case PanelAnnouncementCancelled():
            return FactInWords(
                msg(
                    "{actor} cancelled the planned announcement of the results of {about}.",
                    actor=actor,
                    about=about,
                )
            )
        case PanelAnnounced():
            return FactInWords(
                msg("{actor} announced the results of {about} to all applicants.", actor=actor, about=about)
            )
        case PanelAwardFreed():
            return FactInWords(
                msg(
                    "An award of {amount} by the panel of {about} ended without a grant; the sum can be awarded again.",
                    amount=Money.of(fact.amount, context.currency),
                    about=about,
                )
            )
        case PanelWaitingListLeft():
            return FactInWords(msg("An application left the waiting list of {about}.", about=about))
        case PanelWaitingListMoved():
            return FactInWords(
                msg(
                    "The first on the waiting list of {about} moved up, with an award of {amount}.",
                    about=about,
                    amount=Money.of(fact.amount, context.currency),
                )
            )
        case PanelWaitingListStayed():
            return FactInWords(msg("Nobody on the waiting list of {about} could move up.", about=about))
        case _:
            assert_never(fact)


def _outcome(fact: PanelOutcomeSet, context: SentenceContext) -> FactInWords:
    actor, about = context.actor, context.about
    match fact.outcome:
        case "award":
            assert fact.amount is not None
            assert fact.currency is not None
            assert fact.reason is not None
            more = (
                ()
                if fact.more_because is None
                else (msg("More than was asked for: {reason}", reason=reason(fact.more_because)),)
            )
            return FactInWords(
                msg(
                    "{actor} set an award of {amount} for {about}.",
                    actor=actor,
                    about=about,
                    amount=Money.of(fact.amount, fact.currency),
                ),
                reason(fact.reason),
                more,
            )
        case "waitlist" if context.places:
            return FactInWords(
                msg(
                    "{actor} put {about} on the waiting list, at place {rank}.",
                    actor=actor,
                    about=about,
                    rank=fact.rank,
                )
            )
        case "waitlist":
            return FactInWords(msg("{actor} put {about} on the waiting list.", actor=actor, about=about))
        case "invite":
            return FactInWords(
                msg("{actor} set an invitation to the next stage for {about}.", actor=actor, about=about)
            )
        case "decline":
            assert fact.reason is not None
            return FactInWords(
                msg("{actor} set a decline for {about}.", actor=actor, about=about), reason(fact.reason)
            )
        case _:
            assert_never(fact.outcome)
