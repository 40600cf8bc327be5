"""Panels: the ranking of a round, and the jury's decisions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from fractions import Fraction

import msgspec

from domain import access
from domain.applications.state import APPLICATION, ApplicationStatus, unsettled
from domain.calls.state import CALL, Call
from domain.deciding import Allowed
from domain.indexes import reviews_of
from domain.initiatives.state import INITIATIVE, Initiative
from domain.panels.facts import RankingPlace
from domain.panels.ranking import rank, without
from domain.panels.state import PanelStatus
from domain.parties import Actor, OwnApplications
from domain.personal import Withheld
from domain.readings import ReadingKind
from domain.reviews.facts import JUDGING
from domain.reviews.state import REVIEW, Review, ReviewStatus, concerning
from domain.rounds.state import ROUND, Round, RoundStatus
from domain.values import Money, Role
from projections import readings
from projections.cases import judged_now, owed_in
from projections.fresh import Fresh
from projections.moments import AsOf, position_at
from projections.paging import DEFAULT_LIMIT, ResultPage, check_limit, cursor_of, number_of
from projections.panel_standing import (
    PanelBudget,
    PanelReturn,
    budget_of,
    returned_of,
    scores_of,
    waiting_list,
)
from projections.reader import LATEST, Behind, QueryRow, Reader, allow, damaged_in, text_of
from projections.reviews import percent
from projections.versions import Version


class RankedApplication(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a ranking, with the jury's decision so far.

    Equal scores share a `rank`, and the rank after two that share the first is the third. `score` is the mean of the
    reviews in per cent, rounded to three decimals for display only; None if there is no review. `reviews` is the number
    of reviews that were counted; `on_few_criteria` of them scored half of the criteria or fewer. `quorum` is set if it
    was lowered for this application, with the reason. A `withdrawn` application keeps its place; one that `moved_up`
    was awarded its `amount` from the waiting list since. `scores` are the jurors' own, from the lowest to the highest, in
    per cent and without saying whose each is; there are none for viewers who do not see the application's reviews. `damaged` names ``title`` if the stored value is not what was committed to.
    """

    rank: int
    application: str
    handle: str | None
    title: str | None
    requested: Money
    score: str | None
    reviews: int
    on_few_criteria: int
    quorum: int | None
    quorum_reason: str | None
    withdrawn: bool
    outcome: str | None
    amount: Money | None
    waitlist_rank: int | None
    reason: str | None
    more_because: str | None
    moved_up: bool = False
    scores: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()


class Ranking(msgspec.Struct, frozen=True, kw_only=True):
    """The ranking of a round. Before its panel opens, `panel`, `version` and `status` are None, and the staff see the
    ranking so far; then it is fixed. `unrecorded`: places or titles are left out, because the reading cannot be
    recorded at the moment. `announce_at` is set while an announcement is planned.

    `unsettled` is, before the panel opens, the number of applications by status that have to be settled first; then
    None.

    Applications of the viewer's own, and those with which they declared a conflict of interest, are left out, and the
    others are numbered without them; then `version` is None, too, because it counts the outcomes of all, and so is
    `budget`, from which their awards could be calculated. `waiting` are all that the viewer sees on the waiting list, the
    first first. `returned` is set while the panel is open again because it was returned to its chair.
    """

    round: str
    call: str
    panel: str | None
    version: Version | None
    status: str | None
    announce_at: datetime | None
    seen_as: Role
    unsettled: dict[str, int] | None
    places: ResultPage[RankedApplication]
    unrecorded: bool
    budget: PanelBudget | None = None
    waiting: tuple[RankedApplication, ...] = ()
    returned: PanelReturn | None = None


class PanelStanding(msgspec.Struct, frozen=True, kw_only=True):
    """Where a panel stands, when its results are announced, if that is planned, and why it was returned to its chair, if it is
    open again."""

    status: str
    announce_at: datetime | None
    returned: PanelReturn | None = None


async def standing(reader: Reader, viewer: str | None, round: str) -> PanelStanding | None:
    """Where the panel of a round stands, without anything of what it decides on; None where there is none, or it is not shown
    to the viewer."""
    state, actor = await reader.seen_by(viewer, ROUND, round)
    initiative: Initiative = (await reader.the(INITIATIVE, state.initiative)).within(state.call, round)
    own = await reader.applied_by(actor, round, state.call)
    if not isinstance(access.sees_ranking(viewer or "", initiative, state, own=own), Allowed):
        return None
    rows = await reader.rows(
        "SELECT panel, status, announce_at FROM read.panels WHERE round = %(round)b AND to_position = 9223372036854775807",
        round=round,
    )
    if not rows:
        return None
    return PanelStanding(
        status=rows[0]["status"],
        announce_at=rows[0]["announce_at"],
        returned=await _returned(reader, rows[0], LATEST),
    )


async def _returned(reader: Reader, row: QueryRow, at: int) -> PanelReturn | None:
    return await returned_of(reader, row["panel"], at) if row["status"] == PanelStatus.OPENED else None


async def ranking(
    reader: Reader,
    viewer: str | None,
    round: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> Ranking:
    """The ranking of a round, the best first. Before the panel opens, it is recorded that the viewer saw it: they can then no
    longer write or change a review in this round. Raises `NotFound` or `Forbidden`."""
    who = viewer or ""
    state, actor = await reader.seen_by(viewer, ROUND, round)
    loaded = await reader.load((CALL, state.call), (INITIATIVE, state.initiative))
    initiative: Initiative = loaded[state.initiative].state.within(state.call, round)
    own = await reader.applied_by(actor, round, state.call)
    owed = await owed_in(reader, who, [round]) if state.status is RoundStatus.CLOSED else frozenset()
    role = allow(access.sees_ranking(who, initiative, state, own=own, owed=owed))
    hidden = {*own, *(await reader.conflicts_in_call(who, state.call))}
    judging = as_of is not None and bool(await judged_now(reader, who, [round]))
    times = access.sees_times(actor, initiative, round=state, judging=judging)
    at = position_at(as_of, times)
    start, count = number_of(cursor), check_limit(limit)
    panels = await reader.rows(
        "SELECT panel, version, status, announce_at FROM read.panels WHERE round = %(round)b "
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint",
        round=round,
        at=at,
    )
    panel = panels[0]["panel"] if panels else None
    places = without(
        await _standing(reader, round, state, loaded[state.call].state, at)
        if panel is None
        else await _places(reader, panel),
        hidden,
    )
    learned: list[ReadingKind] = ["scores"] if any(place.reviews for place in places) else []
    if role in JUDGING and places:
        learned.append("judged")
    unrecorded = not await readings.record(reader, who, round, *learned)
    shown = [] if unrecorded else places[start : start + count]
    waitlisted = [] if unrecorded else await waiting_list(reader, panel, [*places], at)
    ranked = list(dict.fromkeys(place.application for place in (*shown, *waitlisted)))
    details = await _details(reader, round, ranked, panel, at)
    if not details.keys() >= set(ranked):
        # Read models stop separately: the panel's may be further than that of the applications.
        raise Behind("The read models are catching up; try again in a moment.")
    titled, reviewed = await _titled(reader, actor, initiative, round, state, ranked, own)
    scores = await scores_of(reader, round, reviewed, loaded[state.call].state.rubrics[state.stage], at)
    read: set[ReadingKind] = {
        "answers" if each is Role.OFFICER else "judged"
        for each in titled.values()
        if each is not Role.APPLICANT
    }
    if not await readings.record(reader, who, round, *sorted(read)):
        unrecorded = True
        titled = {}
    waiting = await _waiting(reader, panel, hidden, at)

    def place_of(place: RankingPlace) -> RankedApplication:
        return _ranked(
            reader,
            place,
            details[place.application],
            title=place.application in titled,
            waiting=waiting,
            scores=scores.get(place.application, ()),
        )

    return Ranking(
        round=round,
        call=state.call,
        panel=panel,
        # A panel's version also counts the outcomes of hidden applications.
        version=None if panel is None or hidden else Version(panel, panels[0]["version"]),
        status=panels[0]["status"] if panels else None,
        announce_at=panels[0]["announce_at"] if panels else None,
        seen_as=role,
        unsettled=await _unsettled(reader, round, hidden, at) if panel is None else None,
        places=ResultPage(
            items=tuple(place_of(place) for place in shown),
            next=cursor_of(str(start + count)) if shown and len(places) > start + count else None,
        ),
        unrecorded=unrecorded,
        budget=None
        if panel is None or hidden or not state.last
        else await budget_of(reader, loaded[state.call].state, panel, at, now=as_of is None),
        waiting=tuple(place_of(place) for place in waitlisted),
        returned=await _returned(reader, panels[0], at) if panels else None,
    )


async def _unsettled(reader: Reader, round: str, hidden: Collection[str], at: int) -> dict[str, int]:
    """The number of applications of a round that have to be settled before its panel opens, by status."""
    rows = await reader.rows(
        "SELECT status FROM read.applications WHERE round = %(round)b AND NOT application = ANY (%(hidden)b::text[]) "
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint",
        round=round,
        hidden=sorted(hidden),
        at=at,
    )
    counts = unsettled(ApplicationStatus(row["status"]) for row in rows)
    return {str(status): count for status, count in counts.items()}


async def _places(reader: Reader, panel: str) -> list[RankingPlace]:
    rows = await reader.rows(
        "SELECT application, rank, score, reviews, on_few_criteria FROM read.places "
        "WHERE panel = %(panel)b ORDER BY number",
        panel=panel,
    )
    return [msgspec.convert(row, RankingPlace) for row in rows]


async def _standing(
    reader: Reader, round_id: str, round: Round, call: Call, at: int
) -> tuple[RankingPlace, ...]:
    """The ranking before the panel opens, from the reviews submitted so far."""
    rows = await reader.rows(
        """
        SELECT a.application, r.scores, r.rubric_version
        FROM read.applications a
        LEFT JOIN read.reviews r ON r.application = a.application AND r.round = a.round AND r.status = 'submitted'
            AND r.from_position <= %(at)b::bigint AND r.to_position > %(at)b::bigint
        WHERE a.round = %(round)b AND a.call = %(call)b AND a.status = 'eligible'
            AND a.from_position <= %(at)b::bigint AND a.to_position > %(at)b::bigint
        """,
        round=round_id,
        call=round.call,
        at=at,
    )
    submitted: dict[str, list[Review]] = {row["application"]: [] for row in rows}
    for row in rows:
        if row["scores"] is not None:
            submitted[row["application"]].append(
                Review(
                    status=ReviewStatus.SUBMITTED, scores=row["scores"], rubric_version=row["rubric_version"]
                )
            )
    return rank(submitted, call.rubrics[round.stage])


async def _titled(
    reader: Fresh,
    viewer: Actor,
    initiative: Initiative,
    round_id: str,
    round: Round,
    applications: list[str],
    own: OwnApplications,
) -> tuple[dict[str, Role], set[str]]:
    """Those of a round's applications whose title the viewer sees, from current streams, each with the role in which
    they see it; and those whose reviews they see."""
    reviews = await reader.index_entries_of_all([reviews_of(application) for application in applications])
    loaded = await reader.load(
        *((APPLICATION, application) for application in applications),
        *((REVIEW, review) for review in reviews),
    )
    by_application: dict[str, list[Review]] = {application: [] for application in applications}
    for review in reviews:
        state: Review = loaded[review].state
        if concerning({review: state}, round_id):
            by_application[state.application].append(state)
    found = {}
    reviewed = set()
    for application, its_reviews in by_application.items():
        scores = access.sees_reviews(
            viewer, initiative, round, loaded[application].state, its_reviews, own=own
        )
        if isinstance(scores, Allowed):
            reviewed.add(application)
        verdict = access.sees_application(
            viewer, initiative, round, loaded[application].state, its_reviews, own=own
        )
        if isinstance(verdict, Allowed):
            found[application] = verdict.role
    return found, reviewed


async def _waiting(reader: Reader, panel: str | None, hidden: Collection[str], at: int) -> list[int]:
    """The places on the waiting list of applications that are left out."""
    if panel is None or not hidden:
        return []
    rows = await reader.rows(
        "SELECT waitlist_rank FROM read.outcomes WHERE panel = %(panel)b AND application = ANY (%(hidden)b::text[]) "
        "AND waitlist_rank IS NOT NULL AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint",
        panel=panel,
        hidden=sorted(hidden),
        at=at,
    )
    return [row["waitlist_rank"] for row in rows]


async def _details(
    reader: Reader, round: str, applications: list[str], panel: str | None, at: int
) -> dict[str, QueryRow]:
    """Handle, status, lowered quorum and outcome of some applications, and the sum and the sealed title as they were
    in that round."""
    rows = await reader.rows(
        """
        SELECT a.application, a.handle, a.status, coalesce(s.requested, a.requested) AS requested, a.currency, t.*,
            q.quorum, q.reason AS quorum_reason, o.outcome, o.amount, o.waitlist_rank, o.reason, o.more_because
        FROM read.applications a
        LEFT JOIN LATERAL jsonb_to_recordset(a.answered) AS s (round text, written integer, requested bigint) ON s.round = %(round)b::text
        LEFT JOIN read.titled t ON t.title_stream = a.application AND t.title_version = coalesce(s.written, a.written)
        LEFT JOIN read.lowered_quorums q ON q.application = a.application AND q.round = %(round)b
            AND q.from_position <= %(at)b::bigint AND q.to_position > %(at)b::bigint
        LEFT JOIN read.outcomes o ON o.panel = %(panel)b::text AND o.application = a.application
            AND o.from_position <= %(at)b::bigint AND o.to_position > %(at)b::bigint
        WHERE a.application = ANY (%(applications)b::text[])
            AND a.from_position <= %(at)b::bigint AND a.to_position > %(at)b::bigint
        """,
        round=round,
        applications=applications,
        panel=panel,
        at=at,
    )
    return {row["application"]: row for row in rows}


def _ranked(
    reader: Reader,
    place: RankingPlace,
    row: QueryRow,
    *,
    title: bool,
    waiting: Collection[int],
    scores: tuple[str, ...],
) -> RankedApplication:
    """A place for display. `waiting` are the places on the waiting list of applications that are left out: the others
    move up."""
    opened = reader.opened(row, "title", str) if title else Withheld.SEALED
    withdrawn = row["status"] == ApplicationStatus.WITHDRAWN
    decided = None if withdrawn else row["outcome"]
    waitlisted = None if decided is None else row["waitlist_rank"]
    return RankedApplication(
        rank=place.rank,
        application=place.application,
        handle=row["handle"],
        title=text_of(opened),
        requested=Money.of(row["requested"], row["currency"]),
        score=percent(None if place.score is None else Fraction(place.score)),
        reviews=place.reviews,
        on_few_criteria=place.on_few_criteria,
        quorum=row["quorum"],
        quorum_reason=row["quorum_reason"],
        withdrawn=withdrawn,
        outcome=decided,
        amount=None if decided is None or row["amount"] is None else Money.of(row["amount"], row["currency"]),
        waitlist_rank=None if waitlisted is None else waitlisted - sum(each < waitlisted for each in waiting),
        reason=None if decided is None else row["reason"],
        more_because=None if decided is None else row["more_because"],
        moved_up=waitlisted is not None and row["status"] == ApplicationStatus.AWARDED,
        scores=scores,
        damaged=damaged_in({"title": opened}),
    )
