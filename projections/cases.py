"""A case: an application with everything that access checks need, read from the primary database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from domain import access
from domain.applications.state import APPLICATION, Application
from domain.calls.state import CALL, Call
from domain.deciding import Verdict
from domain.indexes import judged_by, reviews_of, rounds_of
from domain.initiatives.state import INITIATIVE, Initiative
from domain.parties import Actor, OwnApplications
from domain.reviews.state import REVIEW, Review, concerning
from domain.rounds.state import ROUND, Round, RoundStatus
from domain.stages import Stage
from projections.fresh import Fresh


@dataclass(frozen=True, slots=True)
class Case:
    """An application with everything that access checks need, as it stands in a round (`round_id`). `reviews` are those
    that count there, by id (`domain.reviews.state.concerning`; `every_review`: of all stages); `own` are the
    applications in that round, and in later stages, of the `viewer` and of organisations with which they are tied."""

    id: str
    viewer: Actor
    application: Application
    call: Call
    initiative: Initiative
    round_id: str
    round: Round
    every_review: dict[str, Review]
    reviews: dict[str, Review]
    own: OwnApplications

    @property
    def stage(self) -> Stage:
        """The stage whose round it is in."""
        return self.call.stage(self.round.stage)

    @property
    def tied(self) -> bool:
        """Whether the viewer has ties to the application (`access.has_ties`)."""
        return access.has_ties(self.viewer, self.application, self.reviews.values())

    @property
    def as_staff(self) -> bool:
        """Whether the viewer reads what is for the staff alone (`access.sees_as_staff`)."""
        return access.sees_as_staff(
            self.viewer,
            self.initiative,
            self.round,
            self.application,
            self.reviews.values(),
            own=self.own,
        )

    def asked(self, predicate: Callable[..., Verdict]) -> Verdict:
        """What a predicate with the arguments of `access.sees_application` says of the viewer."""
        return predicate(
            self.viewer, self.initiative, self.round, self.application, self.reviews.values(), own=self.own
        )


async def case_of(reader: Fresh, viewer: str, application: str, *, round: str | None = None) -> Case:
    """Load an application with everything that access checks for a viewer need: in the round where it is, or in an earlier
    `round`. Raises `NotFound`."""
    state, actor = await reader.seen_by(viewer, APPLICATION, application)
    reviews = await reader.index_entries(reviews_of(application))
    round = round or state.round
    own = await reader.applied_by(actor, round, state.call, known={application: state})
    loaded = await reader.load(
        (CALL, state.call),
        (INITIATIVE, state.initiative),
        (ROUND, round),
        *((REVIEW, review) for review in reviews),
    )
    every = {review: loaded[review].state for review in reviews}
    return Case(
        id=application,
        viewer=actor,
        application=state,
        call=loaded[state.call].state,
        initiative=loaded[state.initiative].state.within(state.call, round),
        round_id=round,
        round=loaded[round].state,
        every_review=every,
        reviews=concerning(every, round),
        own=own,
    )


async def decided_rounds(reader: Fresh, call: str) -> list[str]:
    """The ids of a call's decided rounds."""
    found = await reader.index_entries(rounds_of(call))
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
    judged = await reader.index_entries_of_all([judged_by(viewer, each) for each in still])
    if not judged:
        return ()
    conflicts = await reader.conflicts_in_rounds(viewer, still)
    return tuple(each for each in judged if each not in conflicts)


async def owed_in(reader: Fresh, viewer: str, rounds: Collection[str]) -> frozenset[str]:
    """The applications of which the viewer owes a review, in rounds whose panels are not open yet."""
    judged = await reader.index_entries_of_all([judged_by(viewer, each) for each in rounds])
    if not judged:
        return frozenset()
    ids = await reader.index_entries_of_all([reviews_of(application) for application in judged])
    loaded = await reader.load(*((REVIEW, review) for review in ids))
    states: list[Review] = [loaded[review].state for review in ids if loaded[review].state.round in rounds]
    return frozenset([state.application for state in states if access.owes(viewer, (state,))])
