"""Telling those who write in a draft, some days before, that it is deleted. A draft is not deleted before they were told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from api.drafts.drafts import KEPT_DAYS, DraftPlace, Drafts
from api.drafts.sharing import FORMS
from api.letters.notices import Notices, PersonsNotice
from domain.letters.kinds import LetterKind
from history.store import History
from projections.letters.hearing import Notice

REPORT: Final = "grant.submit_report"
"""The command of the form of a report, whose draft is on the page of the grant."""
AHEAD: Final = timedelta(days=7)
"""How long before it is deleted people are told."""
AT_LEAST: Final = timedelta(days=3)
"""How long a draft is kept after they were told, if nothing could be told in time."""


async def announce_endings(
    history: History,
    drafts: Drafts,
    notices: Notices,
    closing: Callable[[DraftPlace], Awaitable[datetime | None]],
    *,
    now: datetime,
) -> None:
    """Note who has to know that a draft is deleted soon, once for each date. Drafts whose form closes later than when
    they were saved are kept instead: `closing` tells when (see `api.drafts.keeping.closing_of`)."""
    for draft in await drafts.ending(now + AHEAD, (*FORMS, REPORT)):
        closes = await closing(draft.place)
        if closes is not None and closes + timedelta(days=KEPT_DAYS) > draft.kept_until:
            await drafts.keep(draft.place, closes)
            continue
        until = max(draft.kept_until, now + AT_LEAST)
        notice = Notice(LetterKind.DRAFT_ENDING, draft.id, until)
        cause = f"draft {until.isoformat()}"
        told = [
            PersonsNotice.of(person, notice, cause=cause, happened_at=now) for person in sorted(draft.people)
        ]
        async with history.connection() as connection, connection.transaction():
            if await drafts.announce(connection, draft, until):
                await notices.add(connection, told)
