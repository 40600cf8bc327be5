"""The rules for applications: one function for each command."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from domain import limits
from domain.answers import check_answers
from domain.applications.facts import (
    ApplicationAwarded,
    ApplicationCancelled,
    ApplicationDeclined,
    ApplicationDeclineReason,
    ApplicationEndedByErasure,
    ApplicationFoundEligible,
    ApplicationFoundIneligible,
    ApplicationGrantOffered,
    ApplicationInvited,
    ApplicationPromoted,
    ApplicationSubmitted,
    ApplicationWaitlisted,
    ApplicationWithdrawn,
    ApplicationWrittenWith,
    AwardReason,
    IneligibilityReason,
    WithdrawalReason,
)
from domain.applications.state import GOING_ON, IN_PLAY, WITHDRAWABLE, Application, ApplicationStatus
from domain.calls.facts import CancellationReason
from domain.calls.rules import check_takes_in
from domain.calls.state import Call
from domain.deciding import Fact
from domain.dossiers import Dossier
from domain.eligibility import wrong_answers
from domain.forms import Answer, Form
from domain.messages import counted, msg
from domain.refusals import FieldError, Invalid, Refused
from domain.rounds.state import Round, RoundStatus
from domain.texts import check_explanation, check_text
from domain.values import Money


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
    eligibility: Mapping[str, bool],
    earlier: Collection[Application],
    by_same_person: Collection[Application],
    now: datetime,
) -> tuple[Fact, ...]:
    """Submit an application to an open round, or to a rolling call. All answers are checked, and all errors are
    reported together. `earlier` are the applicant's other applications to the call, if it takes only one from each, and
    `by_same_person` those of a person and of the organisations for which they alone act;
    `eligibility` are the answers to its eligibility questions."""
    if call.rolling:
        check_takes_in(call, now)
    else:
        round.check_open(now, applicant)
        if round.stage != call.stages[0].id:
            raise Refused(msg("This stage is open only to applications that were invited to it."))
    if call.applications_per_applicant == "one" and any(
        each.status is not ApplicationStatus.WITHDRAWN for each in by_same_person
    ):
        raise Refused(
            msg(
                "This call takes one application from each applicant. A person, and the organisations for which nobody else "
                "acts, count as one applicant, and you have submitted an application already. You can change it, or withdraw "
                "it and submit another one."
            )
        )
    if call.applications_per_applicant == "one" and any(
        each.status is not ApplicationStatus.WITHDRAWN for each in earlier
    ):
        raise Refused(
            msg(
                "This call takes one application from each applicant, and you have submitted yours. You can change it, or "
                "withdraw it and submit another one."
            )
        )
    if wrong := wrong_answers(call.eligibility, eligibility):
        raise Invalid(wrong)
    return (
        ApplicationSubmitted(
            application=application_id,
            initiative=call.initiative,
            call=call_id,
            round=round_id,
            applicant=applicant,
            dossier=dossier,
            decide_by=None
            if call.decide_within_days is None
            else now + timedelta(days=call.decide_within_days),
            **written(
                call,
                call.stages[0].id,
                call.stages[0].form,
                title=title,
                requested=requested,
                answers=answers,
            ),
        ),
    )


def written(
    call: Call, stage: str, form: Form, *, title: str, requested: Money, answers: Mapping[str, Answer]
) -> Any:
    """The fields of `ApplicationWritten`, from an applicant's answers to a version of a stage's form. All answers are
    checked, and all errors are reported together. Raises `Invalid`. `Any`: the fields have different types."""
    errors: list[FieldError] = []
    minor: int | None = None
    try:
        title = check_text(title, "title", most=limits.TITLE)
    except Invalid as invalid:
        errors.extend(invalid.errors)
    try:
        minor = check_requested(call, requested)
    except Invalid as invalid:
        errors.extend(invalid.errors)
    checked: dict[str, Answer] = {}
    try:
        checked = check_answers(form, answers, requested=minor, currency=call.currency)
    except Invalid as invalid:
        errors.extend(invalid.errors)
    if minor is None or errors:
        raise Invalid(tuple(errors))
    return {
        "stage": stage,
        "form_version": form.version,
        "requested": minor,
        "currency": call.currency,
        "title": title,
        "answers": dict(checked),
    }


def check_requested(call: Call, requested: Money) -> int:
    """The requested sum in minor units, if the call awards such sums. Raises `Invalid`."""
    minor = requested.minor("requested", currency=call.currency, least=1)
    if not call.minimum_award <= minor <= call.maximum_award:
        raise Invalid.field(
            "requested.amount",
            msg(
                "This call awards from {least} to {most}; you ask for {given}.",
                least=Money.of(call.minimum_award, call.currency),
                most=Money.of(call.maximum_award, call.currency),
                given=Money.of(minor, call.currency),
            ),
        )
    return minor


def withdraw(
    application_id: str, application: Application, *, reason: WithdrawalReason, explanation: str | None
) -> tuple[Fact, ...]:
    """Withdraw an application while it may still lead to an award. After the award, the grant is declined instead."""
    if application.status not in WITHDRAWABLE:
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


def check_all_ended(applications: Collection[Application]) -> None:
    """Raise `Refused` if one of an organisation's applications could still lead to an award, or was awarded and not offered
    yet, so that the organisation cannot be closed: nobody could be offered the award, and it would block others."""
    undecided = sum(each.status in WITHDRAWABLE for each in applications)
    if undecided:
        raise Refused(
            counted(
                "{count} application of this organisation is under consideration or on a waiting list. Withdraw it first; then "
                "the organisation can be closed.",
                "{count} applications of this organisation are under consideration or on a waiting list. Withdraw them first; "
                "then the organisation can be closed.",
                count=undecided,
            )
        )
    awarded = sum(each.has_unoffered_award for each in applications)
    if awarded:
        raise Refused(
            counted(
                "{count} application of this organisation was awarded a grant that is not offered yet. Answer the offer first; "
                "then the organisation can be closed.",
                "{count} applications of this organisation were awarded grants that are not offered yet. Answer the offers "
                "first; then the organisation can be closed.",
                count=awarded,
            )
        )


def end_by_erasure(
    application_id: str, application: Application, *, with_applicant: bool
) -> tuple[Fact, ...]:
    """End an application whose data was erased, if it could still lead to an award, or, `with_applicant`, if nobody is
    left to be offered what it was awarded; otherwise nothing."""
    if application.status not in WITHDRAWABLE and not (with_applicant and application.has_unoffered_award):
        return ()
    return (ApplicationEndedByErasure(application=application_id),)


def check_can_be_erased(application: Application, *, grant_has_ended: bool) -> None:
    """Raise `Refused` while somebody still has to read the application: until it is withdrawn or decided, and after an
    award until its grant has ended (`grant_has_ended`)."""
    if application.status in WITHDRAWABLE:
        raise Refused(
            msg(
                "This application is {status}, so people still have to read it; withdraw it "
                "first, then it can be erased.",
                status=application.status,
            )
        )
    if application.status is ApplicationStatus.AWARDED and not grant_has_ended:
        raise Refused(
            msg(
                "The grant for this application has not ended, so its texts must stay readable. "
                "The application can be erased once the grant is completed, declined or "
                "lapsed."
            )
        )


def find_eligible(
    application_id: str, application: Application, round: Round, dossier: Dossier
) -> tuple[Fact, ...]:
    """Find an application eligible; one that was returned, in its last submitted version. A finding can be changed
    until the round's panel opens."""
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
        raise Refused(msg("The texts of this application were erased, so nobody can judge it any more."))
    return (ApplicationFoundEligible(application=application_id, round=application.round),)


def find_ineligible(
    application_id: str,
    application: Application,
    *,
    reason: IneligibilityReason,
    explanation: str | None,
    has_reviews: bool,
) -> tuple[Fact, ...]:
    """Find an application ineligible; not once a juror was assigned to it."""
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
    """End an application with its call; nothing if it has ended already."""
    if application.status not in GOING_ON:
        return ()
    return (ApplicationCancelled(application=application_id, reason=reason),)


def award(
    application_id: str, application: Application, *, panel: str, amount: int, reason: AwardReason
) -> tuple[Fact, ...]:
    """Award `amount` minor units, as a panel decided."""
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


def invite(application_id: str, application: Application, *, panel: str, stage: str) -> tuple[Fact, ...]:
    """Invite to the call's next stage, as a confirmed panel decided."""
    _check_undecided(application)
    return (ApplicationInvited(application=application_id, panel=panel, call=application.call, stage=stage),)


def waitlist(application_id: str, application: Application, *, panel: str, rank: int) -> tuple[Fact, ...]:
    """Put an application on the waiting list at a place, counting from 1, as a panel decided."""
    _check_undecided(application)
    return (ApplicationWaitlisted(application=application_id, panel=panel, rank=rank),)


def promote(application_id: str, application: Application, *, panel: str, amount: int) -> tuple[Fact, ...]:
    """Move an application up from the waiting list, with an award of `amount` minor units."""
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
    application_id: str, application: Application, *, panel: str, reason: ApplicationDeclineReason
) -> tuple[Fact, ...]:
    """Decline an application, as a panel decided."""
    _check_undecided(application)
    return (ApplicationDeclined(application=application_id, panel=panel, reason=reason),)


def note_grant(application_id: str, *, grant: str) -> tuple[Fact, ...]:
    """Record that a grant was offered (`domain.grants.rules.offering.offer` checks whether it may be)."""
    return (ApplicationGrantOffered(application=application_id, grant=grant),)


def _check_undecided(application: Application) -> None:
    if application.status is not ApplicationStatus.ELIGIBLE:
        raise Refused(
            msg(
                "A panel decides only on eligible applications; this one is {status}.",
                status=application.status,
            )
        )


def written_with(
    application_id: str,
    call_id: str,
    applicants: Collection[str],
    known: Collection[str],
    writers: Collection[str],
) -> tuple[Fact, ...]:
    """Record who helps to write an application: `writers`, without the `applicants` (the person, or the
    members of the organisation) and those of whom it is `known`."""
    others = tuple(sorted(set(writers) - set(applicants) - set(known)))
    return (
        (ApplicationWrittenWith(application=application_id, call=call_id, writers=others),) if others else ()
    )
