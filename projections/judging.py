"""How far the jury is with a round: which applications have the reviews that they need, without a score."""

from __future__ import annotations

import msgspec

from domain import access
from domain.applications import APPLICATION, ApplicationStatus
from domain.calls import CALL
from domain.indexes import applications_by, conflicts_of, reviews_in
from domain.initiatives import INITIATIVE
from domain.reviews import OUTSTANDING, REVIEW, Review, ReviewStatus
from domain.rounds import ROUND
from domain.values import Role
from projections.paging import DEFAULT_LIMIT, Page, check_limit, cursor_of, key_of
from projections.reader import Reader, allow


class JudgedApplication(msgspec.Struct, frozen=True, kw_only=True):
    """How many reviews of an eligible application are `submitted`, how many are still `owed`, and how many are `needed`
    before the panel opens: the call's quorum, or a lower one where it was `lowered` for this application."""

    application: str
    handle: str | None
    submitted: int
    owed: int
    needed: int
    lowered: bool


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far the jury is with a round. An application of the viewer's own, or with which they declared a conflict of
    interest, is left out; jurors are shown what they were asked to judge."""

    round: str
    call: str
    seen_as: Role
    applications: Page[JudgedApplication]


async def progress(
    reader: Reader,
    viewer: str | None,
    round: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Progress:
    """How many reviews the eligible applications of a round have and need, sorted by their random ids; raises `NotFound`
    or `Forbidden`."""
    who = viewer or ""
    state = await reader.the(ROUND, round)
    streams = await reader.load((CALL, state.call), (INITIATIVE, state.initiative))
    own = await reader.members(applications_by(who, round))
    role = allow(
        access.sees_progress(who, streams[state.initiative].state.within(state.call), state, own=own)
    )
    hidden = {*own, *(await reader.members(conflicts_of(who, round)))}
    received = [each for each in state.applications if each not in hidden]
    written = await reader.members(reviews_in(round))
    loaded = await reader.load(
        *((APPLICATION, each) for each in received), *((REVIEW, each) for each in written)
    )
    reviews: dict[str, list[Review]] = {
        each: [] for each in received if loaded[each].state.status is ApplicationStatus.ELIGIBLE
    }
    for each in written:
        review: Review = loaded[each].state
        if review.application in reviews:
            reviews[review.application].append(review)
    if role is Role.JUROR:
        reviews = {each: its for each, its in reviews.items() if any(review.juror == who for review in its)}
    after, count = key_of(cursor), check_limit(limit)
    left = [each for each in sorted(reviews) if each > after]
    handles = await _handles(reader, left[:count])
    return Progress(
        round=round,
        call=state.call,
        seen_as=role,
        applications=Page(
            items=tuple(
                JudgedApplication(
                    application=each,
                    handle=handles.get(each),
                    submitted=sum(review.status is ReviewStatus.SUBMITTED for review in reviews[each]),
                    owed=sum(review.status in OUTSTANDING for review in reviews[each]),
                    needed=state.quorum(each, streams[state.call].state),
                    lowered=each in state.lowered,
                )
                for each in left[:count]
            ),
            next=cursor_of(left[count - 1]) if len(left) > count else None,
        ),
    )


async def _handles(reader: Reader, applications: list[str]) -> dict[str, str]:
    rows = await reader.rows(
        "SELECT application, handle FROM read.applications WHERE application = ANY (%(applications)b::text[]) "
        "AND to_position = 9223372036854775807 AND handle IS NOT NULL",
        applications=applications,
    )
    return {row["application"]: row["handle"] for row in rows}
