"""Drafts that somebody has not submitted yet, on their start page."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import Final

from api.drafts.drafts import Draft
from api.drafts.forms import form_of
from api.drafts.sharing import REPORT
from api.pages.report_drafts import is_expected
from api.pages.todo import TodoItem, soonest_first
from api.pages.visits import Visit
from domain.applications.state import APPLICATION
from domain.calls.state import CALL, Call
from domain.grants.state import GRANT
from domain.messages import Message, msg
from domain.refusals import Forbidden, NotFound
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
_OWN_DRAFT: Final = msg("A draft of an application")
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
    return soonest_first(items) + [
        TodoItem(f"/drafts/{draft.id}/people", words)
        for words, shut in ((_TO_LEAVE, found.to_leave), (_TO_DELETE, found.to_delete))
        for draft in shut
    ]


async def own_drafts(visit: Visit) -> list[TodoItem]:
    """The drafts of the visitor's own, as what is kept about them: also those that can no longer be finished."""
    drafts = [
        each
        for each in await visit.wiring.drafts.of(visit.who)
        if each.place.person == visit.who and each.place.command in WHERE
    ]
    sorted_drafts = await visit.wiring.shared_drafts.sorted_for(visit.who, drafts)
    shut = {each.id for each in sorted_drafts.to_delete}
    found = []
    for draft in (*sorted_drafts.open, *sorted_drafts.to_delete):
        with suppress(NotFound, Unreadable):
            where = f"/drafts/{draft.id}/people" if draft.id in shut else WHERE[draft.place.command][0]
            words = msg("A draft of your report") if draft.place.command == REPORT else _OWN_DRAFT
            found.append(await _item(visit, draft, where, words))
    return found


async def _item(visit: Visit, draft: Draft, where: str, words: Message) -> TodoItem:
    about = draft.place.about
    call = about
    if is_id(APPLICATION.kind, about):
        call = (await visit.wiring.reader.the(APPLICATION, about)).call
    elif is_id(GRANT.kind, about):
        call = (await visit.wiring.reader.the(GRANT, about)).call
    state: Call = await visit.wiring.reader.the(CALL, call)
    until = None
    if draft.place.command != REPORT:  # which nobody has to finish by a day
        with suppress(NotFound, Forbidden):
            until = (await form_of(visit.wiring, draft.place)).closes
    return TodoItem(where.format(about=about), words, about=state.title, until=until, zone=state.time_zone)
