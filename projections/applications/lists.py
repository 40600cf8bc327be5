"""Lists of applications: those of a call, and one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from domain import access
from domain.applications.state import APPLICATION, Application
from domain.calls.state import CALL
from domain.deciding import Allowed
from domain.indexes import (
    conflicts_of,
    judged_by,
    kept_from,
    reviews_of,
    rounds_of,
    submissions_of,
    submissions_to,
    written_in,
)
from domain.initiatives.state import Initiative
from domain.messages import msg
from domain.parties import Actor, OwnApplications, acts_for
from domain.readings import EXAMINED
from domain.refusals import Forbidden, NotFound
from domain.reviews.state import REVIEW, Review, concerning
from domain.rounds.state import ROUND, Round
from domain.values import Role
from projections import readings
from projections.applications.lines import ApplicationLine, line
from projections.cases import decided_rounds, judged_now
from projections.fresh import Fresh
from projections.moments import AsOf, position_at
from projections.paging import DEFAULT_LIMIT, ResultPage, check_limit, key_of, page
from projections.reader import QueryRow, Reader, allow


async def of_call(
    reader: Reader,
    viewer: str | None,
    call: str,
    *,
    status: str | None = None,
    round: str | None = None,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> ResultPage[ApplicationLine]:
    """The applications to a call, sorted by their random ids: for the staff with titles (but as jurors see them if they
    also judge), for funders by handle, and only those of decided rounds. `round` is one of the call's. Raises
    `NotFound` or `Forbidden`."""
    return await seen_of_call(
        reader, viewer, call, status=status, round=round, cursor=cursor, limit=check_limit(limit), as_of=as_of
    )


async def seen_of_call(
    reader: Reader,
    viewer: str | None,
    call: str,
    *,
    status: str | None = None,
    round: str | None = None,
    cursor: str | None = None,
    limit: int,
    as_of: AsOf | None = None,
) -> ResultPage[ApplicationLine]:
    """See `of_call`; the limit can be any."""
    who = viewer or ""
    state, whole, actor = await reader.with_initiative_seen_by(viewer, CALL, call)
    initiative = whole.within(call)
    role = allow(access.sees_timeline(actor, initiative))
    if round is not None and round not in await reader.index_entries(rounds_of(call)):
        raise NotFound  # only a round of this call
    judging = as_of is not None and bool(
        await judged_now(reader, who, await reader.index_entries(rounds_of(call)))
    )
    asked: dict[str, object] = {
        "after": key_of(cursor),
        "status": status,
        "round": round,
        "rounds": await decided_rounds(reader, call) if role is Role.FUNDER else None,
        "at": position_at(as_of, access.sees_times(actor, initiative, judging=judging)),
        "limit": limit + 1,
    }
    rows = await _rows_of_call(reader, actor, call, **asked)
    # Rare: staff who applied themselves get the list again without their rivals.
    applied = bool(rows and rows[0]["applied"]) and role is not Role.FUNDER
    closed = await with_rivals(reader, actor, call) if applied else []
    # Rarer: whoever somebody named gets it again without that person's applications and those of their organisations.
    avoiding = await reader.avoiding(actor.id) if rows and rows[0]["named"] else ()
    if closed or avoiding:
        rows = await _rows_of_call(
            reader, actor, call, closed=closed or None, avoiding=sorted(avoiding) or None, **asked
        )

    judged = [row["application"] for row in rows if row["judged"]] if role is not Role.FUNDER else []
    as_juror = await _seen_as_juror(reader, actor, initiative, call, judged) if judged else {}
    seen = {row["application"]: _seen(row, role, as_juror) for row in rows}
    # Only the staff's view excludes from judging, so it is recorded before it is shown.
    read_in = {
        row["round"]
        for row in rows[:limit]
        if seen[row["application"]].times and not acts_for(actor, row["applicant"])
    }
    unrecorded = {each for each in read_in if not await readings.record(reader, who, each, *EXAMINED)}
    # Of what they judge themselves, staff see the title and not the times, as jurors.
    to_judge: dict[str, list[str]] = {}
    for row in rows[:limit]:
        shown = seen[row["application"]]
        if shown.title and not shown.times and not acts_for(actor, row["applicant"]):
            to_judge.setdefault(row["round"], []).append(row["application"])
    unread = {
        application
        for each, its in to_judge.items()
        if not await readings.record(reader, who, each, "judged", applications=its)
        for application in its
    }

    def item(row: QueryRow) -> ApplicationLine:
        shown = seen[row["application"]]
        withheld = shown.times and not acts_for(actor, row["applicant"]) and row["round"] in unrecorded
        withheld = withheld or row["application"] in unread
        return line(
            reader,
            row,
            title=shown.title,
            applicant=shown.applicant,
            times=shown.times or (shown.title and access.jury_knows_arrival(state)),
            place=access.sees_waiting_places(
                actor, applicant=row["applicant"], conflict_in_call=row["conflict_in_call"]
            ),
            unrecorded=withheld,
            came_back_at=row["came_back_at"] if shown.times else None,
        )

    return page(rows, limit, item, lambda row: str(row["application"]))


async def with_rivals(reader: Fresh, viewer: Actor, call: str) -> list[str]:
    """The rounds of a call in which the viewer has rivals."""
    rounds = await reader.index_entries(rounds_of(call))
    loaded = await reader.load(*((ROUND, each) for each in rounds))
    return [
        each
        for each in rounds
        if access.hides_rivals(loaded[each].state, await reader.applied_by(viewer, each, call))
    ]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a list shows of an application. `times` are shown only to viewers who see it as staff, or to its
    applicant."""

    title: bool
    applicant: bool
    times: bool


def _seen(row: QueryRow, role: Role, as_juror: Mapping[str, _Seen]) -> _Seen:
    if role is Role.FUNDER or row["conflict"]:
        return _Seen(title=False, applicant=False, times=False)
    return as_juror.get(row["application"], _Seen(title=True, applicant=True, times=True))


async def _seen_as_juror(
    reader: Fresh, viewer: Actor, house: Initiative, call: str, applications: Sequence[str]
) -> dict[str, _Seen]:
    """How staff see those applications that they were asked to judge; the same rules as in `shown`."""
    ids = await reader.index_entries_of_all([reviews_of(application) for application in applications])
    rounds = await reader.index_entries(rounds_of(call))
    loaded = await reader.load(
        (CALL, call),
        *((ROUND, each) for each in rounds),
        *((APPLICATION, application) for application in applications),
        *((REVIEW, review) for review in ids),
    )
    reviews: dict[str, list[Review]] = {application: [] for application in applications}
    for each in ids:
        review: Review = loaded[each].state
        if concerning({each: review}, loaded[review.application].state.round):
            reviews[review.application].append(review)
    found = {}
    for application, its_reviews in reviews.items():
        state: Application = loaded[application].state
        round: Round = loaded[state.round].state
        text = access.sees_application(viewer, house, round, state, its_reviews, own=OwnApplications())
        identity = access.sees_applicant(
            viewer,
            house,
            loaded[call].state.stage(round.stage),
            round,
            state,
            its_reviews,
            own=OwnApplications(),
        )
        found[application] = _Seen(
            title=isinstance(text, Allowed),
            applicant=isinstance(identity, Allowed),
            times=isinstance(text, Allowed) and text.role is Role.OFFICER,
        )
    return found


_LOOKED_UP: Final = """
    WITH looked_up AS MATERIALIZED (
        SELECT w.what, r.entry AS round, f.entry
        FROM history.indexes r, unnest((SELECT %(looked_up)b::text[])) WITH ORDINALITY AS w (prefix, what), LATERAL (
            SELECT o.entry FROM history.indexes o WHERE o.name = w.prefix || r.entry OFFSET 0
        ) AS f
        WHERE r.name = (SELECT %(rounds_of)b::text)
    )
"""
"""The viewer's entries in the command runner's indexes, loaded once for the call's rounds and not for each row."""

_FILTERS: Final[Mapping[str, LiteralString]] = {
    "status": "AND a.status = (SELECT %(status)b::text)",
    "round": "AND a.round = (SELECT %(round)b::text)",
    "rounds": "AND a.round = ANY ((SELECT %(rounds)b::text[])::text[])",
    "avoiding": "AND NOT a.applicant = ANY ((SELECT %(avoiding)b::text[])::text[])",
    "closed": "AND (NOT a.round = ANY ((SELECT %(closed)b::text[])::text[]) OR a.applicant = ANY ((SELECT %(parties)b::text[])::text[]))",
}
"""The optional conditions of a list, by the value that each needs."""


async def _rows_of_call(reader: Fresh, viewer: Actor, call: str, **asked: object) -> list[QueryRow]:
    """A call's applications; in rounds that are `closed` to the viewer only those of the viewer's own parties.

    Each row has `conflict` (the viewer declared one with it), `conflict_in_call` (with one of the call), `judged` (they
    were asked to review it), `applied` (they, or a party with which they are tied, applied to the call), and `named`
    (somebody never wants them to read their applications). All come from the command runner's indexes, which are
    current; a read model may lag.

    PostgreSQL plans this once for all values: each is in a sub-select, and unused conditions are left out. With
    conditions such as "status is null or …", the single plan read and sorted the whole call for every page.
    """
    filters: LiteralString = " ".join(
        [text for name, text in _FILTERS.items() if asked.get(name) is not None]
    )
    return await reader.primary_rows(
        # Made only of the constants above.
        f"""
        {_LOOKED_UP}
        SELECT a.application, a.version, a.written, a.call, a.round, a.applicant, a.handle, a.status, a.requested, a.awarded,
            a.currency, a.rank, a.reason, a.submitted_at, a.decide_by, a.came_back_at, t.*,
            a.application = ANY (ARRAY (SELECT entry FROM looked_up WHERE what = 1)) AS conflict,
            EXISTS (SELECT FROM looked_up WHERE what = 1) AS conflict_in_call,
            a.application = ANY (ARRAY (SELECT entry FROM looked_up WHERE what = 2)) AS judged,
            EXISTS (SELECT FROM history.indexes WHERE name = ANY ((SELECT %(submissions)b::text[])::text[])) AS applied,
            EXISTS (SELECT FROM history.indexes WHERE name = (SELECT %(kept)b::text)) AS named
        FROM (
            SELECT * FROM read.applications a
            WHERE a.call = (SELECT %(call)b::text) AND a.application > (SELECT %(after)b::text)
                AND a.from_position <= (SELECT %(at)b::bigint) AND a.to_position > (SELECT %(at)b::bigint)
                {filters}
            ORDER BY a.application LIMIT (SELECT %(limit)b::bigint)
        ) AS a
        LEFT JOIN LATERAL (SELECT * FROM read.titled t WHERE t.title_stream = a.application AND t.title_version = a.written OFFSET 0) AS t ON true
        ORDER BY a.application
        """,  # noqa: S608
        call=call,
        parties=list(viewer.parties),
        looked_up=[
            conflicts_of(viewer.id, ""),
            judged_by(viewer.id, ""),
        ],
        submissions=[
            *(submissions_to(call, party) for party in viewer.all_parties),
            written_in(call, viewer.id),
        ],
        rounds_of=rounds_of(call),
        kept=reader.states.stored_name(kept_from(viewer.id)),
        **asked,
    )


async def mine(
    reader: Reader, viewer: str | None, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> ResultPage[ApplicationLine]:
    """One's own applications, and those of organisations for which one acts, sorted by their random ids. Raises
    `Forbidden` for visitors who are not signed in."""
    if viewer is None:
        raise Forbidden(msg("Sign in first."))
    actor = await reader.actor(viewer)
    own = await reader.index_entries_of_all([submissions_of(party) for party in actor.parties])
    rows = await reader.rows(
        """
        SELECT a.*, t.* FROM read.applications a LEFT JOIN read.titled t ON t.title_stream = a.application AND t.title_version = a.written
        WHERE a.application = ANY (%(own)b::text[]) AND a.application > %(after)b::text
            AND a.to_position = 9223372036854775807
        ORDER BY a.application LIMIT %(limit)b
        """,
        own=list(own),
        after=key_of(cursor),
        limit=check_limit(limit) + 1,
    )
    return page(
        rows,
        limit,
        lambda row: line(reader, row, title=True, applicant=True, times=True),
        lambda row: str(row["application"]),
    )
