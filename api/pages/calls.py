"""Pages of calls: the public list, a single call, and the form to apply."""

from __future__ import annotations

from datetime import datetime, timedelta

from api.pages.forms import Plain, SubmittedForm, nested, with_seconds
from api.pages.page import Page, PageAction, PageContent
from api.pages.rendering import Part
from api.pages.trying import Offer
from api.pages.visits import Visit
from domain.calls.state import CallStatus
from domain.commands.call_drafts import CopyCall
from domain.commands.calls import CancelCall, ChangeCall
from domain.commands.rounds import ExtendRound, GrantLateAccess, OpenRound
from domain.commands.screening import SetCallScreening
from domain.forms import Form as Asked
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import msg
from domain.rounds.state import RoundStatus
from domain.values import Role
from projections import calls
from projections.calls import CallDetail, CallLine
from projections.rounds import RoundLine

BLANK_ROWS = 3
"""The number of empty rows that a table starts with, and that are added at a time."""


def open_round(visit: Visit, call: CallLine) -> RoundLine | None:
    """The round that takes applications now; if there are several, the one that closes first.

    A form that came back with errors is shown until the round closes, including the minutes of grace, which are granted
    silently: the applicant can still correct it then.
    """
    return round_open_at(call, visit.wiring.clock(), grace=visit.returned is not None)


def round_open_at(call: CallLine, now: datetime, *, grace: bool) -> RoundLine | None:
    """The round that takes applications at a time, as in `open_round`."""
    return next(
        (
            each
            for each in call.rounds
            if each.stage == call.first_stage
            and each.status == RoundStatus.OPEN
            and (grace or open_until(each) > now)
        ),
        None,
    )


def takes_now(visit: Visit, call: CallLine) -> bool:
    """Whether a rolling call takes applications now."""
    return takes_at(call, visit.wiring.clock())


def takes_at(call: CallLine, now: datetime) -> bool:
    """Whether a rolling call takes applications at a time."""
    until = call.takes_until
    return call.intake == "rolling" and call.status == CallStatus.PUBLISHED and (until is None or until > now)


def open_until(round: RoundLine) -> datetime:
    """Until when the visitor may apply to an open round."""
    return max(round.closes_at, round.late_until or round.closes_at)


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
    call = await calls.one(visit.wiring.reader, visit.person, visit.path["call"])
    return PageContent(
        "call.html",
        {
            "call": call,
            "may": await _offers(visit, call) if visit.signed_in else {},
            "round": open_round(visit, call),
            "rolling": takes_now(visit, call),
            "roles": await roles_in(visit, call.initiative, call.id),
            "offered": tuple(call.title),
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


async def _offers(visit: Visit, call: CallDetail) -> dict[str, Offer]:
    """The commands that the staff can use on the call and its round now."""
    trial = visit.trial()
    at = visit.wiring.clock().replace(tzinfo=None)
    offers = [
        await trial.of(msg("Change the call"), ChangeCall(call=call.id, title={})),
        await trial.of(msg("Cancel the call"), CancelCall(call=call.id, reason="other")),
        await trial.of(msg("Open a round"), OpenRound(call=call.id, closes_at=at + timedelta(days=30))),
        await trial.of(msg("Copy the call"), CopyCall(call=call.id)),
        await trial.of(
            msg("Require screenings"),
            SetCallScreening(call=call.id, required=not call.screening),
        ),
    ]
    for round in call.rounds:
        offers += [
            await trial.of(
                msg("Extend the deadline"), ExtendRound(round=round.id, closes_at=at, reason="other")
            ),
            await trial.of(
                msg("Give late access"),
                GrantLateAccess(round=round.id, applicant=visit.who, until=at, reason="other"),
            ),
        ]
    return {offer.do: offer for offer in offers}


async def _timed(_: Visit, form: SubmittedForm) -> Plain:
    return with_seconds(nested(form.typed()), "closes_at", "until")


async def roles_in(visit: Visit, initiative: str, call: str | None = None) -> frozenset[Role]:
    """The visitor's roles in an initiative and in one of its calls, for choosing which links are useful to them."""
    if visit.signed_in is None:
        return frozenset()
    house: Initiative = await visit.wiring.reader.the(INITIATIVE, initiative)
    return (house if call is None else house.within(call)).roles(visit.who)


def few_needed(asked: Asked) -> bool:
    """Whether most questions of a form can be left empty, so that the needed ones are marked instead."""
    needed = [question for question in asked.questions if question.required]
    return len(needed) < len(asked.questions) / 2


PAGES = (
    Page(path="/", show=_list, public=True),
    Page(path="/calls", show=_list, public=True),
    Page(
        path="/calls/{call}",
        show=_one,
        public=True,
        acts=(
            PageAction(command="round.open", done=msg("The round is open."), filled=_timed),
            PageAction(command="round.extend", done=msg("The deadline is extended."), filled=_timed),
            PageAction(
                command="round.grant_late_access", done=msg("This person may apply late."), filled=_timed
            ),
            PageAction(command="call.change", done=msg("The call is changed.")),
            PageAction(
                command="call.set_screening",
                done=msg("The setting for screenings is saved."),
            ),
            PageAction(
                command="call.copy",
                done=msg("This is the copy. Only the staff see it until you publish it."),
                then=lambda _, answer: f"/calls/{answer.stream}/setup",
            ),
            PageAction(command="call.cancel", done=msg("The call is cancelled.")),
        ),
    ),
)
