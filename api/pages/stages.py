"""The page on which staff change the form and the criteria of a call's stage, as new versions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

import msgspec

from api.pages.calls import roles_in
from api.pages.forms import Plain, SubmittedForm, nested
from api.pages.page import Page, PageAction, PageContent
from api.pages.visits import Visit
from domain.amounts import typed_whole
from domain.calls.state import CALL, Call
from domain.commands.calls import ChangeCallForm, ChangeCallRubric
from domain.forms import Criterion, Rubric
from domain.forms import Form as Asked
from domain.messages import Message, msg
from domain.refusals import NotFound
from domain.stages import Stage
from domain.values import Role
from projections import calls
from projections.calls import CallDetail

KINDS: Final[tuple[tuple[str, Message], ...]] = (
    ("text", msg("a short text")),
    ("long_text", msg("a long text")),
    ("choice", msg("a choice")),
    ("choices", msg("several choices")),
    ("yes_no", msg("yes or no")),
    ("consent", msg("an agreement")),
    ("number", msg("a whole number")),
    ("link", msg("a link to a page")),
    ("date", msg("a date")),
    ("money", msg("a sum of money")),
    ("budget", msg("a budget")),
)
"""The kinds of questions that can be added."""
_REMOVED: Final = "remove"


async def _stage_of(visit: Visit) -> tuple[CallDetail, Stage]:
    call = await calls.one(visit.wiring.reader, visit.person, visit.path["call"])
    found = next((each for each in call.stages if each.id == visit.path["stage"]), None)
    if found is None:
        raise NotFound
    return call, found


async def _show(visit: Visit) -> PageContent:
    call, stage = await _stage_of(visit)
    if Role.OFFICER not in await roles_in(visit, call.initiative, call.id):
        raise NotFound
    trial = visit.trial()
    offers = [
        await trial.of(
            msg("Change the form"),
            ChangeCallForm(call=call.id, stage=stage.id, form=Asked(questions=())),
        ),
        await trial.of(
            msg("Change the criteria"),
            ChangeCallRubric(call=call.id, stage=stage.id, rubric=Rubric(criteria=())),
        ),
    ]
    return PageContent(
        "stage.html",
        {
            "call": call,
            "stage": stage,
            "offers": offers,
            "may": {offer.do: offer for offer in offers},
            "offered": tuple(call.title),
            "kinds": KINDS,
            "kind_of": dict(KINDS),
            "form_start": _form_start(stage),
            "rubric_start": _rubric_start(stage),
        },
        labels=_labels(stage),
        initiative=call.initiative,
    )


def _form_start(stage: Stage) -> dict[str, str]:
    """The initial values of the inputs for the form's questions."""
    start: dict[str, str] = {}
    for number, question in enumerate(stage.form.questions):
        place = f"form.questions[{number}]"
        start |= {f"{place}.label.{code}": text for code, text in question.label.items()}
        start |= {f"{place}.help.{code}": text for code, text in question.help.items()}
        start[f"{place}.required"] = "yes" if question.required else "no"
        start[f"{place}.max_words"] = "" if question.max_words is None else str(question.max_words)
    return start


def _rubric_start(stage: Stage) -> dict[str, str]:
    """The initial values of the inputs for the criteria."""
    start: dict[str, str] = {}
    for number, criterion in enumerate(stage.rubric.criteria):
        place = f"rubric.criteria[{number}]"
        start |= {f"{place}.label.{code}": text for code, text in criterion.label.items()}
        start |= {f"{place}.scale": str(criterion.scale), f"{place}.weight": str(criterion.weight)}
    return start


def _labels(stage: Stage) -> dict[str, Message | str]:
    labels: dict[str, Message | str] = {}
    for number in range(len(stage.form.questions) + 1):
        said = msg("Question {number}", number=number + 1)
        for code in ("en", "ru"):
            labels |= {f"form.questions[{number}].{part}.{code}": said for part in ("label", "help")}
        labels |= {
            f"form.questions[{number}].{part}": said for part in ("label", "max_words", "choices", "kind")
        }
    for number in range(len(stage.rubric.criteria) + 1):
        said = msg("Criterion {number}", number=number + 1)
        labels |= {f"rubric.criteria[{number}].{part}": said for part in ("label", "scale", "weight")}
    return labels


def _free(beginning: str, taken: Iterable[str]) -> str:
    """An id that nobody needs to see: ``q4``, the first that is free."""
    used = set(taken)
    number = len(used) + 1
    while f"{beginning}{number}" in used:
        number += 1
    return f"{beginning}{number}"


def _texts(typed: Any) -> dict[str, str]:  # Any: whatever was sent
    return {code: text for code, text in typed.items() if text.strip()} if isinstance(typed, dict) else {}


def _rows(plain: Plain, form: str, table: str) -> list[Any]:  # Any: whatever was sent
    found = plain.get(form, {})
    rows = found.get(table, []) if isinstance(found, dict) else []
    return [each if isinstance(each, dict) else {} for each in rows] if isinstance(rows, list) else []


async def _form_filled(visit: Visit, form: SubmittedForm) -> Plain:
    """The stage's form with the changes; removed questions are left out, and new ones get ids."""
    call, stage = await _stage_of(visit)
    forms = await _forms(visit, call, stage)
    rows = _rows(nested(form.typed()), "form", "questions")
    questions: list[Plain] = []
    for question, row in zip(stage.form.questions, rows, strict=False):
        if row.get("keep") == _REMOVED:
            continue
        kept: Plain = msgspec.to_builtins(question)
        kept |= {
            "label": _texts(row.get("label")),
            "help": _texts(row.get("help")),
            "required": row.get("required") != "no",
            "max_words": typed_whole(row["max_words"]) if row.get("max_words") else None,
            "choices": [*kept["choices"], *_options(row.get("options"), _offered(forms, question.id), call)],
        }
        questions.append(kept)
    added = rows[len(stage.form.questions)] if len(rows) > len(stage.form.questions) else {}
    if label := _texts(added.get("label")):
        questions.append(
            {
                "id": _free("q", {each.id for earlier in forms for each in earlier.questions}),
                "kind": added.get("kind", ""),
                "label": label,
                "help": _texts(added.get("help")),
                "required": added.get("required") != "no",
                "choices": _options(added.get("options"), (), call),
            }
        )
    return {"form": {"questions": questions}}


async def _forms(visit: Visit, call: CallDetail, stage: Stage) -> tuple[Asked, ...]:
    """All versions of the stage's form, because an id is never used a second time."""
    state: Call = await visit.wiring.reader.the(CALL, call.id)
    return state.forms[stage.id]


def _offered(forms: Iterable[Asked], question: str) -> set[str]:
    """The ids of all options that a question has ever had."""
    return {
        choice.id
        for form in forms
        for each in form.questions
        if each.id == question
        for choice in each.choices
    }


def _options(typed: Any, offered: Collection[str], call: CallDetail) -> list[Plain]:  # Any: whatever was sent
    """Options, one per line, in the call's first language."""
    lines = [line.strip() for line in typed.splitlines() if line.strip()] if isinstance(typed, str) else []
    language = next(iter(call.title))
    taken = list(offered)
    options: list[Plain] = []
    for line in lines:
        taken.append(_free("o", taken))
        options.append({"id": taken[-1], "label": {language: line}})
    return options


async def _rubric_filled(visit: Visit, form: SubmittedForm) -> Plain:
    """The stage's criteria with the changes; see `_form_filled`."""
    _, stage = await _stage_of(visit)
    rows = _rows(nested(form.typed()), "rubric", "criteria")
    criteria: list[Plain] = []
    for number, row in enumerate(rows):
        label = _texts(row.get("label"))
        old: Criterion | None = stage.rubric.criteria[number] if number < len(stage.rubric.criteria) else None
        if row.get("keep") == _REMOVED or (old is None and not label):
            continue
        taken = [each.id for each in stage.rubric.criteria] + [each["id"] for each in criteria]
        criteria.append(
            {
                "id": old.id if old else _free("c", taken),
                "label": label,
                "scale": typed_whole(row.get("scale") or "10"),
                "weight": typed_whole(row.get("weight") or "1"),
            }
        )
    return {"rubric": {"criteria": criteria}}


PAGES = (
    Page(
        path="/calls/{call}/stages/{stage}",
        show=_show,
        acts=(
            PageAction(
                command="call.change_form",
                done=msg("The form is changed. Applications keep the version that they answered."),
                told={"call": "call", "stage": "stage"},
                filled=_form_filled,
            ),
            PageAction(
                command="call.change_rubric",
                done=msg("The criteria are changed. Reviews keep the version that they were scored by."),
                told={"call": "call", "stage": "stage"},
                filled=_rubric_filled,
            ),
        ),
    ),
)
