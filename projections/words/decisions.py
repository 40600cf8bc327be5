"""From the call to the decision, in words."""

from __future__ import annotations

from typing import assert_never

from domain.applications import (
    ApplicationAwarded,
    ApplicationCancelled,
    ApplicationChanged,
    ApplicationDeclined,
    ApplicationEndedByErasure,
    ApplicationFact,
    ApplicationFoundEligible,
    ApplicationFoundIneligible,
    ApplicationGrantOffered,
    ApplicationResubmitted,
    ApplicationReturned,
    ApplicationReturnLapsed,
    ApplicationSubmitted,
    ApplicationWaitlisted,
    ApplicationWithdrawn,
)
from domain.calls import CallCancelled, CallChanged, CallDrafted, CallFact, CallPublished, CallRoundOpened
from domain.panels import PanelClosed, PanelConfirmed, PanelFact, PanelOpened, PanelOutcomeSet
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
from domain.values import amount_text
from projections.words.telling import REASONS, Told, Words, count_text


def call_words(fact: CallFact, told: Told) -> Words:
    """What happened to a call."""
    match fact:
        case CallDrafted():
            least = amount_text(fact.minimum_award, fact.currency)
            most = amount_text(fact.maximum_award, fact.currency)
            return Words(
                "The call was drafted.",
                changed=(
                    "status: drafted",
                    f"budget: {amount_text(fact.budget, fact.currency)}",
                    f"awards: from {least} to {most}",
                    f"reviews of each application: {fact.quorum}",
                    f"blindness: {fact.blindness}",
                ),
            )
        case CallPublished():
            return Words("The call was published.", changed=("status: published",))
        case CallChanged():
            least, most = (
                amount_text(each, told.currency) for each in (fact.minimum_award, fact.maximum_award)
            )
            return Words(
                "The call was changed.",
                changed=(
                    f"budget: {amount_text(fact.budget, told.currency)}",
                    f"awards: from {least} to {most}",
                ),
            )
        case CallCancelled():
            return Words("The call was cancelled.", REASONS[fact.reason], ("status: cancelled",))
        case CallRoundOpened():
            return Words("A round of the call was opened.")
        case _:
            assert_never(fact)


def round_words(fact: RoundFact) -> Words:
    """What happened to a round."""
    match fact:
        case RoundOpened():
            return Words(
                f"A round was opened until {fact.closes_local} ({fact.time_zone}).", changed=("status: open",)
            )
        case RoundDeadlineExtended():
            return Words(
                f"The deadline was put off until {fact.closes_local} ({fact.time_zone}).",
                REASONS[fact.reason],
                ("status: open",),
            )
        case RoundLateAccessGranted():
            return Words(
                f"One applicant was given until {fact.until_local} ({fact.time_zone}).",
                REASONS[fact.reason],
                ("status: open",),
            )
        case RoundCancelled():
            return Words("The round ended with its call.", changed=("status: cancelled",))
        case RoundClosed():
            received = count_text(len(fact.applications), "application", "applications")
            return Words(f"The round was closed with {received}.", changed=("status: closed",))
        case RoundQuorumLowered():
            needed = count_text(fact.quorum, "review", "reviews")
            return Words(
                f"The quorum of an application was lowered to {needed}.",
                REASONS[fact.reason],
                (f"quorum: {fact.quorum}",),
            )
        case RoundPutToPanel():
            return Words("The round was handed to its panel.", changed=("status: in panel",))
        case RoundDecided():
            return Words("The round was decided.", changed=("status: decided",))
        case _:
            assert_never(fact)


def application_words(fact: ApplicationFact, told: Told) -> Words:
    """What happened to an application."""
    match fact:
        case ApplicationSubmitted():
            asked = amount_text(fact.requested, fact.currency)
            return Words(f"An application for {asked} was submitted.", changed=("status: submitted",))
        case ApplicationChanged():
            asked = amount_text(fact.requested, fact.currency)
            return Words(f"The application was changed; it is for {asked}.", changed=("status: submitted",))
        case ApplicationReturned():
            until = f"{fact.resubmit_local} ({fact.time_zone})"
            return Words(
                f"The application was returned with questions, to be submitted again until {until}.",
                changed=("status: returned",),
            )
        case ApplicationResubmitted():
            asked = amount_text(fact.requested, fact.currency)
            return Words(
                f"The application was submitted again; it is for {asked}.", changed=("status: submitted",)
            )
        case ApplicationReturnLapsed():
            return Words(
                "The application was not submitted again in time; it stands as it was last submitted.",
                changed=("status: submitted",),
            )
        case ApplicationWithdrawn():
            return Words("The application was withdrawn.", REASONS[fact.reason], ("status: withdrawn",))
        case ApplicationEndedByErasure():
            return Words(
                "The application ended before it was decided.",
                REASONS["erased"],
                ("status: withdrawn",),
            )
        case ApplicationFoundEligible():
            return Words("The application was found eligible.", changed=("status: eligible",))
        case ApplicationFoundIneligible():
            return Words(
                "The application was found ineligible.", REASONS[fact.reason], ("status: ineligible",)
            )
        case ApplicationCancelled():
            return Words(
                "The call was cancelled, and with it the application.",
                REASONS[fact.reason],
                ("status: cancelled",),
            )
        case ApplicationAwarded():
            amount = amount_text(fact.amount, fact.currency)
            return Words(f"The application was awarded {amount}.", changed=("status: awarded",))
        case ApplicationWaitlisted():
            place = f", at place {fact.rank}" if told.places else ""
            return Words(
                f"The application was put on the waiting list{place}.", changed=("status: waitlisted",)
            )
        case ApplicationDeclined():
            return Words("The application was declined.", REASONS[fact.reason], ("status: declined",))
        case ApplicationGrantOffered():
            return Words("A grant was offered for the application.")
        case _:
            assert_never(fact)


def review_words(fact: ReviewFact) -> Words:
    """What happened to a review, without scores."""
    match fact:
        case ReviewAssigned():
            return Words("A juror was asked for a review.", changed=("review: assigned",))
        case ReviewCleared():
            return Words("The juror declared to have no conflict of interest.", changed=("review: cleared",))
        case ReviewConflictDeclared():
            return Words(
                "The juror found a conflict of interest after submitting the review and stepped back; "
                "its scores no longer count."
                if fact.after_submitting
                else "The juror declared a conflict of interest and stepped back.",
                REASONS[fact.reason],
                ("review: recused",),
            )
        case ReviewReplaced():
            return Words("Another juror was asked in place of that one.", changed=("review: replaced",))
        case ReviewSubmitted():
            return Words("The juror submitted the review.", changed=("review: submitted",))
        case ReviewExpired():
            return Words(
                "This review was not needed any more before it was submitted.", changed=("review: expired",)
            )
        case _:
            assert_never(fact)


def reading_words(fact: ReadingFact) -> Words:
    """What was read of a round. The reader is not named."""
    match fact.kind:
        case "applicants":
            return Words("A member read who applied.")
        case "answers":
            return Words("A member read what applicants wrote.")
        case "times":
            return Words("A member read when applications came in.")
        case "scores":
            return Words("A member read scores that others gave.")
        case _:
            assert_never(fact.kind)


def panel_words(fact: PanelFact, told: Told) -> Words:
    """What happened in a panel."""
    match fact:
        case PanelOpened():
            ranked = count_text(len(fact.ranking), "application", "applications")
            return Words(f"The panel was opened on a ranking of {ranked}.", changed=("panel: open",))
        case PanelOutcomeSet():
            return _outcome(fact, told)
        case PanelClosed():
            return Words("The chair closed the panel.", changed=("panel: closed",))
        case PanelConfirmed():
            return Words("Another person confirmed the panel's decision.", changed=("panel: confirmed",))
        case _:
            assert_never(fact)


def _outcome(fact: PanelOutcomeSet, told: Told) -> Words:
    match fact.outcome:
        case "award":
            assert fact.amount is not None
            assert fact.currency is not None
            amount = amount_text(fact.amount, fact.currency)
            return Words(f"The panel set an award of {amount}.", changed=("outcome: award",))
        case "waitlist":
            place = f"place {fact.rank}" if told.places else "a place"
            return Words(f"The panel set {place} on the waiting list.", changed=("outcome: waitlist",))
        case "decline":
            assert fact.reason is not None
            return Words("The panel set a decline.", REASONS[fact.reason], ("outcome: decline",))
        case _:
            assert_never(fact.outcome)
