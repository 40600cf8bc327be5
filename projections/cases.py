"""A case: an application with everything that access checks need, read from the primary database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain import access
from domain.applications import APPLICATION, Application
from domain.calls import CALL, Call
from domain.indexes import applications_by, conflicts_of, judged_by, reviews_of, rounds_of
from domain.initiatives import INITIATIVE, Initiative
from domain.reviews import REVIEW, Review
from domain.rounds import ROUND, Round, RoundStatus
from projections.fresh import Fresh


@dataclass(frozen=True, slots=True)
class Case:
    """An application with everything that access checks need. `reviews` are by id; `own` are the viewer's own applications in
    the round."""

    id: str
    application: Application
    call: Call
    initiative: Initiative
    round: Round
    reviews: dict[str, Review]
    own: tuple[str, ...]


async def case_of(reader: Fresh, viewer: str, application: str) -> Case:
    """Load an application with everything that access checks for a viewer need. Raises `NotFound`."""
    state = await reader.the(APPLICATION, application)
    reviews = await reader.members(reviews_of(application))
    own = await reader.members(applications_by(viewer, state.round))
    loaded = await reader.load(
        (CALL, state.call),
        (INITIATIVE, state.initiative),
        (ROUND, state.round),
        *((REVIEW, review) for review in reviews),
    )
    return Case(
        id=application,
        application=state,
        call=loaded[state.call].state,
        initiative=loaded[state.initiative].state.within(state.call),
        round=loaded[state.round].state,
        reviews={review: loaded[review].state for review in reviews},
        own=own,
    )


async def decided_rounds(reader: Fresh, call: str) -> list[str]:
    """The ids of a call's decided rounds."""
    found = await reader.members(rounds_of(call))
    still = await undecided(reader, found)
    return [each for each in found if each not in still]


async def undecided(reader: Fresh, rounds: Sequence[str]) -> list[str]:
    """Of some rounds, those that are not decided."""
    if not rounds:
        return []
    loaded = await reader.load(*((ROUND, each) for each in rounds))
    return [each for each in rounds if loaded[each].state.status is not RoundStatus.DECIDED]


async def judged_now(reader: Fresh, viewer: str, rounds: Sequence[str]) -> tuple[str, ...]:
    """The applications that the viewer was asked to review in undecided rounds, without those from which they stepped back."""
    still = await undecided(reader, rounds)
    judged = await reader.members_of_all([judged_by(viewer, each) for each in still])
    if not judged:
        return ()
    conflicts = await reader.members_of_all([conflicts_of(viewer, each) for each in still])
    return tuple(each for each in judged if each not in conflicts)


async def owed_in(reader: Fresh, viewer: str, rounds: Iterable[str]) -> frozenset[str]:
    """The applications of which the viewer owes a review, in rounds whose panels are not open yet."""
    judged = await reader.members_of_all([judged_by(viewer, each) for each in rounds])
    if not judged:
        return frozenset()
    ids = await reader.members_of_all([reviews_of(application) for application in judged])
    loaded = await reader.load(*((REVIEW, review) for review in ids))
    states: list[Review] = [loaded[review].state for review in ids]
    return frozenset([state.application for state in states if access.owes(viewer, (state,))])
