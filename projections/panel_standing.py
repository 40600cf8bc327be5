"""Where a panel stands beside its ranking: its budget, its waiting list, and the scores behind each place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from fractions import Fraction

import msgspec

from domain.applications.state import ApplicationStatus
from domain.calls.state import Call
from domain.forms import Rubric
from domain.panels.facts import PanelClosed, PanelReopened, PanelReturned, RankingPlace
from domain.reviews.scores import score
from domain.reviews.state import Review, ReviewStatus
from domain.topics import topics_of
from domain.values import Money, Role
from projections.reader import Reader, recorded_in
from projections.reviews import percent


class PanelBudget(msgspec.Struct, frozen=True, kw_only=True):
    """The call's budget, what the outcomes so far award of it, and what is left."""

    budget: Money
    awarded: Money
    left: Money


class PanelReturn(msgspec.Struct, frozen=True, kw_only=True):
    """Why a panel that was closed is open again: the role of whoever returned it to its chair, the reason, and when."""

    # The jury knows no times (`access.sees_times`) but this one, because it is told by letter when a panel is returned.
    by: Role
    reason: str
    at: datetime


async def returned_of(reader: Reader, panel: str, at: int) -> PanelReturn | None:
    """Why an open panel is open again; None if it was not returned since it was closed last. The caller has checked access."""
    rows = await reader.rows(
        "SELECT position, topic, document FROM history.facts WHERE stream = %(panel)b "
        "AND topic = ANY (%(topics)b::text[]) AND position <= %(at)b::bigint ORDER BY version DESC LIMIT 1",
        panel=panel,
        topics=list(topics_of(PanelClosed, PanelReturned, PanelReopened)),
        at=at,
    )
    recorded = recorded_in(rows[0]) if rows else None
    if recorded is None or not isinstance(recorded.fact, PanelReturned):
        return None
    envelope = recorded.envelope
    return PanelReturn(by=Role(envelope.acting.role), reason=recorded.fact.reason, at=envelope.decided_at)


async def budget_of(reader: Reader, call: Call, panel: str, at: int, *, now: bool) -> PanelBudget | None:
    """What the outcomes award of the call's budget, as the rule for outcomes counts it. A rolling call's other awards are
    known only as they are `now`."""
    if call.rolling and not now:
        return None
    rows = await reader.rows(
        """
        SELECT coalesce(sum(o.amount), 0)::bigint AS awarded FROM read.outcomes o
        JOIN read.applications a ON a.application = o.application
            AND a.from_position <= %(at)b::bigint AND a.to_position > %(at)b::bigint
        WHERE o.panel = %(panel)b AND o.outcome = 'award' AND a.status <> %(withdrawn)b
            AND o.from_position <= %(at)b::bigint AND o.to_position > %(at)b::bigint
        """,
        panel=panel,
        withdrawn=str(ApplicationStatus.WITHDRAWN),
        at=at,
    )
    awarded: int = rows[0]["awarded"] + (call.awarded - call.confirmed.get(panel, 0))
    return PanelBudget(
        budget=Money.of(call.budget, call.currency),
        awarded=Money.of(awarded, call.currency),
        left=Money.of(call.budget - awarded, call.currency),
    )


async def waiting_list(
    reader: Reader, panel: str | None, places: list[RankingPlace], at: int
) -> list[RankingPlace]:
    """Of some places, those whose applications are still on the waiting list, in its order."""
    if panel is None:
        return []
    rows = await reader.rows(
        "SELECT o.application FROM read.outcomes o JOIN read.applications a ON a.application = o.application "
        "AND a.from_position <= %(at)b::bigint AND a.to_position > %(at)b::bigint "
        "WHERE o.panel = %(panel)b AND o.waitlist_rank IS NOT NULL AND NOT a.status = ANY (%(left)b::text[]) "
        "AND o.from_position <= %(at)b::bigint AND o.to_position > %(at)b::bigint ORDER BY o.waitlist_rank, o.application",
        panel=panel,
        left=[str(ApplicationStatus.WITHDRAWN), str(ApplicationStatus.AWARDED)],
        at=at,
    )
    by_application = {place.application: place for place in places}
    return [by_application[row["application"]] for row in rows if row["application"] in by_application]


async def scores_of(
    reader: Reader, round: str, applications: Collection[str], rubrics: Sequence[Rubric], at: int
) -> dict[str, tuple[str, ...]]:
    """The scores of some applications' reviews, from the lowest to the highest."""
    if not applications:
        return {}
    rows = await reader.rows(
        "SELECT application, scores, rubric_version FROM read.reviews WHERE round = %(round)b AND status = 'submitted' "
        "AND application = ANY (%(applications)b::text[]) "
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint",
        round=round,
        applications=sorted(applications),
        at=at,
    )
    found: dict[str, list[Fraction]] = {}
    for row in rows:
        review = Review(status=ReviewStatus.SUBMITTED, scores=row["scores"])
        points = score(review, rubrics[row["rubric_version"] - 1])
        if points is not None:
            found.setdefault(row["application"], []).append(points)
    return {
        application: tuple(each for points in sorted(its) if (each := percent(points)) is not None)
        for application, its in found.items()
    }
