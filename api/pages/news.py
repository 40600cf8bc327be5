"""What is news for a person, on their start page, and the page on which they choose which letters they get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from api.inputs.submitted import Plain, SubmittedForm
from api.letters.composing import CHOOSING, news_of
from api.letters.notices import LISTS
from api.pages.page import Page, PageAction, PageContent
from api.pages.visits import Visit
from domain.messages import Message, msg
from domain.persons.state import PERSON, Person
from domain.values import Role
from history.unreadable import Unreadable
from projections.letters.work import WORKING


@dataclass(frozen=True, slots=True)
class NewsItem:
    """A line of the news: where to read more, when it happened on the clocks of a zone, and how many things it tells."""

    href: str
    words: Message
    happened_at: datetime
    zone: str
    count: int = 1


async def news_for(visit: Visit, *, read: bool = False) -> list[NewsItem]:
    """What is news for the visitor, or what they have `read`, the newest first: only what the pages tell them now. What is told
    in the same words of the same thing stands there once, with its newest time."""
    found = []
    for each in await visit.wiring.notices.news(visit.who, read=read):
        try:
            tidings = await visit.wiring.reaction.tidings(each)
        except Unreadable:
            continue
        if tidings is not None:
            found.append(NewsItem(tidings.link, news_of(tidings), each.happened_at, tidings.zone))
    return together(found)


def together(found: Sequence[NewsItem]) -> list[NewsItem]:
    """The news with lines that say the same told once, at the place of the newest, with their number and a link to what they have in
    common: ``/reviews`` for several reviews."""
    alike: dict[Message, list[NewsItem]] = {}
    for each in found:
        alike.setdefault(each.words, []).append(each)
    told = []
    for same in alike.values():
        lists = {each.href.rpartition("/")[0] for each in same}
        several = len({each.href for each in same}) > 1
        where = lists.pop() if several and len(lists) == 1 and lists <= _LISTS else same[0].href
        told.append(replace(same[0], href=where, count=len({each.href for each in same})))
    return told


_LISTS: Final = frozenset({*LISTS.values(), "/applications", "/grants"})
"""The lists of what the news is about."""


async def _letters(visit: Visit) -> PageContent:
    person: Person = await visit.wiring.reader.the(PERSON, visit.who)
    return PageContent(
        "own_letters.html",
        {
            "start": {"letters": person.letters, "subjects": person.subjects},
            "works": any(not WORKING.isdisjoint(roles) for roles in _held(visit)),
            "address": await visit.wiring.email.address_of(visit.who),
        },
        labels={"letters": msg("Which letters"), "subjects": msg("What their subjects say")},
    )


def _held(visit: Visit) -> list[tuple[Role, ...]]:
    """The visitor's roles, by initiative and call."""
    places = visit.me.initiatives if visit.me else ()
    return [roles for each in places for roles in (each.roles, *(call.roles for call in each.calls))]


async def _chosen(visit: Visit, form: SubmittedForm) -> Plain:
    return {**form.typed(), "person": visit.who}


PAGES = (
    Page(
        path=CHOOSING,
        show=_letters,
        acts=(
            PageAction(
                command="person.choose_letters",
                done=msg("Your choice is saved."),
                filled=_chosen,
            ),
        ),
    ),
)
