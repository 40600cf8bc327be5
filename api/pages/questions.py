"""The pages on which staff write the questions of a form, one at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, get_args

import msgspec

from api.inputs.submitted import Plain, SubmittedForm, nested
from api.pages.call_work import Work, free, rows, stage_of, start_of, texts, work_of
from api.pages.page import Page, PageAction, PageContent
from api.pages.visits import Visit
from domain.amounts import typed_whole
from domain.forms import AnyQuestion, Form, GroupedKind, Question, QuestionKind
from domain.messages import Message, msg
from domain.refusals import NotFound
from domain.stages import Stage


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of question, as staff choose it."""

    code: QuestionKind
    name: Message
    said: Message


KINDS: Final = (
    Kind("text", msg("Short text"), msg("One line, such as a place or a name.")),
    Kind("long_text", msg("Long text"), msg("Several paragraphs, with a limit of words if you like.")),
    Kind("choice", msg("One of several"), msg("A list from which one option is chosen.")),
    Kind("choices", msg("Any number of several"), msg("A list from which several options can be chosen.")),
    Kind("yes_no", msg("Yes or no"), msg("A question with two answers.")),
    Kind("consent", msg("Agreement"), msg("A sentence to agree to, such as the terms of the call.")),
    Kind("number", msg("Whole number"), msg("With a smallest and a largest number if you like.")),
    Kind("date", msg("Day"), msg("A day of the calendar.")),
    Kind("money", msg("Sum of money"), msg("A sum in the currency of the call.")),
    Kind("budget", msg("Budget"), msg("A table of costs that adds up to the amount that is asked for.")),
    Kind(
        "link",
        msg("Link"),
        msg("The address of a page. It is shown as text and never opened by the program."),
    ),
    Kind(
        "group",
        msg("Repeating group"),
        msg(
            "A few questions that are answered again for each entry, such as earlier works or the people who take part."
        ),
    ),
)
"""All kinds of questions."""
IN_A_GROUP: Final = tuple([kind for kind in KINDS if kind.code in get_args(GroupedKind)])
"""The kinds of questions that a repeating group can have."""
KIND_NAMES: Final = {kind.code: kind.name for kind in KINDS}
AT_THE_START: Final = "start"
"""In addresses: the new question comes before all others."""
BLANK_OPTIONS: Final = 3


def form_of(work: Work, stage: Stage) -> Form:
    """The form that the staff are working on: the next version, if there is one."""
    return work.call.prepared_forms.get(stage.id, stage.form)


def plain_form(form: Form, **changed: Any) -> Plain:  # Any: fields of a form
    """A form as the fields of a command."""
    built: Plain = msgspec.json.decode(msgspec.json.encode(msgspec.structs.replace(form, **changed)))
    return built


def used_in_group(work: Work, stage: Stage, group: str) -> set[str]:
    """The ids of all questions that a group has ever had."""
    return {
        each.id
        for form in (*work.call.forms[stage.id], form_of(work, stage))
        for question in form.questions
        if question.id == group
        for each in question.questions
    }


def used_ids(work: Work, stage: Stage) -> set[str]:
    """The ids of all questions that a form has ever had; none is used a second time."""
    forms = (*work.call.forms[stage.id], form_of(work, stage))
    return {question.id for form in forms for question in form.questions}


def _place(form: Form, after: str) -> tuple[int, str | None]:
    """Where a new question comes: its number in the form, and its section. `after` is the id of a question, or of a
    section at whose end it comes. Raises `NotFound`."""
    for number, question in enumerate(form.questions):
        if question.id == after:
            return number + 1, question.section
    order = [None, *[section.id for section in form.sections]]
    if after in order:
        upto = order[: order.index(after) + 1]
        return sum(question.section in upto for question in form.questions), after
    if after == AT_THE_START:
        return 0, None
    raise NotFound


async def _kinds(visit: Visit) -> PageContent:
    work = await work_of(visit)
    stage = stage_of(visit, work)
    _place(form_of(work, stage), visit.path["after"])
    return PageContent(
        "question_kinds.html",
        {
            "work": work,
            "call": work.call,
            "stage": stage,
            "kinds": KINDS,
            "beginning": f"/calls/{work.id}/stages/{stage.id}/add/{visit.path['after']}",
            "group": None,
        },
        initiative=work.call.initiative,
    )


async def _new(visit: Visit) -> PageContent:
    work = await work_of(visit)
    stage = stage_of(visit, work)
    form = form_of(work, stage)
    _, section = _place(form, visit.path["after"])
    kind = next((each.code for each in KINDS if each.code == visit.path["kind"]), None)
    if kind is None:
        raise NotFound
    return written(
        visit, work, stage, form, kind, {"required": "yes", "section": section or ""}, question=None
    )


async def _edit(visit: Visit) -> PageContent:
    work = await work_of(visit)
    stage = stage_of(visit, work)
    form = form_of(work, stage)
    question = question_of(form, visit.path["question"])
    start = {
        **started(question, ("max_words", "minimum", "maximum", "least_entries", "most_entries")),
        "in_summary": "yes" if question.in_summary else "",
        "section": question.section or "",
    }
    return written(visit, work, stage, form, question.kind, start, question=question)


def started(question: AnyQuestion, numbers: Iterable[str]) -> dict[str, str]:
    """The initial values of the inputs for what questions of a form and of a group have in common, and for these numbers."""
    start = {
        **start_of("label", question.label),
        **start_of("help", question.help),
        "required": "yes" if question.required else "no",
        "identifying": "yes" if question.identifying else "",
        **{name: "" if (value := getattr(question, name)) is None else str(value) for name in numbers},
    }
    for number, choice in enumerate(question.choices):
        start |= start_of(f"options[{number}]", choice.label) | {f"options[{number}].id": choice.id}
    return start


def question_of(form: Form, question_id: str) -> Question:
    """A question of a form; raises `NotFound`."""
    found = next((each for each in form.questions if each.id == question_id), None)
    if found is None:
        raise NotFound
    return found


def written(
    visit: Visit,
    work: Work,
    stage: Stage,
    form: Form,
    kind: QuestionKind,
    start: dict[str, str],
    *,
    question: AnyQuestion | None,
    group: Question | None = None,
) -> PageContent:
    """The page on which a question of a form, or of a group, is written; `question` is None while it is new."""
    shown = visit.form("call.prepare_form", seen=work.version, start=start)
    typed = (shown.returned.typed if shown.returned else SubmittedForm(start)).rows("options")
    own = shown.returned.typed.own if shown.returned else lambda _: ""
    few = own("rows") or (question is not None and question.choices)
    blank = 1 if few and not own("lines") else BLANK_OPTIONS
    languages = work.languages
    labels: dict[str, Message | str] = {
        "max_words": msg("At most how many words"),
        "minimum": msg("Smallest number"),
        "maximum": msg("Largest number"),
        "least_entries": msg("At least how many entries"),
        "most_entries": msg("At most how many entries"),
        "choices": msg("Options"),
        "label": msg("Question"),
        "form": msg("The form"),
    }
    for code in languages:
        labels |= {f"label.{code}": msg("Question"), f"help.{code}": msg("Help")}
        labels |= {
            f"options[{row}].{code}": msg("Option {number}", number=row + 1) for row in range(typed + blank)
        }
    return PageContent(
        "question.html",
        {
            "work": work,
            "call": work.call,
            "stage": stage,
            "form": shown,
            "kind": kind,
            "kind_name": KIND_NAMES[kind],
            "question": question,
            "group": group,
            "sections": () if group else form.sections,
            "written_rows": typed,
            "rows": range(max(typed + blank, BLANK_OPTIONS)),
            "offered": languages,
        },
        labels=labels,
        initiative=work.call.initiative,
    )


async def _new_filled(visit: Visit, submitted: SubmittedForm) -> Plain:
    work = await work_of(visit)
    stage = stage_of(visit, work)
    form = form_of(work, stage)
    number, _ = _place(form, visit.path["after"])
    built = plain_form(form)
    question = _asked(
        nested(submitted.typed()),
        {"id": free("q", used_ids(work, stage)), "kind": visit.path["kind"]},
        options=(),
    )
    built["questions"].insert(number, question)
    return {"form": built}


async def _edit_filled(visit: Visit, submitted: SubmittedForm) -> Plain:
    work = await work_of(visit)
    stage = stage_of(visit, work)
    form = form_of(work, stage)
    question = question_of(form, visit.path["question"])
    options = {
        choice.id
        for version in (*work.call.forms[stage.id], form)
        for each in version.questions
        if each.id == question.id
        for choice in each.choices
    }
    changed = _asked(nested(submitted.typed()), {"id": question.id, "kind": question.kind}, options=options)
    built = plain_form(form)
    inside = next(each for each in built["questions"] if each["id"] == question.id)["questions"]
    changed["questions"] = inside
    built["questions"] = [changed if each["id"] == question.id else each for each in built["questions"]]
    return {"form": built}


def _asked(typed: Plain, fixed: Plain, *, options: Iterable[str]) -> Plain:
    """A question of a form as it was typed; see `asked_in`."""
    return {
        **asked_in(typed, fixed, options=options),
        "in_summary": typed.get("in_summary") == "yes",
        "section": typed.get("section") or None,
    }


def asked_in(typed: Plain, fixed: Plain, *, options: Iterable[str]) -> Plain:
    """A question of a form or of a group as it was typed. `options` are the ids of all options that it has ever had."""
    kind = fixed["kind"]
    question: Plain = {
        **fixed,
        "label": texts(typed.get("label")),
        "help": texts(typed.get("help")),
        "required": typed.get("required") != "no",
        "identifying": typed.get("identifying") == "yes",
    }
    numbers = {
        "text": ("max_words",),
        "long_text": ("max_words",),
        "group": ("least_entries", "most_entries"),
    }
    for name in numbers.get(kind, ("minimum", "maximum")):
        if isinstance(value := typed.get(name), str) and value.strip():
            question[name] = typed_whole(value)
    if kind in ("choice", "choices"):
        question["choices"] = _options(rows(typed.get("options")), options)
    return question


def _options(typed: list[Plain], known: Iterable[str]) -> list[Plain]:
    """The options, without those whose words were deleted; new ones get ids."""
    taken = list(known)
    found: list[Plain] = []
    for row in typed:
        label = texts({code: text for code, text in row.items() if code != "id"})
        if not label:
            continue
        own = row.get("id")
        if own not in taken:
            own = free("o", taken)
            taken.append(own)
        found.append({"id": own, "label": label})
    return found


_OF_QUESTION: Final = re.compile(r"form\.questions\[[0-9]+\]\.(?:questions\[[0-9]+\]\.)?")
_OF_OPTION: Final = re.compile(r"choices\[([0-9]+)\]\.label\.?")


def input_of(field: str) -> str:
    """The input at which an error is shown: ``form.questions[2].label.en`` is ``label.en``."""
    return _OF_OPTION.sub(r"options[\1].", _OF_QUESTION.sub("", field))


def _back(visit: Visit, _answer: object) -> str:
    return f"/calls/{visit.path['call']}/stages/{visit.path['stage']}"


STAGE: Final = "/calls/{call}/stages/{stage}"


def written_by(filled: Any) -> tuple[PageAction, ...]:  # Any: as in PageAction
    """The action by which a page saves the form."""
    return (
        PageAction(
            command="call.prepare_form",
            done=msg("The form is saved."),
            filled=filled,
            inputs=input_of,
            then=_back,
        ),
    )


PAGES = (
    Page(path=f"{STAGE}/questions/{{question}}", show=_edit, acts=written_by(_edit_filled)),
    Page(path=f"{STAGE}/add/{{after}}", show=_kinds),
    Page(path=f"{STAGE}/add/{{after}}/{{kind}}", show=_new, acts=written_by(_new_filled)),
)
