"""Previews of a stage: the form as applicants see it, which can be tried, and the review as jurors see it. Nothing is
saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from api.drafts.forms import ApplicationForm
from api.inputs.answers import written
from api.inputs.commands import command_of
from api.inputs.submitted import SubmittedForm
from api.pages.applying import writing
from api.pages.call_work import Work, stage_of, work_of
from api.pages.page import Page, PageContent
from api.pages.questions import form_of
from api.pages.rendering import said
from api.pages.returned_forms import with_errors
from api.pages.review_drafts import DraftedReview
from api.pages.reviews import form_context
from api.pages.stages import rubric_of
from api.pages.trying import Offer
from api.pages.visits import Visit
from domain import limits
from domain.applications import rules
from domain.applications.state import ApplicationStatus
from domain.calls.state import Call
from domain.commands.applications.submitting import SubmitApplication
from domain.forms import Answer, AnyQuestion, BudgetLine, Entries, GroupedAnswer, Question
from domain.messages import Message, msg
from domain.refusals import CommandRejected, FieldError, Invalid
from domain.reviews.state import ReviewStatus
from domain.stages import Stage
from domain.values import Money, Role
from projections import calls
from projections.applications import ApplicationDetail
from projections.applications.details import without
from projections.calls import CallDetail
from projections.reviews import ReviewDetail

_NO_ROUND: Final = "round-" + "0" * 32
_HANDLE: Final = "k7m2p9qrst"


async def _applicant(visit: Visit) -> PageContent:
    work = await work_of(visit)
    stage, call = await as_prepared(visit, work)
    wrong = None
    if visit.returned is not None and visit.returned.typed.own("step"):
        typed = visit.returned.typed
        wrong = tried(work, call, stage, typed).errors
        visit = with_errors(visit, visit.returned.form, typed, wrong, status=200)
    shown = await writing(
        visit,
        ApplicationForm(
            "application.submit",
            call,
            stage,
            shown_until(visit, work, stage, call),
            rolling=work.call.rolling,
        ),
        heading=msg("Apply"),
        note=note_for(work.call),
        send=msg("Try the answers"),
    )
    return replace(
        shown,
        context={
            **shown.context,
            "preview": True,
            "undated": planned_until(work, stage, call) is None,
            "first": stage.id == call.stages[0].id,
            "wrong": None if wrong is None else len(wrong),
        },
        script=False,
    )


def planned_until(work: Work, stage: Stage, call: CallDetail) -> datetime | None:
    """The deadline of a stage as it is known now: that of its round, otherwise the planned one."""
    found = [round.closes_at for round in call.rounds if round.stage == stage.id]
    if found:
        return found[-1]
    if stage.deadline is None:
        return None
    return datetime.fromisoformat(stage.deadline).replace(tzinfo=ZoneInfo(work.call.time_zone))


def shown_until(visit: Visit, work: Work, stage: Stage, call: CallDetail) -> datetime:
    """A moment with which the form is shown as an open one. Where no date is planned yet, the page says so instead."""
    return planned_until(work, stage, call) or visit.wiring.clock() + timedelta(days=30)


def note_for(call: Call) -> Message:
    """What applicants are told about changing what they submitted."""
    return (
        msg(
            "Once you submit it, the application goes to review at once: you can withdraw it, but no longer change it."
        )
        if call.rolling
        else msg("You can change what you submit until the deadline, and withdraw it.")
    )


async def as_prepared(visit: Visit, work: Work) -> tuple[Stage, CallDetail]:
    """The stage with the form and the criteria that the staff are working on, and the call with it."""
    stage = stage_of(visit, work)
    prepared = msgspec.structs.replace(
        stage, form=form_of(work, stage), rubric=work.call.prepared_rubrics.get(stage.id, stage.rubric)
    )
    call = await calls.one(visit.wiring.reader, visit.person, work.id)
    return prepared, msgspec.structs.replace(call, stages=work.call.stages)


@dataclass(frozen=True, slots=True)
class Tried:
    """An application that was tried: what is wrong with it, otherwise what would be submitted."""

    errors: tuple[FieldError, ...]
    title: str = ""
    requested: Money | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)


def tried(work: Work, call: CallDetail, stage: Stage, form: SubmittedForm) -> Tried:
    """Check what was typed into a form as an application is checked when it is submitted. The sum can be any until the call
    says how much it awards."""
    drafted = work.call
    if not drafted.maximum_award:
        drafted = msgspec.structs.replace(drafted, minimum_award=0, maximum_award=limits.MAX_MINOR)
    typed = {
        name: value for name, value in written(call, stage.form, form).items() if name in _OF_APPLICATION
    }
    try:
        command = command_of(
            SubmitApplication, {**typed, "call": call.id, "round": _NO_ROUND, "eligibility": {}}
        )
        checked = rules.written(
            drafted,
            stage.id,
            stage.form,
            title=command.title,
            requested=command.requested,
            answers=command.answers,
        )
    except Invalid as invalid:
        return Tried(tuple(invalid.errors))
    except CommandRejected as rejected:
        return Tried((FieldError("", rejected.detail),))
    return Tried((), checked["title"], command.requested, checked["answers"])


_OF_APPLICATION: Final = ("title", "requested", "answers")


async def _juror(visit: Visit) -> PageContent:
    work = await work_of(visit)
    stage, call = await as_prepared(visit, work)
    rubric = rubric_of(work, stage)
    may = {
        name: Offer(name, msg("Submit the review"), may=name == "review.submit")
        for name in ("review.declare_no_conflict", "review.declare_conflict", "review.submit")
    }
    return PageContent(
        "review.html",
        {
            "review": _example_review(visit, work, stage, call),
            "call": call,
            "may": may,
            "offers": [],
            **form_context(
                visit,
                visit.form("review.submit"),
                DraftedReview(rubric, call.time_zone, None),
            ),
            "preview": True,
            "place": None,
        },
        labels={
            f"scores.{criterion.id}": said(criterion.label, visit.languages).text
            for criterion in rubric.criteria
        },
        initiative=call.initiative,
    )


def _example_review(visit: Visit, work: Work, stage: Stage, call: CallDetail) -> ReviewDetail:
    """An example of a review, of an invented application by nobody."""
    amount = Money.of(work.call.maximum_award or 100_000, call.budget.currency)
    return review_of(
        visit,
        work,
        stage,
        call,
        title=visit.locale.say(msg("An invented project")),
        requested=amount,
        answers={each.id: _example(visit, each, amount) for each in stage.form.questions},
    )


def review_of(
    visit: Visit,
    work: Work,
    stage: Stage,
    call: CallDetail,
    *,
    title: str,
    requested: Money,
    answers: Mapping[str, Answer],
) -> ReviewDetail:
    """A review that nobody was asked for, of an application that nobody submitted, as a juror of the stage would see it."""
    withheld = stage.form.identifying if stage.blind else frozenset()
    application = ApplicationDetail(
        id="",
        version=work.version,
        call=call.id,
        round="",
        status=ApplicationStatus.ELIGIBLE,
        handle=_HANDLE,
        applicant=None,
        title=title,
        erased=False,
        requested=requested,
        awarded=None,
        rank=None,
        reason=None,
        submitted_at=None,
        decide_by=None,
        unrecorded=False,
        seen_as=Role.JUROR,
        applicant_name=None if stage.blind else visit.locale.say(msg("An invented person")),
        unattended=False,
        explanation=None,
        awaited_until=None,
        stage=stage.id,
        form=stage.form,
        answers={
            name: without(each, name, withheld) for name, each in answers.items() if name not in withheld
        },
        withheld=tuple(sorted(withheld)),
        earlier=(),
        invited_to=None,
        feedback=None,
        on_behalf=None,
    )
    return ReviewDetail(
        id="",
        version=work.version,
        application="",
        round="",
        status=ReviewStatus.CLEARED,
        juror=visit.who,
        handle=None,
        scores=None,
        score=None,
        comment_jury=None,
        comment_applicant=None,
        reason=None,
        explanation=None,
        replacement=None,
        unrecorded=False,
        call=call.id,
        call_title=call.title,
        applicant_handle=_HANDLE,
        rubric=stage.rubric,
        application_shown=application,
    )


_TEXT: Final = msg("This is an example. Here stands what the applicant wrote.")


def _example(visit: Visit, question: Question, amount: Money) -> Answer:
    """An invented answer to a question."""

    def text(message: Message) -> str:
        return visit.locale.say(message)

    match question.kind:
        case "choices":
            return tuple([choice.id for choice in question.choices[:2]])
        case "budget":
            return (BudgetLine(item=text(msg("Rent of a hall")), amount=amount.amount),)
        case "group":
            entry = {each.id: _plain_example(visit, each, amount) for each in question.questions}
            return Entries(entries=(entry,) * min(2, question.entries[1]))
        case _:
            return _plain_example(visit, question, amount)


def _plain_example(visit: Visit, question: AnyQuestion, amount: Money) -> GroupedAnswer:
    """An invented answer of one value."""

    def text(message: Message) -> str:
        return visit.locale.say(message)

    match question.kind:
        case "text":
            return text(msg("An example"))
        case "long_text":
            return " ".join([text(_TEXT)] * 4)
        case "choice":
            return question.choices[0].id
        case "yes_no" | "consent":
            return True
        case "number":
            return str(question.minimum if question.minimum is not None else question.maximum or 12)
        case "date":
            return visit.wiring.clock().date().isoformat()
        case "money":
            return amount.amount
        case "link":
            return "https://example.org/"
        case _:
            return None


PAGES = (
    Page(path="/calls/{call}/stages/{stage}/preview", show=_applicant, tries=True),
    Page(path="/calls/{call}/stages/{stage}/preview-review", show=_juror, tries=True),
)
