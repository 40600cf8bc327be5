"""Continuing to the next stage: an invited applicant answers its form while its round is open.

Nobody drops out silently: if an applicant has not answered when the round closes, a fact tells them so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.applications.facts import ApplicationContinued, ApplicationInvitationLapsed
from domain.applications.rules import written
from domain.applications.state import Application, ApplicationStatus
from domain.calls.state import Call
from domain.deciding import Fact
from domain.forms import Answer
from domain.messages import msg
from domain.refusals import Refused
from domain.rounds.state import Round
from domain.values import Money


def answer_next_stage(
    application_id: str,
    application: Application,
    call: Call,
    round_id: str | None,
    round: Round,
    *,
    title: str,
    requested: Money,
    answers: Mapping[str, Answer],
    now: datetime,
) -> tuple[Fact, ...]:
    """Answer the form of the stage to which an application was invited. `round_id` is the round of that stage; None if
    there is none yet. A round that closed and was opened again accepts a missing answer."""
    if application.status not in (ApplicationStatus.INVITED, ApplicationStatus.LAPSED):
        raise Refused(
            msg(
                "Only an application that was invited to the next stage can continue to it; this "
                "one is {status}.",
                status=application.status,
            )
        )
    if round_id is None:
        raise Refused(msg("The next stage is not open yet; you can answer its form as soon as it is."))
    round.check_open(now, application.applicant)
    return (
        ApplicationContinued(
            application=application_id,
            applicant=application.applicant,
            dossier=application.dossier,
            call=application.call,
            round=round_id,
            **written(
                call,
                round.stage,
                call.stage(round.stage).form,
                title=title,
                requested=requested,
                answers=answers,
            ),
        ),
    )


def lapse_invitation(application_id: str, application: Application, *, round: str) -> tuple[Fact, ...]:
    """Record that an invited applicant did not answer before the next stage's round closed; nothing for other
    applications."""
    if application.status is not ApplicationStatus.INVITED:
        return ()
    return (ApplicationInvitationLapsed(application=application_id, round=round),)
