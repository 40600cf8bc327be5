"""The tables of panels: where each stands, the ranking it opened on, its outcomes, and the quorums lowered before."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain.panels.facts import PanelFact, PanelOpened, PanelOutcome, PanelOutcomeSet
from domain.panels.state import Panel, PanelStatus, evolve
from domain.rounds.facts import RoundQuorumLowered
from projections.placed import Placed
from projections.projection import Projection
from projections.rows import Rows, Shown, row_of
from projections.tables import Table, TableRow


class PanelRow(TableRow, frozen=True, kw_only=True):
    """Where a panel stands."""

    panel: str
    version: int
    initiative: str
    call: str
    round: str
    status: PanelStatus
    announce_at: datetime | None


class PlaceRow(TableRow, frozen=True, kw_only=True):
    """A place in the ranking that a panel opened on, numbered from 1. `score` is an exact fraction of full points, 11/15."""

    panel: str
    number: int
    from_position: int
    application: str
    rank: int
    score: str | None
    reviews: int
    on_few_criteria: int


class LoweredQuorumRow(TableRow, frozen=True, kw_only=True):
    """With how many reviews an application goes to the panel, for want of jurors."""

    round: str
    application: str
    quorum: int
    reason: str


class OutcomeRow(TableRow, frozen=True, kw_only=True):
    """What a panel decided on an application."""

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
    """Keep where each panel stands, its ranking and outcomes, and which quorums were lowered before."""
    if isinstance(fact, RoundQuorumLowered):
        rows.put(LOWERED_QUORUMS, row_of(LoweredQuorumRow, fact))
        return
    rows.put(PANELS, _SHOWN(rows.get(PANELS, fact.panel), fact, version=placed.version))
    if isinstance(fact, PanelOpened):
        for number, place in enumerate(fact.ranking, start=1):
            given = {"panel": fact.panel, "number": number, "from_position": placed.position}
            rows.put(PLACES, row_of(PlaceRow, place, **given))
    elif isinstance(fact, PanelOutcomeSet):
        rows.put(OUTCOMES, row_of(OutcomeRow, fact, waitlist_rank=fact.rank))


PROJECTION: Final = Projection("panels", (PANELS, PLACES, OUTCOMES, LOWERED_QUORUMS), fold)
