"""The table of calls."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain.calls.facts import CallCancelled, CallFact, HowMany, Intake
from domain.calls.state import Call, CallStatus, evolve
from domain.eligibility import EligibilityQuestion
from domain.stages import Stage
from domain.texts import Texts
from projections.placed import Placed
from projections.projection import Projection
from projections.rows import Rows, Shown
from projections.tables import Table, TableRow


class CallRow(TableRow, frozen=True, kw_only=True):
    """A call's texts, amounts and status. Amounts are minor units of `currency`. `version` is the one that people are
    told; `cancelled_version` that of the fact that cancelled it, which has the reason."""

    call: str
    version: int
    initiative: str
    fund: str
    status: CallStatus
    title: Texts
    summary: Texts
    stages: tuple[Stage, ...]
    currency: str
    budget: int
    minimum_award: int
    maximum_award: int
    time_zone: str
    eligibility: tuple[EligibilityQuestion, ...]
    applications_per_applicant: HowMany
    intake: Intake
    decide_within_days: int | None
    takes_until: datetime | None
    fast_track_up_to: int | None
    cancelled_version: int | None = None


CALLS: Final = Table("calls", CallRow, key=("call",))
_SHOWN: Final = Shown(CallRow, Call(), evolve)


def fold(rows: Rows, fact: CallFact, placed: Placed) -> None:
    """Store each call."""
    columns = {"cancelled_version": placed.version} if isinstance(fact, CallCancelled) else {}
    rows.put(CALLS, _SHOWN(rows.get(CALLS, fact.call), fact, **columns))


PROJECTION: Final = Projection("calls", (CALLS,), fold)
