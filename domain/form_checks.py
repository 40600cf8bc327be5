"""What a form and a rubric have to be like, so that a call can ask them."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from domain import limits
from domain.forms import (
    SLUG,
    AnyQuestion,
    Choice,
    Form,
    GroupedQuestion,
    Question,
    Rubric,
    Section,
)
from domain.messages import msg
from domain.refusals import FieldError, Invalid
from domain.texts import check_texts

Q = TypeVar("Q", Question, GroupedQuestion)


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
