"""What is news for a person, on their start page, and the page on which they choose which letters they get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from api.inputs.submitted import Plain, SubmittedForm
from api.letters.composing import CHOOSING, news_of
from api.pages.page import Page, PageAction, PageContent
from api.pages.visits import Visit
from domain.messages import Message, msg
from domain.persons.state import PERSON, Person
from history.unreadable import Unreadable


@dataclass(frozen=True, slots=True)
class NewsItem:
    """A line of the news: where to read more, and when it happened on the clocks of a zone."""

    href: str
    words: Message
    happened_at: datetime
    zone: str


async def news_for(visit: Visit) -> list[NewsItem]:
    """What is news for the visitor, the newest first: only what the pages tell them now."""
    found = []
    for each in await visit.wiring.notices.news(visit.who):
        try:
            tidings = await visit.wiring.reaction.tidings(each)
        except Unreadable:
            continue
        if tidings is not None:
            found.append(NewsItem(tidings.link, news_of(tidings), each.happened_at, tidings.zone))
    return found


async def _letters(visit: Visit) -> PageContent:
    person: Person = await visit.wiring.reader.the(PERSON, visit.who)
    return PageContent(
        "own_letters.html",
        {
            "start": {"letters": person.letters, "subjects": person.subjects},
            "address": await visit.wiring.email.address_of(visit.who),
        },
        labels={"letters": msg("Which letters"), "subjects": msg("What their subjects say")},
    )


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
