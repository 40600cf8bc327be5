"""Whether a chair can decide on an application, or a juror has to in their place."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from domain import access
from domain.deciding import PlanRequest, some
from domain.initiatives import Initiative
from domain.parties import Actor, applied_by
from domain.persons import PERSON, PersonStatus
from domain.reviews.state import Review
from domain.values import Role


def every_chair_is_excluded(
    actor: str, initiative: Initiative, round_id: str, call_id: str, reviews: Iterable[Review]
) -> Generator[PlanRequest, Any, bool]:
    """Whether there are chairs and each of them has a conflict or an application of their own in the round. Loaded only
    for jurors.

    `reviews` are all reviews of the application.
    """
    if Role.CHAIR in initiative.roles(actor) or Role.JUROR not in initiative.roles(actor):
        return False
    named = [person for person in sorted(initiative.members) if Role.CHAIR in initiative.roles(person)]
    people = yield from some(PERSON, named)
    chairs = [person for person in named if people[person].status is not PersonStatus.ERASED]
    reviews = tuple(reviews)
    for chair in chairs:
        if access.declared_conflict(chair, reviews):
            continue
        if not (yield from applied_by(Actor.of(chair, people[chair]), round_id, call_id)):
            return False
    return bool(chairs)
