"""Pages of panels: the ranking of a round, and the jury's decisions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Final

from api.pages.applications import if_shown
from api.pages.calls import roles_in
from api.pages.charts import dots
from api.pages.forms import Plain, SubmittedForm, nested, with_seconds
from api.pages.page import Page, PageAction, PageContent
from api.pages.rendering import percent
from api.pages.trying import Offer, Trial
from api.pages.visits import Visit
from domain.applications.state import ApplicationStatus, to_settle
from domain.commands.announcing import AnnouncePanel, CancelPanelAnnouncement, PlanPanelAnnouncement
from domain.commands.panels import (
    ClosePanel,
    ConfirmPanel,
    OpenPanel,
    ReturnPanel,
    SetPanelOutcome,
    WritePanelNote,
)
from domain.commands.reviews import LowerQuorum
from domain.messages import Message, msg
from domain.panels.state import PanelStatus
from domain.rounds.state import RoundStatus
from projections import calls, panel_notes, panels, review_progress, rounds
from projections.calls import CallDetail
from projections.paging import MOST, whole
from projections.paging import ResultPage as ListPage
from projections.panel_notes import PanelNote
from projections.panels import RankedApplication, Ranking
from projections.review_progress import JudgedApplication

PLACES = 25
"""The number of places on a page."""


async def _ranking(visit: Visit) -> PageContent:
    reader, round = visit.wiring.reader, visit.path["round"]
    found = await panels.ranking(reader, visit.person, round, cursor=visit.query.get("cursor"), limit=PLACES)
    trial = visit.trial()
    offers = await _offers(visit, trial, found)
    outcomes = {
        place.application: await trial.of(
            msg("Set the outcome"),
            SetPanelOutcome(
                panel=found.panel, application=place.application, outcome="decline", reason="other"
            ),
        )
        for place in found.places.items
        if found.panel is not None and found.status == PanelStatus.OPENED
    }
    call = await calls.one(reader, visit.person, found.call)
    notes = await if_shown(_notes(visit, round)) if found.panel is not None else None
    return PageContent(
        "ranking.html",
        {
            "dots": {place.application: _dots(visit, place) for place in found.places.items if place.scores},
            "left_out_for_you": found.panel is not None and found.version is None,
            "notes": notes or {},
            "writes": await _writes(trial, found) if notes is not None else (),
            "ranking": found,
            "round": await rounds.one(reader, visit.person, round),
            "call": call,
            "may": {offer.do: offer for offer in offers},
            "offers": offers,
            "outcomes": outcomes,
            "awardable": {each.application for each in found.places.items if _awardable(each, call)},
            "roles": await roles_in(visit, call.initiative, call.id),
            "to_settle": _to_settle(found.unsettled),
            "lacking": await _lacking(visit, found),
        },
        labels={
            "amount.amount": msg("Award"),
            "text": msg("Note for the panel"),
            "rank": msg("Place on the waiting list"),
            "more_because": msg("More than was asked for"),
        },
        initiative=call.initiative,
    )


def _dots(visit: Visit, place: RankedApplication) -> str:
    """The scores of a place as dots, and in words."""
    scores = tuple(percent(score, visit.locale) for score in place.scores)
    words = msg("Scores of the jurors: {scores}", scores=scores)
    return dots(place.scores, place.score, visit.locale.say(words))


async def _notes(visit: Visit, round: str) -> dict[str, list[PanelNote]]:
    """The panel's notes by application; raises `NotFound` or `Forbidden` for those who do not read them."""

    async def some(cursor: str | None) -> ListPage[PanelNote]:
        return await panel_notes.of_round(visit.wiring.reader, visit.person, round, cursor=cursor, limit=MOST)

    found: dict[str, list[PanelNote]] = {}
    for each in await whole(some):
        found.setdefault(each.application, []).append(each)
    return found


async def _writes(trial: Trial, ranking: Ranking) -> list[str]:
    """The applications on which the visitor can write a note."""
    assert ranking.panel is not None
    return [
        place.application
        for place in ranking.places.items
        if await trial.why_not(WritePanelNote(panel=ranking.panel, application=place.application, text="-"))
        is None
    ]


async def _lacking(visit: Visit, ranking: Ranking) -> list[JudgedApplication]:
    """The applications that still need reviews before the panel can open, as far as the visitor sees them."""
    if ranking.panel is not None:
        return []
    progress = review_progress.progress(visit.wiring.reader, visit.person, ranking.round, limit=MOST)
    found = await if_shown(progress)
    return [each for each in (found.applications.items if found else ()) if each.submitted < each.needed]


def _to_settle(counts: Mapping[str, int] | None) -> tuple[Message, ...]:
    return to_settle({ApplicationStatus(status): count for status, count in (counts or {}).items()})


async def _offers(visit: Visit, trial: Trial, ranking: Ranking) -> list[Offer]:
    if ranking.panel is None:
        return [await trial.of(msg("Open the panel"), OpenPanel(round=ranking.round))]
    if ranking.status == PanelStatus.ANNOUNCED:
        return []
    if ranking.status == PanelStatus.CONFIRMED:
        soon = (visit.wiring.clock() + timedelta(days=7)).replace(tzinfo=None)
        planning = PlanPanelAnnouncement(panel=ranking.panel, announce_at=soon)
        return [
            await trial.of(msg("Announce the results"), AnnouncePanel(panel=ranking.panel)),
            await trial.of(msg("Choose when the results are announced"), planning),
            *(
                [
                    await trial.of(
                        msg("Cancel the planned announcement"), CancelPanelAnnouncement(panel=ranking.panel)
                    )
                ]
                if ranking.announce_at
                else []
            ),
        ]
    return [
        await trial.of(msg("Close the panel"), ClosePanel(panel=ranking.panel)),
        await trial.of(msg("Confirm the decision"), ConfirmPanel(panel=ranking.panel)),
        await trial.of(msg("Return the panel"), ReturnPanel(panel=ranking.panel, reason="other")),
    ]


async def _progress(visit: Visit) -> PageContent:
    reader, round = visit.wiring.reader, visit.path["round"]
    found = await review_progress.progress(
        reader, visit.person, round, cursor=visit.query.get("cursor"), limit=PLACES
    )
    trial = visit.trial()
    call = await calls.one(reader, visit.person, found.call)
    return PageContent(
        "progress.html",
        {
            "progress": found,
            "to_settle": _to_settle(found.unsettled),
            "call": call,
            "decided": (await rounds.one(reader, visit.person, round)).status == RoundStatus.DECIDED,
            "offers": {
                each.application: await trial.of(
                    msg("Lower the number of reviews"),
                    LowerQuorum(application=each.application, quorum=each.submitted, reason="other"),
                )
                for each in found.applications.items
                if each.submitted < each.needed
            },
        },
        initiative=call.initiative,
    )


def _awardable(place: RankedApplication, call: CallDetail) -> bool:
    """Whether what was asked for can be proposed as the award."""
    asked = Decimal(place.requested.amount)
    return place.requested.currency == call.maximum_award.currency and (
        Decimal(call.minimum_award.amount) <= asked <= Decimal(call.maximum_award.amount)
    )


_NOT_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    "award": ("rank",),
    "waitlist": ("reason",),
    "decline": ("amount", "more_because", "rank"),
    "invite": ("amount", "more_because", "rank", "reason"),
}
"""The fields that the page does not show with an outcome. What stood in them before it was chosen is not sent."""


async def _outcome(_: Visit, form: SubmittedForm) -> Plain:
    plain = nested(form.typed())
    unused = _NOT_WITH.get(str(plain.get("outcome")), ())
    return {name: value for name, value in plain.items() if name not in unused}


async def _planned(_: Visit, form: SubmittedForm) -> Plain:
    return with_seconds(nested(form.typed()), "announce_at")


PAGES = (
    Page(
        path="/rounds/{round}/reviews",
        show=_progress,
        acts=(
            PageAction(
                command="application.lower_quorum", done=msg("This application now needs fewer reviews.")
            ),
        ),
    ),
    Page(
        path="/rounds/{round}/ranking",
        show=_ranking,
        acts=(
            PageAction(
                command="panel.open",
                done=msg("The panel is open, and the ranking is final. Now the chair sets the outcomes."),
            ),
            PageAction(command="panel.set_outcome", done=msg("The outcome is saved."), filled=_outcome),
            PageAction(command="panel.write_note", done=msg("The note is saved.")),
            PageAction(
                command="panel.return",
                done=msg("The panel is open again, and the chair can change the decisions."),
            ),
            PageAction(
                command="panel.close",
                done=msg(
                    "The panel is closed. Now somebody else, such as an officer, has to confirm the decision."
                ),
            ),
            PageAction(
                command="panel.confirm",
                done=msg(
                    "The decision is confirmed. Now announce the results: no applicant learns them before."
                ),
            ),
            PageAction(
                command="panel.announce",
                done=msg("The results are announced: every applicant can read theirs now."),
            ),
            PageAction(
                command="panel.plan_announcement",
                done=msg("The time is saved. The results will be announced then, and not before."),
                filled=_planned,
            ),
            PageAction(
                command="panel.cancel_announcement",
                done=msg(
                    "The planned announcement is cancelled. No applicant learns the results until you announce them."
                ),
            ),
        ),
    ),
)
