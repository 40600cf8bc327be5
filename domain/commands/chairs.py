"""Who decides on an application or in a panel: a chair, or a juror in their place."""

from __future__ import annotations

from collections.abc import Iterable

from domain import access
from domain.calls.state import Call
from domain.commands.judged import known_of
from domain.deciding import Denied, Part, Verdict, some
from domain.initiatives.state import Initiative
from domain.panels.state import Panel
from domain.parties import Actor, OwnApplications, applied_by
from domain.persons.state import PERSON, PersonStatus
from domain.reviews.state import Review
from domain.values import Role


def every_chair_is_excluded(
    actor: str,
    initiative: Initiative,
    call_id: str,
    call: Call,
    round_id: str,
    stage: str,
    reviews: Iterable[Review] = (),
) -> Part[bool]:
    """Whether there are chairs and none of them can decide: each has declared a conflict in one of the `reviews`, or is excluded
    from the whole panel (`access.chairs_panel`), because they applied in the round, or know who applied in a blind one. Loaded
    only for jurors, who then decide in their place.

    `reviews` are all reviews of an application; none for what is decided for the panel as a whole.
    """
    if Role.CHAIR in initiative.roles(actor) or Role.JUROR not in initiative.roles(actor):
        return False
    named = [person for person in sorted(initiative.members) if Role.CHAIR in initiative.roles(person)]
    people = yield from some(PERSON, named)
    chairs = [person for person in named if people[person].status is not PersonStatus.ERASED]
    reviews = tuple(reviews)
    judged = {review.application for review in reviews}
    for chair in chairs:
        if access.declared_conflict(chair, reviews):
            continue
        own = yield from applied_by(Actor.of(chair, people[chair]), round_id, call_id)
        if not judged.isdisjoint(own.avoided):
            continue
        read = yield from known_of(chair, round_id, stage, call_id, call)
        if not isinstance(
            access.chairs_panel(chair, initiative, call.stage(stage), own=own, read=read), Denied
        ):
            return False
    return bool(chairs)


def sets_outcome(
    actor: str,
    initiative: Initiative,
    call: Call,
    panel: Panel,
    *,
    own: OwnApplications,
    reviews: Iterable[Review],
) -> Part[Verdict]:
    """Whether somebody may set the outcome of a ranked application: a chair, or a juror if no chair can. `reviews` are all reviews of
    it that count in the panel's round, `own` the actor's applications there."""
    reviews = tuple(reviews)
    read = yield from known_of(actor, panel.round, panel.stage, panel.call, call)
    no_chair_can = yield from every_chair_is_excluded(
        actor, initiative, panel.call, call, panel.round, panel.stage, reviews
    )
    return access.decides_on(
        actor,
        initiative,
        call.stage(panel.stage),
        own=own,
        read=read,
        reviews=reviews,
        no_chair_can=no_chair_can,
    )
