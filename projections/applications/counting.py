"""How many applications of a call have which status."""

from __future__ import annotations

import msgspec

from domain import access
from domain.applications.state import ApplicationStatus
from domain.calls.state import CALL
from domain.indexes import rounds_of
from domain.refusals import NotFound
from domain.values import Role
from projections.applications.lists import with_rivals
from projections.cases import decided_rounds
from projections.reader import LATEST, Reader, allow


class StatusCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many applications have a status."""

    status: str
    count: int


class StatusCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many applications of a call have which status, for those who see them."""

    call: str
    counts: tuple[StatusCount, ...]


async def counts(reader: Reader, viewer: str | None, call: str, *, round: str | None = None) -> StatusCounts:
    """The numbers of a call's applications by status, of the rounds that `of_call` shows this viewer: without those in
    which the viewer has rivals, and for funders only of decided ones. Raises `NotFound` or `Forbidden`."""
    _, whole, actor = await reader.with_initiative_seen_by(viewer, CALL, call)
    role = allow(access.sees_timeline(actor, whole.within(call)))
    if round is not None and round not in await reader.index_entries(rounds_of(call)):
        raise NotFound  # only a round of this call
    funder = role is Role.FUNDER
    rows = await reader.rows(
        "SELECT status, count(*) AS count FROM read.applications WHERE call = %(call)b "
        "AND (round = %(round)b::text OR %(round)b::text IS NULL) "
        "AND (round = ANY(%(rounds)b::text[]) OR %(rounds)b::text[] IS NULL) "
        "AND NOT round = ANY(%(closed)b::text[]) AND NOT applicant = ANY(%(avoiding)b::text[]) "
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint GROUP BY status",
        call=call,
        round=round,
        rounds=await decided_rounds(reader, call) if funder else None,
        closed=[] if funder else await with_rivals(reader, actor, call),
        avoiding=sorted(await reader.avoiding(actor.id)),
        at=LATEST,
    )
    found = {row["status"]: row["count"] for row in rows}
    return StatusCounts(
        call=call,
        counts=tuple(
            [
                StatusCount(status=each.value, count=found[each.value])
                for each in ApplicationStatus
                if each.value in found
            ]
        ),
    )
