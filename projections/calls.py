"""Calls: the public list, and a call in detail."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from domain import access
from domain.calls.drafting import Part, missing
from domain.calls.facts import CallCancelled
from domain.calls.state import CALL, Call, CallStatus
from domain.deciding import Allowed
from domain.eligibility import EligibilityQuestion
from domain.forms import Form, Rubric
from domain.initiatives.state import INITIATIVE
from domain.parties import Actor
from domain.refusals import NotFound
from domain.rounds.state import ROUND
from domain.stages import Stage
from domain.texts import Texts
from domain.values import Money, Role
from history.unreadable import ReadModelStopped, Unreadable
from projections import rounds
from projections.moments import AsOf, position_at
from projections.paging import DEFAULT_LIMIT, ResultPage, check_limit, key_of, page
from projections.reader import LATEST, QueryRow, Reader, Reference, allow, text_of
from projections.rounds import RoundLine
from projections.versions import Version

log = logging.getLogger("overwinter.projections")


class CallLine(msgspec.Struct, frozen=True, kw_only=True):
    """A call in a list, with its rounds by deadline. `blind`: at least in one of its stages, jurors do not see who
    applied. Applications are submitted to the round of its `first_stage`; with ``rolling`` intake at any time until
    `takes_until`, and each is decided within `decide_within_days`. The rounds of a rolling call, one for each
    application, are not listed. `fast_track_up_to` is set if the call is on the fast track: the most that it can ever
    award."""

    id: str
    version: Version
    initiative: str
    fund: str
    status: str
    title: Texts
    summary: Texts
    budget: Money
    minimum_award: Money
    maximum_award: Money
    fast_track_up_to: Money | None
    time_zone: str
    blind: bool
    first_stage: str
    intake: str
    decide_within_days: int | None
    takes_until: datetime | None
    rounds: tuple[RoundLine, ...]

    @property
    def on_fast_track(self) -> bool:
        """Whether its decisions are confirmed at once, and its grants paid in one instalment."""
        return self.fast_track_up_to is not None


class CallDetail(CallLine, frozen=True, kw_only=True):
    """A call with its stages, through which applications go in order; `screening`: the payees of its grants have to be
    screened before a payment. `preparation` is the staff's work in progress; others see None."""

    stages: tuple[Stage, ...]
    eligibility: tuple[EligibilityQuestion, ...]
    applications_per_applicant: str
    screening: bool
    cancelled: Cancellation | None
    preparation: Preparation | None


class MissingPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a draft, perhaps of one of its stages, in which something is missing for publishing."""

    part: Part
    stage: str | None


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """What the staff work on: what a draft still lacks, and the next versions of a published call's forms and rubrics, by
    stage."""

    missing: tuple[MissingPart, ...]
    forms: dict[str, Form]
    rubrics: dict[str, Rubric]


class Cancellation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a call was cancelled, and the staff's public explanation."""

    reason: str
    explanation: str | None


async def public(
    reader: Reader, *, initiative: str | None = None, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> ResultPage[CallLine]:
    """The published calls of all initiatives, or of one, sorted by their random ids. Everybody may read them."""
    rows = await reader.rows(
        "SELECT * FROM read.calls WHERE status IN ('published', 'cancelled') AND call > %(after)b::text "
        "AND (initiative = %(initiative)b::text OR %(initiative)b::text IS NULL) "
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint ORDER BY call LIMIT %(limit)b",
        initiative=initiative,
        after=key_of(cursor),
        at=LATEST,
        limit=check_limit(limit) + 1,
    )
    found = await _page(reader, None, rows, limit, inside=False, at=LATEST)
    # The rows may lag behind the calls: calls that are no longer public are not shown.
    loaded = await reader.readable(*((CALL, item.id) for item in found.items))
    public = [
        item
        for item in found.items
        if item.id in loaded and isinstance(access.published(loaded[item.id].state), Allowed)
    ]
    return ResultPage(items=tuple(public), next=found.next)


async def of_initiative(
    reader: Reader,
    viewer: str | None,
    initiative: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> ResultPage[CallLine]:
    """The calls of an initiative, including drafts, for its staff; raises `NotFound` or `Forbidden`."""
    who, house = viewer or "", await reader.the(INITIATIVE, initiative)
    allow(access.officer(who, house))
    at = position_at(as_of, access.sees_times(Actor(who), house))
    rows = await reader.rows(
        "SELECT * FROM read.calls WHERE initiative = %(initiative)b AND call > %(after)b::text "
        "AND from_position <= %(at)b::bigint AND to_position > %(at)b::bigint ORDER BY call LIMIT %(limit)b",
        initiative=initiative,
        after=key_of(cursor),
        at=at,
        limit=check_limit(limit) + 1,
    )
    return await _page(reader, viewer, rows, limit, inside=True, at=at)


async def named_in_list(reader: Reader, viewer: str | None, named: Iterable[str]) -> dict[str, CallDetail]:
    """The calls that the items of a list name, without those that cannot be read, so that these do not take the list with them;
    they are logged. Raises as `one` does."""
    found: dict[str, CallDetail] = {}
    for call in sorted(set(named)):
        try:
            found[call] = await one(reader, viewer, call)
        except ReadModelStopped:
            raise
        except Unreadable as error:
            log.error("left out of a list: %s", error)  # noqa: TRY400 - a traceback may quote what was read
    return found


async def one(reader: Reader, viewer: str | None, call: str, *, as_of: AsOf | None = None) -> CallDetail:
    """A published call, or a draft for the staff of its initiative; raises `NotFound` or `Forbidden`."""
    state, whole, actor = await reader.with_initiative_seen_by(viewer, CALL, call)
    initiative = whole.within(call)
    allow(access.sees_call(viewer or "", initiative, state))
    at = position_at(as_of, access.sees_times(actor, initiative))
    rows = await reader.rows(
        """
        SELECT c.*, ARRAY(
            SELECT to_jsonb(r) FROM read.rounds r
            WHERE r.call = c.call AND NOT r.rolling AND r.from_position <= %(at)b::bigint AND r.to_position > %(at)b::bigint
            ORDER BY r.closes_at, r.round
        ) AS rounds
        FROM read.calls c WHERE c.call = %(call)b
            AND c.from_position <= %(at)b::bigint AND c.to_position > %(at)b::bigint
        """,
        call=call,
        at=at,
    )
    if not rows:
        raise NotFound
    row = rows[0]
    roles = initiative.roles(viewer or "")
    inside = bool(roles)
    for each in row["rounds"]:
        # As JSON, so that the call and its rounds are read in one statement.
        each["closes_at"] = datetime.fromisoformat(each["closes_at"]).astimezone(UTC)
    hidden = await rounds.hidden_in(reader, viewer, row["rounds"]) if inside else {}
    late = await reader.load(*((ROUND, each["round"]) for each in row["rounds"])) if viewer else {}
    shown = _line(
        row,
        [
            rounds.line(
                each,
                inside=inside,
                hidden=hidden.get(each["round"], 0),
                late_until=rounds.late_until(late[each["round"]].state, actor, as_of) if late else None,
            )
            for each in row["rounds"]
        ],
    )
    return CallDetail(
        **{name: getattr(shown, name) for name in CallLine.__struct_fields__},
        stages=msgspec.convert(row["stages"], tuple[Stage, ...]),
        eligibility=msgspec.convert(row["eligibility"], tuple[EligibilityQuestion, ...]),
        applications_per_applicant=row["applications_per_applicant"],
        screening=state.screening or initiative.screening,
        cancelled=await _cancellation(reader, call, row) if row["status"] == CallStatus.CANCELLED else None,
        preparation=_preparation(state) if Role.OFFICER in roles and as_of is None else None,
    )


def _preparation(call: Call) -> Preparation:
    drafted = call.status is CallStatus.DRAFTED
    return Preparation(
        missing=tuple([MissingPart(part=each.part, stage=each.stage) for each in missing(call)])
        if drafted
        else (),
        forms=call.prepared_forms,
        rubrics=call.prepared_rubrics,
    )


async def forms(reader: Reader, viewer: str | None, call: str, stage: str) -> tuple[Form, ...]:
    """All versions of the form of a stage that people were shown, the oldest first; raises `NotFound` or `Forbidden`."""
    state, initiative, _ = await reader.with_initiative_seen_by(viewer, CALL, call)
    allow(access.sees_call(viewer or "", initiative.within(call), state))
    return state.forms[stage]


async def _cancellation(reader: Reader, call: str, row: QueryRow) -> Cancellation:
    reference = Reference(call, row["cancelled_version"])
    fact = (await reader.facts([reference], open_boxes=True))[reference].fact
    assert isinstance(fact, CallCancelled)
    return Cancellation(reason=fact.reason, explanation=text_of(fact.explanation))


async def _page(
    reader: Reader, viewer: str | None, rows: list[QueryRow], limit: int, *, inside: bool, at: int
) -> ResultPage[CallLine]:
    found = await rounds.of_calls(reader, viewer, [row["call"] for row in rows[:limit]], inside=inside, at=at)
    return page(rows, limit, lambda row: _line(row, found[row["call"]]), lambda row: str(row["call"]))


def _line(row: QueryRow, found: list[RoundLine]) -> CallLine:
    currency = row["currency"]
    return CallLine(
        id=row["call"],
        version=Version(row["call"], row["version"]),
        initiative=row["initiative"],
        fund=row["fund"],
        status=row["status"],
        title=row["title"],
        summary=row["summary"],
        budget=Money.of(row["budget"], currency),
        minimum_award=Money.of(row["minimum_award"], currency),
        maximum_award=Money.of(row["maximum_award"], currency),
        fast_track_up_to=None
        if row["fast_track_up_to"] is None
        else Money.of(row["fast_track_up_to"], currency),
        time_zone=row["time_zone"],
        blind=any(stage["blindness"] != "open" for stage in row["stages"]),
        first_stage=row["stages"][0]["id"],
        intake=row["intake"],
        decide_within_days=row["decide_within_days"],
        takes_until=row["takes_until"],
        rounds=tuple(found),
    )
