"""Telling those who write in a draft, some days before, that it is deleted. A draft is not deleted before they were told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from api.drafts.drafts import KEPT_DAYS, DraftPlace, Drafts
from api.drafts.sharing import FORMS, REPORT, SharedDrafts
from api.letters.notices import Notices, PersonsNotice
from domain.letters.kinds import LetterKind
from history.store import History
from projections.fresh import Fresh
from projections.letters import telling
from projections.letters.hearing import Notice
from projections.letters.telling import Tidings

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
        kind = LetterKind.REPORT_DRAFT_ENDING if draft.place.command == REPORT else LetterKind.DRAFT_ENDING
        notice = Notice(kind, draft.id, until)
        cause = f"draft {until.isoformat()}"
        told = [
            PersonsNotice.of(person, notice, cause=cause, happened_at=now) for person in sorted(draft.people)
        ]
        async with history.connection() as connection, connection.transaction():
            if await drafts.announce(connection, draft, until):
                await notices.add(connection, told)


async def ending_draft(
    reader: Fresh, drafts: Drafts, shared: SharedDrafts, each: PersonsNotice, *, now: datetime
) -> Tidings | None:
    """What is told to somebody who writes in a draft that is deleted soon; None if it is deleted, was saved again since, or
    its page does not open for them any more."""
    draft = await drafts.kept(each.notice.about)
    if draft is None or draft.kept_until != each.notice.until or each.person not in draft.people:
        return None
    if now >= draft.kept_until or not await shared.may_open(draft.place, each.person):
        return None
    about = draft.place.about
    page = f"/grants/{about}" if draft.place.command == REPORT else f"/drafts/{draft.id}"
    return await telling.of_ending_draft(reader, each.notice, about, page)
