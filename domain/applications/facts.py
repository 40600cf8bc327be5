"""The facts of an application, from its submission to the panel's decision."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from domain.calls.facts import CancellationReason
from domain.deciding import Fact
from domain.forms import Answer
from domain.messages import msg
from domain.personal import Personal, Withheld
from domain.reasons import reasons
from domain.topic import EVERYBODY, Audience, stored_as

WithdrawalReason = Literal["funded_elsewhere", "no_longer_possible", "safety", "other"]
IneligibilityReason = Literal["outside_scope", "incomplete", "not_entitled", "duplicate", "other"]
reasons(
    outside_scope=msg("it is outside the scope of the call"),
    incomplete=msg("it is incomplete"),
    not_entitled=msg("the applicant is not entitled to apply"),
    duplicate=msg("the same was submitted twice"),
)
AwardReason = Literal["quality", "urgency", "reach", "balance", "other"]
ApplicationDeclineReason = Literal["not_selected", "budget_exhausted", "other"]


class ApplicationWritten(Fact, frozen=True, kw_only=True):
    """The common fields of facts that contain a whole application; the newest of them counts. It answers a version of
    the form of a `stage` of the call. `requested` is in minor units of `currency`. The texts are sealed in a `dossier`
    of the application, as is everything that is written about it later."""

    application: str
    applicant: str
    dossier: str
    stage: str
    form_version: int
    requested: int
    currency: str
    title: Annotated[str | Withheld, Personal(of="dossier")]
    answers: Annotated[dict[str, Answer | Withheld], Personal(of="dossier")]


@stored_as("application.submitted.v1", audience=EVERYBODY)
class ApplicationSubmitted(ApplicationWritten, frozen=True, kw_only=True):
    """An applicant answered a call's form. A rolling call must decide on it by `decide_by`."""

    initiative: str
    call: str
    round: str
    decide_by: datetime | None


@stored_as("application.changed.v1", audience=EVERYBODY)
class ApplicationChanged(ApplicationWritten, frozen=True, kw_only=True):
    """The applicant changed the application while the round was open."""


@stored_as("application.invited.v1", audience=EVERYBODY)
class ApplicationInvited(Fact, frozen=True, kw_only=True):
    """The panel's decision was announced: the application is invited to the call's next `stage`."""

    application: str
    panel: str
    call: str
    stage: str


@stored_as("application.continued.v1", audience=EVERYBODY)
class ApplicationContinued(ApplicationWritten, frozen=True, kw_only=True):
    """The applicant answered the form of the next stage, in its round. The answers of earlier stages stay."""

    call: str
    round: str


@stored_as("application.invitation_lapsed.v1", audience=EVERYBODY)
class ApplicationInvitationLapsed(Fact, frozen=True, kw_only=True):
    """The round of the stage to which the application was invited closed, and the applicant had not answered."""

    application: str
    round: str


@stored_as("application.returned.v1", audience=EVERYBODY)
class ApplicationReturned(Fact, frozen=True, kw_only=True):
    """Staff returned the application with questions. It can be resubmitted until `resubmit_by`, which is the local time
    `resubmit_local` in `time_zone`."""

    application: str
    round: str
    dossier: str
    questions: Annotated[str | Withheld, Personal(of="dossier")]
    resubmit_by: datetime
    resubmit_local: str
    time_zone: str


@stored_as("application.resubmitted.v1", audience=EVERYBODY)
class ApplicationResubmitted(ApplicationWritten, frozen=True, kw_only=True):
    """The applicant resubmitted a returned application."""


@stored_as("application.return_lapsed.v1", audience=EVERYBODY)
class ApplicationReturnLapsed(Fact, frozen=True, kw_only=True):
    """A returned application was not resubmitted in time. Its last submitted version counts."""

    application: str


@stored_as("application.withdrawn.v1", audience=EVERYBODY)
class ApplicationWithdrawn(Fact, frozen=True, kw_only=True):
    """The applicant withdrew the application."""

    application: str
    dossier: str
    reason: WithdrawalReason
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


@stored_as("application.ended_by_erasure.v1", audience=EVERYBODY)
class ApplicationEndedByErasure(Fact, frozen=True, kw_only=True):
    """The applicant or the dossier was erased while the application could still lead to an award, or the applicant
    before a grant was offered, so the application ended. The fact has no sealed field, so it can also be recorded when
    the keys are gone already, as after a restore."""

    application: str


@stored_as("application.found_eligible.v1", audience=EVERYBODY)
class ApplicationFoundEligible(Fact, frozen=True, kw_only=True):
    """Staff found that the application meets the call's conditions."""

    application: str
    round: str


@stored_as("application.found_ineligible.v1", audience=EVERYBODY)
class ApplicationFoundIneligible(Fact, frozen=True, kw_only=True):
    """Staff found that the application does not meet the call's conditions."""

    application: str
    round: str
    dossier: str
    reason: IneligibilityReason
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


@stored_as("application.cancelled.v1", audience=EVERYBODY)
class ApplicationCancelled(Fact, frozen=True, kw_only=True):
    """The call was cancelled, and the application with it."""

    application: str
    reason: CancellationReason


@stored_as("application.awarded.v1", audience=EVERYBODY)
class ApplicationAwarded(Fact, frozen=True, kw_only=True):
    """The panel's decision was announced: an award of `amount` minor units of `currency`."""

    application: str
    panel: str
    amount: int
    currency: str
    reason: AwardReason


@stored_as("application.waitlisted.v1", audience=EVERYBODY)
class ApplicationWaitlisted(Fact, frozen=True, kw_only=True):
    """The panel's decision was announced: a place on the waiting list, counting from 1."""

    application: str
    panel: str
    rank: int


@stored_as("application.promoted.v1", audience=EVERYBODY)
class ApplicationPromoted(Fact, frozen=True, kw_only=True):
    """The application moved up from the waiting list: an award of `amount` minor units of `currency`, as the panel had
    decided."""

    application: str
    panel: str
    amount: int
    currency: str


@stored_as("application.declined.v1", audience=EVERYBODY)
class ApplicationDeclined(Fact, frozen=True, kw_only=True):
    """The panel's decision was announced: no award."""

    application: str
    panel: str
    reason: ApplicationDeclineReason


def beside(fact: Fact) -> str | Withheld | None:
    """The explanation of a decision about an application, for the applicant and the staff."""
    match fact:
        case ApplicationWithdrawn() | ApplicationFoundIneligible():
            return fact.explanation
        case ApplicationReturned():
            return fact.questions
        case _:
            return None


def awaited_until(fact: Fact) -> datetime | None:
    """The time until which the applicant has to respond to this fact; None if they have nothing to do."""
    return fact.resubmit_by if isinstance(fact, ApplicationReturned) else None


class StatusStays(Fact, frozen=True, kw_only=True):
    """A fact that does not change an application's status: the reason and the text shown beside it stay, too."""


@stored_as("application.grant_offered.v1")
class ApplicationGrantOffered(StatusStays, frozen=True, kw_only=True):
    """Staff offered the grant for the award. An application is offered one grant at most."""

    application: str
    grant: str


@stored_as("application.entered_on_behalf.v1", audience=frozenset({Audience.STAFF, Audience.APPLICANT}))
class ApplicationEnteredOnBehalf(StatusStays, frozen=True, kw_only=True):
    """Staff entered the application that was just submitted, for an applicant who could not do it themselves. `handle` stands
    for the applicant in the call, since the actor is somebody of the staff."""

    application: str
    handle: str


@stored_as("application.written_with.v1", audience=frozenset({Audience.STAFF, Audience.APPLICANT}))
class ApplicationWrittenWith(StatusStays, frozen=True, kw_only=True):
    """Others wrote in the draft of what was just submitted, or can read the draft of changes to it from now on: `writers` are those
    of whom it was not recorded before. They are no applicants, but they judge neither this application nor others of its rounds."""

    told = False  # it can happen by itself, while a jury or funders read the application
    application: str
    call: str
    writers: tuple[str, ...]


ApplicationFact = (
    ApplicationSubmitted
    | ApplicationChanged
    | ApplicationInvited
    | ApplicationContinued
    | ApplicationInvitationLapsed
    | ApplicationReturned
    | ApplicationResubmitted
    | ApplicationReturnLapsed
    | ApplicationWithdrawn
    | ApplicationEndedByErasure
    | ApplicationFoundEligible
    | ApplicationFoundIneligible
    | ApplicationCancelled
    | ApplicationAwarded
    | ApplicationWaitlisted
    | ApplicationPromoted
    | ApplicationDeclined
    | ApplicationGrantOffered
    | ApplicationEnteredOnBehalf
    | ApplicationWrittenWith
)
