"""Drafts that somebody has not submitted yet, on their start page."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import Final

from api.drafts.drafts import Draft
from api.drafts.sharing import REPORT
from api.pages.report_drafts import is_expected
from api.pages.todo import TodoItem
from api.pages.visits import Visit
from domain.applications.state import APPLICATION
from domain.calls.state import CALL
from domain.grants.state import GRANT
from domain.messages import Message, msg
from domain.refusals import NotFound
from domain.values import is_id
from history.unreadable import Unreadable

WHERE: Final = {
    "application.submit": ("/calls/{about}/apply", msg("Finish the draft of your application")),
    "application.change": ("/applications/{about}/change", msg("Finish the changes of your application")),
    "application.resubmit": ("/applications/{about}/change", msg("Finish correcting your application")),
    "application.continue": (
        "/applications/{about}/continue",
        msg("Finish the draft of your answers for the next stage"),
    ),
    REPORT: ("/grants/{about}", msg("Finish the draft of your report")),
}
"""The page with the form of a draft, and what is said of it, by the command that the form sends. Drafts of reviews are among
the reviews to write."""

OF_APPLICATIONS: Final = frozenset(WHERE) - {REPORT}
"""The commands whose drafts are of applications."""
_TO_LEAVE: Final = msg("Leave a draft that you can no longer open")
_TO_DELETE: Final = msg("Delete a draft that you can no longer open")


async def drafts_to_finish(visit: Visit, commands: Collection[str] = frozenset(WHERE)) -> list[TodoItem]:
    """The visitor's drafts for some commands: those to go on with, and those to leave or to delete. Drafts for calls that cannot be
    read now, and of reports that are not expected now, stay on their own pages."""
    drafts = [each for each in await visit.wiring.drafts.of(visit.who) if each.place.command in commands]
    found = await visit.wiring.shared_drafts.sorted_for(visit.who, drafts)
    items = []
    for draft in found.open:
        where, words = WHERE[draft.place.command]
        if draft.place.person != visit.who:
            where, words = f"/drafts/{draft.id}", msg("Write in a draft that somebody shares with you")
        with suppress(NotFound, Unreadable):
            if draft.place.command != REPORT or await is_expected(visit, draft.place.about):
                items.append(await _item(visit, draft, where, words))
    return items + [
        TodoItem(f"/drafts/{draft.id}/people", words)
        for words, shut in ((_TO_LEAVE, found.to_leave), (_TO_DELETE, found.to_delete))
        for draft in shut
    ]


async def _item(visit: Visit, draft: Draft, where: str, words: Message) -> TodoItem:
    about = draft.place.about
    call = about
    if is_id(APPLICATION.kind, about):
        call = (await visit.wiring.reader.the(APPLICATION, about)).call
    elif is_id(GRANT.kind, about):
        call = (await visit.wiring.reader.the(GRANT, about)).call
    title = (await visit.wiring.reader.the(CALL, call)).title
    return TodoItem(where.format(about=about), words, about=title)
