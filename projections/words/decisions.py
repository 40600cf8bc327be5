"""From the call to the decision, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, assert_never

from domain.applications import (
    ApplicationAwarded,
    ApplicationCancelled,
    ApplicationChanged,
    ApplicationContinued,
    ApplicationDeclined,
    ApplicationEndedByErasure,
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
)
from domain.calls import (
    CallAwardReleased,
    CallAwardsConfirmed,
    CallCancelled,
    CallChanged,
    CallDrafted,
    CallFact,
    CallFormChanged,
    CallPublished,
    CallRoundOpened,
    CallRubricChanged,
    CallScreeningSet,
)
from domain.labels import reason
from domain.messages import At, Message, counted, msg
from domain.panels import (
    PanelAnnounced,
    PanelAnnouncementCancelled,
    PanelAnnouncementPlanned,
    PanelAwardFreed,
    PanelClosed,
    PanelConfirmed,
    PanelFact,
    PanelOpened,
    PanelOutcomeSet,
    PanelReturned,
    PanelWaitingListMoved,
)
from domain.readings import ReadingFact
from domain.reviews import (
    ReviewAssigned,
    ReviewCleared,
    ReviewConflictDeclared,
    ReviewExpired,
    ReviewFact,
    ReviewReplaced,
    ReviewSubmitted,
)
from domain.rounds import (
    RoundCancelled,
    RoundClosed,
    RoundDeadlineExtended,
    RoundDecided,
    RoundFact,
    RoundLateAccessGranted,
    RoundOpened,
    RoundPutToPanel,
    RoundQuorumLowered,
)
from domain.stages import Blindness
from domain.values import Money
from projections.words.telling import FactInWords, TellingContext

_BLIND: Final = msg("The jury does not see who applied.")
_BLINDNESS: Final[Mapping[Blindness, Message]] = {
    "open": msg("The jury sees who applied."),
    "single": _BLIND,
    "double": _BLIND,
}


def call_words(fact: CallFact, told: TellingContext) -> FactInWords:
    """What happened to a call; the amounts of a change are in `told.currency`."""
    actor, about = told.actor, told.about
    match fact:
        case CallDrafted():
            return FactInWords(
                msg("{actor} drafted the call {about}.", actor=actor, about=about),
                changed=(
                    *_gives(fact, fact.currency),
                    *(
                        msg("Reviews of each application: {count}", count=stage.quorum)
                        for stage in fact.stages
                    ),
                    *(_BLINDNESS[stage.blindness] for stage in fact.stages),
                    *(
                        ()
                        if fact.fast_track_up_to is None
                        else (
                            msg(
                                "Fast track: up to {amount}",
                                amount=Money.of(fact.fast_track_up_to, fact.currency),
                            ),
                        )
                    ),
                ),
            )
        case CallPublished():
            return FactInWords(msg("{actor} published the call {about}.", actor=actor, about=about))
        case CallChanged():
            return FactInWords(
                msg("{actor} changed the call {about}.", actor=actor, about=about),
                changed=_gives(fact, told.currency),
            )
        case CallFormChanged():
            return FactInWords(
                msg(
                    "{actor} changed the form of the call {about}; applications keep the version that they answered.",
                    actor=actor,
                    about=about,
                ),
                changed=(msg("The form is now version {version}", version=fact.form.version),),
            )
        case CallRubricChanged():
            return FactInWords(
                msg(
                    "{actor} changed the criteria of the call {about}; reviews keep those by which they were written.",
                    actor=actor,
                    about=about,
                ),
                changed=(msg("The criteria are now version {version}", version=fact.rubric.version),),
            )
        case CallAwardsConfirmed():
            return FactInWords(
                msg(
                    "{amount} of the budget of the call {about} was awarded.",
                    amount=Money.of(fact.amount, told.currency),
                    about=about,
                )
            )
        case CallAwardReleased():
            return FactInWords(
                msg(
                    "{amount} is back in the budget of the call {about}.",
                    amount=Money.of(fact.amount, told.currency),
                    about=about,
                )
            )
        case CallCancelled():
            return FactInWords(
                msg("{actor} cancelled the call {about}.", actor=actor, about=about), reason(fact.reason)
            )
        case CallScreeningSet():
            return FactInWords(
                msg(
                    "{actor} required that payees are screened before a payment of the call {about}.",
                    actor=actor,
                    about=about,
                )
                if fact.required
                else msg(
                    "{actor} no longer requires for the call {about} that payees are screened before a payment.",
                    actor=actor,
                    about=about,
                )
            )
        case CallRoundOpened():
            return FactInWords(msg("{actor} opened a round of the call {about}.", actor=actor, about=about))
        case _:
            assert_never(fact)


def _gives(fact: CallDrafted | CallChanged, currency: str) -> tuple[Message, Message]:
    return (
        msg("Budget: {budget}", budget=Money.of(fact.budget, currency)),
        msg(
            "Awards: from {least} to {most}",
            least=Money.of(fact.minimum_award, currency),
            most=Money.of(fact.maximum_award, currency),
        ),
    )


def round_words(fact: RoundFact, told: TellingContext) -> FactInWords:
    """What happened to a round."""
    actor, about = told.actor, told.about
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
                    about=about,
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
            return FactInWords(msg("{actor} handed {about} to its panel.", actor=actor, about=about))
        case RoundDecided():
            return FactInWords(msg("All applications of {about} were decided.", about=about))
        case _:
            assert_never(fact)


def application_words(fact: ApplicationFact, told: TellingContext) -> FactInWords:
    """What happened to an application. The panel decides; the actor of an outcome is the person who announced it."""
    actor, about = told.actor, told.about
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
                    "The next stage closed without an answer to its form, so {about} does not go on.",
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
                    "Nobody submitted {about} again in time, so it counts as it was last submitted.",
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
        case ApplicationWaitlisted() if told.places:
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
            return FactInWords(
                msg("{actor} offered the grant that follows from {about}.", actor=actor, about=about)
            )
        case _:
            assert_never(fact)


def review_words(fact: ReviewFact, told: TellingContext) -> FactInWords:
    """What happened to a review, without scores."""
    actor, about = told.actor, told.about
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
        case ReviewExpired():
            return FactInWords(
                msg("A review of {about} was no longer needed before it was submitted.", about=about)
            )
        case _:
            assert_never(fact)


def reading_words(fact: ReadingFact, told: TellingContext) -> FactInWords:
    """What was read of a round. The reader is not named."""
    match fact.kind:
        case "applicants":
            return FactInWords(msg("A member read who applied in {about}.", about=told.about))
        case "answers":
            return FactInWords(msg("A member read what applicants wrote in {about}.", about=told.about))
        case "times":
            return FactInWords(
                msg("A member read when the applications of {about} came in.", about=told.about)
            )
        case "scores":
            return FactInWords(msg("A member read scores that others gave in {about}.", about=told.about))
        case _:
            assert_never(fact.kind)


def panel_words(fact: PanelFact, told: TellingContext) -> FactInWords:
    """What happened in a panel."""
    actor, about = told.actor, told.about
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
            return _outcome(fact, told)
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
                    amount=Money.of(fact.amount, told.currency),
                    about=about,
                )
            )
        case PanelWaitingListMoved():
            return FactInWords(
                msg(
                    "The first on the waiting list of {about} moved up, with an award of {amount}.",
                    about=about,
                    amount=Money.of(fact.amount, told.currency),
                )
            )
        case _:
            assert_never(fact)


def _outcome(fact: PanelOutcomeSet, told: TellingContext) -> FactInWords:
    actor, about = told.actor, told.about
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
        case "waitlist" if told.places:
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
