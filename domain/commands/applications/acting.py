"""How an application alone is changed: by its applicant, or by staff who examine it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain import access, readings
from domain.applications.state import Application
from domain.commands.judged import reviews_now
from domain.deciding import (
    Fact,
    Given,
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
    application_id: str, application: Application, given: Given, rule: Callable[[], tuple[Fact, ...]]
) -> Plan:
    """The rest of the plan of every act by which the applicant changes the application alone."""
    return PlannedCommand(
        may=access.applicant((yield from actor_of(given.actor)), application),
        initiative=application.initiative,
        scope=application.call,
        party=application.applicant,
        decide=lambda: Outcome(facts={application_id: rule()}, answers=application_id),
    )


def by_examiner(
    application_id: str,
    application: Application,
    given: Given,
    rule: Callable[[Mapping[str, Review]], tuple[Fact, ...]],
) -> Plan:
    """The rest of the plan of every act by which staff examine an application. The rule is given its reviews."""
    whole = yield from the(INITIATIVE, application.initiative)
    actor, own = yield from actor_in(given.actor, application.round)
    reviews = yield from reviews_now(application_id, application)
    read = yield from _read_by_examining(application, given)
    return PlannedCommand(
        may=access.examines(
            actor, whole.within(application.call), application, own=own, reviews=reviews.values()
        ),
        initiative=application.initiative,
        scope=application.call,
        decide=lambda: Outcome(facts={application_id: rule(reviews), **read}, answers=application_id),
    )


def _read_by_examining(application: Application, given: Given) -> Part[dict[str, tuple[Fact, ...]]]:
    """Whoever examines an application has read it, however it reached them. It is recorded with their first finding in
    the round, so that many findings at a time do not stand in each other's way."""
    stream = reading_of(given.actor, application.round)
    facts = readings.newly_read(
        (yield from maybe(READING, stream)),
        viewer=given.actor,
        initiative=application.initiative,
        call=application.call,
        round=application.round,
        kinds=EXAMINED,
    )
    return {stream: facts} if facts else {}
