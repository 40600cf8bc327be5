"""The reviews that a person was asked for: the list on their page, with their own scores."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from domain import access
from domain.calls.state import CALL
from domain.deciding import Loaded
from domain.indexes import rounds_of, submissions_to, written_in
from domain.initiatives.state import INITIATIVE
from domain.messages import msg
from domain.personal import Withheld
from domain.refusals import Forbidden, NotFound
from domain.reviews.facts import JUDGING
from domain.reviews.scores import score
from domain.reviews.state import REVIEW, STEPPED_BACK, Review, ReviewStatus
from domain.rounds.state import ROUND
from domain.values import Money
from projections import readings
from projections.paging import DEFAULT_LIMIT, ResultPage, check_limit, key_of, page
from projections.reader import QueryRow, Reader, damaged_in, text_of
from projections.review_summary import ReviewsDue, due_in
from projections.reviews import CLEARED, percent
from projections.versions import Version


class OwnReview(msgspec.Struct, frozen=True, kw_only=True):
    """A review that the viewer was asked for.

    `handle` stands for the applicant. `title` and `requested` are those of the stage that is judged, shown once the
    juror declared no conflict, and no longer if they declare one in another stage, or came to act for an applicant of the
    round; `erased`: the title can no longer be read; `damaged` names it if the stored value is not what was committed to.
    `unrecorded`: both are left out, because it cannot be recorded at the moment that they are read. `scores` are the
    viewer's own, and `score` their mean in per cent, None before the review is submitted. `due` is when the reviews of the
    round are due.
    """

    id: str
    version: Version
    call: str
    call_title: dict[str, str]
    round: str
    application: str
    handle: str | None
    status: str
    title: str | None
    erased: bool
    requested: Money | None
    scores: dict[str, int | None] | None
    score: str | None
    due: ReviewsDue | None = None
    unrecorded: bool = False
    damaged: tuple[str, ...] = ()


async def mine(
    reader: Reader, viewer: str | None, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> ResultPage[OwnReview]:
    """The reviews that one was asked for in initiatives where one is still on the jury, sorted by their random ids.

    It is recorded that the viewer reads the titles. `unreadable` also names initiatives whose jury cannot be read. Raises
    `Forbidden` for visitors who are not signed in.
    """
    return await _mine(reader, viewer, cursor, limit, titles=True)


async def without_titles(
    reader: Reader, viewer: str | None, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> ResultPage[OwnReview]:
    """The reviews of `mine` without anything of the applications, for what says only how many there are and when they are due:
    nothing is read, so nothing is recorded."""
    return await _mine(reader, viewer, cursor, limit, titles=False)


async def _mine(
    reader: Reader, viewer: str | None, cursor: str | None, limit: int, *, titles: bool
) -> ResultPage[OwnReview]:
    if viewer is None:
        raise Forbidden(msg("Sign in first."))
    belonging = await reader.rows(
        "SELECT DISTINCT initiative, call, round FROM read.reviews WHERE juror = %(viewer)b", viewer=viewer
    )
    houses = {row["initiative"] for row in belonging}
    loaded = await reader.readable(*((INITIATIVE, each) for each in sorted(houses)))
    judging = {
        row["round"]: row["call"]
        for row in belonging
        if row["initiative"] in loaded
        for house in (loaded[row["initiative"]].state.within(row["call"], row["round"]),)
        if not house.roles(viewer).isdisjoint(JUDGING)
    }
    rows = await reader.rows(
        """
        SELECT r.review, r.version, r.call, r.round, r.application, r.status, r.scores, r.rubric_version, a.handle,
            coalesce(s.requested, a.requested) AS requested, a.currency, c.title AS call_title, t.*
        FROM read.reviews r
        JOIN read.applications a ON a.application = r.application AND a.to_position = 9223372036854775807
        JOIN read.calls c ON c.call = r.call AND c.to_position = 9223372036854775807
        LEFT JOIN LATERAL jsonb_to_recordset(a.answered) AS s (round text, written integer, requested bigint) ON s.round = r.round
        LEFT JOIN read.titled t ON t.title_stream = r.application AND t.title_version = coalesce(s.written, a.written)
            AND r.status IN ('cleared', 'submitted')
        WHERE r.juror = %(viewer)b AND r.review > %(after)b::text AND r.to_position = 9223372036854775807
            AND r.round = ANY (%(judging)b::text[])
        ORDER BY r.review LIMIT %(limit)b
        """,
        viewer=viewer,
        after=key_of(cursor),
        judging=list(judging),
        limit=check_limit(limit) + 1,
    )
    reviews = await reader.readable(*((REVIEW, row["review"]) for row in rows))
    judged = {each: kind for row in rows for each, kind in ((row["call"], CALL), (row["round"], ROUND))}
    rubrics = await reader.readable(*((judged[each], each) for each in sorted(judged)))
    rounds = await reader.index_entries_of_all([rounds_of(call) for call in sorted(set(judging.values()))])
    conflicts = await reader.conflicts_in_rounds(viewer, rounds)
    cleared = {row["review"] for row in rows[:limit] if _cleared(row, reviews, viewer, conflicts)}
    titled = [row for row in rows if row["review"] in cleared and row["round"] in rubrics] if titles else []
    read = await _recorded(reader, viewer, titled, rubrics)
    found = page(
        rows,
        limit,
        lambda row: _own(
            reader, row, rubrics, cleared=row["review"] in cleared, recorded=read.get(row["review"])
        ),
        lambda row: str(row["review"]),
        readable=reviews,
    )
    shown = tuple([each for each in found.items if each.application not in conflicts.avoided])
    return msgspec.structs.replace(
        found, items=shown, unreadable=(*sorted(houses - loaded.keys()), *found.unreadable)
    )


async def _recorded(
    reader: Reader,
    viewer: str,
    rows: Sequence[QueryRow],
    rounds: Mapping[str, Loaded[Any]],  # Any: as above
) -> dict[str, bool]:
    """Those of some reviews whose titles a juror may read, and whether it is recorded that they read them. None of a round in
    which others' applications are those of rivals by now. Most were recorded when the juror opened the review."""
    if not rows:
        return {}
    actor = await reader.actor(viewer)
    calls = sorted({row["call"] for row in rows})
    sent = [submissions_to(call, party) for call in calls for party in actor.all_parties]
    # Few jurors applied to a call that they judge.
    applied = await reader.index_entries_of_all([*sent, *(written_in(call, viewer) for call in calls)])
    by_round: dict[str, list[QueryRow]] = {}
    for row in rows:
        by_round.setdefault(row["round"], []).append(row)
    found: dict[str, bool] = {}
    for round, its in by_round.items():
        if applied:
            own = await reader.applied_by(actor, round, its[0]["call"])
            if access.hides_rivals(rounds[round].state, own):
                continue
        applications = sorted({row["application"] for row in its})
        with contextlib.suppress(Forbidden, NotFound):  # they lost their access meanwhile
            recorded = await readings.record(reader, viewer, round, "judged", applications=applications)
            found |= {row["review"]: recorded for row in its}
    return found


async def own_in_round(reader: Reader, viewer: str, round: str) -> list[tuple[str, ReviewStatus]]:
    """The reviews in a round that one was asked for and did not step back from, in the order of `mine`, with their statuses."""
    avoided = (await reader.conflicts_in_rounds(viewer, (round,))).avoided
    rows = await reader.rows(
        "SELECT review, status FROM read.reviews WHERE juror = %(viewer)b AND round = %(round)b "
        "AND NOT status = ANY (%(back)b::text[]) AND NOT application = ANY (%(avoided)b::text[]) AND to_position = 9223372036854775807 ORDER BY review",
        viewer=viewer,
        round=round,
        back=[*STEPPED_BACK],
        avoided=sorted(avoided),
    )
    return [(row["review"], ReviewStatus(row["status"])) for row in rows]


def _cleared(
    row: QueryRow,
    reviews: Mapping[str, Loaded[Any]],  # Any: see `Reader.readable`
    viewer: str,
    conflicts: Collection[str],
) -> bool:
    """Whether a juror sees what they judge. The row may lag behind the review: one who has stepped back since, also in a later
    stage, sees nothing more."""
    if row["status"] not in CLEARED or row["review"] not in reviews:
        return False
    review: Review = reviews[row["review"]].state
    return review.status in CLEARED and review.juror == viewer and row["application"] not in conflicts


def _own(
    reader: Reader,
    row: QueryRow,
    judged: Mapping[str, Loaded[Any]],  # Any: the states of calls and rounds
    *,
    cleared: bool,
    recorded: bool | None,
) -> OwnReview:
    """`recorded`: see `_recorded`; None if the juror may not read the title."""
    scored = cleared and row["status"] == ReviewStatus.SUBMITTED
    title = reader.opened(row, "title", str) if recorded else None
    return OwnReview(
        id=row["review"],
        version=Version(row["review"], row["version"]),
        call=row["call"],
        call_title=row["call_title"],
        round=row["round"],
        application=row["application"],
        handle=row["handle"],
        status=row["status"],
        title=text_of(title),
        erased=title is Withheld.ERASED,
        requested=Money.of(row["requested"], row["currency"]) if recorded else None,
        scores=row["scores"] if scored else None,
        score=_own_score(row, judged) if scored else None,
        due=due_in(judged[row["round"]].state) if row["round"] in judged else None,
        unrecorded=recorded is False,
        damaged=damaged_in({"title": title}),
    )


def _own_score(row: QueryRow, judged: Mapping[str, Loaded[Any]]) -> str | None:
    if not {row["call"], row["round"]} <= judged.keys():
        return None
    rubric = judged[row["call"]].state.rubrics[judged[row["round"]].state.stage][row["rubric_version"] - 1]
    return percent(score(Review(status=ReviewStatus.SUBMITTED, scores=row["scores"]), rubric))
