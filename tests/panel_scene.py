"""The facts of a panel in the scene of `tests.scene`: its ranking, outcomes and end."""

from __future__ import annotations

from domain.panels.facts import (
    PanelAnnounced,
    PanelClosed,
    PanelConfirmed,
    PanelOpened,
    PanelOutcomeSet,
    RankingPlace,
)
from tests.scene import APPLICATION, CALL, CHAIR, INITIATIVE, OFFICER, PANEL, ROUND, STAGE


def panel_opened(*ranking: RankingPlace) -> PanelOpened:
    """The panel decides on a ranking."""
    return PanelOpened(
        panel=PANEL, initiative=INITIATIVE, call=CALL, round=ROUND, stage=STAGE, ranking=ranking
    )


def awarded(amount: int, application: str = APPLICATION) -> PanelOutcomeSet:
    """The jury awards an amount, in cents."""
    return PanelOutcomeSet(
        panel=PANEL,
        application=application,
        outcome="award",
        amount=amount,
        currency="EUR",
        rank=None,
        reason="quality",
        more_because=None,
        decider=CHAIR,
    )


def waitlisted(rank: int, application: str = APPLICATION, amount: int = 50_000) -> PanelOutcomeSet:
    """The jury gives a place on the waiting list."""
    return PanelOutcomeSet(
        panel=PANEL,
        application=application,
        outcome="waitlist",
        amount=amount,
        currency="EUR",
        rank=rank,
        reason=None,
        more_because=None,
        decider=CHAIR,
    )


def declined(application: str = APPLICATION) -> PanelOutcomeSet:
    """The jury declines."""
    return PanelOutcomeSet(
        panel=PANEL,
        application=application,
        outcome="decline",
        amount=None,
        currency=None,
        rank=None,
        reason="not_selected",
        more_because=None,
        decider=CHAIR,
    )


def panel_closed(chair: str = CHAIR) -> PanelClosed:
    """The chair ended the jury's work."""
    return PanelClosed(panel=PANEL, chair=chair)


def panel_confirmed() -> PanelConfirmed:
    """The officer confirmed the decision."""
    return PanelConfirmed(panel=PANEL, confirmer=OFFICER)


def panel_announced() -> PanelAnnounced:
    """The results were announced."""
    return PanelAnnounced(panel=PANEL)
