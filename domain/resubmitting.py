"""Changing an application after it was submitted: by the applicant while its round is open, or because staff returned
it with questions.

A returned application is never dropped. The panel does not open before its date; once it is resubmitted or the date has
passed, it has to be examined as it then is; and staff may find it eligible or ineligible at any time before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from domain import limits
from domain.applications.facts import (
    ApplicationChanged,
    ApplicationResubmitted,
    ApplicationReturned,
    ApplicationReturnLapsed,
)
from domain.applications.rules import written
from domain.applications.state import IN_PLAY, Application, ApplicationStatus
from domain.calls.rules import instant
from domain.calls.state import Call
from domain.deciding import Fact
from domain.forms import Answer
from domain.messages import At, msg
from domain.refusals import Invalid, Refused
from domain.rounds.rules import on_clocks
from domain.rounds.state import Round, RoundStatus
from domain.texts import check_text
from domain.values import Money

CHANGEABLE: Final = (ApplicationStatus.SUBMITTED, ApplicationStatus.ELIGIBLE, ApplicationStatus.INELIGIBLE)


def change(
    application_id: str,
    application: Application,
    call: Call,
    round: Round,
    *,
    title: str,
    requested: Money,
    answers: Mapping[str, Answer],
    now: datetime,
) -> tuple[Fact, ...]:
    """Change an application while its round takes applications. A finding about it has to be made again."""
    if application.status is ApplicationStatus.RETURNED:
        raise Refused(msg("This application was returned with questions; submit it again instead."))
    if application.status not in CHANGEABLE:
        raise Refused(
            msg(
                "Only an application that the panel has not decided on can be changed; this one is {status}.",
                status=application.status,
            )
        )
    round.check_open(now, application.applicant)
    return (
        ApplicationChanged(
            application=application_id,
            applicant=application.applicant,
            dossier=application.dossier,
            **written(
                call,
                application.stage,
                call.form(application.stage, application.form_version),
                title=title,
                requested=requested,
                answers=answers,
            ),
        ),
    )


def give_back(
    application_id: str,
    application: Application,
    call: Call,
    round: Round,
    *,
    questions: str,
    resubmit_by: datetime,
    has_reviews: bool,
    now: datetime,
) -> tuple[Fact, ...]:
    """Return an application with questions. It can be resubmitted until `resubmit_by`, a local time in the call's time
    zone. It can be returned again, with other questions and another date; but not once a juror was assigned to it."""
    if application.status not in IN_PLAY:
        raise Refused(
            msg(
                "Only an application that is under consideration can be returned; this one is {status}.",
                status=application.status,
            )
        )
    if has_reviews:
        raise Refused(
            msg("Jurors are already assigned to this application, so it cannot be returned to the applicant.")
        )
    if round.status not in (RoundStatus.OPEN, RoundStatus.CLOSED):
        raise Refused(
            msg("The panel of this round is already open, so no more applications can be returned.")
        )
    by = instant(resubmit_by, call.time_zone, "resubmit_by")
    if by <= now:
        raise Invalid.field("resubmit_by", msg("The date for the answers must lie in the future."))
    return (
        ApplicationReturned(
            application=application_id,
            round=application.round,
            dossier=application.dossier,
            questions=check_text(questions, "questions", most=limits.EXPLANATION, long=True),
            resubmit_by=by,
            resubmit_local=on_clocks(resubmit_by),
            time_zone=call.time_zone,
        ),
    )


def resubmit(
    application_id: str,
    application: Application,
    call: Call,
    *,
    title: str,
    requested: Money,
    answers: Mapping[str, Answer],
    now: datetime,
) -> tuple[Fact, ...]:
    """Resubmit a returned application by its date, whether its round is open or closed."""
    if application.status is not ApplicationStatus.RETURNED:
        raise Refused(
            msg(
                "Only an application that was returned with questions can be submitted again; this one is {status}.",
                status=application.status,
            )
        )
    assert application.resubmit_by is not None
    if now >= application.resubmit_by:
        raise Refused(
            msg(
                "This application could be submitted again until {until}; its last submitted version counts.",
                until=At(application.resubmit_by, application.time_zone),
            )
        )
    return (
        ApplicationResubmitted(
            application=application_id,
            applicant=application.applicant,
            dossier=application.dossier,
            **written(
                call,
                application.stage,
                call.form(application.stage, application.form_version),
                title=title,
                requested=requested,
                answers=answers,
            ),
        ),
    )


def lapse_return(application_id: str, application: Application, *, now: datetime) -> tuple[Fact, ...]:
    """Stop waiting for a returned application after its date: its last submitted version is examined."""
    if application.status is not ApplicationStatus.RETURNED:
        raise Refused(
            msg(
                "Only a returned application has a date to wait for; this one is {status}.",
                status=application.status,
            )
        )
    assert application.resubmit_by is not None
    if now < application.resubmit_by:
        raise Refused(
            msg(
                "The applicant can still submit this application again until {until}.",
                until=At(application.resubmit_by, application.time_zone),
            )
        )
    return (ApplicationReturnLapsed(application=application_id),)
