"""Reviews: a juror's own, and the jury's reviews of an application, as far as each viewer may see them."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import msgspec

from domain import access
from domain.deciding import Allowed, Denied
from domain.forms import Rubric
from domain.messages import Message
from domain.personal import Withheld
from domain.readings import ReadingKind
from domain.refusals import Forbidden, NotFound
from domain.reviews.facts import JUDGING, ReviewChanged, ReviewConflictDeclared, ReviewSubmitted
from domain.reviews.scores import score
from domain.reviews.state import REVIEW, Review, ReviewStatus
from domain.values import Role
from projections import readings
from projections.applications import ApplicationDetail, shown
from projections.blocked_reviews import blocked_among
from projections.cases import Case, case_of
from projections.moments import AsOf, position_at
from projections.paging import ResultPage
from projections.reader import LATEST, QueryRow, Reader, Reference, allow, damaged_in, text_of
from projections.review_summary import ReviewsDue, ReviewSummary, due_in, summary_of
from projections.versions import Version


class ReviewShown(msgspec.Struct, frozen=True, kw_only=True):
    """A review of an application.

    `handle` stands for the juror, None before they first acted in the call; `juror` is shown only to the staff and to
    the juror. `score` is in per cent with three decimals, ``87.500``. `scores`, `score` and the comments are None until
    the review is submitted, and for staff who could still be asked to review the application themselves; comments are
    also None if they were erased, and for funders. `unrecorded`: the viewer could see them, but the reading cannot be
    recorded at the moment. `damaged` names the texts that are None because the stored value is not what was committed
    to. `blocked` says to the staff why the juror can no longer write the review that they owe.
    """

    id: str
    version: Version
    application: str
    round: str
    status: str
    juror: str | None
    handle: str | None
    scores: dict[str, int | None] | None
    score: str | None
    comment_jury: str | None
    comment_applicant: str | None
    reason: str | None
    explanation: str | None
    replacement: str | None
    unrecorded: bool
    damaged: tuple[str, ...] = ()
    blocked: Message | None = None


class ReviewDetail(ReviewShown, frozen=True, kw_only=True):
    """A review with its rubric, and the application as this viewer may see it; None for a juror who has not declared
    yet whether they have a conflict, or has one. `applicant_handle` stands for the applicant. `summary` is what its juror
    reads before they declare that; if there is one and reading it cannot be recorded at the moment, the review is
    `unrecorded`. `due` is when the reviews of the round are due."""

    call: str
    call_title: dict[str, str]
    applicant_handle: str | None
    rubric: Rubric
    application_shown: ApplicationDetail | None
    summary: ReviewSummary | None = None
    due: ReviewsDue | None = None


async def one(reader: Reader, viewer: str | None, review: str, *, scores: bool = True) -> ReviewDetail:
    """A review, for its juror and for everybody who sees all reviews of the application. Before the panel opens, it is recorded
    that somebody else saw its scores: they can then no longer write or change a review of this application. Without `scores`,
    others see only its status. Raises `NotFound` or `Forbidden`."""
    state = await reader.the(REVIEW, review)
    who = viewer or ""
    case = await case_of(reader, who, state.application, round=state.round)
    if access.is_avoided(case.application.applicant, case.own):
        raise NotFound  # also for its juror, if the applicant named them since
    own = isinstance(access.juror_of(who, case.initiative, state), Allowed)
    sight = _Sight(Role.JUROR, shows_scores=True) if own else _sight(case)
    if not own and not scores:
        sight = _Sight(sight.role, shows_scores=False)
    rows = await _rows(reader, case, review=review)
    if not rows:
        raise NotFound
    sight = await _recorded(reader, who, case, rows, sight)
    found = await _written(reader, rows, case, sight, own=own)
    seen = _shown(rows[0], found, case, sight, own=own)
    sees = access.sees_application(
        case.viewer, case.initiative, case.round, case.application, case.reviews.values(), own=case.own
    )
    summary, recorded = await _summary(reader, who, case, state)
    seen = msgspec.structs.replace(seen, unrecorded=seen.unrecorded or not recorded)
    return ReviewDetail(
        **{name: getattr(seen, name) for name in ReviewShown.__struct_fields__},
        call=state.call,
        call_title=case.call.title,
        applicant_handle=rows[0]["applicant_handle"],
        rubric=_rubric(case, state),
        application_shown=await shown(reader, who, case) if isinstance(sees, Allowed) else None,
        summary=summary,
        due=due_in(case.round),
    )


async def _summary(reader: Reader, who: str, case: Case, state: Review) -> tuple[ReviewSummary | None, bool]:
    """What a juror reads before they say whether they have a conflict, None for everybody else; and whether it is recorded that
    they read it. If it cannot be, it is withheld, and they can still say that they have one."""
    sees = access.sees_summary(case.viewer, case.initiative, case.round, state, own=case.own)
    summary = await summary_of(reader, case) if isinstance(sees, Allowed) else None
    if summary is None:
        return None, True
    recorded = await readings.record(reader, who, case.round_id, "judged", applications=(case.id,))
    return summary if recorded else None, recorded


async def of_application(
    reader: Reader,
    viewer: str | None,
    application: str,
    *,
    as_of: AsOf | None = None,
    scores: bool = True,
) -> ResultPage[ReviewShown]:
    """All reviews of an application on one page, those of earlier stages first, for people who may see them. Before the panel
    opens, it is recorded that the viewer saw others' scores: they can then no longer write or change a review of this
    application. Without `scores`, only their statuses, and no reading is recorded. Raises `NotFound` or `Forbidden`."""
    who = viewer or ""
    case = await case_of(reader, who, application)
    now = await _in_round(reader, who, case, as_of=as_of, scores=scores)
    earlier: list[ReviewShown] = []
    for round in case.application.earlier:
        past = await case_of(reader, who, application, round=round)
        with contextlib.suppress(Forbidden, NotFound):
            earlier += await _in_round(reader, who, past, as_of=as_of, scores=scores)
    return ResultPage(items=(*earlier, *now))


async def _in_round(
    reader: Reader, who: str, case: Case, *, as_of: AsOf | None, scores: bool
) -> list[ReviewShown]:
    """The reviews of an application in the round of one stage; raises `NotFound` or `Forbidden`."""
    sight = _sight(case)
    if not scores:
        sight = _Sight(sight.role, shows_scores=False)
    judging = access.is_judging(who, case.round, case.reviews.values())
    at = position_at(
        as_of, access.sees_times(case.viewer, case.initiative, round=case.round, judging=judging)
    )
    rows = [
        row
        for row in await _rows(reader, case, at=at)
        # A review that was submitted after the access check is shown only next time.
        if row["review"] in case.reviews
    ]
    sight = await _recorded(reader, who, case, rows, sight)
    found = await _written(reader, rows, case, sight, own=False)
    seen = [_shown(row, found, case, sight, own=case.reviews[row["review"]].juror == who) for row in rows]
    if sight.role is not Role.OFFICER or as_of is not None:
        return seen
    why = await blocked_among(reader, case.reviews, case.round, case.round_id, case.call)
    return [msgspec.structs.replace(each, blocked=why.get(each.id)) for each in seen]


@dataclass(frozen=True, slots=True)
class _Sight:
    """How a viewer sees the reviews of an application: the `role`, whether it `shows_scores` and texts or only the
    statuses, and whether those are withheld because the reading is `unrecorded`."""

    role: Role
    shows_scores: bool
    unrecorded: bool = False


def _sight(case: Case) -> _Sight:
    """How the viewer sees all reviews; raises `NotFound` or `Forbidden`."""
    reviews = case.reviews.values()
    verdict = access.sees_reviews(
        case.viewer, case.initiative, case.round, case.application, reviews, own=case.own
    )
    if isinstance(verdict, Denied):
        staff = access.sees_assignments(case.viewer, case.initiative, case.application, reviews, own=case.own)
        if isinstance(staff, Allowed):
            return _Sight(staff.role, shows_scores=False)
    return _Sight(allow(verdict), shows_scores=True)


async def _recorded(reader: Reader, viewer: str, case: Case, rows: list[QueryRow], sight: _Sight) -> _Sight:
    """Record that the viewer is about to see others' scores, as one of the jury what it says of the application, or, for staff,
    why a juror stepped back. If that fails, scores and texts are withheld."""
    if not sight.shows_scores:
        return sight
    others = [row for row in rows if row["juror"] != viewer and row["written_version"] is not None]
    scored = any(_submitted(row, case) for row in others)
    explained = sight.role is Role.OFFICER and any(row["status"] != ReviewStatus.SUBMITTED for row in others)
    round = case.round_id
    learned: list[ReadingKind] = ["scores"] if scored else []
    if scored and sight.role in JUDGING:
        learned.append("judged")
    recorded = await readings.record(reader, viewer, round, *learned, applications=(case.id,)) and (
        not explained or await readings.record(reader, viewer, round, "applicants")
    )
    return sight if recorded else _Sight(sight.role, shows_scores=False, unrecorded=True)


async def _rows(reader: Reader, case: Case, *, review: str | None = None, at: int = LATEST) -> list[QueryRow]:
    return await reader.rows(
        """
        SELECT r.*, (SELECT a.handle FROM read.applications a WHERE a.application = r.application LIMIT 1)
            AS applicant_handle
        FROM read.reviews r
        WHERE r.application = %(application)b AND r.round = %(round)b AND (%(review)b::text IS NULL OR r.review = %(review)b::text)
            AND r.from_position <= %(at)b::bigint AND r.to_position > %(at)b::bigint
        ORDER BY r.review
        """,
        application=case.id,
        round=case.round_id,
        review=review,
        at=at,
    )


def _rubric(case: Case, review: Review) -> Rubric:
    """The version of the rubric by which a review was scored; the newest for a review that is not submitted."""
    if review.status is ReviewStatus.SUBMITTED:
        return case.call.rubrics[case.round.stage][review.rubric_version - 1]
    return case.stage.rubric


_Text = str | Withheld | None
_Texts = tuple[_Text, _Text, _Text]
"""The comment for the jury, the comment for the applicant, and the explanation of a conflict."""


def _submitted(row: QueryRow, case: Case) -> bool:
    """Whether a review is shown as submitted: both the row and the current state must say so, because a row may lag
    behind."""
    now = case.reviews[row["review"]].status is ReviewStatus.SUBMITTED
    return now and row["status"] == ReviewStatus.SUBMITTED


async def _written(
    reader: Reader, rows: list[QueryRow], case: Case, sight: _Sight, *, own: bool
) -> dict[str, _Texts]:
    """The texts of some reviews, by review. Comments are shown together with the scores (`_submitted`). Funders see
    none of it; explanations are for the staff and the juror."""
    if sight.role is Role.FUNDER:
        return {}
    references = [
        Reference(row["review"], row["written_version"])
        for row in rows
        if sight.shows_scores
        if _submitted(row, case)
        or (row["status"] != ReviewStatus.SUBMITTED and (sight.role is Role.OFFICER or own))
        if row["written_version"] is not None
    ]
    found: dict[str, _Texts] = {}
    for reference, recorded in (await reader.facts(references, open_boxes=True)).items():
        match recorded.fact:
            case (ReviewSubmitted() | ReviewChanged()) as fact:
                found[reference.stream] = (fact.comment_jury, fact.comment_applicant, None)
            case ReviewConflictDeclared() as fact:
                found[reference.stream] = (None, None, fact.explanation)
            case _:
                raise AssertionError("the fact that contains a review's texts is one of these two")
    return found


def _shown(row: QueryRow, written: dict[str, _Texts], case: Case, sight: _Sight, *, own: bool) -> ReviewShown:
    comment_jury, comment_applicant, explanation = written.get(row["review"], (None, None, None))
    submitted = _submitted(row, case) and sight.shows_scores
    inside = sight.role is Role.OFFICER or own
    judged = Review(status=ReviewStatus.SUBMITTED, scores=row["scores"]) if submitted else Review()
    return ReviewShown(
        id=row["review"],
        version=Version(row["review"], row["version"]),
        application=row["application"],
        round=row["round"],
        status=row["status"],
        juror=row["juror"] if inside else None,
        handle=row["handle"],
        scores=row["scores"] if submitted else None,
        score=percent(score(judged, _rubric(case, case.reviews[row["review"]]))),
        comment_jury=text_of(comment_jury),
        comment_applicant=text_of(comment_applicant),
        reason=row["reason"] if inside else None,
        explanation=text_of(explanation),
        replacement=row["replacement"] if sight.role is Role.OFFICER else None,
        unrecorded=sight.unrecorded and row["written_version"] is not None,
        damaged=damaged_in(
            {
                "comment_jury": comment_jury,
                "comment_applicant": comment_applicant,
                "explanation": explanation,
            }
        ),
    )


CLEARED: Final = (ReviewStatus.CLEARED, ReviewStatus.SUBMITTED)


def percent(points: Fraction | None) -> str | None:
    """A score for display, in per cent, rounded half up to three decimals: ``percent(Fraction(7, 8)) == "87.500"``.
    Scores are compared exactly, so two that look the same here may have different ranks."""
    if points is None:
        return None
    thousandths = math.floor(points * 100_000 + Fraction(1, 2))
    return f"{thousandths // 1000}.{thousandths % 1000:03d}"
