"""Panels: the ranking of a round, and the jury's decision on it."""

from __future__ import annotations

from api.pages.page import Act, Drawn, Page
from api.pages.trying import Offer, Trial
from api.pages.visits import Visit
from domain.commands.panels import ClosePanel, ConfirmPanel, OpenPanel, ReturnPanel, SetPanelOutcome
from domain.commands.reviews import LowerQuorum
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
            "Set an outcome",
            SetPanelOutcome(
                panel=found.panel, application=place.application, outcome="decline", reason="other"
            ),
        )
        for place in found.places.items
        if found.panel is not None and found.status == PanelStatus.OPENED
    }
    return Drawn(
        "ranking.html",
        {
            "ranking": found,
            "round": await rounds.one(reader, visit.person, round),
            "call": await calls.one(reader, visit.person, found.call),
            "may": {offer.do: offer for offer in offers},
            "offers": offers,
            "outcomes": outcomes,
        },
        labels={
            "outcome": "Outcome",
            "amount.amount": "Award",
            "rank": "Place on the waiting list",
            "reason": "Reason",
            "more_because": "More than was asked for",
        },
    )


async def _offers(trial: Trial, ranking: Ranking) -> list[Offer]:
    if ranking.panel is None:
        return [await trial.of("Open the panel", OpenPanel(round=ranking.round))]
    if ranking.status == PanelStatus.CONFIRMED:
        return []
    return [
        await trial.of("Close the panel", ClosePanel(panel=ranking.panel)),
        await trial.of("Confirm the decision", ConfirmPanel(panel=ranking.panel)),
        await trial.of("Return the panel", ReturnPanel(panel=ranking.panel, reason="other")),
    ]


async def _progress(visit: Visit) -> Drawn:
    reader, round = visit.wiring.reader, visit.path["round"]
    found = await judging.progress(
        reader, visit.person, round, cursor=visit.query.get("cursor"), limit=PLACES
    )
    trial = visit.trial()
    return Drawn(
        "progress.html",
        {
            "progress": found,
            "call": await calls.one(reader, visit.person, found.call),
            "offers": {
                each.application: await trial.of(
                    "Lower the quorum",
                    LowerQuorum(application=each.application, quorum=each.submitted, reason="other"),
                )
                for each in found.applications.items
                if each.submitted < each.needed
            },
        },
        labels={"quorum": "Reviews needed"},
    )


PAGES = (
    Page(
        path="/rounds/{round}/reviews",
        show=_progress,
        acts=(Act(command="application.lower_quorum", done="The quorum of this application is lowered."),),
    ),
    Page(
        path="/rounds/{round}/ranking",
        show=_ranking,
        acts=(
            Act(
                command="panel.open",
                done="The panel is open, and the ranking is fixed.",
                told={"round": "round"},
            ),
            Act(command="panel.set_outcome", done="The outcome is set."),
            Act(command="panel.close", done="The panel is closed. Another person has to confirm it now."),
            Act(command="panel.return", done="The panel is open again. Its chair decides once more."),
            Act(
                command="panel.confirm", done="The decision is confirmed: every application has its outcome."
            ),
        ),
    ),
)
