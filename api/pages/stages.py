"""The page of a stage's form and criteria, on which staff build them, and its pages of sections and of criteria."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from api.inputs.submitted import Plain, SubmittedForm, nested, row_number
from api.pages.call_work import MOVE, Work, free, moved, rows, stage_of, start_of, texts, work_of
from api.pages.page import Page, PageAction, PageContent, offers_of
from api.pages.questions import KIND_NAMES, form_of, plain_form, used_ids
from api.pages.visits import Visit
from domain.amounts import typed_whole
from domain.commands.call_forms import PrepareCallForm, PrepareCallRubric
from domain.forms import Criterion, Form, Question, Rubric, Section
from domain.messages import Message, msg
from domain.stages import Stage

GIVE_UP: Final = "newest"
"""The value of the button by which a prepared version is given up."""
SUMMARY: Final = "summary"
"""The value of the button that puts the title into the summary, or takes it out."""


def rubric_of(work: Work, stage: Stage) -> Rubric:
    """The rubric that the staff are working on: the next version, if there is one."""
    return work.call.prepared_rubrics.get(stage.id, stage.rubric)


async def _show(visit: Visit) -> PageContent:
    work = await work_of(visit)
    stage = stage_of(visit, work)
    offers = await offers_of(visit, visit.trial(), (_PREPARE_FORM, _PREPARE_RUBRIC), (work.id, stage.id))
    form, rubric = form_of(work, stage), rubric_of(work, stage)
    return PageContent(
        "stage.html",
        {
            "work": work,
            "call": work.call,
            "stage": stage,
            "form_shown": form,
            "parts": form.parts,
            "number_of": {question.id: number for number, question in enumerate(form.questions, 1)},
            "rubric": rubric,
            "new_form": stage.id in work.call.prepared_forms,
            "new_rubric": stage.id in work.call.prepared_rubrics,
            "offers": offers,
            "may": {offer.do: offer for offer in offers},
            "kind_of": KIND_NAMES,
        },
        labels={"form.questions": msg("Questions"), "form": msg("The form"), "rubric": msg("The criteria")},
        initiative=work.call.initiative,
    )


async def _form_filled(visit: Visit, submitted: SubmittedForm) -> Plain:
    """The form after a button was pressed beside one of its questions; or its newest version, when the next one is given
    up."""
    work = await work_of(visit)
    stage = stage_of(visit, work)
    typed = submitted.typed()
    move = typed.get(MOVE)
    if move == GIVE_UP:
        return {"form": plain_form(stage.form)}
    form = form_of(work, stage)
    if move == SUMMARY:
        return {"form": plain_form(form, title_in_summary=not form.title_in_summary)}
    if group := typed.get("group"):
        questions = [
            msgspec.structs.replace(each, questions=tuple(moved(each.questions, move)))
            if each.id == group
            else each
            for each in form.questions
        ]
        return {"form": plain_form(form, questions=tuple(questions))}
    return {"form": plain_form(form, questions=tuple(_rearranged(work, stage, form, move)))}


def _rearranged(work: Work, stage: Stage, form: Form, move: object) -> list[Question]:
    """The questions after a move; the first of a section moves up to the end of the one before."""
    questions = list(form.questions)
    what, _, number = move.partition(" ") if isinstance(move, str) else ("", "", "")
    at = row_number(number)
    if at is None or at >= len(questions):
        return questions
    question = questions[at]
    beside = at - 1 if what == "up" else at + 1
    if what in ("up", "down"):
        order = [None, *[section.id for section in form.sections]]
        if not (0 <= beside < len(questions) and questions[beside].section == question.section):
            step = order.index(question.section) + (-1 if what == "up" else 1)
            if 0 <= step < len(order):
                questions[at] = msgspec.structs.replace(question, section=order[step])
            return questions
    copy = msgspec.structs.replace(question, id=free("q", used_ids(work, stage)))
    return moved(questions, move, copy)


async def _prepared_form(visit: Visit, _: SubmittedForm) -> Plain:
    work = await work_of(visit)
    return {"form": plain_form(form_of(work, stage_of(visit, work)))}


async def _prepared_rubric(visit: Visit, _: SubmittedForm) -> Plain:
    work = await work_of(visit)
    return {"rubric": _plain_rubric(rubric_of(work, stage_of(visit, work)))}


async def _newest_rubric(visit: Visit, _: SubmittedForm) -> Plain:
    work = await work_of(visit)
    return {"rubric": _plain_rubric(stage_of(visit, work).rubric)}


def _plain_rubric(rubric: Rubric) -> Plain:
    built: Plain = msgspec.json.decode(msgspec.json.encode(rubric))
    return built


# Sections


async def _sections(visit: Visit) -> PageContent:
    work = await work_of(visit)
    stage = stage_of(visit, work)
    form = form_of(work, stage)
    start: dict[str, str] = {}
    labels: dict[str, Message | str] = {"form.sections": msg("Sections"), "form": msg("The form")}
    for number, section in enumerate(form.sections):
        place = f"form.sections[{number}]"
        start |= {f"{place}.id": section.id}
        start |= start_of(f"{place}.title", section.title) | start_of(f"{place}.help", section.help)
    for number in range(len(form.sections) + 1):
        said = msg("Section {number}", number=number + 1)
        for part in ("title", "help"):
            labels |= {f"form.sections[{number}].{part}": said}
            labels |= {f"form.sections[{number}].{part}.{code}": said for code in work.languages}
    return PageContent(
        "sections.html",
        {
            "work": work,
            "call": work.call,
            "stage": stage,
            "form_shown": form,
            "start": start,
            "offered": work.languages,
        },
        labels=labels,
        initiative=work.call.initiative,
    )


async def _sections_filled(visit: Visit, submitted: SubmittedForm) -> Plain:
    work = await work_of(visit)
    stage = stage_of(visit, work)
    form = form_of(work, stage)
    typed = nested(submitted.typed())
    given = typed.get("form", {})
    known = {section.id for section in form.sections}
    # Ids of questions are left out, too: an address names the place of a new question by either.
    taken = [*used_ids(work, stage), *known]
    sections: list[Section] = []
    for row in rows(given.get("sections") if isinstance(given, dict) else None):
        title, own = texts(row.get("title")), row.get("id")
        if own not in known:
            if not title:
                continue
            own = free("s", taken)
            taken.append(own)
        sections.append(Section(id=own, title=title, help=texts(row.get("help"))))
    sections = moved(sections, typed.get(MOVE))
    return {"form": plain_form(form, sections=tuple(sections), questions=_kept(form, sections))}


def _kept(form: Form, sections: list[Section]) -> tuple[Question, ...]:
    """The questions; those of a removed section belong to the one before it."""
    left = {section.id for section in sections}
    section_of: dict[str | None, str | None] = {None: None}
    before: str | None = None
    for section in form.sections:
        before = section.id if section.id in left else before
        section_of[section.id] = before
    return tuple(
        [
            msgspec.structs.replace(question, section=section_of[question.section])
            for question in form.questions
        ]
    )


# Criteria


async def _criteria(visit: Visit) -> PageContent:
    work = await work_of(visit)
    stage = stage_of(visit, work)
    rubric = rubric_of(work, stage)
    start: dict[str, str] = {}
    labels: dict[str, Message | str] = {"rubric.criteria": msg("Criteria"), "rubric": msg("The criteria")}
    for number, criterion in enumerate(rubric.criteria):
        place = f"rubric.criteria[{number}]"
        start |= {
            f"{place}.id": criterion.id,
            f"{place}.scale": str(criterion.scale),
            f"{place}.weight": str(criterion.weight),
        }
        start |= start_of(f"{place}.label", criterion.label) | start_of(
            f"{place}.guidance", criterion.guidance
        )
    for number in range(len(rubric.criteria) + 1):
        said = msg("Criterion {number}", number=number + 1)
        parts = ("label", "guidance", "scale", "weight")
        labels |= {f"rubric.criteria[{number}].{part}": said for part in parts}
        labels |= {
            f"rubric.criteria[{number}].{part}.{code}": said for part in parts[:2] for code in work.languages
        }
    return PageContent(
        "criteria.html",
        {
            "work": work,
            "call": work.call,
            "stage": stage,
            "rubric": rubric,
            "start": start,
            "offered": work.languages,
        },
        labels=labels,
        initiative=work.call.initiative,
    )


async def _criteria_filled(visit: Visit, submitted: SubmittedForm) -> Plain:
    work = await work_of(visit)
    stage = stage_of(visit, work)
    rubrics = (*work.call.rubrics[stage.id], rubric_of(work, stage))
    taken = [criterion.id for rubric in rubrics for criterion in rubric.criteria]
    typed = nested(submitted.typed())
    given = typed.get("rubric", {})
    criteria: list[Plain] = []
    for row in rows(given.get("criteria") if isinstance(given, dict) else None):
        label, own = texts(row.get("label")), row.get("id")
        if own not in taken:
            if not label:
                continue
            own = free("c", taken)
            taken.append(own)
        criteria.append(
            {
                "id": own,
                "label": label,
                "guidance": texts(row.get("guidance")),
                "scale": typed_whole(row.get("scale") or "10"),
                "weight": typed_whole(row.get("weight") or "1"),
            }
        )
    return {"rubric": {"criteria": moved(criteria, typed.get(MOVE))}}


_STAGE: Final = "/calls/{call}/stages/{stage}"


# Neither of what is tried could be saved, so that only what stands in the way of every change is told.
_PREPARE_FORM: Final[PageAction[tuple[str, str]]] = PageAction(
    command="call.prepare_form",
    name=msg("Change the form"),
    done=msg("The form is saved."),
    filled=_form_filled,
    tried=lambda _, of: PrepareCallForm(
        call=of[0], stage=of[1], form=Form(questions=(Question(id="q", kind="text", label={}),))
    ),
)
_PREPARE_RUBRIC: Final[PageAction[tuple[str, str]]] = PageAction(
    command="call.prepare_rubric",
    name=msg("Change the criteria"),
    done=msg("The criteria are saved."),
    filled=_newest_rubric,
    tried=lambda _, of: PrepareCallRubric(
        call=of[0], stage=of[1], rubric=Rubric(criteria=(Criterion(id="c", label={}),))
    ),
)

PAGES = (
    Page(
        path=_STAGE,
        show=_show,
        acts=(
            _PREPARE_FORM,
            _PREPARE_RUBRIC,
            PageAction(
                command="call.change_form",
                done=msg("The new form is published. Applications keep the version that they answered."),
                filled=_prepared_form,
            ),
            PageAction(
                command="call.change_rubric",
                done=msg(
                    "The new criteria are published. Reviews keep the version that they were scored by."
                ),
                filled=_prepared_rubric,
            ),
        ),
    ),
    Page(
        path=f"{_STAGE}/sections",
        show=_sections,
        acts=(replace(_PREPARE_FORM, filled=_sections_filled),),
    ),
    Page(
        path=f"{_STAGE}/criteria",
        show=_criteria,
        acts=(replace(_PREPARE_RUBRIC, filled=_criteria_filled),),
    ),
)
