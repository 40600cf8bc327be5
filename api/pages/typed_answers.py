"""What somebody typed into a form to apply, as text with its labels: for questions that the form no longer has, and for a
form that can no longer be sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from api.inputs.answers import REMOVED
from api.pages.rendering import Said, said
from domain.forms import AnyQuestion, Form, GroupedQuestion, Question
from domain.messages import Message, msg

_ANSWER: Final = re.compile(
    rf"(?:answers|{REMOVED})\.([a-z0-9_]+)(?:\.entries(?=\[))?(?:\[([0-9]+)\])?(?:\.([a-z0-9_]+))?\Z"
)
_YES_NO: Final[Mapping[str, Message]] = {
    "yes": msg("Yes"),
    "no": msg("No"),
}


@dataclass(frozen=True, slots=True)
class TypedAnswer:
    """An answer as it was typed: the question's label, the lines of the answer, and the hidden inputs that keep it if the
    question was removed, by their names."""

    question: str
    label: Said
    lines: tuple[Message | str, ...]
    kept: tuple[tuple[str, str], ...]


def typed_answers(
    questions: Sequence[Question], typed: Mapping[str, str], languages: Sequence[str]
) -> tuple[TypedAnswer, ...]:
    """What was typed into these questions; those that nobody answered are left out."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, value in typed.items():
        if value.strip() and (match := _ANSWER.match(name)):
            found.setdefault(match[1], []).append((name, value))
    for question in questions:
        if question.kind == "group":
            parts = {each.id for each in question.questions}
            found[question.id] = [
                each for each in found.get(question.id, ()) if each[0].rpartition(".")[2] in parts
            ]
    return tuple(
        [
            TypedAnswer(
                question.id,
                said(question.label, languages),
                _lines(question, found[question.id], languages),
                tuple([(f"{REMOVED}.{name.partition('.')[2]}", value) for name, value in found[question.id]]),
            )
            for question in questions
            if found.get(question.id)
        ]
    )


def removed_questions(versions: Sequence[Form], present: Form) -> tuple[Question, ...]:
    """The questions of these versions of a form that it has no longer, each as it was last asked. Of a group that it still has,
    the questions that the group has no longer."""
    last = {question.id: question for form in versions for question in form.questions}
    parts: dict[str, dict[str, GroupedQuestion]] = {}
    for form in versions:
        for group in form.questions:
            parts.setdefault(group.id, {}).update({each.id: each for each in group.questions})
    left = {question.id: {each.id for each in question.questions} for question in present.questions}
    found = []
    for question in last.values():
        gone = tuple(
            [each for name, each in parts[question.id].items() if name not in left.get(question.id, ())]
        )
        if question.id not in left or gone:
            found.append(msgspec.structs.replace(question, questions=gone))
    return tuple(found)


def _lines(
    question: AnyQuestion, inputs: list[tuple[str, str]], languages: Sequence[str]
) -> tuple[Message | str, ...]:
    if question.kind == "group":
        return _entries(question, inputs, languages)
    options = {choice.id: said(choice.label, languages).text for choice in question.choices}
    match question.kind:
        case "yes_no" | "consent":
            return tuple([_YES_NO.get(value, value) for _, value in inputs])
        case "choice":
            return tuple([options.get(value, value) for _, value in inputs])
        case "choices":
            return tuple([options.get(choice, choice) for choice in _ends(inputs)])
        case "budget":
            return _budget(inputs)
        case _:
            return tuple([value for _, value in inputs])


def _entries(
    group: Question, inputs: Iterable[tuple[str, str]], languages: Sequence[str]
) -> tuple[Message | str, ...]:
    """What was typed into the entries of a group, in its order, each line with its question."""
    found: list[Message | str] = []
    parts = {each.id: each for each in group.questions}
    for name, value in inputs:
        asked = parts[name.rpartition(".")[2]]
        words = said(asked.label, languages).text
        found += [
            msg("{question}: {answer}", question=words, answer=line)
            for line in _lines(asked, [(name, value)], languages)
        ]
    return tuple(found)


def _ends(inputs: Iterable[tuple[str, str]]) -> list[str]:
    return [name.rpartition(".")[2] for name, _ in inputs]


def _budget(inputs: list[tuple[str, str]]) -> tuple[Message | str, ...]:
    rows: dict[int, dict[str, str]] = {}
    for name, value in inputs:
        match = _ANSWER.match(name)
        assert match is not None
        rows.setdefault(int(match[2] or 0), {})[match[3] or ""] = value
    return tuple(
        [
            msg("{item}: {amount}", item=row["item"], amount=row["amount"])
            if {"item", "amount"} <= row.keys()
            else next(iter(row.values()))
            for row in rows.values()
        ]
    )
