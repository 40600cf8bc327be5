"""Shared parts of the plans that change only an application: for its applicant, and for staff who examine it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain import access, readings
from domain.applications.state import Application
from domain.commands.judged import reviews_now
from domain.deciding import (
    CommandContext,
    Fact,
    Outcome,
    Part,
    Plan,
    PlannedCommand,
    maybe,
    the,
)
from domain.initiatives import INITIATIVE
from domain.parties import actor_in, actor_of
from domain.readings import EXAMINED, READING, reading_of
from domain.reviews.state import Review


def by_applicant(
    application_id: str,
    application: Application,
    context: CommandContext,
    rule: Callable[[], tuple[Fact, ...]],
) -> Plan:
    """The rest of the plan of every command by which the applicant changes only the application."""
    return PlannedCommand(
        may=access.applicant((yield from actor_of(context.actor)), application),
        initiative=application.initiative,
        scope=application.call,
        party=application.applicant,
        decide=lambda: Outcome(facts={application_id: rule()}, answers=application_id),
    )


def by_examiner(
    application_id: str,
    application: Application,
    context: CommandContext,
    rule: Callable[[Mapping[str, Review]], tuple[Fact, ...]],
) -> Plan:
    """The rest of the plan of every command by which staff examine an application. The rule gets its reviews."""
    whole = yield from the(INITIATIVE, application.initiative)
    actor, own = yield from actor_in(context.actor, application.round)
    reviews = yield from reviews_now(application_id, application)
    read = yield from _read_by_examining(application, context)
    return PlannedCommand(
        may=access.examines(
            actor, whole.within(application.call), application, own=own, reviews=reviews.values()
        ),
        initiative=application.initiative,
        scope=application.call,
        decide=lambda: Outcome(facts={application_id: rule(reviews), **read}, answers=application_id),
    )


def _read_by_examining(
    application: Application, context: CommandContext
) -> Part[dict[str, tuple[Fact, ...]]]:
    """The fact that a person who examines an application has read it, whichever way it reached them. It is recorded
    with their first finding in the round only, so that many findings at the same time do not conflict."""
    stream = reading_of(context.actor, application.round)
    facts = readings.newly_read(
        (yield from maybe(READING, stream)),
        viewer=context.actor,
        initiative=application.initiative,
        call=application.call,
        round=application.round,
        kinds=EXAMINED,
    )
    return {stream: facts} if facts else {}
