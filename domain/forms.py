"""Forms and rubrics: what a call asks of its applicants and of its jurors."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Annotated, Final, Literal

import msgspec

from domain import limits

QuestionKind = Literal[
    "text",
    "long_text",
    "choice",
    "choices",
    "yes_no",
    "consent",
    "number",
    "date",
    "money",
    "budget",
    "link",
    "group",
]
GroupedKind = Literal["text", "long_text", "choice", "yes_no", "number", "date", "money", "link"]
"""The kinds of questions that a repeating group can have."""

LabelTexts = dict[str, limits.Label]
SLUG: Final = re.compile(rf"[a-z][a-z0-9_]{{0,{limits.SLUG - 1}}}\Z", re.ASCII)


class Choice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the options of a question of kind ``choice`` or ``choices``."""

    id: str
    label: LabelTexts


class GroupedQuestion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question of a repeating group, which every entry answers; see `Question`. `identifying` answers are hidden from
    jurors in a blind call, whatever else of the entry they read."""

    id: str
    kind: GroupedKind
    label: LabelTexts
    help: dict[str, limits.Help] = {}
    required: bool = True
    max_words: limits.Words | None = None
    minimum: limits.Number | None = None
    maximum: limits.Number | None = None
    choices: Annotated[tuple[Choice, ...], limits.described(maxItems=limits.CHOICES)] = ()
    identifying: bool = False


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question of a form.

    `max_words` limits ``text`` and ``long_text``; `minimum` and `maximum` limit a ``number``, which is whole;
    ``choices`` accepts any number of the options; a required ``consent`` must be given; a ``link`` is the address of a
    web page, which is shown and never fetched; a ``budget`` is a table of lines in the call's currency that must add up
    to the requested sum; a ``group`` asks its `questions` again for each entry, of which there are from `least_entries`
    (1 if it is None) to `most_entries` (as many as are possible if it is None). `identifying` answers are hidden from
    jurors in a blind call. Answers `in_summary` are shown to jurors before they say whether they have a conflict of
    interest, so that they can; an identifying one never is. `section` is the id of the form's section that it belongs
    to; questions without one come first.
    """

    id: str
    kind: QuestionKind
    label: LabelTexts
    help: dict[str, limits.Help] = {}
    required: bool = True
    max_words: limits.Words | None = None
    minimum: limits.Number | None = None
    maximum: limits.Number | None = None
    choices: Annotated[tuple[Choice, ...], limits.described(maxItems=limits.CHOICES)] = ()
    questions: Annotated[tuple[GroupedQuestion, ...], limits.described(maxItems=limits.GROUP_QUESTIONS)] = ()
    least_entries: limits.Entries | None = None
    most_entries: limits.Entries | None = None
    identifying: bool = False
    in_summary: bool = False
    section: limits.Slug | None = None

    @property
    def entries(self) -> tuple[int, int]:
        """The least and the most entries of a group that is answered."""
        return self.least_entries or 1, self.most_entries or limits.ENTRIES

    @property
    def with_its_questions(self) -> tuple[AnyQuestion, ...]:
        """The question itself, and those of a group."""
        return (self, *self.questions)

    @property
    def tells_who(self) -> bool:
        """Whether its answer, or a part of it, tells who applied."""
        return self.identifying or any(each.identifying for each in self.questions)


AnyQuestion = Question | GroupedQuestion


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a form under a title of its own. `help` says what it is about."""

    id: str
    title: LabelTexts
    help: dict[str, limits.Help] = {}


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The questions of a call, in order, perhaps in `sections`. Applications name the `version` that they answered.
    `title_in_summary`: the application's title is in the summary, too (see `Question`)."""

    questions: Annotated[tuple[Question, ...], limits.described(minItems=1, maxItems=limits.QUESTIONS)]
    version: int = 1
    title_in_summary: bool = False
    sections: Annotated[tuple[Section, ...], limits.described(maxItems=limits.SECTIONS)] = ()

    @property
    def identifying(self) -> frozenset[str]:
        """The ids of the questions whose answers tell who applied; a question in a group is named ``group.question``."""
        return frozenset(
            [
                *[each.id for each in self.questions if each.identifying],
                *[
                    f"{group.id}.{each.id}"
                    for group in self.questions
                    for each in group.questions
                    if each.identifying
                ],
            ]
        )

    @property
    def parts(self) -> tuple[tuple[Section | None, tuple[Question, ...]], ...]:
        """The questions by section, in the order in which they are asked; first those without one, if there are any."""
        without = tuple([each for each in self.questions if each.section is None])
        return (
            *([(None, without)] if without or not self.sections else []),
            *[
                (section, tuple([each for each in self.questions if each.section == section.id]))
                for section in self.sections
            ],
        )


class Criterion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One criterion of a rubric: scored from 0 to `scale` in whole points, with a `weight`. `guidance` tells jurors what to
    look for and what the points mean."""

    id: str
    label: LabelTexts
    guidance: dict[str, limits.Help] = {}
    scale: limits.Scale = 10
    weight: limits.Weight = 1


class Rubric(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The criteria by which jurors score an application. Reviews name the `version` that they were scored by."""

    criteria: Annotated[tuple[Criterion, ...], limits.described(minItems=1, maxItems=limits.CRITERIA)]
    version: int = 1


class BudgetLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a budget table; `amount` is a decimal string in the call's currency."""

    item: limits.BudgetItem
    amount: str


GroupedAnswer = str | bool | None


class Entries(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entries of a repeating group, each with its answers by the ids of the group's questions."""

    entries: tuple[dict[str, GroupedAnswer], ...]

    def without(self, hidden: Collection[str]) -> Entries:
        """The entries without the answers to these questions of the group."""
        return Entries(
            entries=tuple(
                [{name: each for name, each in entry.items() if name not in hidden} for entry in self.entries]
            )
        )


Answer = str | bool | tuple[BudgetLine | str, ...] | Entries | None
"""One answer: a text, a choice's id, a whole number, a date (``2026-05-31``), a decimal amount, a link; yes or no;
budget lines; the ids of several choices; the entries of a group; or None."""
