"""The pages on which staff write the questions of a repeating group, one at a time."""

from __future__ import annotations

from api.inputs.submitted import Plain, SubmittedForm, nested
from api.pages.call_work import free, stage_of, work_of
from api.pages.page import Page, PageContent
from api.pages.questions import (
    IN_A_GROUP,
    STAGE,
    asked_in,
    form_of,
    plain_form,
    question_of,
    started,
    used_in_group,
    written,
    written_by,
)
from api.pages.visits import Visit
from domain.forms import Form, GroupedQuestion, Question
from domain.refusals import NotFound


def _group(form: Form, visit: Visit) -> Question:
    """The group in the page's address; raises `NotFound`."""
    found = question_of(form, visit.path["question"])
    if found.kind != "group":
        raise NotFound
    return found


def _part(group: Question, visit: Visit) -> GroupedQuestion:
    """The question of a group in the page's address; raises `NotFound`."""
    found = next((each for each in group.questions if each.id == visit.path["part"]), None)
    if found is None:
        raise NotFound
    return found


async def _kinds(visit: Visit) -> PageContent:
    work = await work_of(visit)
    stage = stage_of(visit, work)
    group = _group(form_of(work, stage), visit)
    back = f"/calls/{work.id}/stages/{stage.id}"
    return PageContent(
        "question_kinds.html",
        {
            "work": work,
            "call": work.call,
            "stage": stage,
            "kinds": IN_A_GROUP,
            "beginning": f"{back}/questions/{group.id}/add",
            "group": group,
        },
        initiative=work.call.initiative,
    )


async def _new(visit: Visit) -> PageContent:
    work = await work_of(visit)
    stage = stage_of(visit, work)
    form = form_of(work, stage)
    group = _group(form, visit)
    kind = next((each.code for each in IN_A_GROUP if each.code == visit.path["kind"]), None)
    if kind is None:
        raise NotFound
    return written(visit, work, stage, form, kind, {"required": "yes"}, question=None, group=group)


async def _edit(visit: Visit) -> PageContent:
    work = await work_of(visit)
    stage = stage_of(visit, work)
    form = form_of(work, stage)
    group = _group(form, visit)
    part = _part(group, visit)
    start = started(part, ("max_words", "minimum", "maximum"))
    return written(visit, work, stage, form, part.kind, start, question=part, group=group)


async def _new_filled(visit: Visit, submitted: SubmittedForm) -> Plain:
    work = await work_of(visit)
    stage = stage_of(visit, work)
    form = form_of(work, stage)
    group = _group(form, visit)
    fixed = {"id": free("q", used_in_group(work, stage, group.id)), "kind": visit.path["kind"]}
    new = asked_in(nested(submitted.typed()), fixed, options=())
    return _with(form, group, [*_plain(form, group), new])


async def _edit_filled(visit: Visit, submitted: SubmittedForm) -> Plain:
    work = await work_of(visit)
    stage = stage_of(visit, work)
    form = form_of(work, stage)
    group = _group(form, visit)
    part = _part(group, visit)
    options = {
        choice.id
        for version in (*work.call.forms[stage.id], form)
        for question in version.questions
        if question.id == group.id
        for each in question.questions
        if each.id == part.id
        for choice in each.choices
    }
    changed = asked_in(nested(submitted.typed()), {"id": part.id, "kind": part.kind}, options=options)
    return _with(form, group, [changed if each["id"] == part.id else each for each in _plain(form, group)])


def _plain(form: Form, group: Question) -> list[Plain]:
    """The questions of a group as fields of a command."""
    return next(list(each["questions"]) for each in plain_form(form)["questions"] if each["id"] == group.id)


def _with(form: Form, group: Question, questions: list[Plain]) -> Plain:
    """The form with these questions in a group, as a field of the command."""
    built = plain_form(form)
    built["questions"] = [
        {**each, "questions": questions} if each["id"] == group.id else each for each in built["questions"]
    ]
    return {"form": built}


PAGES = (
    Page(path=f"{STAGE}/questions/{{question}}/add", show=_kinds),
    Page(path=f"{STAGE}/questions/{{question}}/add/{{kind}}", show=_new, acts=written_by(_new_filled)),
    Page(path=f"{STAGE}/questions/{{question}}/parts/{{part}}", show=_edit, acts=written_by(_edit_filled)),
)
