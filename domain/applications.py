"""An application: what an artist submitted to a call, and what became of it."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, assert_never

import msgspec

from domain import limits
from domain.calls import Call, CancellationReason
from domain.deciding import Aggregate, Fact
from domain.dossiers import Dossier
from domain.forms import Answer, check_answers
from domain.messages import Message, counted, in_context, msg
from domain.personal import Personal, Withheld
from domain.refusals import FieldError, Invalid, Refused
from domain.rounds import Round, RoundStatus
from domain.values import Money, check_text

WithdrawalReason = Literal["funded_elsewhere", "no_longer_possible", "safety", "other"]
IneligibilityReason = Literal["outside_scope", "incomplete", "not_entitled", "duplicate", "other"]
DeclineReason = Literal["not_selected", "budget_exhausted", "other"]

# Facts


class ApplicationWritten(Fact, frozen=True, kw_only=True):
    """What every fact holds by which an applicant wrote an application whole: what counts is the newest of them. `requested`
    is in minor units of `currency`. What they wrote is sealed in a `dossier` of its own, and so is all that is written about
    it later."""

    application: str
    applicant: str
    dossier: str
    form_version: int
    requested: int
    currency: str
    title: Annotated[str | Withheld, Personal(of="dossier")]
    answers: Annotated[dict[str, Answer | Withheld], Personal(of="dossier")]


class ApplicationSubmitted(ApplicationWritten, frozen=True, kw_only=True):
    """An applicant answered a call's form."""

    initiative: str
    call: str
    round: str


class ApplicationChanged(ApplicationWritten, frozen=True, kw_only=True):
    """The applicant wrote the application anew while the round took it in."""


class ApplicationReturned(Fact, frozen=True, kw_only=True):
    """Staff gave the application back with questions, to be submitted again until `resubmit_by`, which is
    `resubmit_local` on the clocks of `time_zone`."""

    application: str
    round: str
    dossier: str
    questions: Annotated[str | Withheld, Personal(of="dossier")]
    resubmit_by: datetime
    resubmit_local: str
    time_zone: str


class ApplicationResubmitted(ApplicationWritten, frozen=True, kw_only=True):
    """The applicant submitted a returned application again."""


class ApplicationReturnLapsed(Fact, frozen=True, kw_only=True):
    """A returned application was not submitted again in time: it stands as it was last submitted."""

    application: str


class ApplicationWithdrawn(Fact, frozen=True, kw_only=True):
    """The applicant took the application back."""

    application: str
    dossier: str
    reason: WithdrawalReason
    explanation: Annotated[str | Withheld | None, Personal(of="dossier")]


class ApplicationEndedByErasure(Fact, frozen=True, kw_only=True):
    """The applicant or the dossier was erased while the application could still lead to an award, so it ended. Nothing in it
    is sealed: it can be recorded also where the keys are gone already, as after a restore."""

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


class ApplicationCancelled(Fact, frozen=True, kw_only=True):
    """The call was cancelled, and with it the application."""

    application: str
    reason: CancellationReason


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


def beside(fact: Fact) -> str | Withheld | None:
    """The text that somebody wrote beside what became of an application, for the applicant and the staff."""
    match fact:
        case ApplicationWithdrawn() | ApplicationFoundIneligible():
            return fact.explanation
        case ApplicationReturned():
            return fact.questions
        case _:
            return None


def awaited_until(fact: Fact) -> datetime | None:
    """Until when the applicant is asked for something by what became of the application last."""
    return fact.resubmit_by if isinstance(fact, ApplicationReturned) else None


class ApplicationGrantOffered(Fact, frozen=True, kw_only=True):
    """Staff offered the grant that follows from the award; an application is offered one grant at most."""

    application: str
    grant: str


ApplicationFact = (
    ApplicationSubmitted
    | ApplicationChanged
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
    | ApplicationDeclined
    | ApplicationGrantOffered
)

# State


class ApplicationStatus(enum.StrEnum):
    """Where an application stands."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    AWARDED = "awarded"
    WAITLISTED = "waitlisted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


STATUS_LABELS: Final[Mapping[enum.Enum, Message]] = {
    ApplicationStatus.SUBMITTED: in_context("application status", "submitted"),
    ApplicationStatus.RETURNED: in_context("application status", "returned with questions"),
    ApplicationStatus.ELIGIBLE: in_context("application status", "eligible"),
    ApplicationStatus.INELIGIBLE: in_context("application status", "ineligible"),
    ApplicationStatus.AWARDED: in_context("application status", "awarded"),
    ApplicationStatus.WAITLISTED: in_context("application status", "waitlisted"),
    ApplicationStatus.DECLINED: in_context("application status", "declined"),
    ApplicationStatus.WITHDRAWN: in_context("application status", "withdrawn"),
    ApplicationStatus.CANCELLED: in_context("application status", "cancelled with its call"),
}
"""How people read each status (`domain.labels`)."""

_BEFORE_PANEL: Final[Mapping[ApplicationStatus, Callable[[int], Message]]] = {
    ApplicationStatus.SUBMITTED: lambda count: counted(
        "{count} application has not been examined yet; find it eligible or ineligible first.",
        "{count} applications have not been examined yet; find each eligible or ineligible first.",
        count=count,
    ),
    ApplicationStatus.RETURNED: lambda count: counted(
        "{count} application was returned with questions and not submitted again yet. Wait until its date, or find it "
        "eligible or ineligible as it stands.",
        "{count} applications were returned with questions and not submitted again yet. Wait until their dates, or find "
        "each eligible or ineligible as it stands.",
        count=count,
    ),
}
"""The statuses that are settled before a panel opens, each with what there is to do about so many applications."""


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """An application as its facts left it; it holds nothing personal. Amounts are minor units of `currency`. `resubmit_by`
    and `resubmit_local` are there while it is returned. `grant` is the one that was offered after the award, if any."""

    status: ApplicationStatus | None = None
    initiative: str = ""
    call: str = ""
    round: str = ""
    applicant: str = ""
    dossier: str = ""
    requested: int = 0
    awarded: int = 0
    currency: str = ""
    resubmit_by: datetime | None = None
    resubmit_local: str = ""
    time_zone: str = ""
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
        case ApplicationChanged() | ApplicationResubmitted():
            return replace(application, status=ApplicationStatus.SUBMITTED, requested=fact.requested)
        case ApplicationReturned():
            return replace(
                application,
                status=ApplicationStatus.RETURNED,
                resubmit_by=fact.resubmit_by,
                resubmit_local=fact.resubmit_local,
                time_zone=fact.time_zone,
            )
        case ApplicationReturnLapsed():
            return replace(application, status=ApplicationStatus.SUBMITTED)
        case ApplicationWithdrawn() | ApplicationEndedByErasure():
            return replace(application, status=ApplicationStatus.WITHDRAWN)
        case ApplicationFoundEligible():
            return replace(application, status=ApplicationStatus.ELIGIBLE)
        case ApplicationFoundIneligible():
            return replace(application, status=ApplicationStatus.INELIGIBLE)
        case ApplicationCancelled():
            return replace(application, status=ApplicationStatus.CANCELLED)
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

IN_PLAY = (ApplicationStatus.SUBMITTED, ApplicationStatus.RETURNED, ApplicationStatus.ELIGIBLE)
"""An application that is neither out nor decided."""


def unsettled(statuses: Iterable[ApplicationStatus]) -> dict[ApplicationStatus, int]:
    """How many of some applications have to be settled before a panel can rank them, by their status: so none of them is
    left out of a ranking without a word."""
    found = Counter(statuses)
    return {status: found[status] for status in _BEFORE_PANEL if found[status]}


def to_settle(counts: Mapping[ApplicationStatus, int]) -> tuple[Message, ...]:
    """What there is to do about applications that are `unsettled`, one sentence for each status."""
    return tuple([_BEFORE_PANEL[status](count) for status, count in counts.items()])


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
    round.check_open(now, applicant)
    return (
        ApplicationSubmitted(
            application=application_id,
            initiative=call.initiative,
            call=call_id,
            round=round_id,
            applicant=applicant,
            dossier=dossier,
            **written(call, title=title, requested=requested, answers=answers),
        ),
    )


def written(call: Call, *, title: str, requested: Money, answers: Mapping[str, Answer]) -> Any:
    """The fields of `ApplicationWritten` from what an applicant wrote: every answer is checked, and all that is wrong is told
    at once. Raises `Invalid`. `Any`: each field has its own type."""
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
    return {
        "form_version": call.form.version,
        "requested": minor,
        "currency": call.currency,
        "title": title,
        "answers": dict(checked),
    }


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
            dossier=application.dossier,
            reason=reason,
            explanation=check_explanation(explanation),
        ),
    )


def end_by_erasure(application_id: str, application: Application) -> tuple[Fact, ...]:
    """End an application that nobody can read any more, if it could still lead to an award; else nothing."""
    if application.status not in _WITHDRAWABLE:
        return ()
    return (ApplicationEndedByErasure(application=application_id),)


def check_can_be_forgotten(application: Application, *, grant_has_ended: bool) -> None:
    """Raise `Refused` while somebody still has to read what was written in an application: until it is withdrawn or decided,
    and of an award until its grant has ended (`grant_has_ended`)."""
    if application.status in _WITHDRAWABLE:
        raise Refused(
            msg(
                "This application is {status}, so it is still read; withdraw it first, then it can be forgotten.",
                status=application.status,
            )
        )
    if application.status is ApplicationStatus.AWARDED and not grant_has_ended:
        raise Refused(
            msg(
                "The grant that follows from this application has not ended, so what it is for must stay readable. "
                "The application can be forgotten once the grant is completed, or was declined or has lapsed."
            )
        )


def find_eligible(
    application_id: str, application: Application, round: Round, dossier: Dossier
) -> tuple[Fact, ...]:
    """Find that an application meets the call's conditions, a returned one as it stands; a finding can be turned until the
    round goes to its panel."""
    if application.status not in (
        ApplicationStatus.SUBMITTED,
        ApplicationStatus.RETURNED,
        ApplicationStatus.INELIGIBLE,
    ):
        raise Refused(
            msg(
                "Only an application that waits to be examined, or was found ineligible, can be found eligible; "
                "this one is {status}.",
                status=application.status,
            )
        )
    if round.status not in (RoundStatus.OPEN, RoundStatus.CLOSED):
        raise Refused(
            msg("The panel of this round is already open, so no more applications can be found eligible.")
        )
    if dossier.erased:
        raise Refused(
            msg("What was written in this application was erased, so nobody can judge it any more.")
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
            dossier=application.dossier,
            reason=reason,
            explanation=check_explanation(explanation),
        ),
    )


def cancel(application_id: str, application: Application, *, reason: CancellationReason) -> tuple[Fact, ...]:
    """End an application with its call; nothing for one that is out already."""
    if application.status not in IN_PLAY:
        return ()
    return (ApplicationCancelled(application=application_id, reason=reason),)


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
