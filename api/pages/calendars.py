"""Dates as files for calendars (.ics): the deadlines of a call for everybody, and one's own for an application, a grant or a review.

What such a file says ends up in calendars that others may see. So one's own dates say what they are about only if their reader chose
subjects of letters that do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from icalendar import Alarm, Calendar, Event
from litestar import HttpMethod, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.http.operations import again_if_lost, check_kinds
from api.locales import Locale
from api.pages.responses import SECURITY, redirect
from api.pages.site import Site
from api.pages.visits import Visit
from api.run.wiring import Wiring
from domain import access
from domain.applications.state import APPLICATION, Application, ApplicationStatus
from domain.calls.state import CALL, Call
from domain.deciding import Allowed
from domain.grants.state import GRANT, Grant
from domain.grants.statuses import GrantStatus
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import Message, msg
from domain.persons.state import PERSON, Person
from domain.refusals import NotFound
from domain.reviews.state import OUTSTANDING, REVIEW, Review
from domain.rounds.state import ROUND, Round, RoundStatus
from domain.texts import Texts
from projections import calls
from projections.letters import telling

DISCREET: Final = msg("A date")
"""What one's own dates say to readers who did not choose more."""
BEFORE: Final = timedelta(days=1)
"""How long before a date a calendar reminds of it."""


@dataclass(frozen=True, slots=True)
class CalendarDate:
    """A date: what is until then, in a sentence; its `key` in its file, and the page that it belongs to."""

    key: str
    at: datetime
    words: Message
    page: str


def calendar_of(dates: list[CalendarDate], locale: Locale, *, site: str, now: datetime) -> bytes:
    """The file of some dates. Each is a moment, in UTC, that makes nobody busy; its calendar reminds of it a day before."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Overwinter//Dates//EN")
    for date in dates:
        said = locale.say(date.words)
        event = Event()
        event.add("uid", f"{date.key}@{site.partition('//')[2].partition(':')[0]}")
        event.add("dtstamp", now)
        event.add("dtstart", date.at)
        event.add("dtend", date.at)
        event.add("summary", said)
        event.add("url", f"{site}{date.page}")
        event.add("transp", "TRANSPARENT")
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", said)
        alarm.add("trigger", -BEFORE)
        event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


Find = Callable[[Visit], Awaitable[list[CalendarDate]]]


async def _of_call(visit: Visit) -> list[CalendarDate]:
    """The deadlines of a call's open rounds, as everybody sees them."""
    call = await calls.one(visit.wiring.reader, visit.person, visit.path["call"])
    return [
        CalendarDate(each.id, each.closes_at, msg("Deadline: {call}", call=call.title), f"/calls/{call.id}")
        for each in call.rounds
        if each.status == RoundStatus.OPEN
    ]


async def _own_words(visit: Visit, words: Callable[[Texts], Message], call: str) -> Message:
    person: Person = await visit.wiring.reader.the(PERSON, visit.who)
    state: Call = await visit.wiring.reader.the(CALL, call)
    return words(state.title) if person.subjects == "telling" else DISCREET


async def _of_application(visit: Visit) -> list[CalendarDate]:
    """Until when an applicant has to answer questions, or the form of the next stage; or can change what they sent."""
    reader, application_id = visit.wiring.reader, visit.path["application"]
    application: Application = await reader.the(APPLICATION, application_id)
    actor = await reader.actor(visit.who)
    if not isinstance(access.applicant(actor, application), Allowed):
        raise NotFound
    now, page = visit.wiring.clock(), f"/applications/{application_id}"
    if application.status is ApplicationStatus.RETURNED and application.resubmit_by is not None:
        words = await _own_words(
            visit, lambda title: msg("Answer to the questions: {call}", call=title), application.call
        )
        return [CalendarDate(application_id, application.resubmit_by, words, page)]
    stage = (
        application.invited_to
        if application.status in (ApplicationStatus.INVITED, ApplicationStatus.LAPSED)
        else application.stage
        if application.status is ApplicationStatus.SUBMITTED
        else None
    )
    rounds = [each for each in await telling.open_rounds(reader, application.call) if each.stage == stage]
    words = await _own_words(visit, lambda title: msg("Deadline: {call}", call=title), application.call)
    return [
        CalendarDate(f"{application_id}-{number}", moment, words, page)
        for number, moment in enumerate(sorted(telling.deadlines(rounds, actor, now=now)))
    ]


async def _of_grant(visit: Visit) -> list[CalendarDate]:
    """Until when an offer has to be answered."""
    reader, grant_id = visit.wiring.reader, visit.path["grant"]
    grant: Grant = await reader.the(GRANT, grant_id)
    if not isinstance(access.recipient(await reader.actor(visit.who), grant), Allowed):
        raise NotFound
    if grant.status is not GrantStatus.OFFERED or grant.respond_by is None:
        return []
    words = await _own_words(visit, lambda title: msg("Answer to the offer: {call}", call=title), grant.call)
    return [CalendarDate(grant_id, grant.respond_by, words, f"/grants/{grant_id}")]


async def _of_review(visit: Visit) -> list[CalendarDate]:
    """By when the staff want a review that the visitor owes."""
    reader, review_id = visit.wiring.reader, visit.path["review"]
    review: Review = await reader.the(REVIEW, review_id)
    house: Initiative = await reader.the(INITIATIVE, review.initiative)
    if not isinstance(access.juror_of(visit.who, house.within(review.call, review.round), review), Allowed):
        raise NotFound
    round: Round = await reader.the(ROUND, review.round)
    if review.status not in OUTSTANDING or round.reviews_due is None:
        return []
    words = await _own_words(visit, lambda title: msg("Review due: {call}", call=title), review.call)
    return [CalendarDate(review_id, round.reviews_due, words, f"/reviews/{review_id}")]


_FILES: Final[tuple[tuple[str, Find, bool], ...]] = (
    ("/calls/{call}/deadlines.ics", _of_call, True),
    ("/applications/{application}/deadlines.ics", _of_application, False),
    ("/reviews/{review}/deadlines.ics", _of_review, False),
    ("/grants/{grant}/deadlines.ics", _of_grant, False),
)
"""The files, and whether everybody may have each."""


def routes(site: Site, wiring: Wiring) -> list[HTTPRouteHandler]:
    """The handlers of the files."""

    def handler(path: str, find: Find, public: bool) -> HTTPRouteHandler:
        async def get(request: Request[Any, Any, Any]) -> Response[Any]:
            visit = await site.visit(request)
            if visit.signed_in is None and not public:
                return redirect("/sign-in")
            check_kinds(visit.path)
            dates = await find(visit)
            if not dates:
                raise NotFound(msg("There is no date here now."))
            content = calendar_of(
                dates, visit.locale, site=wiring.settings.address, now=wiring.clock().replace(microsecond=0)
            )
            return Response(
                content,
                media_type="text/calendar",
                headers={**SECURITY, "Content-Disposition": 'attachment; filename="deadlines.ics"'},
            )

        async def show(request: Request[Any, Any, Any]) -> Response[Any]:
            return await again_if_lost(lambda: get(request))

        return site.handler(HttpMethod.GET, path, show)

    return [handler(*each) for each in _FILES]
