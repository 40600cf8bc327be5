"""Reading the forms of Hypha, as its database exports them, into forms and rubrics of ours. What ours cannot hold is listed,
each with the reason: nothing is left out silently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Final, Literal

import msgspec

from domain.forms import Choice, Criterion, Form, Question, QuestionKind, Rubric

Purpose = Literal["application", "review", "project", "determination"]

FILES: Final[Mapping[str, Purpose]] = {
    "funds_applicationform": "application",
    "project_form": "project",
    "project_sow_form": "project",
    "review_reviewform": "review",
    "determinations_determinationform": "determination",
}
"""What the forms of each exported file are for, by the file's name."""

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
"""Kinds that no form of ours asks, because another part of the program has them."""

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

_NOT_HELD: Final[Mapping[Purpose, str]] = {
    "review": "A review has scores and comments; it asks no other questions.",
    "determination": "An outcome has a reason and an explanation; it asks no other questions.",
}
"""Why a question of a form that is for something else than asking applicants has no place."""


class FormsUnusable(Exception):
    """A folder or a file that holds no forms of Hypha's; one sentence."""


class Option(msgspec.Struct, frozen=True):
    """One of the options of a choice."""

    value: str


class Field(msgspec.Struct, frozen=True):
    """One field of a form, as far as it says anything that counts here."""

    field_label: str
    # Hypha leaves the mark out where an answer is always required.
    required: bool | None = True
    help_text: str = ""
    help_link: str = ""
    word_limit: int | None = None
    max_length: int | None = None
    default_value: str | bool | None = None
    duration_type: str = ""
    choices: list[Option] = []
    checkboxes: list[Option] = []

    @property
    def label(self) -> str:
        """What the field is called."""
        return self.field_label.strip()


class Block(msgspec.Struct, frozen=True):
    """A field with its kind."""

    type: str
    value: Field


class HyphaForm(msgspec.Struct, frozen=True):
    """A form of Hypha's, as it was exported."""

    name: str
    form_fields: list[Block]


@dataclass
class Converted:
    """A form of Hypha's as ours. `questions` or `criteria` may be empty; `elsewhere` are the fields that another part of the
    program has, and `lost` what is not kept, of a field or as a whole, each as (label, reason)."""

    name: str
    purpose: Purpose = "application"
    questions: list[Question] = field(default_factory=list)
    criteria: list[Criterion] = field(default_factory=list)
    elsewhere: list[tuple[str, str]] = field(default_factory=list)
    lost: list[tuple[str, str]] = field(default_factory=list)

    @property
    def in_part(self) -> list[tuple[str, str]]:
        """What is lost of fields that are there all the same."""
        return [each for each in self.lost if each[0] in self._there]

    @property
    def not_held(self) -> list[tuple[str, str]]:
        """The fields that are not there at all."""
        return [each for each in self.lost if each[0] not in self._there]

    @property
    def _there(self) -> set[str]:
        asked = {each.label["en"] for each in (*self.questions, *self.criteria)}
        return asked | {label for label, _ in self.elsewhere}

    @property
    def form(self) -> Form:
        """The questions, as a form."""
        return Form(questions=tuple(self.questions))

    @property
    def rubric(self) -> Rubric:
        """The criteria, as a rubric."""
        return Rubric(criteria=tuple(self.criteria))


def read_folder(folder: Path) -> list[Converted]:
    """All forms of all exported files of a folder, in the order of `FILES`. Raises `FormsUnusable`."""
    if not folder.is_dir():
        raise FormsUnusable(f"There is no folder {folder}.")
    found = {file.stem: file for file in sorted(folder.glob("*.json"))}
    if unknown := sorted(found.keys() - FILES.keys()):
        raise FormsUnusable(
            f"{unknown[0]}.json is none of the files that Hypha exports its forms to: {', '.join(FILES)}."
        )
    forms = [form for stem in FILES if stem in found for form in read_forms(found[stem])]
    if not any(form.purpose == "application" for form in forms):
        raise FormsUnusable(f"There is no application form in {folder}.")
    return forms


def read_forms(file: Path) -> list[Converted]:
    """All forms of a file, in its order. Raises `FormsUnusable`."""
    try:
        given = msgspec.json.decode(file.read_bytes(), type=list[HyphaForm])
    except OSError as error:
        raise FormsUnusable(f"{file.name} cannot be read: {error.strerror}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FormsUnusable(f"{file.name} is no list of forms as Hypha exports them: {error}.") from None
    return [convert(each, FILES[file.stem]) for each in given]


def convert(form: HyphaForm, purpose: Purpose = "application") -> Converted:
    """One form of Hypha's as ours."""
    converted = Converted(form.name, purpose)
    for block in form.form_fields:
        _take(converted, block.type, block.value)
    return converted


def _take(converted: Converted, kind: str, value: Field) -> None:
    def lose(reason: str) -> None:
        converted.lost.append((value.label, reason))

    if kind in ELSEWHERE:
        converted.elsewhere.append((value.label, ELSEWHERE[kind]))
        if kind == "value" and not value.required:
            lose("The sum asked for cannot be left out.")
        if value.max_length:
            lose("The limit of a title is the program's own.")
        if value.help_text:
            lose("The program says itself what this field is for.")
    elif kind == "score" and converted.purpose == "review":
        taken = {each.id for each in converted.criteria}
        converted.criteria.append(
            Criterion(id=slug(value.label, taken), label={"en": value.label}, scale=MOST_POINTS)
        )
        lose("A criterion has points only; its comment belongs to the review's comment.")
    elif kind == "score":
        lose("Only a review has scores.")
    elif kind == "category":
        lose("The options of a category are in another table of Hypha's, which this file does not have.")
    elif kind not in _PLAIN:
        lose(f"No question of ours is like Hypha's {kind}.")
    elif converted.purpose in _NOT_HELD:
        lose(_NOT_HELD[converted.purpose])
    else:
        taken = {each.id for each in converted.questions}
        converted.questions.append(_question(slug(value.label, taken), kind, value))
        if kind in _LOST:
            lose(_LOST[kind])
        if value.default_value:
            lose("No answer is filled in beforehand.")


def _question(own: str, kind: str, value: Field) -> Question:
    ours, identifying = _PLAIN[kind]
    ids: set[str] = set()
    choices = []
    for option in value.choices or value.checkboxes:
        option_id = slug(option.value, ids)
        ids.add(option_id)
        choices.append(Choice(id=option_id, label={"en": option.value}))
    unit = f"In {value.duration_type}." if kind == "duration" and value.duration_type else ""
    said = " ".join(part for part in (_text_of(value.help_text), value.help_link, unit) if part)
    return Question(
        id=own,
        kind=ours,
        label={"en": value.label},
        help={"en": said} if said else {},
        required=bool(value.required),
        max_words=value.word_limit if ours == "long_text" else None,
        minimum=1 if kind == "duration" else None,
        choices=tuple(choices),
        identifying=identifying,
    )


def slug(label: str, taken: set[str]) -> str:
    """An id from a label, another one where that is taken."""
    found = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:30] or "question"
    beginning = found if found[0].isalpha() else f"q_{found}"
    number, found = 2, beginning
    while found in taken:
        found, number = f"{beginning}_{number}", number + 1
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
