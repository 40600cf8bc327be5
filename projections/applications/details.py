"""An application with its answers, as far as each viewer may see it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar, cast

import msgspec

from domain import access
from domain.applications.facts import (
    ApplicationFact,
    ApplicationWritten,
    awaited_until,
    beside,
)
from domain.applications.state import Application, ApplicationStatus, evolve
from domain.deciding import Allowed
from domain.forms import Answer, Entries, Form
from domain.personal import Withheld
from domain.refusals import NotFound
from domain.reviews.facts import ReviewChanged, ReviewSubmitted
from domain.reviews.state import ReviewStatus
from domain.values import Role
from projections import readings
from projections.applications.lines import ApplicationLine, line
from projections.applications.returns import AskedQuestions, EarlierVersion, Returns, returns_of
from projections.cases import Case, case_of
from projections.folding.applications import Answered
from projections.initiatives import names_of
from projections.moments import AsOf, position_at
from projections.reader import QueryRow, Reader, Reference, allow, damaged_in, recorded_in, text_of

A = TypeVar("A")


class StageAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of an earlier stage; `form`, `answers` and `withheld` are as in `ApplicationDetail`."""

    stage: str
    form: Form
    answers: dict[str, Answer]
    withheld: tuple[str, ...]


class ApplicationDetail(ApplicationLine, frozen=True, kw_only=True):
    """An application with its answers.

    `seen_as` is the role in which it is shown. `explanation` is the text beside the status (for a returned application,
    the questions), and `awaited_until` is the time by which the applicant has to respond. `form` is the version of the
    form of a `stage` of the call that was answered. `answers` are by the ids of its questions, None if there is no
    answer or it was erased; answers that this viewer may not see are named in `withheld` instead (``works.publisher``:
    of a repeating group ``works``, the answers to one of its questions); `earlier` are those of earlier stages.
    `invited_to` is the stage whose form the applicant can answer next. `on_behalf`: the staff entered the application
    for the applicant; only the staff and the applicant are told. `corresponds`: the viewer reads and writes the
    messages about it. `answers` as a whole is None for viewers who know the application only by its handle, and when
    reading it cannot be recorded. `feedback` are the reviews' comments for the applicant; None before they are
    published and for everybody else. Damaged answers are named in `damaged` as ``answers.budget``, and
    damaged questions of the staff as ``asked.0``. `unattended`: the
    applicant is an organisation without members; only shown to viewers who see who applied. `asked` are all questions with which
    it was ever returned, for the applicant and the staff. `before` is what was different in it before it was changed or came back, for
    the staff alone.
    """

    seen_as: Role
    applicant_name: str | None
    unattended: bool
    explanation: str | None
    awaited_until: datetime | None
    stage: str | None
    form: Form | None
    answers: dict[str, Answer] | None
    withheld: tuple[str, ...]
    earlier: tuple[StageAnswers, ...]
    invited_to: str | None
    feedback: tuple[str, ...] | None
    on_behalf: bool | None
    corresponds: bool = False
    asked: tuple[AskedQuestions, ...] = ()
    before: EarlierVersion | None = None


async def one(
    reader: Reader, viewer: str | None, application: str, *, as_of: AsOf | None = None
) -> ApplicationDetail:
    """An application as this viewer may see it; raises `NotFound` or `Forbidden`."""
    who = viewer or ""
    return await shown(reader, who, await case_of(reader, who, application), as_of=as_of)


async def shown(reader: Reader, viewer: str, case: Case, *, as_of: AsOf | None = None) -> ApplicationDetail:
    """An application whose case is already loaded; see `one`."""
    reviews = tuple(case.reviews.values())
    verdict = access.sees_application(
        case.viewer, case.initiative, case.round, case.application, reviews, own=case.own
    )
    outline = False
    tied = (
        access.declared_conflict(viewer, reviews)
        or access.was_asked_to_judge(viewer, case.round, reviews)
        or access.is_avoided(case.application.applicant, case.own)
    )
    if not isinstance(verdict, Allowed) and not tied:
        outsider = access.sees_timeline(case.viewer, case.initiative, round=case.round, own=case.own)
        outline = isinstance(outsider, Allowed)
        verdict = outsider if outline else verdict
    role = allow(verdict)
    identity = not outline and isinstance(
        access.sees_applicant(
            case.viewer, case.initiative, case.stage, case.round, case.application, reviews, own=case.own
        ),
        Allowed,
    )
    inside = role in (Role.APPLICANT, Role.OFFICER) and not outline
    times = access.sees_times(
        case.viewer,
        case.initiative,
        applicant=case.application.applicant,
        round=case.round,
        judging=access.is_judging(viewer, case.round, reviews),
    )
    at = position_at(as_of, times)
    # Staff who read it can no longer judge or apply; the jury, which reads what it judges, can no longer apply.
    unrecorded = not outline and not await readings.record_answers(
        reader, viewer, role, case.round_id, case.id
    )
    identity = identity and not unrecorded
    rows = await reader.rows(
        """
        SELECT a.*, t.*, coalesce(s.requested, a.requested) AS requested
        FROM read.applications a
        LEFT JOIN LATERAL jsonb_to_recordset(a.answered) AS s (round text, written integer, requested bigint) ON s.round = %(round)b::text
        LEFT JOIN read.titled t ON t.title_stream = a.application AND t.title_version = coalesce(s.written, a.written)
        WHERE a.application = %(application)b
            AND a.from_position <= %(at)b::bigint AND a.to_position > %(at)b::bigint
        """,
        application=case.id,
        round=case.round_id,
        at=at,
    )
    if not rows:
        raise NotFound
    row = rows[0]
    state = case.application if as_of is None else await _state_at(reader, case.id, at)
    place = row["rank"] is None or access.sees_waiting_places(
        case.viewer,
        applicant=case.application.applicant,
        conflict_in_call=bool(await reader.conflicts_in_call(viewer, case.application.call)),
    )
    shown_line = line(
        reader,
        row,
        title=not outline,
        applicant=identity,
        times=(inside and isinstance(times, Allowed))
        or (not outline and access.jury_knows_arrival(case.call)),
        place=place,
        unrecorded=unrecorded,
    )
    parts, explanation, until = (
        ([], None, None)
        if outline or unrecorded
        else await _answers(reader, case, row, identity=identity, explained=inside)
    )
    answers = parts[-1].answers if parts else None
    names = await names_of(reader, [case.application.applicant]) if identity else {}
    name = names.get(case.application.applicant)
    feedback, damaged_feedback = await _feedback(reader, case)
    written = [each["written"] for each in row["answered"] if each["round"] == case.round_id]
    returns = (
        await returns_of(
            reader,
            case.id,
            at,
            written=written[-1] if written and role is Role.OFFICER and identity else None,
        )
        if inside and not unrecorded and isinstance(times, Allowed)
        else Returns()
    )
    of_line = {name: getattr(shown_line, name) for name in ApplicationLine.__struct_fields__}
    of_line["came_back_at"] = max(
        (each.resubmitted_at for each in returns.asked if each.resubmitted_at), default=None
    )
    of_line["damaged"] += (
        *damaged_in({"applicant_name": name, "explanation": explanation}),
        *damaged_in({f"answers.{name}": answer for name, answer in (answers or {}).items()}),
        *damaged_in(
            {
                f"earlier.{part.stage}.{name}": answer
                for part in parts[:-1]
                for name, answer in part.answers.items()
            }
        ),
        *(("feedback",) if damaged_feedback else ()),
        *returns.damaged,
    )
    return ApplicationDetail(
        **of_line,
        seen_as=role,
        applicant_name=text_of(name),
        unattended=identity and await reader.is_unattended(case.application.applicant),
        explanation=text_of(explanation),
        awaited_until=until,
        stage=parts[-1].stage if parts else None,
        form=parts[-1].form if parts else None,
        answers=None if answers is None else {name: _undamaged(answer) for name, answer in answers.items()},
        withheld=parts[-1].withheld if parts else (),
        earlier=tuple(
            [
                StageAnswers(
                    stage=part.stage,
                    form=part.form,
                    answers={name: _undamaged(answer) for name, answer in part.answers.items()},
                    withheld=part.withheld,
                )
                for part in parts[:-1]
            ]
        ),
        invited_to=state.invited_to if role is Role.APPLICANT and state.status in _MAY_GO_ON else None,
        feedback=feedback,
        on_behalf=state.on_behalf if inside else None,
        corresponds=isinstance(case.asked(access.corresponds), Allowed),
        asked=returns.asked,
        before=returns.before,
    )


_MAY_GO_ON: Final = (ApplicationStatus.INVITED, ApplicationStatus.LAPSED)


async def _state_at(reader: Reader, application: str, position: int) -> Application:
    """The state of an application at a position. Its row cannot say after how many facts: the version there is the one
    that people are told, which does not count all (`Fact.told`)."""
    rows = await reader.rows(
        "SELECT position, topic, document FROM history.facts "
        "WHERE stream = %(application)b AND position <= %(position)b::bigint ORDER BY version",
        application=application,
        position=position,
    )
    state = Application()
    for row in rows:
        state = evolve(state, cast("ApplicationFact", recorded_in(row, history=reader.history.id).fact))
    return state


def without(answer: A, name: str, withheld: Collection[str]) -> A | Entries:
    """An answer without what is withheld of a group's entries."""
    return (
        answer.without({each.removeprefix(f"{name}.") for each in withheld if each.startswith(f"{name}.")})
        if isinstance(answer, Entries)
        else answer
    )


def _undamaged(answer: Answer | Withheld) -> Answer:
    return None if isinstance(answer, Withheld) else answer


@dataclass(frozen=True, slots=True)
class _Part:
    """The answers of a stage, as far as the viewer may see them."""

    stage: str
    form: Form
    answers: dict[str, Answer | Withheld]
    withheld: tuple[str, ...]


async def _answers(
    reader: Reader, case: Case, row: QueryRow, *, identity: bool, explained: bool
) -> tuple[list[_Part], str | Withheld | None, datetime | None]:
    """The answers of each stage up to the case's round, and the text beside the status with its date."""
    answered = msgspec.convert(row["answered"], tuple[Answered, ...])
    last = next(
        (number for number, each in enumerate(answered) if each.round == case.round_id), len(answered) - 1
    )
    written = [Reference(case.id, each.written) for each in answered[: last + 1]]
    standing = Reference(case.id, row["standing"])
    found = await reader.facts([*written, standing] if explained else written, open_boxes=True)
    parts = []
    for each in written:
        fact = found[each].fact
        assert isinstance(fact, ApplicationWritten)
        form = case.call.form(fact.stage, fact.form_version)
        # What was found out to identify people since, is not shown either.
        telling = form.identifying | case.call.forms[fact.stage][-1].identifying
        withheld = (
            ()
            if identity
            else tuple(sorted(each for each in telling if each.partition(".")[0] in fact.answers))
        )
        answers = {
            name: without(answer, name, withheld)
            for name, answer in fact.answers.items()
            if name not in withheld
        }
        parts.append(_Part(fact.stage, form, answers, withheld))
    beside_it = found[standing].fact if explained else None
    return (
        parts,
        None if beside_it is None else beside(beside_it),
        None if beside_it is None else awaited_until(beside_it),
    )


async def _feedback(reader: Reader, case: Case) -> tuple[tuple[str, ...] | None, bool]:
    """The reviews' comments for the applicant, in the order of the reviews' random ids, and whether one is damaged."""
    if not isinstance(access.applicant(case.viewer, case.application), Allowed):
        return None, False
    # The comments of earlier stages, whose rounds are decided, stay visible.
    rounds = list(case.application.earlier)
    if isinstance(access.sees_feedback(case.viewer, case.round, case.application), Allowed):
        rounds.append(case.application.round)
    if not rounds:
        return None, False
    rows = await reader.rows(
        "SELECT review, written_version FROM read.reviews WHERE application = %(application)b "
        "AND round = ANY (%(rounds)b::text[]) AND status = 'submitted' AND to_position = 9223372036854775807 ORDER BY review",
        application=case.id,
        rounds=rounds,
    )
    # The rows may lag behind the reviews: reviews that no longer count are not shown.
    submitted = {
        each for each, review in case.every_review.items() if review.status is ReviewStatus.SUBMITTED
    }
    references = [
        Reference(row["review"], row["written_version"]) for row in rows if row["review"] in submitted
    ]
    found = await reader.facts(references, open_boxes=True)
    comments = []
    damaged = False
    for reference in references:
        fact = found[reference].fact
        assert isinstance(fact, ReviewSubmitted | ReviewChanged)
        damaged = damaged or fact.comment_applicant is Withheld.DAMAGED
        if (comment := text_of(fact.comment_applicant)) is not None:
            comments.append(comment)
    return tuple(comments), damaged
