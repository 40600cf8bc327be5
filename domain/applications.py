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
from domain.forms import Answer, check_answers
from domain.messages import msg
from domain.personal import Personal, Withheld
from domain.refusals import FieldError, Invalid, Refused
from domain.rounds import Round, RoundStatus
from domain.values import Money, check_text

WithdrawalReason = Literal["funded_elsewhere", "no_longer_possible", "safety", "other"]
WithdrawalCause = Literal[WithdrawalReason, "applicant_erased"]
IneligibilityReason = Literal["outside_scope", "incomplete", "not_entitled", "duplicate", "other"]
AwardReason = Literal["quality", "urgency", "reach", "balance", "other"]
DeclineReason = Literal["not_selected", "budget_exhausted", "other"]

# Facts


class ApplicationSubmitted(Fact, frozen=True, kw_only=True):
    """An applicant answered a call's form. `requested` is in minor units of `currency`."""

    application: str
    initiative: str
    call: str
    round: str
    applicant: str
    form_version: int
    requested: int
    currency: str
    title: Annotated[str | Withheld, Personal(of="applicant")]
    answers: Annotated[dict[str, Answer | Withheld], Personal(of="applicant")]


class ApplicationWithdrawn(Fact, frozen=True, kw_only=True):
    """The applicant took the application back, or it ended with their erasure."""

    application: str
    applicant: str
    reason: WithdrawalCause
    explanation: Annotated[str | Withheld | None, Personal(of="applicant")]


class ApplicationFoundEligible(Fact, frozen=True, kw_only=True):
    """Staff found that the application meets the call's conditions."""

    application: str
    round: str


class ApplicationFoundIneligible(Fact, frozen=True, kw_only=True):
    """Staff found that the application does not meet the call's conditions."""

    application: str
    round: str
    applicant: str
    reason: IneligibilityReason
    explanation: Annotated[str | Withheld | None, Personal(of="applicant")]


class ApplicationAwarded(Fact, frozen=True, kw_only=True):
    """The panel's decision was confirmed: an award of `amount` minor units of `currency`."""

    application: str
    panel: str
    amount: int
    currency: str
    reason: AwardReason


class ApplicationWaitlisted(Fact, frozen=True, kw_only=True):
    """The panel's decision was confirmed: a place on the waiting list, counted from 1."""

    application: str
    panel: str
    rank: int


class ApplicationPromoted(Fact, frozen=True, kw_only=True):
    """The application moved up from the waiting list: an award of `amount` minor units of `currency`, as the panel had
    decided for that case."""

    application: str
    panel: str
    amount: int
    currency: str


class ApplicationDeclined(Fact, frozen=True, kw_only=True):
    """The panel's decision was confirmed: no award."""

    application: str
    panel: str
    reason: DeclineReason


ApplicationFact = (
    ApplicationSubmitted
    | ApplicationWithdrawn
    | ApplicationFoundEligible
    | ApplicationFoundIneligible
    | ApplicationAwarded
    | ApplicationWaitlisted
    | ApplicationPromoted
    | ApplicationDeclined
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
    """An application as its facts left it; it holds nothing personal. Amounts are minor units of `currency`. `panel` is the
    one that decided on it."""

    status: ApplicationStatus | None = None
    initiative: str = ""
    call: str = ""
    round: str = ""
    applicant: str = ""
    requested: int = 0
    awarded: int = 0
    currency: str = ""
    panel: str | None = None


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
                requested=fact.requested,
                currency=fact.currency,
            )
        case ApplicationWithdrawn():
            return replace(application, status=ApplicationStatus.WITHDRAWN)
        case ApplicationFoundEligible():
            return replace(application, status=ApplicationStatus.ELIGIBLE)
        case ApplicationFoundIneligible():
            return replace(application, status=ApplicationStatus.INELIGIBLE)
        case ApplicationAwarded() | ApplicationPromoted():
            return replace(
                application, status=ApplicationStatus.AWARDED, awarded=fact.amount, panel=fact.panel
            )
        case ApplicationWaitlisted():
            return replace(application, status=ApplicationStatus.WAITLISTED, panel=fact.panel)
        case ApplicationDeclined():
            return replace(application, status=ApplicationStatus.DECLINED, panel=fact.panel)
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
            msg(
                "Only an application that is under consideration or on the waiting list can be withdrawn; "
                "this one is {status}.",
                status=application.status,
            )
        )
    return (
        ApplicationWithdrawn(
            application=application_id,
            applicant=application.applicant,
            reason=reason,
            explanation=check_explanation(explanation),
        ),
    )


def withdraw_of_erased(application_id: str, application: Application) -> tuple[Fact, ...]:
    """End an application whose applicant is erased, if it could still lead to an award; else nothing."""
    if application.status not in _WITHDRAWABLE:
        return ()
    return (
        ApplicationWithdrawn(
            application=application_id,
            applicant=application.applicant,
            reason="applicant_erased",
            explanation=None,
        ),
    )


def find_eligible(application_id: str, application: Application, round: Round) -> tuple[Fact, ...]:
    """Find that an application meets the call's conditions; a finding can be turned until the round goes to its
    panel."""
    if application.status not in (ApplicationStatus.SUBMITTED, ApplicationStatus.INELIGIBLE):
        raise Refused(
            msg(
                "Only a submitted or ineligible application can be found eligible; this one is {status}.",
                status=application.status,
            )
        )
    if round.status not in (RoundStatus.OPEN, RoundStatus.CLOSED):
        raise Refused(
            msg("The panel of this round is already open, so no more applications can be found eligible.")
        )
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
            msg(
                "Only a submitted or eligible application can be found ineligible; this one is {status}.",
                status=application.status,
            )
        )
    if has_reviews:
        raise Refused(msg("Jurors are already assigned to this application, so the panel decides on it."))
    return (
        ApplicationFoundIneligible(
            application=application_id,
            round=application.round,
            applicant=application.applicant,
            reason=reason,
            explanation=check_explanation(explanation),
        ),
    )


def award(
    application_id: str, application: Application, *, panel: str, amount: int, reason: AwardReason
) -> tuple[Fact, ...]:
    """Award `amount` minor units, as a confirmed panel decided."""
    _check_undecided(application)
    return (
        ApplicationAwarded(
            application=application_id,
            panel=panel,
            amount=amount,
            currency=application.currency,
            reason=reason,
        ),
    )


def waitlist(application_id: str, application: Application, *, panel: str, rank: int) -> tuple[Fact, ...]:
    """Give a place on the waiting list, counted from 1, as a confirmed panel decided."""
    _check_undecided(application)
    return (ApplicationWaitlisted(application=application_id, panel=panel, rank=rank),)


def promote(application_id: str, application: Application, *, panel: str, amount: int) -> tuple[Fact, ...]:
    """Move up from the waiting list with an award of `amount` minor units."""
    if application.status is not ApplicationStatus.WAITLISTED:
        raise Refused(
            msg(
                "Only an application on the waiting list can move up; this one is {status}.",
                status=application.status,
            )
        )
    return (
        ApplicationPromoted(
            application=application_id, panel=panel, amount=amount, currency=application.currency
        ),
    )


def decline(
    application_id: str, application: Application, *, panel: str, reason: DeclineReason
) -> tuple[Fact, ...]:
    """Decline an application, as a confirmed panel decided."""
    _check_undecided(application)
    return (ApplicationDeclined(application=application_id, panel=panel, reason=reason),)


def _check_undecided(application: Application) -> None:
    if application.status is not ApplicationStatus.ELIGIBLE:
        raise Refused(
            msg(
                "A panel decides only on eligible applications; this one is {status}.",
                status=application.status,
            )
        )


def check_explanation(explanation: str | None) -> str | None:
    """The optional text beside a reason's code, trimmed; an empty one counts as none. Raises `Invalid`."""
    if explanation is None or not explanation.strip():
        return None
    return check_text(explanation, "explanation", most=limits.EXPLANATION, long=True)
