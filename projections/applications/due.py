"""Decisions that are due in a rolling call: which applications are undecided, and until when."""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain import access
from domain.applications.state import IN_PLAY
from domain.calls.state import CALL
from projections.next_steps import NextStep, Undecided, next_steps
from projections.paging import DEFAULT_LIMIT, ResultPage, check_limit, cursor_of, number_of
from projections.reader import QueryRow, Reader, allow


class DecisionDue(msgspec.Struct, frozen=True, kw_only=True):
    """An undecided application to a rolling call, and when the decision is due. `handle` stands for the applicant. `step` is what comes
    next, None if that cannot be told; `missing` is how many more jurors have to be asked."""

    application: str
    round: str
    handle: str | None
    status: str
    decide_by: datetime
    step: NextStep | None
    missing: int


async def decisions_due(
    reader: Reader, viewer: str | None, call: str, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> ResultPage[DecisionDue]:
    """The applications to a rolling call that wait for a decision, the most urgent first, for its staff. Without the
    viewer's own, those of organisations for which they act or acted, and those with which they declared a conflict. It
    shows when they arrived, which excludes nobody from judging (`access.jury_knows_arrival`). Raises `NotFound` or `Forbidden`."""
    who = viewer or ""
    _, whole, actor = await reader.with_initiative_seen_by(viewer, CALL, call)
    allow(access.officer(who, whole.within(call)))
    start, count = number_of(cursor), check_limit(limit)
    rows = await reader.rows(
        "SELECT application, round, handle, status, decide_by FROM read.applications "
        "WHERE call = %(call)b AND status = ANY (%(waiting)b::text[]) AND decide_by IS NOT NULL "
        "AND NOT applicant = ANY (%(own)b::text[]) AND to_position = 9223372036854775807 "
        "ORDER BY decide_by, application LIMIT %(limit)b OFFSET %(start)b",
        call=call,
        waiting=[str(status) for status in IN_PLAY],
        own=list(actor.all_parties),
        limit=count + 1,
        start=start,
    )
    conflicts = await reader.conflicts_in_rounds(who, [row["round"] for row in rows])
    shown = [row for row in rows[:count] if row["application"] not in conflicts]
    undecided = [Undecided(row["application"], row["round"], row["status"]) for row in shown]
    steps = await next_steps(reader, who, call, undecided)

    def due(row: QueryRow) -> DecisionDue:
        comes = steps.get(row["application"])
        return DecisionDue(
            application=row["application"],
            round=row["round"],
            handle=row["handle"],
            status=row["status"],
            decide_by=row["decide_by"],
            step=comes.step if comes else None,
            missing=comes.missing if comes else 0,
        )

    return ResultPage(
        items=tuple([due(row) for row in shown]),
        next=cursor_of(str(start + count)) if len(rows) > count else None,
    )
