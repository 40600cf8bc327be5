"""Applications: one's own, one with its answers and its timeline, and a call's for its staff and its funders."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from api.pages.forms import Form, Plain, nested
from api.pages.page import Act, Drawn, Page
from api.pages.trying import Offer, Trial
from api.pages.visits import Visit
from domain.commands.applications import (
    FindApplicationEligible,
    FindApplicationIneligible,
    ForgetApplication,
    WithdrawApplication,
)
from domain.commands.grants import OfferGrant
from domain.commands.reviews import AssignReview, ReplaceReview
from domain.refusals import Forbidden, NotFound
from domain.reviews import JUDGING, ReviewStatus
from domain.rounds import RoundStatus
from projections import applications, calls, initiatives, reviews, timeline
from projections.initiatives import CallMember
from projections.readings import NotRecorded
from projections.reviews import ReviewShown

T = TypeVar("T")


async def if_shown(question: Awaitable[T]) -> T | None:
    """An answer that this visitor may have, else None."""
    try:
        return await question
    except (Forbidden, NotFound):
        return None


async def _mine(visit: Visit) -> Drawn:
    found = await applications.mine(visit.wiring.reader, visit.person, cursor=visit.query.get("cursor"))
    reader = visit.wiring.reader
    titles = {
        call: (await calls.one(reader, visit.person, call)).title
        for call in {each.call for each in found.items}
    }
    return Drawn("applications.html", {"applications": found, "titles": titles})


async def _one(visit: Visit) -> Drawn:
    reader, who, application = visit.wiring.reader, visit.person, visit.path["application"]
    shown = await applications.one(reader, who, application)
    call = await calls.one(reader, who, shown.call)
    trial = visit.trial()
    offers = await _offers(visit, trial, application)
    jury = await if_shown(initiatives.of_call(reader, who, call.id))
    round = next(each for each in call.rounds if each.id == shown.round)
    # To have seen others' scores excludes from reviewing, so until the panel opens they are shown to whoever asks.
    scores = visit.query.get("show") == "reviews" or round.status in (
        RoundStatus.IN_PANEL,
        RoundStatus.DECIDED,
    )
    assigned = await if_shown(reviews.of_application(reader, who, application, scores=scores))
    story, no_story = None, ""
    try:
        story = await if_shown(
            timeline.of_application(reader, who, application, cursor=visit.query.get("cursor"))
        )
    except NotRecorded as error:
        no_story = str(error)
    judges = [member for member in jury.members if not set(JUDGING).isdisjoint(member.roles)] if jury else []
    return Drawn(
        "application.html",
        {
            "application": shown,
            "call": call,
            "may": {offer.do: offer for offer in offers},
            "offers": offers,
            "story": story,
            "no_story": no_story,
            "withheld": assigned is not None and not scores and _withheld(assigned.items),
            "reviews": assigned.items if assigned else None,
            "names": {member.person: member.name for member in judges},
            "assignable": await _assignable(trial, application, judges),
            "replaceable": {
                review.id: await _replacing(trial, review.id, judges)
                for review in (assigned.items if assigned else ())
                if review.status == ReviewStatus.RECUSED
            },
        },
        labels={"respond_by": "Answer until", "juror": "Juror"},
    )


def _withheld(found: Sequence[ReviewShown]) -> bool:
    """Whether there are reviews whose scores can be asked for."""
    return any(each.status == ReviewStatus.SUBMITTED and each.scores is None for each in found)


async def _offers(visit: Visit, trial: Trial, application: str) -> list[Offer]:
    soon = visit.wiring.clock() + timedelta(days=14)
    return [
        await trial.of("Withdraw", WithdrawApplication(application=application, reason="other")),
        await trial.of("Have it forgotten", ForgetApplication(application=application)),
        await trial.of("Find eligible", FindApplicationEligible(application=application)),
        await trial.of("Find ineligible", FindApplicationIneligible(application=application, reason="other")),
        await trial.of("Offer a grant", OfferGrant(application=application, respond_by=soon)),
    ]


async def _assignable(trial: Trial, application: str, judges: list[CallMember]) -> list[tuple[str, str]]:
    """The jurors who can be asked to judge an application, each with a name."""
    return [
        (judge.person, judge.name or judge.person)
        for judge in judges
        if (await trial.of("Ask a juror", AssignReview(application=application, juror=judge.person))).may
    ]


async def _replacing(trial: Trial, review: str, judges: list[CallMember]) -> list[tuple[str, str]]:
    return [
        (judge.person, judge.name or judge.person)
        for judge in judges
        if (await trial.of("Ask another juror", ReplaceReview(review=review, juror=judge.person))).may
    ]


async def _of_call(visit: Visit) -> Drawn:
    reader, who, query = visit.wiring.reader, visit.person, visit.query
    call = await calls.one(reader, who, visit.path["call"])
    found = await applications.of_call(
        reader,
        who,
        call.id,
        status=query.get("status") or None,
        round=query.get("round") or None,
        cursor=query.get("cursor"),
    )
    jury = await if_shown(initiatives.of_call(reader, who, call.id))
    return Drawn(
        "call_applications.html",
        {
            "call": call,
            "applications": found,
            "status": query.get("status", ""),
            "round": query.get("round", ""),
            "unrecorded": any(each.unrecorded for each in found.items),
            "staff": jury is not None,
            "judges": [
                (member.person, member.name or member.person)
                for member in (jury.members if jury else ())
                if not set(JUDGING).isdisjoint(member.roles)
            ],
        },
    )


async def _offered(_: Visit, form: Form) -> Plain:
    """An offer; its day and time are typed in UTC."""
    plain: Any = nested(form.typed())  # Any: see Plain
    respond_by = plain.get("respond_by")
    if isinstance(respond_by, str) and respond_by:
        plain["respond_by"] = f"{respond_by}{':00' if respond_by.count(':') == 1 else ''}Z"
    return dict(plain)


_ELIGIBLE = "The application is found eligible."
_ASKED = "The juror is asked, and finds the application on their list of reviews."

PAGES = (
    Page(path="/applications", show=_mine),
    Page(
        path="/applications/{application}",
        show=_one,
        acts=(
            Act(
                command="application.withdraw",
                done="The application is withdrawn.",
                told={"application": "application"},
            ),
            Act(
                command="application.forget",
                done="What was written in this application, and about it, is erased.",
                told={"application": "application"},
            ),
            Act(command="application.find_eligible", done=_ELIGIBLE, told={"application": "application"}),
            Act(
                command="application.find_ineligible",
                done="The application is found ineligible.",
                told={"application": "application"},
            ),
            Act(command="review.assign", done=_ASKED, told={"application": "application"}),
            Act(
                command="review.replace", done="Another juror is asked in place of the one who stepped back."
            ),
            Act(
                command="grant.offer",
                done="The grant is offered.",
                told={"application": "application"},
                filled=_offered,
                then=lambda _, answer: f"/grants/{answer.stream}",
            ),
        ),
    ),
    Page(
        path="/calls/{call}/applications",
        show=_of_call,
        acts=(
            Act(command="application.find_eligible", done=_ELIGIBLE),
            Act(command="review.assign", done=_ASKED),
        ),
    ),
)
