"""One's own page: one's roles, and what there is to do in each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.pages.page import Page, PageContent
from api.pages.visits import Visit
from domain.grants.state import GrantStatus
from domain.messages import Message, counted, msg
from domain.refusals import Forbidden, NotFound
from domain.reviews.facts import JUDGING
from domain.reviews.state import ReviewStatus
from domain.rounds.state import RoundStatus
from domain.values import Role, Texts
from projections import applications, calls, dossiers, funds, grants, initiatives, reviews
from projections.calls import CallLine
from projections.funds import FundLine
from projections.initiatives import OwnRoles
from projections.paging import MOST, whole
from projections.paging import ResultPage as ListPage
from projections.reader import Reader
from projections.reviews import OwnReview


@dataclass(frozen=True, slots=True)
class OwnInitiative:
    """An initiative for one of its members, with its calls and, if they may see them, its funds."""

    own: OwnRoles
    calls: tuple[CallLine, ...]
    funds: tuple[FundLine, ...]

    def roles_in(self, call: str) -> frozenset[Role]:
        """All roles of the member in one of its calls."""
        for_call = [role for each in self.own.calls if each.call == call for role in each.roles]
        return frozenset((*self.own.roles, *for_call))

    @property
    def judges(self) -> bool:
        """Whether the member can be asked for reviews."""
        held = {*self.own.roles, *(role for each in self.own.calls for role in each.roles)}
        return not held.isdisjoint(JUDGING)


@dataclass(frozen=True, slots=True)
class TodoItem:
    """Something that waits for the visitor: the address where they do it, how many there are (shown before the words;
    0: there is one), the call, and the deadline."""

    href: str
    words: Message
    count: int = 0
    about: Texts | None = None
    until: datetime | None = None


async def _me(visit: Visit) -> PageContent:
    me = await initiatives.me(visit.wiring.reader, visit.person)
    places = [await place_of(visit.wiring.reader, visit.person, own) for own in me.initiatives]
    waiting = [
        *await _reviews(visit, places),
        *await _offers(visit),
        *(each for place in places for call in place.calls for each in _rounds(place, call)),
        *await _decisions(visit, places),
    ]
    kept = await dossiers.mine(visit.wiring.reader, visit.person)
    return PageContent("me.html", {"me": me, "places": places, "waiting": waiting, "kept": kept.items})


async def _reviews(visit: Visit, places: list[OwnInitiative]) -> list[TodoItem]:
    """Reviews that the visitor was asked for and has not submitted."""
    if not any(place.judges for place in places):
        return []

    async def own(cursor: str | None) -> ListPage[OwnReview]:
        return await reviews.mine(visit.wiring.reader, visit.person, cursor=cursor, limit=MOST)

    found = await whole(own)
    new = [each for each in found if each.status == ReviewStatus.ASSIGNED]
    begun = [each for each in found if each.status == ReviewStatus.CLEARED]
    return [
        *([TodoItem("/reviews", _new(len(new)), len(new))] if new else []),
        *([TodoItem("/reviews", _begun(len(begun)), len(begun))] if begun else []),
    ]


def _new(count: int) -> Message:
    return counted(
        "new review: say whether you have a conflict of interest",
        "new reviews: say whether you have a conflict of interest",
        count=count,
    )


def _begun(count: int) -> Message:
    return counted("review to write", "reviews to write", count=count)


async def _offers(visit: Visit) -> list[TodoItem]:
    """Grants offered to the visitor, and amendments of them, that are not answered yet."""
    found = await grants.mine(visit.wiring.reader, visit.person)
    return [
        *(
            TodoItem(
                f"/grants/{each.id}",
                msg("Answer the offer of {amount}", amount=each.amount),
                until=each.respond_by,
            )
            for each in found.items
            if each.status == GrantStatus.OFFERED
        ),
        *(
            TodoItem(
                f"/grants/{each.id}#amendment",
                msg("Answer the amendment of your grant of {amount}", amount=each.amount),
            )
            for each in found.items
            if each.amendment is not None
        ),
    ]


def _rounds(place: OwnInitiative, call: CallLine) -> Iterator[TodoItem]:
    """Rounds of a call that wait for its staff or its chair. Their applications are not read: an officer who reads them
    could no longer review in a blind round."""
    roles = place.roles_in(call.id)
    for round in call.rounds:
        ranking = f"/rounds/{round.id}/ranking"
        if Role.OFFICER in roles and round.status == RoundStatus.CLOSED:
            if received := round.received:
                words = counted(
                    "application received: check it and ask jurors",
                    "applications received: check them and ask jurors",
                    count=received,
                )
                yield TodoItem(f"/calls/{call.id}/applications", words, received, about=call.title)
            yield TodoItem(ranking, _OPEN_PANEL, about=call.title)
        elif round.status == RoundStatus.IN_PANEL and Role.CHAIR in roles:
            yield TodoItem(ranking, _DECIDE, about=call.title)
        elif round.status == RoundStatus.IN_PANEL and Role.OFFICER in roles:
            yield TodoItem(ranking, _CONFIRM, about=call.title)


async def _decisions(visit: Visit, places: list[OwnInitiative]) -> list[TodoItem]:
    """Decisions that are due in rolling calls, for their staff."""
    found = []
    for place in places:
        for call in place.calls:
            if call.intake != "rolling" or Role.OFFICER not in place.roles_in(call.id):
                continue
            due = await applications.decisions_due(visit.wiring.reader, visit.person, call.id, limit=MOST)
            if due.items:
                words = counted("application to decide on", "applications to decide on", count=len(due.items))
                found.append(
                    TodoItem(
                        f"/calls/{call.id}/applications",
                        words,
                        len(due.items),
                        about=call.title,
                        until=due.items[0].decide_by,
                    )
                )
    return found


_OPEN_PANEL: Final = msg("Open the panel when the reviews are done")
_DECIDE: Final = msg("Set the outcomes with the panel and close it")
_CONFIRM: Final = msg(
    "The panel is at work: confirm its decision when the chair has closed it, then announce the results"
)


async def place_of(reader: Reader, person: str | None, own: OwnRoles) -> OwnInitiative:
    """An initiative for one of its members, with all calls and funds that they may see."""

    async def own_funds(cursor: str | None) -> ListPage[FundLine]:
        return await funds.of_initiative(reader, person, own.initiative, cursor=cursor, limit=MOST)

    async def own_calls(cursor: str | None) -> ListPage[CallLine]:
        if Role.OFFICER in own.roles:
            return await calls.of_initiative(reader, person, own.initiative, cursor=cursor, limit=MOST)
        return await calls.public(reader, initiative=own.initiative, cursor=cursor, limit=MOST)

    found_calls = await whole(own_calls)
    listed = {call.id for call in found_calls}
    # An officer for one call only also sees its draft.
    drafts = [
        await calls.one(reader, person, each.call)
        for each in own.calls
        if Role.OFFICER in each.roles and each.call not in listed
    ]
    try:
        found = await whole(own_funds)
    except (Forbidden, NotFound):
        found = ()
    return OwnInitiative(own, (*found_calls, *drafts), found)


PAGES = (Page(path="/me", show=_me),)
