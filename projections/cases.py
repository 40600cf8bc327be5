"""A case: an application with all that access asks about it, folded afresh."""

from __future__ import annotations

from dataclasses import dataclass

from domain.applications import APPLICATION, Application
from domain.calls import CALL, Call
from domain.indexes import reviews_of, rounds_of
from domain.initiatives import INITIATIVE, Initiative
from domain.reviews import REVIEW, Review
from domain.rounds import ROUND, Round, RoundStatus
from projections.reader import Reader


@dataclass(frozen=True, slots=True)
class Case:
    """An application with all that access asks about it, folded afresh; `reviews` by their ids."""

    id: str
    application: Application
    call: Call
    initiative: Initiative
    round: Round
    reviews: dict[str, Review]


async def case_of(reader: Reader, application: str) -> Case:
    """An application and what it belongs to; raises `NotFound`."""
    state = await reader.the(APPLICATION, application)
    reviews = await reader.members(reviews_of(application))
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
        initiative=loaded[state.initiative].state,
        round=loaded[state.round].state,
        reviews={review: loaded[review].state for review in reviews},
    )


async def decided_rounds(reader: Reader, call: str) -> list[str]:
    """The rounds of a call that are decided, by their streams."""
    found = await reader.members(rounds_of(call))
    loaded = await reader.load(*((ROUND, each) for each in found))
    return [each for each in found if loaded[each].state.status is RoundStatus.DECIDED]
