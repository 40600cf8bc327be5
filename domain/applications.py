"""An application: what an artist submitted to a call, and what became of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, assert_never

import msgspec

from domain import limits
from domain.calls import Call
from domain.deciding import Aggregate, Fact
from domain.dossiers import Dossier
from domain.forms import Answer, check_answers
from domain.personal import Personal, Withheld
from domain.refusals import FieldError, Invalid, Refused
from domain.rounds import Round, RoundStatus
from domain.values import Money, check_text

WithdrawalReason = Literal["funded_elsewhere", "no_longer_possible", "safety", "other"]
IneligibilityReason = Literal["outside_scope", "incomplete", "not_entitled", "duplicate", "other"]
DeclineReason = Literal["not_selected", "budget_exhausted", "other"]

# Facts


class ApplicationSubmitted(Fact, frozen=True, kw_only=True):
    """An applicant answered a call's form. `requested` is in minor units of `currency`. What they wrote is sealed in a
    `dossier` of its own, and so is all that is written about it later."""

    application: str
    initiative: str
    call: str
    round: str
    applicant: str
    dossier: str
    form_version: int
    requested: int
    currency: str
    title: Annotated[str | Withheld, Personal(of="dossier")]
    answers: Annotated[dict[str, Answer | Withheld], Personal(of="dossier")]


class ApplicationWithdrawn(Fact, frozen=True, kw_only=True):
    """The applicant took the application back."""

    application: str
    dossier: str
    reason: WithdrawalReason
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


class ApplicationEndedByErasure(Fact, frozen=True, kw_only=True):
    """The applicant was erased while the application could still lead to an award, so it ended. Nothing in it is sealed: it
    can be recorded also where the keys are gone already, as after a restore."""

    application: str


class ApplicationFoundEligible(Fact, frozen=True, kw_only=True):
    """Staff found that the application meets the call's conditions."""

    application: str
    round: str


class ApplicationFoundIneligible(Fact, frozen=True, kw_only=True):
    """Staff found that the application does not meet the call's conditions."""

    application: str
    round: str
    dossier: str
    reason: IneligibilityReason
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


class ApplicationAwarded(Fact, frozen=True, kw_only=True):
    """The panel's decision was confirmed: an award of `amount` minor units of `currency`."""

    application: str
    panel: str
    amount: int
    currency: str


class ApplicationWaitlisted(Fact, frozen=True, kw_only=True):
    """The panel's decision was confirmed: a place on the waiting list, counted from 1."""

    application: str
    panel: str
    rank: int


class ApplicationDeclined(Fact, frozen=True, kw_only=True):
    """The panel's decision was confirmed: no award."""

    application: str
    panel: str
    reason: DeclineReason


class ApplicationGrantOffered(Fact, frozen=True, kw_only=True):
    """Staff offered the grant that follows from the award; an application is offered one grant at most."""

    application: str
    grant: str


ApplicationFact = (
    ApplicationSubmitted
    | ApplicationWithdrawn
    | ApplicationEndedByErasure
    | ApplicationFoundEligible
    | ApplicationFoundIneligible
    | ApplicationAwarded
    | ApplicationWaitlisted
    | ApplicationDeclined
    | ApplicationGrantOffered
)

# State


class ApplicationStatus(enum.StrEnum):
    """Where an application stands."""

    SUBMITTED = "submitted"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    AWARDED = "awarded"
    WAITLISTED = "waitlisted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """An application as its facts left it; it holds nothing personal. Amounts are minor units of `currency`. `grant` is
    the one that was offered after the award, if any."""

    status: ApplicationStatus | None = None
    initiative: str = ""
    call: str = ""
    round: str = ""
    applicant: str = ""
    dossier: str = ""
    requested: int = 0
    awarded: int = 0
    currency: str = ""
    grant: str | None = None


def evolve(application: Application, fact: ApplicationFact) -> Application:
    """The application after one more fact."""
    replace = msgspec.structs.replace
    match fact:
        case ApplicationSubmitted():
            return Application(
                status=ApplicationStatus.SUBMITTED,
                initiative=fact.initiative,
                call=fact.call,
                round=fact.round,
                applicant=fact.applicant,
                dossier=fact.dossier,
                requested=fact.requested,
                currency=fact.currency,
            )
        case ApplicationWithdrawn() | ApplicationEndedByErasure():
            return replace(application, status=ApplicationStatus.WITHDRAWN)
        case ApplicationFoundEligible():
            return replace(application, status=ApplicationStatus.ELIGIBLE)
        case ApplicationFoundIneligible():
            return replace(application, status=ApplicationStatus.INELIGIBLE)
        case ApplicationAwarded():
            return replace(application, status=ApplicationStatus.AWARDED, awarded=fact.amount)
        case ApplicationWaitlisted():
            return replace(application, status=ApplicationStatus.WAITLISTED)
        case ApplicationDeclined():
            return replace(application, status=ApplicationStatus.DECLINED)
        case ApplicationGrantOffered():
            return replace(application, grant=fact.grant)
        case _:
            assert_never(fact)


APPLICATION = Aggregate(kind="application", empty=Application(), evolve=evolve)

IN_PLAY = (ApplicationStatus.SUBMITTED, ApplicationStatus.ELIGIBLE)
"""An application that is neither out nor decided."""

_WITHDRAWABLE = (*IN_PLAY, ApplicationStatus.WAITLISTED)

# Rules


def submit(
    application_id: str,
    call_id: str,
    call: Call,
    round_id: str,
    round: Round,
    *,
    applicant: str,
    dossier: str,
    title: str,
    requested: Money,
    answers: Mapping[str, Answer],
    now: datetime,
) -> tuple[Fact, ...]:
    """Submit an application to an open round: every answer is checked, and all that is wrong is told at once."""
    round.check_open(now)
    errors: list[FieldError] = []
    minor: int | None = None
    try:
        title = check_text(title, "title", most=limits.TITLE)
    except Invalid as invalid:
        errors.extend(invalid.errors)
    try:
        minor = requested.minor("requested", currency=call.currency, least=1)
    except Invalid as invalid:
        errors.extend(invalid.errors)
    checked: dict[str, Answer] = {}
    try:
        checked = check_answers(call.form, answers, requested=minor, currency=call.currency)
    except Invalid as invalid:
        errors.extend(invalid.errors)
    if minor is None or errors:
        raise Invalid(tuple(errors))
    return (
        ApplicationSubmitted(
            application=application_id,
            initiative=call.initiative,
            call=call_id,
            round=round_id,
            applicant=applicant,
            dossier=dossier,
            form_version=call.form.version,
            requested=minor,
            currency=call.currency,
            title=title,
            answers=dict(checked),
        ),
    )


def withdraw(
    application_id: str, application: Application, *, reason: WithdrawalReason, explanation: str | None
) -> tuple[Fact, ...]:
    """Take an application back while it may still lead to an award; an award is declined with its grant."""
    if application.status not in _WITHDRAWABLE:
        raise Refused(
            "Only an application that is under consideration or on the waiting list can be withdrawn; "
            f"this one is {application.status}."
        )
    return (
        ApplicationWithdrawn(
            application=application_id,
            dossier=application.dossier,
            reason=reason,
            explanation=check_explanation(explanation),
        ),
    )


def end_by_erasure(application_id: str, application: Application) -> tuple[Fact, ...]:
    """End an application whose applicant is erased, if it could still lead to an award; else nothing."""
    if application.status not in _WITHDRAWABLE:
        return ()
    return (ApplicationEndedByErasure(application=application_id),)


def check_can_be_forgotten(application: Application, *, grant_has_ended: bool) -> None:
    """Raise `Refused` while somebody still has to read what was written in an application: until it is withdrawn or decided,
    and of an award until its grant has ended (`grant_has_ended`)."""
    if application.status in _WITHDRAWABLE:
        raise Refused(
            f"This application is {application.status}, so it is still read; withdraw it first, then it can be forgotten."
        )
    if application.status is ApplicationStatus.AWARDED and not grant_has_ended:
        raise Refused(
            "The grant that follows from this application has not ended, so what it is for must stay readable. "
            "The application can be forgotten once the grant is completed, or was declined or has lapsed."
        )


def find_eligible(
    application_id: str, application: Application, round: Round, dossier: Dossier
) -> tuple[Fact, ...]:
    """Find that an application meets the call's conditions; a finding can be turned until the round goes to its
    panel."""
    if application.status not in (ApplicationStatus.SUBMITTED, ApplicationStatus.INELIGIBLE):
        raise Refused(
            "Only a submitted or ineligible application can be found eligible; "
            f"this one is {application.status}."
        )
    if round.status not in (RoundStatus.OPEN, RoundStatus.CLOSED):
        raise Refused("The round has gone to its panel, so no more applications can be found eligible.")
    if dossier.erased:
        raise Refused("What was written in this application was erased, so nobody can judge it any more.")
    return (ApplicationFoundEligible(application=application_id, round=application.round),)


def find_ineligible(
    application_id: str,
    application: Application,
    *,
    reason: IneligibilityReason,
    explanation: str | None,
    has_reviews: bool,
) -> tuple[Fact, ...]:
    """Find that an application does not meet the call's conditions; not once a juror was assigned to it."""
    if application.status not in IN_PLAY:
        raise Refused(
            "Only a submitted or eligible application can be found ineligible; "
            f"this one is {application.status}."
        )
    if has_reviews:
        raise Refused("Jurors are assigned to this application already; the panel decides about it.")
    return (
        ApplicationFoundIneligible(
            application=application_id,
            round=application.round,
            dossier=application.dossier,
            reason=reason,
            explanation=check_explanation(explanation),
        ),
    )


def award(application_id: str, application: Application, *, panel: str, amount: int) -> tuple[Fact, ...]:
    """Award `amount` minor units, as a confirmed panel decided."""
    _check_undecided(application)
    return (
        ApplicationAwarded(
            application=application_id, panel=panel, amount=amount, currency=application.currency
        ),
    )


def waitlist(application_id: str, application: Application, *, panel: str, rank: int) -> tuple[Fact, ...]:
    """Give a place on the waiting list, counted from 1, as a confirmed panel decided."""
    _check_undecided(application)
    return (ApplicationWaitlisted(application=application_id, panel=panel, rank=rank),)


def decline(
    application_id: str, application: Application, *, panel: str, reason: DeclineReason
) -> tuple[Fact, ...]:
    """Decline an application, as a confirmed panel decided."""
    _check_undecided(application)
    return (ApplicationDeclined(application=application_id, panel=panel, reason=reason),)


def note_grant(application_id: str, *, grant: str) -> tuple[Fact, ...]:
    """Record that a grant was offered (`domain.grants.rules.offer` says whether it may be)."""
    return (ApplicationGrantOffered(application=application_id, grant=grant),)


def _check_undecided(application: Application) -> None:
    if application.status is not ApplicationStatus.ELIGIBLE:
        raise Refused(f"A panel decides about eligible applications; this one is {application.status}.")


def check_explanation(explanation: str | None) -> str | None:
    """The optional text beside a reason's code, trimmed; an empty one counts as none. Raises `Invalid`."""
    if explanation is None or not explanation.strip():
        return None
    return check_text(explanation, "explanation", most=limits.EXPLANATION, long=True)
