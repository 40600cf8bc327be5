"""Pages of calls: the public list, and a single call."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from api.inputs.submitted import Plain, SubmittedForm, nested, with_seconds
from api.pages.page import Page, PageAction, PageContent, offers_of
from api.pages.rendering import Part
from api.pages.visits import Visit
from domain import access
from domain.commands.call_drafts import CopyCall
from domain.commands.calls import CancelCall, ChangeCall
from domain.commands.rounds import ExtendRound, GrantLateAccess, OpenRound
from domain.commands.screening import SetCallScreening
from domain.deciding import Allowed
from domain.forms import Form as Asked
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import msg
from domain.parties import Actor
from domain.reviews.facts import JUDGING
from domain.rounds.state import ROUND, RoundStatus
from domain.values import Role
from projections import calls, panel_turns
from projections.calls import CallDetail, CallLine
from projections.intake import round_open_at, takes_at
from projections.review_summary import ReviewsDue, due_in
from projections.rounds import RoundLine

BLANK_ROWS = 3
"""The number of empty rows that a table starts with, and that are added at a time."""


def open_round(visit: Visit, call: CallLine) -> RoundLine | None:
    """The round that takes applications now; if there are several, the first in the list.

    A form that came back with errors is shown until the round closes, including the minutes of grace, which are granted
    silently: the applicant can still correct it then.
    """
    return round_open_at(call, visit.wiring.clock(), grace=visit.returned is not None)


def takes_now(visit: Visit, call: CallLine) -> bool:
    """Whether a rolling call takes applications now."""
    return takes_at(call, visit.wiring.clock())


async def _list(visit: Visit) -> PageContent:
    found = await calls.public(visit.wiring.reader, cursor=visit.query.get("cursor"))
    lines = [(call, open_round(visit, call)) for call in found.items]
    loaded = await visit.wiring.reader.readable(
        *((INITIATIVE, initiative) for initiative in sorted({call.initiative for call in found.items}))
    )
    houses = {initiative: each.state.name for initiative, each in loaded.items()}
    return PageContent(
        "front.html" if visit.request.scope["path"] == "/" else "calls.html",
        {
            "open": sorted(
                ((call, each) for call, each in lines if each), key=lambda line: line[1].closes_at
            ),
            "rolling": [call for call in found.items if takes_now(visit, call)],
            "closed": [call for call, each in lines if each is None and not takes_now(visit, call)],
            "next": found.next,
            "houses": houses,
            "first_start": not houses and await visit.wiring.first_start.waits(),
            "several": len(houses) > 1,
            "writes": [
                each.initiative
                for each in (visit.me.initiatives if visit.me else ())
                if Role.OFFICER in each.roles
            ],
        },
        # A site with a single initiative shows that initiative's name.
        initiative=next(iter(houses)) if len(houses) == 1 else None,
    )


async def _one(visit: Visit) -> PageContent:
    reader = visit.wiring.reader
    call = await calls.one(reader, visit.person, visit.path["call"])
    # Who is not signed in holds no role in any house.
    house = Initiative() if visit.signed_in is None else await reader.the(INITIATIVE, call.initiative)
    who = visit.person or ""
    roles = house.within(call.id).roles(who)
    in_rounds = {each.id: house.within(call.id, each.id).roles(who) for each in call.rounds}
    judged = frozenset(round for round, held in in_rounds.items() if not held.isdisjoint(JUDGING))
    offers = await offers_of(visit, visit.trial(), _ACTS, call) if visit.signed_in else []
    return PageContent(
        "call.html",
        {
            "call": call,
            "judged": judged,
            "dues": await _dues(visit, call, roles, judged),
            "may": {offer.do: offer for offer in offers},
            "round": open_round(visit, call),
            "rolling": takes_now(visit, call),
            "roles": roles,
            "panels": await panel_turns.of_rolling(reader, who, call.id)
            if call.intake == "rolling" and Role.CHAIR in roles
            else (),
            "sees_fund": _pays(visit, house),
            "in_rounds": in_rounds,
            "reading_as": roles | {Role.JUROR} if judged else roles,
            "written_in": tuple(call.title),
        },
        parts={
            "asked": Part(
                "call_asked.html",
                {
                    "eligibility": call.eligibility,
                    "stages": call.stages,
                    "few_needed": {stage.id: few_needed(stage.form) for stage in call.stages},
                    "languages": visit.languages,
                },
            )
        },
        initiative=call.initiative,
    )


async def _dues(
    visit: Visit, call: CallDetail, roles: frozenset[Role], judged: frozenset[str]
) -> dict[str, ReviewsDue | None]:
    """When the reviews of the rounds that are in review are due, for their juries and the staff; None if no date is set."""
    shown = [
        each.id
        for each in call.rounds
        if each.status == RoundStatus.CLOSED and (each.id in judged or Role.OFFICER in roles)
    ]
    return {each: due_in(await visit.wiring.reader.the(ROUND, each)) for each in shown}


async def _timed(_: Visit, form: SubmittedForm) -> Plain:
    return with_seconds(nested(form.typed()), "closes_at", "until")


async def roles_in(
    visit: Visit, initiative: str, call: str | None = None, round: str | None = None
) -> frozenset[Role]:
    """The visitor's roles in an initiative, and in one of its calls and a round of it, for choosing which links are useful to
    them."""
    if visit.signed_in is None:
        return frozenset()
    house: Initiative = await visit.wiring.reader.the(INITIATIVE, initiative)
    return (house if call is None else house.within(call, round)).roles(visit.who)


async def sees_funds(visit: Visit, initiative: str) -> bool:
    """Whether the visitor may open the funds of an initiative; a role in one of its calls is not enough."""
    if visit.signed_in is None:
        return False
    return _pays(visit, await visit.wiring.reader.the(INITIATIVE, initiative))


def _pays(visit: Visit, house: Initiative) -> bool:
    return isinstance(access.sees_payments(Actor(visit.person or ""), house), Allowed)


def few_needed(asked: Asked) -> bool:
    """Whether most questions of a form can be left empty, so that the needed ones are marked instead."""
    needed = [question for question in asked.questions if question.required]
    return len(needed) < len(asked.questions) / 2


def _now(visit: Visit) -> datetime:
    return visit.wiring.clock().replace(tzinfo=None)


_ACTS: Final[tuple[PageAction[CallDetail], ...]] = (
    PageAction(
        command="round.open",
        name=msg("Open a round"),
        done=msg("The round is open."),
        filled=_timed,
        tried=lambda visit, call: OpenRound(call=call.id, closes_at=_now(visit) + timedelta(days=30)),
    ),
    PageAction(
        command="round.extend",
        name=msg("Extend the deadline"),
        done=msg("The deadline is extended."),
        filled=_timed,
        tried=lambda visit, call: (
            ExtendRound(round=call.rounds[-1].id, closes_at=_now(visit), reason="other")
            if call.rounds
            else None
        ),
    ),
    PageAction(
        command="round.grant_late_access",
        name=msg("Let one applicant in late"),
        done=msg("This person may apply late."),
        filled=_timed,
        tried=lambda visit, call: (
            GrantLateAccess(round=call.rounds[-1].id, applicant=visit.who, until=_now(visit), reason="other")
            if call.rounds
            else None
        ),
    ),
    PageAction(
        command="call.change",
        name=msg("Change the call"),
        done=msg("The call is changed."),
        tried=lambda _, call: ChangeCall(call=call.id, title={}),
    ),
    PageAction(
        command="call.set_screening",
        name=msg("Require a screening before each payment"),
        done=msg("The setting for screenings is saved."),
        tried=lambda _, call: SetCallScreening(call=call.id, required=not call.screening),
    ),
    PageAction(
        command="call.copy",
        name=msg("Copy this call"),
        done=msg("This is the copy. Only the staff see it until you publish it."),
        then=lambda _, answer: f"/calls/{answer.stream}/setup",
        tried=lambda _, call: CopyCall(call=call.id),
    ),
    PageAction(
        command="call.cancel",
        name=msg("Cancel the call"),
        done=msg("The call is cancelled."),
        tried=lambda _, call: CancelCall(call=call.id, reason="other"),
    ),
)
"""What the staff do with a call and its last round, in the order of its buttons."""

PAGES = (
    Page(path="/", show=_list, public=True),
    Page(path="/calls", show=_list, public=True),
    Page(
        path="/calls/{call}",
        show=_one,
        public=True,
        acts=_ACTS,
    ),
)
