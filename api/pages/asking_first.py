"""Others' scores are shown only on request where reading them ends a right: the page says first which one."""

from __future__ import annotations

from typing import Final

from api.pages.visits import Visit
from domain.messages import Message, msg
from domain.readings import READING, Reading, reading_of, still_excludes
from domain.reviews.state import REVIEW, Review, ReviewStatus
from domain.rounds.state import ROUND, Round
from projections import own_reviews

ASKED: Final = "reviews"
"""The value of ``show`` in the address of a page, by which the visitor asks for others' scores."""
_REVIEWS: Final = msg(
    "Once you have seen other jurors' scores of this application, you can no longer review it."
)
_CHANGES: Final = msg(
    "Once you have seen other jurors' scores of this application, you can no longer change your review of it."
)


async def lost_by_reading(visit: Visit, round: str, application: str) -> Message | None:
    """What the visitor can no longer do once they have seen others' scores of an application in a round; None if they asked for
    them, have seen them already, or nothing depends on it any more."""
    if not await _asks(visit, round, application):
        return None
    for review, status in await own_reviews.own_in_round(visit.wiring.reader, visit.who, round):
        state: Review = await visit.wiring.reader.the(REVIEW, review)
        if state.application == application and status is ReviewStatus.SUBMITTED:
            return _CHANGES
    return _REVIEWS


async def _asks(visit: Visit, round: str, application: str) -> bool:
    if visit.query.get("show") == ASKED:
        return False
    state: Round = await visit.wiring.reader.the(ROUND, round)
    if not still_excludes("scores", state):
        return False
    stream = reading_of(visit.who, round)
    # Who has read nothing has no such stream, which is no trouble here.
    states = visit.wiring.reader.states.read_set(bypass_cache=True)
    reading: Reading = (await states.load(((READING, stream),)))[stream].state
    return not reading.has("scores", application)
