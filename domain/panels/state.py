"""The state of a panel, folded from its facts."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import assert_never

import msgspec

from domain.deciding import Aggregate
from domain.panels.facts import (
    PanelAnnounced,
    PanelAnnouncementCancelled,
    PanelAnnouncementPlanned,
    PanelAwardFreed,
    PanelClosed,
    PanelConfirmed,
    PanelFact,
    PanelNoteWritten,
    PanelOpened,
    PanelOutcomeEnded,
    PanelOutcomeSet,
    PanelReopened,
    PanelReturned,
    PanelWaitingListLeft,
    PanelWaitingListMoved,
    PanelWaitingListStayed,
    RankingPlace,
)


class PanelStatus(enum.StrEnum):
    """The statuses of a panel."""

    OPENED = "open"
    CLOSED = "closed"
    CONFIRMED = "confirmed"
    ANNOUNCED = "announced"


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a panel. `decisions` are all outcomes that were set and did not end, including those that were changed later:
    adding one copies only pointers, so that folding a thousand takes a few milliseconds. `chair` is the person who closed it.
    `announce_at` is set while an announcement is planned. `freed` is the sum of awards that ended without a grant,
    `moved_up` the sum awarded from the waiting list since."""

    status: PanelStatus | None = None
    initiative: str = ""
    call: str = ""
    round: str = ""
    stage: str = ""
    ranking: tuple[RankingPlace, ...] = ()
    decisions: tuple[PanelOutcomeSet, ...] = ()
    chair: str | None = None
    announce_at: datetime | None = None
    freed: int = 0
    moved_up: dict[str, int] = {}

    def outcomes(self) -> dict[str, PanelOutcomeSet]:
        """The newest decision on each application."""
        return {decision.application: decision for decision in self.decisions}


def evolve(panel: Panel, fact: PanelFact) -> Panel:
    """The panel after one more fact."""
    replace = msgspec.structs.replace
    match fact:
        case PanelOpened():
            return Panel(
                status=PanelStatus.OPENED,
                initiative=fact.initiative,
                call=fact.call,
                round=fact.round,
                stage=fact.stage,
                ranking=fact.ranking,
            )
        case PanelOutcomeSet():
            return replace(panel, decisions=(*panel.decisions, fact))
        case PanelClosed():
            return replace(panel, status=PanelStatus.CLOSED, chair=fact.chair)
        case PanelOutcomeEnded():
            left = tuple([each for each in panel.decisions if each.application != fact.application])
            return replace(panel, decisions=left)
        case PanelReturned() | PanelReopened():
            return replace(panel, status=PanelStatus.OPENED, chair=None)
        case PanelConfirmed():
            return replace(panel, status=PanelStatus.CONFIRMED)
        case PanelAnnouncementPlanned():
            return replace(panel, announce_at=fact.announce_at)
        case PanelAnnouncementCancelled():
            return replace(panel, announce_at=None)
        case PanelAnnounced():
            return replace(panel, status=PanelStatus.ANNOUNCED, announce_at=None)
        case PanelAwardFreed():
            return replace(panel, freed=panel.freed + fact.amount)
        case PanelWaitingListMoved():
            return replace(panel, moved_up={**panel.moved_up, fact.application: fact.amount})
        case PanelWaitingListLeft() | PanelWaitingListStayed() | PanelNoteWritten():
            return panel
        case _:
            assert_never(fact)


PANEL = Aggregate(kind="panel", empty=Panel(), evolve=evolve)


def is_ranked(panel: Panel, application_id: str) -> bool:
    """Whether the panel decides on this application."""
    return any(place.application == application_id for place in panel.ranking)


def awards(panel: Panel, *, besides: str | None = None) -> dict[str, int]:
    """The awards set so far in minor units, by application, leaving out the application `besides`."""
    return {
        application: decision.amount
        for application, decision in panel.outcomes().items()
        if decision.outcome == "award" and decision.amount is not None and application != besides
    }
