"""The tables of panels: their state, ranking, outcomes, and lowered quorums."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain.panels.facts import PanelFact, PanelOpened, PanelOutcome, PanelOutcomeEnded, PanelOutcomeSet
from domain.panels.state import Panel, PanelStatus, evolve
from domain.rounds.facts import RoundQuorumLowered
from projections.placed import Placed
from projections.projection import Projection
from projections.rows import Rows, Shown, row_of
from projections.tables import Table, TableRow


class PanelRow(TableRow, frozen=True, kw_only=True):
    """The state of a panel."""

    panel: str
    version: int
    initiative: str
    call: str
    round: str
    status: PanelStatus
    announce_at: datetime | None


class PlaceRow(TableRow, frozen=True, kw_only=True):
    """A place in a panel's ranking, numbered from 1. `score` is an exact fraction of full points, 11/15."""

    panel: str
    number: int
    from_position: int
    application: str
    rank: int
    score: str | None
    reviews: int
    on_few_criteria: int


class LoweredQuorumRow(TableRow, frozen=True, kw_only=True):
    """The number of reviews with which an application can go to the panel, because no juror was left."""

    round: str
    application: str
    quorum: int
    reason: str


class OutcomeRow(TableRow, frozen=True, kw_only=True):
    """A panel's decision on an application."""

    panel: str
    application: str
    outcome: PanelOutcome
    amount: int | None
    currency: str | None
    waitlist_rank: int | None
    reason: str | None
    more_because: str | None


PANELS: Final = Table("panels", PanelRow, key=("panel",))
PLACES: Final = Table("places", PlaceRow, key=("panel", "number"), versions=False)
LOWERED_QUORUMS: Final = Table("lowered_quorums", LoweredQuorumRow, key=("round", "application"))
OUTCOMES: Final = Table("outcomes", OutcomeRow, key=("panel", "application"))
_SHOWN: Final = Shown(PanelRow, Panel(), evolve)


def fold(rows: Rows, fact: PanelFact | RoundQuorumLowered, placed: Placed) -> None:
    """Store each panel's state, ranking and outcomes, and lowered quorums."""
    if isinstance(fact, RoundQuorumLowered):
        rows.put(LOWERED_QUORUMS, row_of(LoweredQuorumRow, fact))
        return
    rows.put(PANELS, _SHOWN(rows.get(PANELS, fact.panel), fact))
    if isinstance(fact, PanelOpened):
        for number, place in enumerate(fact.ranking, start=1):
            given = {"panel": fact.panel, "number": number, "from_position": placed.position}
            rows.put(PLACES, row_of(PlaceRow, place, **given))
    elif isinstance(fact, PanelOutcomeEnded):
        rows.clear(OUTCOMES, (fact.panel, fact.application))
    elif isinstance(fact, PanelOutcomeSet):
        rows.put(OUTCOMES, row_of(OutcomeRow, fact, waitlist_rank=fact.rank))


PROJECTION: Final = Projection("panels", (PANELS, PLACES, OUTCOMES, LOWERED_QUORUMS), fold)
