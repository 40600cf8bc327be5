"""Forms and rubrics: what a call asks of its applicants and of its jurors."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Annotated, Final, Literal, TypeVar

import msgspec

from domain import limits
from domain.messages import msg
from domain.refusals import FieldError, Invalid
from domain.texts import check_texts

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
Q = TypeVar("Q", "Question", "GroupedQuestion")
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
    (1 if it is None) to `most_entries` (as many as are possible if it is None). `identifying` answers are hidden from jurors in a blind call. Answers `in_summary` are shown to
    jurors before they say whether they have a conflict of interest, so that they can; an identifying one never is. `section` is the id of the
    form's section that it belongs to; questions without one come first.
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


def check_form(form: Form, *, least: int = 1) -> Form:
    """The form with its texts trimmed and its questions in the order of its sections; raises `Invalid` with an error for
    each wrong field. `least` is the smallest number of questions, also of a group: 0 while the form is being written."""
    errors: list[FieldError] = []
    seen: set[str] = set()
    questions = []
    if not least <= len(form.questions) <= limits.QUESTIONS:
        raise Invalid.field(
            "form.questions",
            msg(
                "A form has from 1 to {most} questions; this has {given}.",
                most=limits.QUESTIONS,
                given=len(form.questions),
            ),
        )
    sections = _check_sections(form.sections, errors)
    order = [None, *[section.id for section in sections]]
    for number, question in enumerate(form.questions):
        try:
            questions.append(_check_question(question, f"form.questions[{number}]", seen, least))
        except Invalid as invalid:
            errors.extend(invalid.errors)
        if question.section not in order:
            errors.append(
                FieldError(f"form.questions[{number}].section", msg("The form has no such section."))
            )
    if errors:
        raise Invalid(tuple(errors))
    questions.sort(key=lambda question: order.index(question.section))
    return Form(
        questions=tuple(questions), version=1, sections=sections, title_in_summary=form.title_in_summary
    )


def _check_sections(sections: tuple[Section, ...], errors: list[FieldError]) -> tuple[Section, ...]:
    """The sections with their texts trimmed; what is wrong is added to `errors`."""
    if len(sections) > limits.SECTIONS:
        raise Invalid.field(
            "form.sections",
            msg(
                "A form has at most {most} sections; this has {given}.",
                most=limits.SECTIONS,
                given=len(sections),
            ),
        )
    seen: set[str] = set()
    checked = []
    for number, section in enumerate(sections):
        place = f"form.sections[{number}]"
        try:
            _check_slug(section.id, f"{place}.id", seen)
            checked.append(
                msgspec.structs.replace(
                    section,
                    title=check_texts(section.title, f"{place}.title", most=limits.LABEL),
                    help=_optional_texts(section.help, f"{place}.help"),
                )
            )
        except Invalid as invalid:
            errors.extend(invalid.errors)
    return tuple(checked)


def _optional_texts(texts: dict[str, str], field: str) -> dict[str, str]:
    return check_texts(texts, field, most=limits.HELP, long=True) if texts else {}


def _check_slug(value: str, field: str, seen: set[str]) -> None:
    if not SLUG.match(value):
        raise Invalid.field(field, limits.NO_SLUG)
    if value in seen:
        raise Invalid.field(field, msg("The id {id} is used twice.", id=value))
    seen.add(value)


def _check_question(question: Question, field: str, seen: set[str], least: int) -> Question:
    checked = _check_asked(question, field, seen)
    if question.in_summary and question.tells_who:
        raise Invalid.field(
            f"{field}.in_summary",
            msg(
                "An answer that tells who applied cannot be in the summary: jurors read that before they say whether they have "
                "a conflict of interest."
            ),
        )
    return msgspec.structs.replace(checked, questions=_check_group(question, field, least))


def _check_asked(question: Q, field: str, seen: set[str]) -> Q:
    """What questions of a form and of a group have in common."""
    _check_slug(question.id, f"{field}.id", seen)
    label = check_texts(question.label, f"{field}.label", most=limits.LABEL)
    help_text = _optional_texts(question.help, f"{field}.help")
    if question.max_words is not None:
        if question.kind not in ("text", "long_text"):
            raise Invalid.field(f"{field}.max_words", msg("Only a text can have a limit of words."))
        if not 1 <= question.max_words <= limits.WORDS:
            raise Invalid.field(f"{field}.max_words", limits.outside(question.max_words, 1, limits.WORDS))
    _check_bounds(question, field)
    return msgspec.structs.replace(
        question, label=label, help=help_text, choices=_check_options(question, field)
    )


def _check_options(question: AnyQuestion, field: str) -> tuple[Choice, ...]:
    if (question.kind in ("choice", "choices")) != bool(question.choices):
        raise Invalid.field(
            f"{field}.choices",
            msg("A choice has at least one option; other kinds of question have none."),
        )
    if len(question.choices) > limits.CHOICES:
        raise Invalid.field(
            f"{field}.choices",
            msg(
                "A choice has at most {most} options; this has {given}.",
                most=limits.CHOICES,
                given=len(question.choices),
            ),
        )
    ids: set[str] = set()
    choices = []
    for number, choice in enumerate(question.choices):
        _check_slug(choice.id, f"{field}.choices[{number}].id", ids)
        choices.append(
            Choice(
                id=choice.id,
                label=check_texts(choice.label, f"{field}.choices[{number}].label", most=limits.LABEL),
            )
        )
    return tuple(choices)


def _check_group(question: Question, field: str, least: int) -> tuple[GroupedQuestion, ...]:
    """The questions of a group with their texts trimmed; raises `Invalid` with an error for each wrong one."""
    if question.questions if question.kind != "group" else len(question.questions) < least:
        raise Invalid.field(
            f"{field}.questions",
            msg("A repeating group has at least one question; other kinds of question have none in them."),
        )
    if len(question.questions) > limits.GROUP_QUESTIONS:
        raise Invalid.field(
            f"{field}.questions",
            msg(
                "A repeating group has at most {most} questions; this has {given}.",
                most=limits.GROUP_QUESTIONS,
                given=len(question.questions),
            ),
        )
    for name, bound in (("least_entries", question.least_entries), ("most_entries", question.most_entries)):
        if bound is None:
            continue
        if question.kind != "group":
            raise Invalid.field(f"{field}.{name}", msg("Only a repeating group has entries."))
        if not 1 <= bound <= limits.ENTRIES:
            raise Invalid.field(f"{field}.{name}", limits.outside(bound, 1, limits.ENTRIES))
    fewest, most = question.entries
    if fewest > most:
        raise Invalid.field(
            f"{field}.least_entries", msg("The least number of entries is above the most that can be given.")
        )
    seen: set[str] = set()
    errors: list[FieldError] = []
    checked = []
    for number, each in enumerate(question.questions):
        try:
            checked.append(_check_asked(each, f"{field}.questions[{number}]", seen))
        except Invalid as invalid:
            errors.extend(invalid.errors)
    if errors:
        raise Invalid(tuple(errors))
    return tuple(checked)


def _check_bounds(question: AnyQuestion, field: str) -> None:
    for name, bound in (("minimum", question.minimum), ("maximum", question.maximum)):
        if bound is None:
            continue
        if question.kind != "number":
            raise Invalid.field(f"{field}.{name}", msg("Only a number can have a minimum and a maximum."))
        if not -limits.NUMBER <= bound <= limits.NUMBER:
            raise Invalid.field(f"{field}.{name}", limits.outside(bound, -limits.NUMBER, limits.NUMBER))
    if question.minimum is not None and question.maximum is not None and question.minimum > question.maximum:
        raise Invalid.field(f"{field}.minimum", msg("The minimum is above the maximum."))


def check_rubric(rubric: Rubric, *, least: int = 1) -> Rubric:
    """The rubric with its texts trimmed; raises `Invalid`. `least` is the smallest number of criteria: 0 while the rubric
    is being written."""
    if not least <= len(rubric.criteria) <= limits.CRITERIA:
        raise Invalid.field(
            "rubric.criteria",
            msg(
                "A rubric has from 1 to {most} criteria; this has {given}.",
                most=limits.CRITERIA,
                given=len(rubric.criteria),
            ),
        )
    seen: set[str] = set()
    criteria = []
    for number, criterion in enumerate(rubric.criteria):
        field = f"rubric.criteria[{number}]"
        _check_slug(criterion.id, f"{field}.id", seen)
        if not 1 <= criterion.scale <= limits.SCALE:
            raise Invalid.field(f"{field}.scale", limits.outside(criterion.scale, 1, limits.SCALE))
        if not 1 <= criterion.weight <= limits.WEIGHT:
            raise Invalid.field(f"{field}.weight", limits.outside(criterion.weight, 1, limits.WEIGHT))
        criteria.append(
            msgspec.structs.replace(
                criterion,
                label=check_texts(criterion.label, f"{field}.label", most=limits.LABEL),
                guidance=_optional_texts(criterion.guidance, f"{field}.guidance"),
            )
        )
    return Rubric(criteria=tuple(criteria), version=1)
