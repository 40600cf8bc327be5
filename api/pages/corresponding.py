"""Pages of the correspondence: the messages and notes about an application, and all messages that wait for the visitor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.pages.calls import roles_in
from api.pages.own_initiatives import OwnInitiative
from api.pages.page import Page, PageAction, PageContent, offers_of
from api.pages.todo import EachItem, TodoItem
from api.pages.visits import Visit
from domain.commands.applications.corresponding import WriteMessage, WriteNote
from domain.messages import Message, counted, in_context, msg
from domain.values import Role
from projections import applications, calls, correspondence
from projections.applications import ApplicationLine
from projections.correspondence import Written
from projections.paging import MOST, ResultPage, whole
from projections.words.sentences import APPLICANT, Numbers, actor_words

YOU = in_context("who wrote", "You")
THE_STAFF = in_context("who wrote", "The staff")
_MESSAGE = msg("Your message")
_NOTE = msg("Note for your colleagues")


@dataclass(frozen=True, slots=True)
class Shown:
    """A message or a note with its writer in words."""

    written: Written
    who: Message


async def _one(visit: Visit) -> PageContent:
    reader, application = visit.wiring.reader, visit.path["application"]
    first = await correspondence.messages(reader, visit.person, application, limit=MOST)
    messages = await _all(
        first,
        lambda cursor: correspondence.messages(reader, visit.person, application, limit=MOST, cursor=cursor),
    )
    notes = None
    if first.side == "staff":
        found = await correspondence.notes(reader, visit.person, application, limit=MOST)
        notes = await _all(
            found,
            lambda cursor: correspondence.notes(reader, visit.person, application, limit=MOST, cursor=cursor),
        )
    shown = await applications.one(reader, visit.person, application)
    call = await calls.one(reader, visit.person, shown.call)
    acts = _WRITING if notes is not None else _WRITING[:1]
    offers = await offers_of(visit, visit.trial(), acts, application)
    numbers = Numbers()
    return PageContent(
        "messages.html",
        {
            "application": shown,
            "call": call,
            "side": first.side,
            "awaits": first.awaits,
            "last_at": first.last_at.isoformat() if first.last_at else "",
            "messages": [_shown(each, numbers) for each in messages],
            "notes": None if notes is None else [_shown(each, numbers) for each in notes],
            "offers": offers,
            "may": {offer.do: offer for offer in offers},
        },
        labels={"text": _NOTE if _comes_back(visit, "application-write_note") else _MESSAGE},
        initiative=call.initiative,
    )


def _comes_back(visit: Visit, form: str) -> bool:
    """Whether this form of the page is shown again, because something in it was wrong."""
    return visit.returned is not None and visit.returned.form == form


async def _all(first: ResultPage[Written], page: Callable[[str | None], Any]) -> list[Written]:
    """All items of a list whose first page is known."""
    if first.next is None:
        return list(first.items)

    async def some(cursor: str | None) -> ResultPage[Written]:
        found: ResultPage[Written] = await page(cursor or first.next)
        return found

    return [*first.items, *await whole(some)]


def _shown(each: Written, numbers: Numbers) -> Shown:
    if each.own:
        return Shown(each, YOU)
    if each.side == "applicant":
        return Shown(each, APPLICANT)
    return Shown(each, actor_words(Role.OFFICER, each.handle, numbers) if each.handle else THE_STAFF)


async def _waiting(visit: Visit) -> PageContent:
    """All messages that wait for the visitor."""
    reader = visit.wiring.reader
    found = (await correspondence.waiting(reader, visit.person)).items
    shown = await calls.named_in_list(reader, visit.person, [each.call for each in found])
    # Who reads as staff who applied can no longer judge in a blind round, so they are warned before they open it.
    roles = {
        each.call: await roles_in(visit, shown[each.call].initiative, each.call)
        for each in found
        if each.side == "staff" and each.call in shown
    }
    return PageContent("waiting_messages.html", {"waiting": found, "calls": shown, "roles": roles})


async def messages_to_answer(
    visit: Visit, places: list[OwnInitiative], own: Sequence[ApplicationLine]
) -> list[TodoItem]:
    """Messages to which the visitor has not reacted: those of the staff, and as staff those of applicants."""
    reader, titles = visit.wiring.reader, {each.id: each.title for each in own}
    unread = await correspondence.waiting_about(reader, tuple(titles))
    known = await calls.named_in_list(reader, visit.person, [each.call for each in unread])
    found = [
        TodoItem(
            f"/applications/{each.application}/messages",
            msg("Read the message about {title}", title=titles[each.application] or "–"),
            about=known[each.call].title if each.call in known else None,
        )
        for each in unread
    ]
    houses = [place.own.initiative for place in places if place.has_staff_role]
    call_titles = {call.id: call.title for place in places for call in place.calls}
    # Who judges is warned on the page of all messages before they open one.
    warned = any(place.judges for place in places)
    by_call: dict[str, list[EachItem]] = {}
    for each in await correspondence.waiting_in(reader, visit.who, houses):
        one = EachItem(f"/applications/{each.application}/messages", each.handle or "–")
        by_call.setdefault(each.call, []).append(one)
    found += [
        TodoItem(
            its[0].href if len(its) == 1 and not warned else "/messages",
            counted(
                "application with a message to answer",
                "applications with messages to answer",
                count=len(its),
            ),
            len(its),
            about=call_titles.get(call),
            each=() if warned else tuple(its),
        )
        for call, its in by_call.items()
    ]
    return found


_WRITING: Final[tuple[PageAction[str], ...]] = (
    PageAction(
        command="application.write_message",
        name=msg("Write a message"),
        done=msg("Your message is sent."),
        tried=lambda _, application: WriteMessage(application=application, text="-"),
    ),
    PageAction(
        command="application.write_note",
        name=msg("Write a note"),
        done=msg("The note is saved."),
        tried=lambda _, application: WriteNote(application=application, text="-"),
    ),
)
"""What one writes about an application; notes only as staff."""

PAGES = (
    Page(
        path="/applications/{application}/messages",
        show=_one,
        acts=(
            *_WRITING,
            PageAction(
                command="application.settle_messages", done=msg("Nothing waits for your answer here.")
            ),
        ),
    ),
    Page(path="/messages", show=_waiting),
)
