"""Reading the forms of Hypha (https://github.com/HyphaApp/hypha), as its database exports them, into forms and rubrics of
ours. What ours cannot hold is listed, each with the reason: nothing is left out silently.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

from domain.forms import Choice, Criterion, Form, Question, QuestionKind, Rubric

Block = Mapping[str, Any]  # Any: JSON
Given = Mapping[str, Any]  # Any: JSON

MOST_POINTS: Final = 5
"""Hypha scores from 0 to 5."""

ELSEWHERE: Final[Mapping[str, str]] = {
    "title": "Every application has a title.",
    "value": "Every application has the sum asked for.",
    "visibility": "Who reads a review follows from the rules of the call, not from the juror's choice.",
    "recommendation": "A juror scores; the panel recommends.",
    "comments": "Every review has a comment for the jury and one for the applicant.",
    "determination": "The panel sets an outcome for every application.",
    "message": "An outcome has its reason, which the applicant reads.",
}
"""Kinds that no form of ours asks, since another part of the program has them."""

_PLAIN: Final[Mapping[str, tuple[QuestionKind, bool]]] = {
    "char": ("text", False),
    "full_name": ("text", True),
    "email": ("text", True),
    "address": ("long_text", True),
    "rich_text": ("long_text", False),
    "text": ("long_text", False),
    "radios": ("choice", False),
    "checkboxes": ("choices", False),
    "checkbox": ("consent", False),
    "duration": ("number", False),
    "datetime": ("date", False),
}
"""Hypha's kinds as ours, and whether the answer tells who applied."""

_LOST: Final[Mapping[str, str]] = {
    "rich_text": "Formatting (bold, lists, links) is not kept; the text is.",
    "datetime": "The time of day is not asked for; the day is.",
}


@dataclass
class Converted:
    """A form of Hypha as ours. `questions` or `criteria` may be empty; `elsewhere` are the fields that another part of the
    program has, and `lost` what is not kept, each as (label, reason)."""

    name: str
    questions: list[Question] = field(default_factory=list)
    criteria: list[Criterion] = field(default_factory=list)
    elsewhere: list[tuple[str, str]] = field(default_factory=list)
    lost: list[tuple[str, str]] = field(default_factory=list)

    @property
    def form(self) -> Form:
        """The questions, as a form."""
        return Form(questions=tuple(self.questions))

    @property
    def rubric(self) -> Rubric:
        """The criteria, as a rubric."""
        return Rubric(criteria=tuple(self.criteria))


def read_forms(file: Path) -> list[Converted]:
    """All forms of a file, in its order."""
    return [convert(each["name"], each["form_fields"]) for each in json.loads(file.read_text("utf-8"))]


def convert(name: str, blocks: Sequence[Block]) -> Converted:
    """One form of Hypha as ours."""
    converted = Converted(name)
    for block in blocks:
        _take(converted, block["type"], block["value"])
    return converted


def _take(converted: Converted, kind: str, value: Given) -> None:
    label = str(value["field_label"]).strip()
    if kind in ELSEWHERE:
        converted.elsewhere.append((label, ELSEWHERE[kind]))
        if kind == "value" and not value.get("required", True):
            converted.lost.append((label, "The sum asked for cannot be left out."))
        if value.get("max_length"):
            converted.lost.append((label, "The limit of a title is the program's own."))
        if value.get("help_text"):
            converted.lost.append((label, "The program says itself what this field is for."))
    elif kind == "score":
        taken = {each.id for each in converted.criteria}
        converted.criteria.append(Criterion(id=_slug(label, taken), label={"en": label}, scale=MOST_POINTS))
        converted.lost.append(
            (label, "A criterion has points only; its comment belongs to the review's comment.")
        )
    elif kind in _PLAIN:
        taken = {each.id for each in converted.questions}
        converted.questions.append(_question(_slug(label, taken), label, kind, value))
        if kind in _LOST:
            converted.lost.append((label, _LOST[kind]))
    else:
        converted.lost.append(
            (label, f"No question of ours is like Hypha's {kind}: its options are not in the file.")
        )


def _question(slug: str, label: str, kind: str, value: Given) -> Question:
    ours, identifying = _PLAIN[kind]
    help_text = _text_of(value.get("help_text") or "")
    options = value.get("choices") or value.get("checkboxes") or ()
    ids: set[str] = set()
    choices = []
    for option in options:
        option_id = _slug(option["value"], ids)
        ids.add(option_id)
        choices.append(Choice(id=option_id, label={"en": option["value"]}))
    unit = f"In {value['duration_type']}." if kind == "duration" else ""
    said = " ".join(part for part in (help_text, unit) if part)
    return Question(
        id=slug,
        kind=ours,
        label={"en": label},
        help={"en": said} if said else {},
        # Hypha leaves the mark out where an answer is always required.
        required=bool(value.get("required", True)),
        max_words=value.get("word_limit") if ours == "long_text" else None,
        minimum=1 if kind == "duration" else None,
        choices=tuple(choices),
        identifying=identifying,
    )


def _slug(label: str, taken: set[str]) -> str:
    """An id from a label, another one where that is taken."""
    slug = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:30] or "question"
    slug = slug if slug[0].isalpha() else f"q_{slug}"
    number = 2
    found = slug
    while found in taken:
        found, number = f"{slug}_{number}", number + 1
    return found


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def _text_of(markup: str) -> str:
    """The words of a text with HTML in it."""
    parser = _Words()
    parser.feed(markup)
    return " ".join("".join(parser.said).split())
