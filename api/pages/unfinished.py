"""Drafts that somebody has not submitted yet, on their start page."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from api.drafts.drafts import Draft
from api.pages.report_drafts import SUBMIT, is_expected
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
    SUBMIT: ("/grants/{about}", msg("Finish the draft of your report")),
}
"""The page with the form of a draft, and what is said of it, by the command that the form sends. Drafts of reviews are among
the reviews to write."""


OF_APPLICATIONS: Final = frozenset(WHERE) - {SUBMIT}
"""The commands whose drafts are of applications."""


async def drafts_to_finish(visit: Visit, commands: Collection[str] = frozenset(WHERE)) -> list[TodoItem]:
    """The visitor's drafts for some commands, and those of others in which they may write now. Drafts for calls that cannot be
    read now, and of reports that are not expected now, are left out, and stay on their own pages."""
    found = []
    drafts = [
        each
        for each in await visit.wiring.drafts.of(visit.who)
        if each.place.command in commands
        and (each.place.command != SUBMIT or await is_expected(visit, each.place.about))
    ]
    for draft in await visit.wiring.shared_drafts.open_to(visit.who, drafts):
        where, words = WHERE[draft.place.command]
        if draft.place.person != visit.who:
            where, words = f"/drafts/{draft.id}", msg("Write in a draft that somebody shares with you")
        try:
            found.append(await _item(visit, draft, where, words))
        except (NotFound, Unreadable):
            continue
    return found


async def _item(visit: Visit, draft: Draft, where: str, words: Message) -> TodoItem:
    about = draft.place.about
    call = about
    if is_id(APPLICATION.kind, about):
        call = (await visit.wiring.reader.the(APPLICATION, about)).call
    elif is_id(GRANT.kind, about):
        call = (await visit.wiring.reader.the(GRANT, about)).call
    title = (await visit.wiring.reader.the(CALL, call)).title
    return TodoItem(where.format(about=about), words, about=title)
