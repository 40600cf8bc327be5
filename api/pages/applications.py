"""Pages of applications: one's own, a single one with its answers and timeline, and those of a call for its staff and
funders."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from api.http.failing import problem_of
from api.inputs.submitted import Plain, SubmittedForm, nested, with_seconds
from api.pages import application_forms
from api.pages.asking_first import lost_by_reading
from api.pages.named_parties import names_of_parties
from api.pages.organisations import names_among
from api.pages.page import Page, PageAction, PageContent, RunOne, offers_of
from api.pages.searching import search_in
from api.pages.trying import Offer, Trial
from api.pages.unfinished import OF_APPLICATIONS, drafts_to_finish
from api.pages.visits import Visit
from domain.applications.state import IN_PLAY, ApplicationStatus
from domain.calls.rules import instant
from domain.commands.applications.ending import EraseApplication, WithdrawApplication
from domain.commands.applications.examining import FindApplicationEligible, FindApplicationIneligible
from domain.commands.applications.returning import ReturnApplication
from domain.commands.grants.offering import OfferGrant
from domain.commands.persons import MakeClaim
from domain.commands.reviews import AssignReview, ReplaceReview
from domain.messages import Message, msg
from domain.refusals import Forbidden, NotFound
from domain.reviews.facts import JUDGING
from domain.reviews.state import ReviewStatus
from domain.rounds.state import ROUND, RoundStatus
from domain.values import Channel, Role, read_time
from projections import applications, calls, grants, initiatives, panels, reviews, rounds, timeline
from projections.applications import ApplicationDetail, ApplicationLine
from projections.calls import CallDetail
from projections.initiatives import CallMember
from projections.intake import continues_until
from projections.next_steps import Next, Undecided, next_steps
from projections.paging import MOST
from projections.reader import Behind, Reader
from projections.readings import NotRecorded
from projections.review_summary import due_in
from projections.reviews import ReviewShown

T = TypeVar("T")
Asking = tuple[str, str]
"""What a review is asked about, and the juror who is asked."""


async def if_shown(question: Awaitable[T]) -> T | None:
    """The answer of a query, or None if the visitor has no access."""
    try:
        return await question
    except (Forbidden, NotFound):
        return None


async def _mine(visit: Visit) -> PageContent:
    found = await applications.mine(visit.wiring.reader, visit.person, cursor=visit.query.get("cursor"))
    reader = visit.wiring.reader
    known = await calls.named_in_list(reader, visit.person, [each.call for each in found.items])
    titles = {call: each.title for call, each in known.items()}
    names = await names_among(visit, (each.applicant for each in found.items))
    # Drafts of applications that were received stand beside the new ones: all of them are still to be finished.
    drafts = [] if visit.query.get("cursor") else await drafts_to_finish(visit, OF_APPLICATIONS)
    context = {"applications": found, "drafts": drafts, "titles": titles, "organisations": names}
    return PageContent("applications.html", context)


async def _one(visit: Visit) -> PageContent:
    reader, who, application = visit.wiring.reader, visit.person, visit.path["application"]
    shown = await applications.one(reader, who, application)
    call = await calls.one(reader, who, shown.call)
    trial = visit.trial()
    offers = await offers_of(visit, trial, (*_ACTS, *application_forms.ACTS), shown)
    jury = await if_shown(initiatives.of_call(reader, who, call.id))
    lost = await lost_by_reading(visit, shown.round, application)
    assigned = await if_shown(reviews.of_application(reader, who, application, scores=lost is None))
    story, no_story = None, None
    try:
        story = await if_shown(
            timeline.of_application(reader, who, application, cursor=visit.query.get("cursor"))
        )
    except NotRecorded as error:
        no_story = problem_of(error).detail
    judges = [member for member in jury.members if not set(JUDGING).isdisjoint(member.roles)] if jury else []
    return PageContent(
        "application.html",
        {
            "application": shown,
            "call": call,
            "may": {offer.do: offer for offer in offers},
            "offers": offers if shown.seen_as is not Role.APPLICANT else _still_possible(offers, shown),
            "round": await rounds.one(reader, who, shown.round),
            "due": due_in(await reader.the(ROUND, shown.round)),
            "organisation": (await names_among(visit, (shown.applicant,))).get(shown.applicant or ""),
            "continues_until": continues_until(call, shown.invited_to)
            if shown.status == ApplicationStatus.INVITED
            else None,
            "in_a_week": _evening(visit, call, 7),
            "in_two_weeks": _evening(visit, call, 14),
            "own_grant": await _own_grant(visit, shown),
            "claimable": bool(
                shown.on_behalf
                and shown.applicant
                and shown.applicant != who
                and (await trial.of(msg("Make the key"), MakeClaim(person=shown.applicant))).may
            ),
            "story": story,
            "no_story": no_story,
            "withheld": lost if assigned is not None and _withheld(assigned.items) else None,
            "ranked": await _ranked(visit, shown.round),
            "reviews": assigned.items if assigned else None,
            "actors": actors_in(story, *JUDGING),
            "names": {member.person: member.name for member in judges},
            "assignable": await _askable(visit, trial, ASSIGN, application, judges),
            "replaceable": {
                review.id: await _askable(visit, trial, _REPLACE, review.id, judges)
                for review in (assigned.items if assigned else ())
                if review.status == ReviewStatus.RECUSED
            },
        },
        initiative=call.initiative,
    )


async def _own_grant(visit: Visit, shown: ApplicationDetail) -> str | None:
    """The grant that the applicant was offered for an awarded application; None if there is none yet."""
    if shown.seen_as is not Role.APPLICANT or shown.status != ApplicationStatus.AWARDED:
        return None
    found = await grants.all_mine(visit.wiring.reader, visit.person)
    return next((each.id for each in found if each.application == shown.id), None)


async def _ranked(visit: Visit, round: str) -> bool:
    """Whether the page of the ranking shows the visitor something of this round now."""
    standing = await if_shown(panels.standing(visit.wiring.reader, visit.person, round))
    return standing is not None


async def _claim(visit: Visit, form: SubmittedForm, _run: RunOne) -> PageContent:
    """Make a one-time key for somebody for whom the staff entered an application, and show it once."""
    if form.own("do") != "person.make_claim":
        raise NotFound
    shown = await applications.one(visit.wiring.reader, visit.who, visit.path["application"])
    if not shown.on_behalf or shown.applicant is None:
        raise NotFound
    made = await visit.wiring.claims.make(
        MakeClaim(person=shown.applicant), actor=visit.who, channel=Channel.PAGE, key=form.own("key")
    )
    context = {"made": made, "application": shown, "shown_once": True}
    return PageContent("claim_made.html", context)


def actors_in(story: timeline.Timeline | None, *roles: Role) -> dict[str, Message]:
    """How a timeline calls the people who act in these roles, by their handles, so that the page around it calls them the
    same."""
    items = story.items if story else ()
    return {entry.handle: entry.actor for entry in items if entry.handle and entry.role in roles}


_ONLY_ONCE_ASKED: Final = {
    "application.continue": ApplicationStatus.INVITED,
    "application.resubmit": ApplicationStatus.RETURNED,
}
"""What applicants can do only once they are asked to, which the page says then, with its date."""


def _still_possible(offers: Sequence[Offer], shown: ApplicationDetail) -> list[Offer]:
    """What is said to applicants of what they cannot do now: not of what nobody has asked of them, and not of erasing, which
    the page of what is kept about them explains."""
    return [
        each
        for each in offers
        if each.may
        or not (each.do == "application.erase" or _ONLY_ONCE_ASKED.get(each.do, shown.status) != shown.status)
    ]


def _named(juror: CallMember) -> str:
    """A juror in a list of options. If the name cannot be shown, a dash, never an id."""
    return juror.name or "\N{EN DASH}"


def _withheld(found: Sequence[ReviewShown]) -> bool:
    """Whether there are reviews whose scores can be shown on request."""
    return any(each.status == ReviewStatus.SUBMITTED and each.scores is None for each in found)


async def _askable(
    visit: Visit, trial: Trial, act: PageAction[Asking], about: str, judges: list[CallMember]
) -> list[tuple[str, str]]:
    """The jurors who can be asked for a review, by name: about an application, or in place of a review."""
    return [
        (judge.person, _named(judge))
        for judge in judges
        if (offer := await act.offer(visit, trial, (about, judge.person))) and offer.may
    ]


async def _of_call(visit: Visit) -> PageContent:
    reader, who, query = visit.wiring.reader, visit.person, visit.query
    call = await calls.one(reader, who, visit.path["call"])
    found = await applications.of_call(
        reader,
        who,
        call.id,
        status=query.get("status") or None,
        round=query.get("round") or None,
        cursor=query.get("cursor"),
        limit=MOST,
    )
    by_date = (
        found.next is None and not query.get("cursor") and all(each.submitted_at for each in found.items)
    )
    if by_date:
        found = msgspec.structs.replace(
            found, items=tuple(sorted(found.items, key=lambda each: (each.submitted_at, each.id)))
        )
    jury = await if_shown(initiatives.of_call(reader, who, call.id))
    search = await search_in(visit, call.id) if jury is not None else None
    counted = await applications.counts(reader, who, call.id, round=query.get("round") or None)
    return PageContent(
        "call_applications.html",
        {
            "counts": counted.counts,
            "search": search,
            "call": call,
            "applications": found,
            "by_date": by_date,
            "names": await names_of_parties(visit, (each.applicant for each in found.items)),
            "status": query.get("status", ""),
            "round": query.get("round", ""),
            "unrecorded": any(each.unrecorded for each in found.items),
            "staff": jury is not None,
            "in_review": [each.id for each in call.rounds if each.status == RoundStatus.CLOSED],
            "steps": await _steps(visit, call, found.items) if jury is not None else {},
            "grants": await _grants_of(reader, found.items) if jury is not None else {},
            "statuses": [each.value for each in ApplicationStatus],
        },
        initiative=call.initiative,
    )


async def _steps(visit: Visit, call: CallDetail, listed: Sequence[ApplicationLine]) -> dict[str, Next]:
    """What comes next with those of a list that are not decided and that the visitor sees as staff."""
    undecided = [
        Undecided(each.id, each.round, each.status)
        for each in listed
        if each.status in IN_PLAY and each.submitted_at
    ]
    try:
        return await next_steps(visit.wiring.reader, visit.who, call.id, undecided)
    except Behind:
        return {}  # the list is no worse for what is not known yet


async def _grants_of(reader: Reader, listed: Sequence[ApplicationLine]) -> dict[str, str]:
    """The grants that were offered for those of a list that the visitor sees as staff."""
    awarded = [each.id for each in listed if each.status == ApplicationStatus.AWARDED and each.submitted_at]
    return await grants.by_application(reader, awarded) if awarded else {}


async def _offered(visit: Visit, form: SubmittedForm) -> Plain:
    """The fields of an offer; its date and time are typed in the call's time zone. Raises `Invalid`."""
    plain = nested(form.typed())
    typed = plain.get("respond_by")
    try:
        local = read_time(typed) if isinstance(typed, str) else None
    except ValueError:
        local = None  # the command says what is wrong with it
    if local is None:
        return plain
    shown = await applications.one(visit.wiring.reader, visit.person, visit.path["application"])
    call = await calls.one(visit.wiring.reader, visit.person, shown.call)
    return {**plain, "respond_by": instant(local, call.time_zone, "respond_by").isoformat()}


async def _returned(_: Visit, form: SubmittedForm) -> Plain:
    return with_seconds(nested(form.typed()), "resubmit_by")


def _evening(visit: Visit, call: CallDetail, days: int) -> str:
    """An evening on the clocks of a call, as an input for a day and time shows it: proposed as a date for an answer."""
    day = visit.wiring.clock().astimezone(ZoneInfo(call.time_zone)) + timedelta(days=days)
    return f"{day:%Y-%m-%d}T18:00"


def _soon(visit: Visit) -> datetime:
    return visit.wiring.clock() + timedelta(days=14)


_ELIGIBLE = msg("The application is marked as eligible.")

_ACTS: Final[tuple[PageAction[ApplicationDetail], ...]] = (
    PageAction(
        command="application.find_eligible",
        name=msg("Mark as eligible"),
        done=_ELIGIBLE,
        tried=lambda _, application: FindApplicationEligible(application=application.id),
    ),
    PageAction(
        command="application.find_ineligible",
        name=msg("Mark as ineligible"),
        done=msg("The application is marked as ineligible."),
        tried=lambda _, application: FindApplicationIneligible(application=application.id, reason="other"),
    ),
    PageAction(
        command="application.return",
        name=msg("Return with questions"),
        done=msg("The application is returned to the applicant with your questions."),
        filled=_returned,
        tried=lambda visit, application: ReturnApplication(
            application=application.id,
            questions="?",
            resubmit_by=_soon(visit).replace(tzinfo=None),
        ),
    ),
    PageAction(
        command="grant.offer",
        name=msg("Offer the grant"),
        done=msg("The grant is offered."),
        filled=_offered,
        then=lambda _, answer: f"/grants/{answer.stream}",
        tried=lambda visit, application: OfferGrant(application=application.id, respond_by=_soon(visit)),
    ),
    PageAction(
        command="application.withdraw",
        name=msg("Withdraw this application"),
        done=msg("The application is withdrawn."),
        tried=lambda _, application: WithdrawApplication(application=application.id, reason="other"),
    ),
    PageAction(
        command="application.erase",
        name=msg("Have this application erased"),
        done=msg("The texts of this application, and those about it, are erased."),
        tried=lambda _, application: EraseApplication(application=application.id),
    ),
)
"""What one does with an application on its page, in the order of its buttons."""
ASSIGN: Final[PageAction[Asking]] = PageAction(
    command="review.assign",
    name=msg("Ask a juror for a review"),
    done=msg("The juror is asked and will find the application in their list of reviews."),
    tried=lambda _, of: AssignReview(application=of[0], juror=of[1]),
)
_REPLACE: Final[PageAction[Asking]] = PageAction(
    command="review.replace",
    name=msg("Ask another juror"),
    done=msg("Another juror is asked in place of the one who stepped back."),
    tried=lambda _, of: ReplaceReview(review=of[0], juror=of[1]),
)

PAGES = (
    Page(path="/applications", show=_mine),
    Page(
        path="/applications/{application}",
        show=_one,
        runs=_claim,
        acts=(
            *_ACTS,
            ASSIGN,
            _REPLACE,
        ),
    ),
    Page(
        path="/calls/{call}/applications",
        show=_of_call,
        tries=True,
        acts=(PageAction(command="application.find_eligible", done=_ELIGIBLE),),
    ),
)
