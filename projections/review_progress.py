"""The jury's progress in a round: which applications have the reviews that they need, without scores."""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence
from typing import NamedTuple

import msgspec

from domain import access
from domain.applications.state import APPLICATION, ApplicationStatus, unsettled
from domain.calls.state import CALL, Call
from domain.indexes import judged_by, reviews_in, reviews_of
from domain.initiatives.state import Initiative
from domain.parties import Conflicts
from domain.reviews.state import OUTSTANDING, REVIEW, Review, ReviewStatus
from domain.rounds.state import ROUND
from domain.values import Role
from projections.blocked_reviews import blocked_among
from projections.fresh import Fresh
from projections.paging import DEFAULT_LIMIT, ResultPage, check_limit, cursor_of, key_of
from projections.reader import Behind, Reader, allow


class JudgedApplication(msgspec.Struct, frozen=True, kw_only=True):
    """An eligible application with the numbers of reviews `submitted`, still `owed` (for staff and chairs without those
    that their jurors can no longer write), and `needed` before the panel opens: the call's quorum, or a lower one if it
    was `lowered` for this application."""

    application: str
    handle: str
    submitted: int
    owed: int
    needed: int
    lowered: bool

    @property
    def missing(self) -> int:
        """How many more jurors have to be asked."""
        return max(0, self.needed - self.submitted - self.owed)


class ReviewProgress(msgspec.Struct, frozen=True, kw_only=True):
    """The jury's progress in a round. Applications of the viewer's own, and those with which they declared a conflict
    of interest, are left out; jurors see only those that they were asked to review. Every page names all that are
    unreadable.

    `unsettled` is for the staff the number of applications by status that have to be settled before the panel can open;
    None for the jury.
    """

    round: str
    call: str
    seen_as: Role
    unsettled: dict[str, int] | None
    applications: ResultPage[JudgedApplication]


async def progress(
    reader: Reader,
    viewer: str | None,
    round: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> ReviewProgress:
    """The number of reviews that the eligible applications of a round have and need, sorted by their random ids; raises
    `NotFound` or `Forbidden`."""
    return await _progress(reader, viewer, round, key_of(cursor), check_limit(limit))


async def whole_progress(reader: Reader, viewer: str | None, round: str) -> ReviewProgress:
    """The same of all applications at once, for what is counted in a round."""
    return await _progress(reader, viewer, round, "", None)


class SameInCall(NamedTuple):
    """What is the same in all rounds of a call for somebody who asks: asked for once where they ask about several."""

    call: Call
    initiative: Initiative
    conflicts: Conflicts


async def same_in_call(reader: Reader, viewer: str, call: str) -> SameInCall:
    """What is the same in all rounds of a call for somebody. Raises `NotFound`."""
    state, whole = await reader.with_initiative(CALL, call)
    return SameInCall(state, whole, await reader.conflicts_in_call(viewer, call))


async def of_applications(
    reader: Reader, viewer: str, round: str, applications: Collection[str], same: SameInCall
) -> tuple[JudgedApplication, ...]:
    """The progress of some applications of a round alone, for the staff who see them in a list."""
    found = await _progress(reader, viewer, round, "", None, of=applications, same=same)
    return found.applications.items


async def _progress(
    reader: Reader,
    viewer: str | None,
    round: str,
    after: str,
    count: int | None,
    *,
    of: Collection[str] | None = None,
    same: SameInCall | None = None,
) -> ReviewProgress:
    who = viewer or ""
    state, actor = await reader.seen_by(viewer, ROUND, round)
    call, initiative, conflicts = same or await same_in_call(reader, who, state.call)
    own = await reader.applied_by(actor, round, state.call)
    role = allow(access.sees_progress(who, initiative.within(state.call, round), state, own=own))
    hidden = {*own, *conflicts}
    received = [each for each in state.applications if each not in hidden and (of is None or each in of)]
    written = await _asked(reader, round, None if of is None or role is not Role.OFFICER else received)
    loaded = await reader.readable(
        *((APPLICATION, each) for each in received), *((REVIEW, each) for each in written)
    )
    unreadable = await _unreadable(reader, received, written, loaded)
    # Applications that continued to the next stage wait for nothing here.
    here = [each for each in received if each not in unreadable and loaded[each].state.round == round]
    reviews: dict[str, dict[str, Review]] = {
        each: {} for each in here if loaded[each].state.status is ApplicationStatus.ELIGIBLE
    }
    for each in written:
        if each not in loaded:
            continue
        review: Review = loaded[each].state
        if review.application in reviews and review.round == round:
            reviews[review.application][each] = review
    left = (loaded[each].state.status for each in here)
    unsettled_now = {str(status): count for status, count in unsettled(left).items()}
    if role is not Role.OFFICER and not written:
        # Until the first juror is asked, the round may give late access, and the jury must not see who was late.
        reviews, unreadable = {}, set()
    if role is Role.JUROR:
        unreadable &= {*(await reader.index_entries(judged_by(who, round)))}
        reviews = {
            each: its for each, its in reviews.items() if any(review.juror == who for review in its.values())
        }
    rest = [each for each in sorted(reviews) if each > after]
    shown = rest[:count]
    every = {each: review for its in reviews.values() for each, review in its.items()}
    blocked = {} if role is Role.JUROR else await blocked_among(reader, every, state, round, call)
    handles = await _handles(reader, shown)
    if not handles.keys() >= set(shown):
        raise Behind("The read models are catching up; try again in a moment.")
    return ReviewProgress(
        round=round,
        call=state.call,
        seen_as=role,
        unsettled=unsettled_now if role is Role.OFFICER else None,
        applications=ResultPage(
            items=tuple(
                JudgedApplication(
                    application=each,
                    handle=handles[each],
                    submitted=sum(
                        review.status is ReviewStatus.SUBMITTED for review in reviews[each].values()
                    ),
                    owed=sum(
                        review.status in OUTSTANDING and key not in blocked
                        for key, review in reviews[each].items()
                    ),
                    needed=state.quorum(each, call.stage(state.stage)),
                    lowered=each in state.lowered,
                )
                for each in shown
            ),
            next=cursor_of(shown[-1]) if len(rest) > len(shown) else None,
            unreadable=tuple(sorted(unreadable)),
        ),
    )


async def _asked(reader: Fresh, round: str, applications: Sequence[str] | None) -> tuple[str, ...]:
    """The reviews for which jurors were asked in a round; of some `applications`, those of all their rounds."""
    if applications is None:
        return await reader.index_entries(reviews_in(round))
    indexes = [reviews_of(each) for each in applications]
    found = await reader.states.read_set(bypass_cache=True).index_entries(indexes)
    return tuple([each for index in indexes for each in found[index]])


async def _unreadable(
    reader: Fresh, received: Sequence[str], written: Sequence[str], loaded: Container[str]
) -> set[str]:
    """The applications whose progress is unknown because a fact of theirs, or of one of their reviews, cannot be
    read."""
    found = {each for each in received if each not in loaded}
    lost = {each for each in written if each not in loaded}
    if lost:
        for each in received:
            if not lost.isdisjoint(await reader.index_entries(reviews_of(each))):
                found.add(each)
    return found


async def _handles(reader: Reader, applications: list[str]) -> dict[str, str]:
    rows = await reader.rows(
        "SELECT application, handle FROM read.applications WHERE application = ANY (%(applications)b::text[]) "
        "AND to_position = 9223372036854775807 AND handle IS NOT NULL",
        applications=applications,
    )
    return {row["application"]: row["handle"] for row in rows}
