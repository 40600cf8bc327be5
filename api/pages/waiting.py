"""What waits for a member, an applicant or a recipient: the list on their start page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from api.pages.corresponding import messages_to_answer
from api.pages.organisations import names_among
from api.pages.own_grants import WHERE, to_do_words
from api.pages.own_initiatives import OwnInitiative
from api.pages.todo import EachItem, TodoItem, soonest_first
from api.pages.unfinished import drafts_to_finish
from api.pages.visits import Visit
from api.pages.waiting_in_calls import in_calls
from domain.applications.state import ApplicationStatus
from domain.grants.statuses import GrantStatus
from domain.grants.tasks import TaskKind
from domain.grants.turns import task_words
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import Message, counted, msg
from domain.reviews.state import ReviewStatus
from domain.values import Money, Role
from projections import applications, calls, organisations, own_reviews, work_waiting
from projections.applications import ApplicationLine
from projections.grants import GrantLine, GrantTask, GrantTasks
from projections.intake import continues_until
from projections.letters.telling import NO_DATE
from projections.own_reviews import OwnReview
from projections.paging import MOST, whole
from projections.paging import ResultPage as ListPage


async def waiting_for(
    visit: Visit,
    places: list[OwnInitiative],
    own: Sequence[ApplicationLine],
    granted: Sequence[GrantLine],
) -> list[TodoItem]:
    """All that waits for the visitor; `own` are their applications, `granted` their grants."""
    found = [
        *await _beginning(visit, places),
        *_empty_funds(places),
        *await _reviews(visit, places),
        *await _invitations(visit),
        *await drafts_to_finish(visit),
        *await _unanswered(visit, own),
        *await messages_to_answer(visit, places, own),
        *await _offers(visit, granted),
        *await _own_grants(visit, granted),
        *await in_calls(visit, places),
        *await _grants(visit, places),
    ]
    return soonest_first(found)


async def _beginning(visit: Visit, places: list[OwnInitiative]) -> list[TodoItem]:
    """What comes next in an initiative that has no call yet, for who can do it: an officer, a fund, a call."""
    found = []
    for place in places:
        if place.calls:
            continue
        page = f"/initiatives/{place.own.initiative}"
        house: Initiative = await visit.wiring.reader.the(INITIATIVE, place.own.initiative)
        officers = any(Role.OFFICER in roles for roles in house.members.values())
        if Role.ADMINISTRATOR in place.own.roles and not officers:
            words = msg(
                "Choose who opens funds and runs calls: give somebody, or yourself, the role of an officer"
            )
            found.append(TodoItem(f"{page}/people", words))
        elif Role.OFFICER in place.own.roles and not place.funds:
            found.append(TodoItem(page, msg("Open a fund: every call says which money pays for it")))
        elif Role.OFFICER in place.own.roles:
            found.append(TodoItem(page, msg("Draft the first call")))
    return found


def _empty_funds(places: list[OwnInitiative]) -> list[TodoItem]:
    """Funds in which nothing was pledged yet, for finance; and for officers, who see there who records a pledge."""
    found = []
    for place in places:
        for fund in place.funds:
            if fund.pledged != Money.of(0, fund.currency):
                continue
            if Role.FINANCE in place.own.roles:
                words = msg("Record the first pledge to the fund {fund}", fund=fund.name)
            elif Role.OFFICER in place.own.roles:
                words = msg("The fund {fund} is empty: see how money comes into it", fund=fund.name)
            else:
                continue
            found.append(TodoItem(f"/funds/{fund.id}", words))
    return found


async def _reviews(visit: Visit, places: list[OwnInitiative]) -> list[TodoItem]:
    """Reviews that the visitor was asked for and has not submitted."""
    if not any(place.judges for place in places):
        return []

    async def own(cursor: str | None) -> ListPage[OwnReview]:
        return await own_reviews.without_titles(visit.wiring.reader, visit.person, cursor=cursor, limit=MOST)

    found = await whole(own)
    new = [each for each in found if each.status == ReviewStatus.ASSIGNED]
    begun = [each for each in found if each.status == ReviewStatus.CLEARED]
    return [
        *([_owed(new, _new(len(new)))] if new else []),
        *([_owed(begun, _begun(len(begun)))] if begun else []),
    ]


def _owed(reviews: Sequence[OwnReview], words: Message) -> TodoItem:
    """Reviews that are owed, and when the first of them is due."""
    due = min((each.due for each in reviews if each.due), key=lambda each: each.at, default=None)
    where = f"/reviews/{reviews[0].id}" if len(reviews) == 1 else "/reviews"
    about = reviews[0].call_title if len({each.call for each in reviews}) == 1 else None
    if due is None:
        return TodoItem(where, words, len(reviews), about=about, note=NO_DATE)
    return TodoItem(where, words, len(reviews), about=about, until=due.at, zone=due.time_zone)


def _new(count: int) -> Message:
    return counted(
        "new review: say whether you have a conflict of interest",
        "new reviews: say whether you have a conflict of interest",
        count=count,
    )


def _begun(count: int) -> Message:
    return counted("review to write", "reviews to write", count=count)


async def _invitations(visit: Visit) -> list[TodoItem]:
    """Organisations that asked the visitor to act for them."""
    found = await organisations.mine(visit.wiring.reader, visit.person)
    return [
        TodoItem(
            f"/organisations/{each.id}",
            msg("Answer the invitation to act for {organisation}", organisation=each.name)
            if each.name
            else msg("Answer the invitation to act for an organisation"),
        )
        for each in found.items
        if not each.acts
    ]


async def _unanswered(visit: Visit, own: Sequence[ApplicationLine]) -> list[TodoItem]:
    """Applications that were returned with questions, or invited to a next stage whose round is open."""
    found = []
    awaited = [each for each in own if each.status in (ApplicationStatus.RETURNED, ApplicationStatus.INVITED)]
    known = await calls.named_in_list(visit.wiring.reader, visit.person, [each.call for each in awaited])
    for each in awaited:
        if (call := known.get(each.call)) is None:
            continue  # nothing can be sent to it now
        shown = await applications.one(visit.wiring.reader, visit.person, each.id)
        title = each.title or "–"
        if each.status == ApplicationStatus.RETURNED:
            words, until = msg("Answer the questions about {title}", title=title), shown.awaited_until
        else:
            until = continues_until(call, shown.invited_to)
            if until is None:
                continue
            words = msg("Continue with {title} in the next stage", title=title)
        found.append(
            TodoItem(f"/applications/{each.id}", words, about=call.title, until=until, zone=call.time_zone)
        )
    return found


async def _offers(visit: Visit, granted: Sequence[GrantLine]) -> list[TodoItem]:
    """Grants that the visitor or an organisation of theirs was offered, and amendments of them, that are not answered yet."""
    names = await names_among(visit, (each.recipient for each in granted))
    offered = [each.call for each in granted if each.status == GrantStatus.OFFERED]
    known = await calls.named_in_list(visit.wiring.reader, visit.person, offered)
    zones = {call: each.time_zone for call, each in known.items()}
    return [
        *(
            TodoItem(
                f"/grants/{each.id}",
                msg(
                    "Answer the offer of {amount} to {organisation}",
                    amount=each.amount,
                    organisation=names[each.recipient],
                )
                if each.recipient in names
                else msg("Answer the offer of {amount}", amount=each.amount),
                until=each.respond_by,
                zone=zones.get(each.call, "UTC"),
            )
            for each in granted
            if each.status == GrantStatus.OFFERED
        ),
        *(
            TodoItem(
                f"/grants/{each.id}#amendment",
                msg(
                    "Answer the amendment of the grant of {amount} to {organisation}",
                    amount=each.amount,
                    organisation=names[each.recipient],
                )
                if each.recipient in names
                else msg("Answer the amendment of your grant of {amount}", amount=each.amount),
            )
            for each in granted
            if each.amendment is not None
        ),
    ]


async def _own_grants(visit: Visit, granted: Sequence[GrantLine]) -> list[TodoItem]:
    """What the visitor has to do for a grant of theirs, or of an organisation for which they act, before it is paid."""
    known = await calls.named_in_list(
        visit.wiring.reader, visit.person, [each.call for each in granted if each.to_do]
    )
    return [
        TodoItem(
            f"/grants/{each.id}#{WHERE[task.kind]}",
            to_do_words(each, task),
            about=known[each.call].title if each.call in known else None,
        )
        for each in granted
        for task in each.to_do
    ]


async def _grants(visit: Visit, places: list[OwnInitiative]) -> list[TodoItem]:
    """What waits on grants for the staff and for those who pay: of each call and kind one item, with all of its grants. What the
    recipient has to answer first does not wait for them."""
    if not any(place.does_grants for place in places):
        return []
    titles = {call.id: call.title for place in places for call in place.calls}
    houses = {call.id: place.own.initiative for place in places for call in place.calls}
    found: dict[tuple[TaskKind, str], list[tuple[GrantTasks, str]]] = {}
    for grant in await work_waiting.on_grants(visit.wiring.reader, visit.who, now=visit.wiring.clock()):
        for task in grant.tasks:
            if (part := _part(task)) is not None:
                where = f"/grants/{grant.grant}{part}"
                found.setdefault((task.kind, grant.call), []).append((grant, where))
    return [
        TodoItem(
            _where_all(kind, call, houses.get(call), [where for _, where in waiting]),
            task_words(kind, len(waiting)),
            len(waiting),
            about=titles.get(call),
            each=tuple(
                dict.fromkeys(
                    [
                        EachItem(where, grant.handle or "–", grant.title)
                        for grant, where in waiting
                        if grant.handle or grant.title
                    ]
                )
            ),
        )
        for kind in TaskKind
        for (of_kind, call), waiting in found.items()
        if of_kind is kind
    ]


def _part(task: GrantTask) -> str | None:
    """The part of a grant's page where a task is done; None if the recipient does it."""
    match task.kind:
        case TaskKind.CONFIRM_PAYEE | TaskKind.RECORD_SCREENING:
            return "#payee"
        case TaskKind.ANSWER_REPORT:
            return f"#report-{task.number}"
        case TaskKind.SCHEDULE | TaskKind.APPROVE | TaskKind.INSTRUCT | TaskKind.SETTLE:
            return "#instalments"
        case TaskKind.COMPLETE:
            return ""
        case TaskKind.AWAIT_ANSWER:
            return None
        case _:
            assert_never(task.kind)


def _where_all(kind: TaskKind, call: str, house: str | None, each: Sequence[str]) -> str:
    """Where tasks of a kind on some grants of a call are done: payments on the page that lists and records them."""
    if house is not None and kind in (TaskKind.INSTRUCT, TaskKind.SETTLE):
        return f"/initiatives/{house}/payments"
    return each[0] if len(each) == 1 else f"/calls/{call}/grants"
