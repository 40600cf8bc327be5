"""How long drafts are kept: until some time after their form has closed, also where its deadline was extended since."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from api.drafts.drafts import DraftPlace, Drafts
from domain.applications.state import APPLICATION
from domain.indexes import rounds_of
from domain.refusals import NotFound
from domain.rounds.state import ROUND
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
