"""The table of rounds."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain.rounds.facts import (
    RoundCancelled,
    RoundClosed,
    RoundDeadlineExtended,
    RoundDecided,
    RoundLateAccessGranted,
    RoundOpened,
    RoundPutToPanel,
)
from domain.rounds.state import Round, RoundStatus, evolve
from projections.placed import Placed
from projections.projection import Projection
from projections.rows import Rows, Shown
from projections.tables import Table, TableRow


class RoundRow(TableRow, frozen=True, kw_only=True):
    """The state of a round; `version` is the one that people are told. `received` is the number of applications when it
    closed."""

    round: str
    version: int
    initiative: str
    call: str
    stage: str
    status: RoundStatus
    closes_at: datetime
    closes_local: str
    time_zone: str
    received: int | None = None
    panel: str | None
    rolling: bool


ROUNDS: Final = Table("rounds", RoundRow, key=("round",))
_SHOWN: Final = Shown(RoundRow, Round(), evolve)


def fold(
    rows: Rows,
    fact: RoundOpened
    | RoundDeadlineExtended
    | RoundLateAccessGranted
    | RoundClosed
    | RoundPutToPanel
    | RoundDecided
    | RoundCancelled,
    _: Placed,
) -> None:
    """Store the state of each round. Lowered quorums, and late access while the round is open, are left out: applicants
    see this row, and its version would show them."""
    row = rows.get(ROUNDS, fact.round)
    if not fact.told:
        return
    received: dict[str, int | None] = {}
    if isinstance(fact, RoundClosed):
        received = {"received": len(fact.applications)}
    elif isinstance(fact, (RoundDeadlineExtended, RoundLateAccessGranted)):
        received = {"received": None}
    rows.put(ROUNDS, _SHOWN(row, fact, **received))


PROJECTION: Final = Projection("rounds", (ROUNDS,), fold)
