"""Which letter a fact gives rise to. Pure: who gets it, and whether they may be told, is asked of the streams (`telling`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never, get_args

from domain.applications.facts import (
    ApplicationAwarded,
    ApplicationCancelled,
    ApplicationContinued,
    ApplicationDeclined,
    ApplicationFoundEligible,
    ApplicationFoundIneligible,
    ApplicationInvitationLapsed,
    ApplicationInvited,
    ApplicationPromoted,
    ApplicationResubmitted,
    ApplicationReturned,
    ApplicationReturnLapsed,
    ApplicationSubmitted,
    ApplicationWaitlisted,
)
from domain.correspondence import CorrespondenceMessageWritten
from domain.deciding import Fact
from domain.grants.facts import (
    GrantAmendmentProposed,
    GrantInstalmentFailed,
    GrantInstalmentSettled,
    GrantInstalmentsScheduled,
    GrantLapsed,
    GrantOffered,
    GrantPayeeConfirmed,
    GrantPayeeSet,
    GrantReportAccepted,
    GrantReportReturned,
)
from domain.letters.kinds import LetterKind
from domain.panels.facts import PanelOpened
from domain.persons.facts import PersonRecoveryAsked
from domain.reviews.facts import ReviewAssigned
from domain.rounds.facts import RoundReviewsDueSet
from domain.topics import topics_of
from projections.letters.work_added import WorkAdded


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that people have to know: a kind of letter, and the application, grant, review, panel, call or person that it
    is `about`. `until` is the date that a reminder is about; None if it is not a reminder."""

    kind: LetterKind
    about: str
    until: datetime | None = None


Heard = (
    ApplicationSubmitted
    | ApplicationResubmitted
    | ApplicationContinued
    | ApplicationReturned
    | ApplicationReturnLapsed
    | ApplicationInvited
    | ApplicationInvitationLapsed
    | ApplicationFoundEligible
    | ApplicationFoundIneligible
    | ApplicationAwarded
    | ApplicationWaitlisted
    | ApplicationPromoted
    | ApplicationDeclined
    | ApplicationCancelled
    | GrantOffered
    | GrantLapsed
    | GrantPayeeSet
    | GrantPayeeConfirmed
    | GrantInstalmentsScheduled
    | GrantInstalmentSettled
    | GrantInstalmentFailed
    | GrantReportReturned
    | GrantReportAccepted
    | GrantAmendmentProposed
    | ReviewAssigned
    | PanelOpened
    | CorrespondenceMessageWritten
    | PersonRecoveryAsked
)
"""The facts of which somebody has to know. An application's outcome is a fact only once it is announced."""

HEARD: Final = frozenset(topics_of(*get_args(Heard), RoundReviewsDueSet, *get_args(WorkAdded)))
"""Their topics, those of facts after which work waits, and that of a date of which jurors are reminded."""


def notice_of(fact: Heard) -> Notice | None:
    """What people have to know after a fact. The staff are told once of messages that wait for an answer."""
    match fact:
        case ApplicationSubmitted() | ApplicationResubmitted() | ApplicationContinued():
            return Notice(LetterKind.APPLICATION_RECEIVED, fact.application)
        case ApplicationReturned():
            return Notice(LetterKind.APPLICATION_RETURNED, fact.application)
        case ApplicationReturnLapsed():
            return Notice(LetterKind.RETURN_LAPSED, fact.application)
        case ApplicationInvited():
            return Notice(LetterKind.APPLICATION_INVITED, fact.application)
        case ApplicationInvitationLapsed():
            return Notice(LetterKind.INVITATION_LAPSED, fact.application)
        case (
            ApplicationFoundIneligible()
            | ApplicationAwarded()
            | ApplicationWaitlisted()
            | ApplicationPromoted()
            | ApplicationDeclined()
        ):
            return Notice(LetterKind.APPLICATION_DECIDED, fact.application)
        case ApplicationFoundEligible():
            return Notice(LetterKind.APPLICATION_ELIGIBLE, fact.application)
        case ApplicationCancelled():
            return Notice(LetterKind.APPLICATION_CANCELLED, fact.application)
        case GrantOffered():
            return Notice(LetterKind.GRANT_OFFERED, fact.grant)
        case GrantLapsed():
            return Notice(LetterKind.OFFER_LAPSED, fact.grant)
        case GrantPayeeSet():
            return Notice(LetterKind.PAYEE_SET, fact.grant)
        case GrantPayeeConfirmed():
            return Notice(LetterKind.PAYEE_CONFIRMED, fact.grant)
        case GrantInstalmentsScheduled():
            return Notice(LetterKind.GRANT_SCHEDULED, fact.grant)
        case GrantInstalmentSettled():
            return Notice(LetterKind.PAYMENT_MADE, fact.grant)
        case GrantInstalmentFailed():
            return Notice(LetterKind.PAYMENT_FAILED, fact.grant)
        case GrantReportReturned():
            return Notice(LetterKind.REPORT_RETURNED, fact.grant)
        case GrantReportAccepted():
            return Notice(LetterKind.REPORT_ACCEPTED, fact.grant)
        case GrantAmendmentProposed():
            return Notice(LetterKind.AMENDMENT_PROPOSED, fact.grant)
        case ReviewAssigned():
            return Notice(LetterKind.REVIEW_ASKED, fact.review)
        case PanelOpened():
            return Notice(LetterKind.PANEL_OPENED, fact.panel)
        case CorrespondenceMessageWritten(side="applicant"):
            return None if fact.again else Notice(LetterKind.MESSAGE_TO_STAFF, fact.application)
        case CorrespondenceMessageWritten():
            return Notice(LetterKind.MESSAGE_RECEIVED, fact.application)
        case PersonRecoveryAsked():
            return Notice(LetterKind.RECOVERY_ASKED, fact.person)
        case _:
            assert_never(fact)


def reminder_of(fact: Fact) -> Notice | None:
    """The reminder of a due date, by the fact that set it; None if nobody is reminded of it here. Deadlines of rounds
    are for those who have a draft, whom no fact names (`telling.deadlines`)."""
    match fact:
        case ApplicationReturned():
            return Notice(LetterKind.RETURN_DUE, fact.application, fact.resubmit_by)
        case GrantOffered():
            return Notice(LetterKind.OFFER_LAPSING, fact.grant, fact.respond_by)
        case _:
            return None
