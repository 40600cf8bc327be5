"""How long drafts are kept: until some time after their form has closed, also where its deadline was extended since; and those
of reviews until their review cannot be written any more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from api.drafts.drafts import DraftPlace, Drafts
from domain.applications.state import APPLICATION
from domain.indexes import rounds_of
from domain.refusals import NotFound
from domain.reviews.state import REVIEW, ReviewStatus
from domain.rounds.state import ROUND, RoundStatus
from domain.values import is_id
from history.unreadable import Unreadable
from projections.fresh import Fresh


async def keep_or_delete(drafts: Drafts, closing: Callable[[DraftPlace], Awaitable[datetime | None]]) -> None:
    """Delete the drafts whose time is over; keep those whose form closes later than when they were saved: `closing` tells
    when (see `closing_of`)."""
    for place in await drafts.over():
        closes = await closing(place)
        if closes is not None:
            await drafts.keep(place, closes)
        await drafts.delete_if_over(place)


async def end_with_reviews(drafts: Drafts, fresh: Fresh) -> None:
    """Delete the drafts of reviews that cannot be written any more: their juror has stepped back, the panel is open, or they
    were submitted in another way."""
    for place in await drafts.of_commands(tuple(_WRITING)):
        try:
            review = await fresh.the(REVIEW, place.about)
            round = await fresh.the(ROUND, review.round)
        except (NotFound, Unreadable):
            continue
        if review.status is not _WRITING[place.command] or round.status is not RoundStatus.CLOSED:
            await drafts.discard(place)


_WRITING: Final = {
    "review.submit": ReviewStatus.CLEARED,
    "review.change": ReviewStatus.SUBMITTED,
}
"""The status of a review whose form is written, by the command that the form sends."""


async def closing_of(fresh: Fresh, place: DraftPlace) -> datetime | None:
    """When the last of the call's rounds closes, late access included; None if that cannot be found out any more."""
    try:
        call = place.about
        if is_id(APPLICATION.kind, call):
            application = await fresh.the(APPLICATION, call)
            call = application.call
        rounds = await fresh.index_entries(rounds_of(call))
        loaded = await fresh.load(*((ROUND, each) for each in rounds))
    except (NotFound, Unreadable):
        return None
    ends = [state.closing_at for each in rounds if (state := loaded[each].state).intake_ends is not None]
    return max(ends, default=None)
