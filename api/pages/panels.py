"""Panels: the ranking of a round, and the jury's decision on it."""

from __future__ import annotations

from collections.abc import Mapping

from api.pages.page import Act, Drawn, Page
from api.pages.trying import Offer, Trial
from api.pages.visits import Visit
from domain.applications import ApplicationStatus, to_settle
from domain.commands.panels import ClosePanel, ConfirmPanel, OpenPanel, SetPanelOutcome
from domain.commands.reviews import LowerQuorum
from domain.messages import Message, msg
from domain.panels import PanelStatus
from projections import calls, judging, panels, rounds
from projections.panels import Ranking

PLACES = 25
"""How many places a page shows."""


async def _ranking(visit: Visit) -> Drawn:
    reader, round = visit.wiring.reader, visit.path["round"]
    found = await panels.ranking(reader, visit.person, round, cursor=visit.query.get("cursor"), limit=PLACES)
    trial = visit.trial()
    offers = await _offers(trial, found)
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
    return Drawn(
        "ranking.html",
        {
            "ranking": found,
            "round": await rounds.one(reader, visit.person, round),
            "call": call,
            "may": {offer.do: offer for offer in offers},
            "offers": offers,
            "outcomes": outcomes,
            "to_settle": _to_settle(found.unsettled),
        },
        labels={"amount.amount": msg("Award")},
        initiative=call.initiative,
    )


def _to_settle(counts: Mapping[str, int] | None) -> tuple[Message, ...]:
    return to_settle({ApplicationStatus(status): count for status, count in (counts or {}).items()})


async def _offers(trial: Trial, ranking: Ranking) -> list[Offer]:
    if ranking.panel is None:
        return [await trial.of(msg("Open the panel"), OpenPanel(round=ranking.round))]
    if ranking.status == PanelStatus.CONFIRMED:
        return []
    return [
        await trial.of(msg("Close the panel"), ClosePanel(panel=ranking.panel)),
        await trial.of(msg("Confirm the decision"), ConfirmPanel(panel=ranking.panel)),
    ]


async def _progress(visit: Visit) -> Drawn:
    reader, round = visit.wiring.reader, visit.path["round"]
    found = await judging.progress(
        reader, visit.person, round, cursor=visit.query.get("cursor"), limit=PLACES
    )
    trial = visit.trial()
    call = await calls.one(reader, visit.person, found.call)
    return Drawn(
        "progress.html",
        {
            "progress": found,
            "to_settle": _to_settle(found.unsettled),
            "call": call,
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


PAGES = (
    Page(
        path="/rounds/{round}/reviews",
        show=_progress,
        acts=(
            Act(command="application.lower_quorum", done=msg("This application now needs fewer reviews.")),
        ),
    ),
    Page(
        path="/rounds/{round}/ranking",
        show=_ranking,
        acts=(
            Act(
                command="panel.open",
                done=msg("The panel is open, and the ranking is final."),
                told={"round": "round"},
            ),
            Act(command="panel.set_outcome", done=msg("The outcome is saved.")),
            Act(
                command="panel.close",
                done=msg("The panel is closed. Now another person has to confirm the decision."),
            ),
            Act(
                command="panel.confirm",
                done=msg("The decision is confirmed: every application has its outcome."),
            ),
        ),
    ),
)
