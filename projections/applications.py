"""Applications: what was asked for and where each stands, to each viewer as much as they may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

import msgspec

from domain import access
from domain.applications import (
    APPLICATION,
    Application,
    ApplicationAwarded,
    ApplicationDeclined,
    ApplicationFoundEligible,
    ApplicationFoundIneligible,
    ApplicationStatus,
    ApplicationSubmitted,
    ApplicationWaitlisted,
    ApplicationWithdrawn,
)
from domain.calls import CALL
from domain.deciding import Allowed
from domain.forms import Answer
from domain.indexes import applications_by, conflicts_of, judged_by, reviews_of, rounds_of
from domain.initiatives import Initiative
from domain.personal import Withheld
from domain.persons import PersonErased
from domain.refusals import Forbidden, NotFound
from domain.reviews import REVIEW, Review, ReviewSubmitted
from domain.rounds import ROUND, Round
from domain.values import Money, Role
from projections.cases import Case, case_of, decided_rounds, undecided
from projections.initiatives import names_of
from projections.paging import DEFAULT_LIMIT, Page, check_limit, key_of, page
from projections.projection import Placed, Projection, unhandled
from projections.reader import LATEST, Reader, Reference, Row, allow, sealed_box, text_of
from projections.writing import Statement, Write

# Handler

_SUBMIT = Statement(
    """
    INSERT INTO read.applications
        (application, from_position, version, initiative, call, round, applicant, handle, status, requested, currency,
        submitted_at)
    SELECT * FROM unnest(%(application)b::text[], %(at)b::bigint[], %(version)b::integer[], %(initiative)b::text[],
        %(call)b::text[], %(round)b::text[], %(applicant)b::text[], %(handle)b::text[], %(status)b::text[],
        %(requested)b::bigint[], %(currency)b::text[], %(submitted_at)b::timestamptz[])
    ON CONFLICT DO NOTHING
    """,
    keys=("application",),
)

_CHANGE = Statement(
    """
    WITH changed AS (
        UPDATE read.applications p SET to_position = c.at
        FROM unnest(%(application)b::text[], %(at)b::bigint[], %(version)b::integer[], %(status)b::text[],
            %(awarded)b::bigint[], %(rank)b::integer[], %(reason)b::text[])
            AS c (application, at, version, status, awarded, rank, reason)
        WHERE p.application = c.application AND p.to_position = 9223372036854775807 AND p.from_position < c.at
        RETURNING p.application, c.at, c.version, p.initiative, p.call, p.round, p.applicant, p.handle, c.status,
            p.requested, c.awarded, p.currency, c.rank, c.reason, p.submitted_at
    )
    INSERT INTO read.applications
        (application, from_position, version, initiative, call, round, applicant, handle, status, requested, awarded,
        currency, rank, reason, submitted_at)
    SELECT * FROM changed
    """,
    keys=("application",),
)

_ENTITLE = Statement(
    """
    INSERT INTO read.titles (application, topic, version, subject, box)
    SELECT * FROM unnest(%(application)b::text[], %(topic)b::text[], %(version)b::integer[], %(subject)b::text[],
        %(box)b::bytea[])
    ON CONFLICT DO NOTHING
    """,
    keys=("subject",),
    repeats=True,
)

_FORGET = Statement("DELETE FROM read.titles WHERE subject = ANY (%(subject)b::text[])", keys=("subject",))


def handle(placed: Placed, write: Write) -> None:
    """Keep where each application stands; its title stays in its box, and goes with its applicant."""
    match placed.recorded.fact:
        case ApplicationSubmitted() as fact:
            _submit(placed, fact, write)
        case ApplicationWithdrawn() as fact:
            _change(placed, write, fact.application, ApplicationStatus.WITHDRAWN, reason=fact.reason)
        case ApplicationFoundEligible() as fact:
            _change(placed, write, fact.application, ApplicationStatus.ELIGIBLE)
        case ApplicationFoundIneligible() as fact:
            _change(placed, write, fact.application, ApplicationStatus.INELIGIBLE, reason=fact.reason)
        case ApplicationAwarded() as fact:
            _change(placed, write, fact.application, ApplicationStatus.AWARDED, awarded=fact.amount)
        case ApplicationWaitlisted() as fact:
            _change(placed, write, fact.application, ApplicationStatus.WAITLISTED, rank=fact.rank)
        case ApplicationDeclined() as fact:
            _change(placed, write, fact.application, ApplicationStatus.DECLINED, reason=fact.reason)
        case PersonErased() as fact:
            write(_FORGET, subject=fact.person)
        case fact:
            unhandled(fact)


def _submit(placed: Placed, fact: ApplicationSubmitted, write: Write) -> None:
    envelope = placed.recorded.envelope
    write(
        _SUBMIT,
        application=fact.application,
        at=placed.position,
        version=placed.version,
        initiative=fact.initiative,
        call=fact.call,
        round=fact.round,
        applicant=fact.applicant,
        handle=envelope.handle,
        status=ApplicationStatus.SUBMITTED.value,
        requested=fact.requested,
        currency=fact.currency,
        submitted_at=envelope.decided_at,
    )
    write(
        _ENTITLE,
        application=fact.application,
        topic=envelope.topic,
        version=placed.version,
        subject=fact.applicant,
        box=sealed_box(placed.recorded, "title"),
    )


def _change(
    placed: Placed,
    write: Write,
    application: str,
    status: ApplicationStatus,
    *,
    awarded: int | None = None,
    rank: int | None = None,
    reason: str | None = None,
) -> None:
    write(
        _CHANGE,
        application=application,
        at=placed.position,
        version=placed.version,
        status=status.value,
        awarded=awarded,
        rank=rank,
        reason=reason,
    )


PROJECTION = Projection(
    "applications",
    ("applications", "titles"),
    (
        ApplicationSubmitted,
        ApplicationWithdrawn,
        ApplicationFoundEligible,
        ApplicationFoundIneligible,
        ApplicationAwarded,
        ApplicationWaitlisted,
        ApplicationDeclined,
        PersonErased,
    ),
    handle,
)

# Queries


class ApplicationLine(msgspec.Struct, frozen=True, kw_only=True):
    """An application in a list.

    `handle` stands for the applicant within the call. `applicant`, `title` and `submitted_at` are None to whom they are
    not shown; `erased` says that the title was shown once and the person was erased. `awarded`, `rank` (on the waiting
    list) and `reason` are there where the status has one.
    """

    id: str
    version: int
    call: str
    round: str
    status: str
    handle: str | None
    applicant: str | None
    title: str | None
    erased: bool
    requested: Money
    awarded: Money | None
    rank: int | None
    reason: str | None
    submitted_at: datetime | None


class ApplicationDetail(ApplicationLine, frozen=True, kw_only=True):
    """An application with its answers.

    `seen_as` is the role in which it is shown. `answers` are by the ids of the form's questions, None where there is no
    answer or it was erased; those that are `withheld` from this viewer are named there instead. `answers` as a whole is
    None to those who follow the application by its handle alone. `feedback` are the reviews' comments for the applicant,
    None before they are shown and to everybody else.
    """

    seen_as: Role
    applicant_name: str | None
    explanation: str | None
    form_version: int | None
    answers: dict[str, Answer] | None
    withheld: tuple[str, ...]
    feedback: tuple[str, ...] | None


async def of_call(
    reader: Reader,
    viewer: str | None,
    call: str,
    *,
    status: str | None = None,
    round: str | None = None,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: int | None = None,
) -> Page[ApplicationLine]:
    """The applications to a call, sorted by their random ids: with titles for the staff, but as its jurors see it where
    they judge too, and by handle for funders, who see those of decided rounds. Raises `NotFound` or `Forbidden`."""
    who = viewer or ""
    _, initiative = await reader.with_initiative(CALL, call)
    role = allow(access.sees_timeline(who, initiative))
    asked: dict[str, object] = {
        "after": key_of(cursor),
        "status": status,
        "round": round,
        "rounds": await decided_rounds(reader, call) if role is Role.FUNDER else None,
        "at": LATEST if as_of is None else as_of,
        "limit": check_limit(limit) + 1,
    }
    rows = await _rows_of_call(reader, who, call, **asked)
    # Seldom: staff who applied are asked for again without their rivals, until the round is decided.
    applied_in = rows[0]["applied_in"] if rows and role is not Role.FUNDER else []
    if closed := await undecided(reader, applied_in):
        rows = await _rows_of_call(reader, who, call, closed=closed, **asked)

    judged = [row["application"] for row in rows if row["judged"]] if role is not Role.FUNDER else []
    as_juror = await _seen_as_juror(reader, who, initiative, call, judged) if judged else {}

    def item(row: Row) -> ApplicationLine:
        if role is Role.FUNDER or row["conflict"]:
            return line(reader, row, title=False, applicant=False, times=False)
        seen = as_juror.get(row["application"], _Seen(title=True, applicant=True, times=True))
        return line(reader, row, title=seen.title, applicant=seen.applicant, times=seen.times)

    return page(rows, limit, item, lambda row: str(row["application"]))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a list shows of an application."""

    title: bool
    applicant: bool
    times: bool


async def _seen_as_juror(
    reader: Reader, viewer: str, house: Initiative, call: str, applications: Sequence[str]
) -> dict[str, _Seen]:
    """How staff see those applications that they were asked to judge: as `shown` does each."""
    ids = await reader.members_of_all([reviews_of(application) for application in applications])
    rounds = await reader.members(rounds_of(call))
    loaded = await reader.load(
        (CALL, call),
        *((ROUND, each) for each in rounds),
        *((APPLICATION, application) for application in applications),
        *((REVIEW, review) for review in ids),
    )
    reviews: dict[str, list[Review]] = {application: [] for application in applications}
    for each in ids:
        reviews[loaded[each].state.application].append(loaded[each].state)
    found = {}
    for application, its_reviews in reviews.items():
        state: Application = loaded[application].state
        round: Round = loaded[state.round].state
        text = access.sees_application(viewer, house, round, state, its_reviews, own=())
        identity = access.sees_applicant(viewer, house, loaded[call].state, round, state, its_reviews, own=())
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
"""What the command runner's indexes hold of a viewer, looked up once for a list by the call's rounds, not row by row."""

_FILTERS: Final[Mapping[str, LiteralString]] = {
    "status": "AND a.status = (SELECT %(status)b::text)",
    "round": "AND a.round = (SELECT %(round)b::text)",
    "rounds": "AND a.round = ANY ((SELECT %(rounds)b::text[])::text[])",
    "closed": "AND (NOT a.round = ANY ((SELECT %(closed)b::text[])::text[]) OR a.applicant = (SELECT %(viewer)b::text))",
}
"""The conditions that a list may have beside the call, by the value that each needs."""


async def _rows_of_call(reader: Reader, viewer: str, call: str, **asked: object) -> list[Row]:
    """A call's applications, without others than the viewer's own in the rounds that are `closed` to them.

    In each row, `conflict`: the viewer declared one with it; `judged`: they were asked to judge it; `applied_in`: the
    call's rounds in which they applied. All are from the command runner's indexes, which hold what happened a moment ago;
    a read model may lag.

    PostgreSQL plans this once for all values: each stands in a sub-select, and a condition that is not asked for is left
    out. With all of them there ("status is null or …") that one plan read and sorted the whole call for every page.
    """
    filters: LiteralString = " ".join(
        [text for name, text in _FILTERS.items() if asked.get(name) is not None]
    )
    return await reader.primary_rows(
        # Made of the constants above alone.
        f"""
        {_LOOKED_UP}
        SELECT a.*, t.*,
            a.application = ANY (ARRAY (SELECT entry FROM looked_up WHERE what = 1)) AS conflict,
            a.application = ANY (ARRAY (SELECT entry FROM looked_up WHERE what = 2)) AS judged,
            ARRAY (SELECT DISTINCT round FROM looked_up WHERE what = 3) AS applied_in
        FROM (
            SELECT * FROM read.applications a
            WHERE a.call = (SELECT %(call)b::text) AND a.application > (SELECT %(after)b::text)
                AND a.from_position <= (SELECT %(at)b::bigint) AND a.to_position > (SELECT %(at)b::bigint)
                {filters}
            ORDER BY a.application LIMIT (SELECT %(limit)b::bigint)
        ) AS a
        LEFT JOIN LATERAL (SELECT * FROM read.titled t WHERE t.title_stream = a.application OFFSET 0) AS t ON true
        ORDER BY a.application
        """,  # noqa: S608
        call=call,
        viewer=viewer,
        looked_up=[conflicts_of(viewer, ""), judged_by(viewer, ""), applications_by(viewer, "")],
        rounds_of=rounds_of(call),
        **asked,
    )


async def mine(
    reader: Reader, viewer: str | None, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[ApplicationLine]:
    """One's own applications, sorted by their random ids; raises `Forbidden` for nobody."""
    if viewer is None:
        raise Forbidden("Sign in first.")
    rows = await reader.rows(
        """
        SELECT a.*, t.* FROM read.applications a LEFT JOIN read.titled t ON t.title_stream = a.application
        WHERE a.applicant = %(viewer)b AND a.application > %(after)b::text AND a.to_position = 9223372036854775807
        ORDER BY a.application LIMIT %(limit)b
        """,
        viewer=viewer,
        after=key_of(cursor),
        limit=check_limit(limit) + 1,
    )
    return page(
        rows,
        limit,
        lambda row: line(reader, row, title=True, applicant=True, times=True),
        lambda row: str(row["application"]),
    )


async def one(
    reader: Reader, viewer: str | None, application: str, *, as_of: int | None = None
) -> ApplicationDetail:
    """An application as this viewer may see it; raises `NotFound` or `Forbidden`."""
    who = viewer or ""
    return await shown(reader, who, await case_of(reader, who, application), as_of=as_of)


async def shown(reader: Reader, viewer: str, case: Case, *, as_of: int | None = None) -> ApplicationDetail:
    """An application that access was asked about, as `one`."""
    reviews = tuple(case.reviews.values())
    verdict = access.sees_application(
        viewer, case.initiative, case.round, case.application, reviews, own=case.own
    )
    outline = False
    tied = access.declared_conflict(viewer, reviews) or access.judges(viewer, case.round, reviews)
    if not isinstance(verdict, Allowed) and not tied:
        outsider = access.sees_timeline(viewer, case.initiative, round=case.round, own=case.own)
        outline = isinstance(outsider, Allowed)
        verdict = outsider if outline else verdict
    role = allow(verdict)
    identity = not outline and isinstance(
        access.sees_applicant(
            viewer, case.initiative, case.call, case.round, case.application, reviews, own=case.own
        ),
        Allowed,
    )
    inside = role in (Role.APPLICANT, Role.OFFICER) and not outline
    rows = await reader.rows(
        """
        SELECT a.*, t.* FROM read.applications a LEFT JOIN read.titled t ON t.title_stream = a.application
        WHERE a.application = %(application)b
            AND a.from_position <= %(at)b::bigint AND a.to_position > %(at)b::bigint
        """,
        application=case.id,
        at=LATEST if as_of is None else as_of,
    )
    if not rows:
        raise NotFound
    row = rows[0]
    shown_line = line(reader, row, title=not outline, applicant=identity, times=inside)
    answers, withheld, form_version, explanation = (
        (None, (), None, None)
        if outline
        else await _answers(reader, case, row, identity=identity, explained=inside)
    )
    names = await names_of(reader, [case.application.applicant]) if identity else {}
    return ApplicationDetail(
        **{name: getattr(shown_line, name) for name in ApplicationLine.__struct_fields__},
        seen_as=role,
        applicant_name=names.get(case.application.applicant),
        explanation=explanation,
        form_version=form_version,
        answers=answers,
        withheld=withheld,
        feedback=await _feedback(reader, viewer, case),
    )


async def _answers(
    reader: Reader, case: Case, row: Row, *, identity: bool, explained: bool
) -> tuple[dict[str, Answer], tuple[str, ...], int, str | None]:
    """The answers, the ids of those withheld, the form's version, and the text beside the reason of the status."""
    submitted = Reference(case.id, 1)
    newest = Reference(case.id, row["version"])
    found = await reader.facts([submitted, newest] if explained else [submitted], open_boxes=True)
    fact = found[submitted].fact
    assert isinstance(fact, ApplicationSubmitted)
    identifying = {question.id for question in case.call.form.questions if question.identifying}
    withheld = () if identity else tuple(sorted(identifying & fact.answers.keys()))
    answers: dict[str, Answer] = {
        name: None if isinstance(answer, Withheld) else answer
        for name, answer in fact.answers.items()
        if name not in withheld
    }
    explanation = None
    if explained:
        newest_fact = found[newest].fact
        if isinstance(newest_fact, (ApplicationWithdrawn, ApplicationFoundIneligible)):
            explanation = text_of(newest_fact.explanation)
    return answers, withheld, fact.form_version, explanation


async def _feedback(reader: Reader, viewer: str, case: Case) -> tuple[str, ...] | None:
    """The reviews' comments for the applicant, in the order of the reviews' random ids."""
    if not isinstance(access.sees_feedback(viewer, case.round, case.application), Allowed):
        return None
    rows = await reader.rows(
        "SELECT review, written_version FROM read.reviews WHERE application = %(application)b "
        "AND status = 'submitted' AND to_position = 9223372036854775807 ORDER BY review",
        application=case.id,
    )
    references = [Reference(row["review"], row["written_version"]) for row in rows]
    found = await reader.facts(references, open_boxes=True)
    comments = []
    for reference in references:
        fact = found[reference].fact
        assert isinstance(fact, ReviewSubmitted)
        if (comment := text_of(fact.comment_applicant)) is not None:
            comments.append(comment)
    return tuple(comments)


def line(reader: Reader, row: Row, *, title: bool, applicant: bool, times: bool) -> ApplicationLine:
    """A row of read.applications (with its title's box and key, if `title`) as it is shown."""
    opened = reader.opened(row, "title", str) if title else Withheld.SEALED
    currency = row["currency"]
    return ApplicationLine(
        id=row["application"],
        version=row["version"],
        call=row["call"],
        round=row["round"],
        status=row["status"],
        handle=row["handle"],
        applicant=row["applicant"] if applicant else None,
        title=text_of(opened),
        erased=opened is Withheld.ERASED,
        requested=Money.of(row["requested"], currency),
        awarded=None if row["awarded"] is None else Money.of(row["awarded"], currency),
        rank=row["rank"],
        reason=row["reason"],
        submitted_at=row["submitted_at"] if times else None,
    )
