"""Forms and rubrics: what a call asks of its applicants and of its jurors, and whether an answer fits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec

from domain import limits
from domain.messages import msg
from domain.refusals import FieldError, Invalid
from domain.values import Money, check_text, check_texts, decimal_string, minor_units, read_date
from domain.words import count_words, too_many_words

QuestionKind = Literal["text", "long_text", "choice", "yes_no", "date", "money", "budget"]

MAX_CHARACTERS: Final = {"text": limits.TEXT_ANSWER, "long_text": limits.LONG_ANSWER}
LabelTexts = dict[str, limits.Label]
_SLUG: Final = re.compile(rf"[a-z][a-z0-9_]{{0,{limits.SLUG - 1}}}\Z", re.ASCII)


class Choice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the answers that a question of kind ``choice`` offers."""

    id: str
    label: LabelTexts


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question of a form.

    `max_words` bounds ``text`` and ``long_text``; `identifying` answers are kept from jurors in a blind call;
    a ``budget`` is a table of lines in the call's currency whose sum must be the sum asked for.
    """

    id: str
    kind: QuestionKind
    label: LabelTexts
    help: dict[str, limits.Help] = {}
    required: bool = True
    max_words: limits.Words | None = None
    choices: Annotated[tuple[Choice, ...], limits.described(maxItems=limits.CHOICES)] = ()
    identifying: bool = False


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The questions of a call, in order. `version` is the one that an application answered."""

    questions: Annotated[tuple[Question, ...], limits.described(minItems=1, maxItems=limits.QUESTIONS)]
    version: int = 1


class Criterion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One criterion of a rubric: scored from 0 to `scale` in whole points, counted `weight` times."""

    id: str
    label: LabelTexts
    scale: limits.Scale = 10
    weight: limits.Weight = 1


class Rubric(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The criteria by which jurors score an application."""

    criteria: Annotated[tuple[Criterion, ...], limits.described(minItems=1, maxItems=limits.CRITERIA)]


class BudgetLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a budget table; `amount` is a decimal string in the call's currency."""

    item: limits.BudgetItem
    amount: str


Answer = str | bool | tuple[BudgetLine, ...] | None
"""One answer: a text, a choice's id, a date (``2026-05-31``), a decimal amount; yes or no; budget lines; or none."""


def check_form(form: Form) -> Form:
    """The form with its texts trimmed; raises `Invalid` with an error for each wrong field."""
    errors: list[FieldError] = []
    seen: set[str] = set()
    questions = []
    if not 1 <= len(form.questions) <= limits.QUESTIONS:
        raise Invalid.field(
            "form.questions",
            msg(
                "A form has from 1 to {most} questions; this has {given}.",
                most=limits.QUESTIONS,
                given=len(form.questions),
            ),
        )
    for number, question in enumerate(form.questions):
        try:
            questions.append(_check_question(question, f"form.questions[{number}]", seen))
        except Invalid as invalid:
            errors.extend(invalid.errors)
    if errors:
        raise Invalid(tuple(errors))
    return Form(questions=tuple(questions), version=1)


def _check_slug(value: str, field: str, seen: set[str]) -> None:
    if not _SLUG.match(value):
        raise Invalid.field(
            field,
            msg(
                "An id is 1 to {most} lower-case letters, digits or underscores, beginning with a letter.",
                most=limits.SLUG,
            ),
        )
    if value in seen:
        raise Invalid.field(field, msg("The id {id} is used twice.", id=value))
    seen.add(value)


def _check_question(question: Question, field: str, seen: set[str]) -> Question:
    _check_slug(question.id, f"{field}.id", seen)
    label = check_texts(question.label, f"{field}.label", most=limits.LABEL)
    help_text = (
        check_texts(question.help, f"{field}.help", most=limits.HELP, long=True) if question.help else {}
    )
    if question.max_words is not None:
        if question.kind not in ("text", "long_text"):
            raise Invalid.field(f"{field}.max_words", msg("Only a text can have a limit of words."))
        if not 1 <= question.max_words <= limits.WORDS:
            raise Invalid.field(f"{field}.max_words", limits.outside(question.max_words, 1, limits.WORDS))
    if (question.kind == "choice") != bool(question.choices):
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
    return msgspec.structs.replace(question, label=label, help=help_text, choices=tuple(choices))


def check_rubric(rubric: Rubric) -> Rubric:
    """The rubric with its texts trimmed; raises `Invalid`."""
    if not 1 <= len(rubric.criteria) <= limits.CRITERIA:
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
                criterion, label=check_texts(criterion.label, f"{field}.label", most=limits.LABEL)
            )
        )
    return Rubric(criteria=tuple(criteria))


def check_answers(
    form: Form, answers: Mapping[str, Answer], *, requested: int | None, currency: str
) -> dict[str, Answer]:
    """All answers of a form, checked and trimmed, every question present (None where it was left out).

    `requested` is the sum asked for in minor units, to which a budget must add up; None if it could not be read.
    Raises `Invalid` with an error for each wrong answer.
    """
    errors: list[FieldError] = []
    checked: dict[str, Answer] = {}
    known = {question.id for question in form.questions}
    for name in answers:
        if name not in known:
            # The name itself is the client's text: it is told only if it could be a question's id at all.
            shown = name if _SLUG.match(name) else "?"
            errors.append(FieldError(f"answers.{shown}", msg("The form has no such question.")))
    for question in form.questions:
        try:
            checked[question.id] = _check_answer(question, answers.get(question.id), requested, currency)
        except Invalid as invalid:
            errors.extend(invalid.errors)
    if errors:
        raise Invalid(tuple(errors))
    return checked


def _check_answer(question: Question, answer: Answer, requested: int | None, currency: str) -> Answer:
    field = f"answers.{question.id}"
    if answer is None or answer == "" or answer == ():
        if question.required:
            raise Invalid.field(field, msg("Please answer this question."))
        return None
    match question.kind:
        case "yes_no":
            if not isinstance(answer, bool):
                raise Invalid.field(field, msg("The answer must be true or false."))
            return answer
        case "budget":
            if not isinstance(answer, tuple):
                raise Invalid.field(
                    field, msg("The answer must be a list of lines, each with an item and an amount.")
                )
            return _check_budget(answer, field, requested, currency)
        case _:
            if not isinstance(answer, str):
                raise Invalid.field(field, msg("The answer must be a text."))
            return _check_written(question, answer, field, currency)


def _check_written(question: Question, answer: str, field: str, currency: str) -> str | None:
    match question.kind:
        case "choice":
            if answer not in {choice.id for choice in question.choices}:
                raise Invalid.field(field, msg("Choose one of the options that are offered."))
            return answer
        case "date":
            try:
                return read_date(answer).isoformat()
            except ValueError:
                raise Invalid.field(
                    field, msg("Write the date as year, month and day: 2026-05-31.")
                ) from None
        case "money":
            return decimal_string(minor_units(answer, currency, field), currency)
        case _:
            text = check_text(
                answer,
                field,
                least=1 if question.required else 0,
                most=MAX_CHARACTERS[question.kind],
                long=question.kind == "long_text",
            )
            if question.max_words is not None and (words := count_words(text)) > question.max_words:
                raise Invalid.field(field, too_many_words(text, words, question.max_words))
            return text or None


def _check_budget(
    lines: tuple[BudgetLine, ...], field: str, requested: int | None, currency: str
) -> tuple[BudgetLine, ...]:
    if len(lines) > limits.BUDGET_LINES:
        raise Invalid.field(
            field,
            msg(
                "A budget has at most {most} lines; this has {given}.",
                most=limits.BUDGET_LINES,
                given=len(lines),
            ),
        )
    checked = []
    total = 0
    for number, line in enumerate(lines):
        item = check_text(line.item, f"{field}[{number}].item", most=limits.BUDGET_ITEM)
        minor = minor_units(line.amount, currency, f"{field}[{number}].amount")
        total += minor
        checked.append(BudgetLine(item=item, amount=decimal_string(minor, currency)))
    if requested is not None and total != requested:
        raise Invalid.field(
            field,
            msg(
                "The lines add up to {total}, but you ask for {requested}.",
                total=Money.of(total, currency),
                requested=Money.of(requested, currency),
            ),
        )
    return tuple(checked)
