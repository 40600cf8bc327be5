"""Commands to return an application with questions, and to resubmit it."""

from __future__ import annotations

from datetime import datetime
from typing import Final, get_args

from domain import access, limits, resubmitting
from domain.applications.facts import (
    ApplicationCancelled,
    ApplicationFoundEligible,
    ApplicationFoundIneligible,
    ApplicationResubmitted,
    ApplicationReturned,
    ApplicationReturnLapsed,
    ApplicationWithdrawn,
)
from domain.applications.state import APPLICATION
from domain.calls.state import CALL
from domain.commands.applications.acting import by_examiner, by_writer
from domain.deciding import (
    Command,
    CommandContext,
    Due,
    DueBy,
    Outcome,
    Plan,
    PlannedCommand,
    Registered,
    RemovedBy,
    the,
    together,
)
from domain.forms import Answer
from domain.reviews.state import asked_in
from domain.rounds.state import ROUND
from domain.values import ApplicationId, Money


class ReturnApplication(Command, frozen=True, kw_only=True):
    """Return an application to its applicant with questions. It can be resubmitted until `resubmit_by`, a local time in
    the call's time zone; if it is not, its last submitted version counts."""

    application: ApplicationId
    questions: limits.Questions
    resubmit_by: datetime


class ResubmitApplication(Command, frozen=True, kw_only=True):
    """Resubmit an application that was returned with questions."""

    application: ApplicationId
    title: limits.Title
    requested: Money
    answers: dict[str, Answer]


class LapseApplicationReturn(Command, frozen=True, kw_only=True):
    """Stop waiting for a returned application; the program does this automatically after its date."""

    application: ApplicationId


def _return(command: ReturnApplication, context: CommandContext) -> Plan:
    application = yield from the(APPLICATION, command.application)
    call, round = yield from together(the(CALL, application.call), the(ROUND, application.round))
    return (
        yield from by_examiner(
            command.application,
            application,
            context,
            lambda reviews: resubmitting.give_back(
                command.application,
                application,
                call,
                round,
                questions=command.questions,
                resubmit_by=command.resubmit_by,
                has_reviews=asked_in(reviews.values(), application.round),
                now=context.now,
            ),
        )
    )


def _resubmit(command: ResubmitApplication, context: CommandContext) -> Plan:
    application = yield from the(APPLICATION, command.application)
    call = yield from the(CALL, application.call)
    return (
        yield from by_writer(
            command.application,
            application,
            context,
            lambda: resubmitting.resubmit(
                command.application,
                application,
                call,
                title=command.title,
                requested=command.requested,
                answers=command.answers,
                now=context.now,
            ),
        )
    )


def _lapse_return(command: LapseApplicationReturn, context: CommandContext) -> Plan:
    application = yield from the(APPLICATION, command.application)
    return PlannedCommand(
        may=access.system(context.actor),
        initiative=application.initiative,
        scope=application.call,
        decide=lambda: Outcome(
            facts={
                command.application: resubmitting.lapse_return(
                    command.application, application, now=context.now
                )
            },
            answers=command.application,
        ),
    )


COMMANDS = (
    Registered("application.return", ReturnApplication, _return),
    Registered("application.resubmit", ResubmitApplication, _resubmit),
    Registered("application.lapse_return", LapseApplicationReturn, _lapse_return, by_program=True),
)
_Ends = (
    ApplicationResubmitted
    | ApplicationReturnLapsed
    | ApplicationFoundEligible
    | ApplicationFoundIneligible
    | ApplicationWithdrawn
    | ApplicationCancelled
)


def _waiting(fact: ApplicationReturned | _Ends) -> str:
    return f"resubmit {fact.application}"


def _lapse_in_time(fact: ApplicationReturned) -> Due:
    return Due(
        key=_waiting(fact),
        at=fact.resubmit_by,
        command=LapseApplicationReturn(application=fact.application),
    )


DUE: Final[DueBy] = {ApplicationReturned: _lapse_in_time}
REMOVED_DUE: Final[RemovedBy] = dict.fromkeys(get_args(_Ends), _waiting)
