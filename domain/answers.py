"""Checks answers against the questions of a form, and normalises each to one spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from domain import limits
from domain.forms import SLUG, Answer, AnyQuestion, BudgetLine, Entries, Form, GroupedAnswer, Question
from domain.messages import Message, counted, msg
from domain.refusals import FieldError, Invalid
from domain.texts import check_line, check_text
from domain.values import Money, decimal_string, minor_units, read_date
from domain.words import count_words, too_many_words

MAX_CHARACTERS: Final = {"text": limits.TEXT_ANSWER, "long_text": limits.LONG_ANSWER}
_ADDRESS: Final = re.compile(r"https?://[^\s/?#@\[\]]+\.[^\s/?#@\[\]]+(?:[/?#]\S*)?\Z")
_WHOLE: Final = re.compile(r"-?[0-9]{1,15}\Z", re.ASCII)


def check_answers(
    form: Form, answers: Mapping[str, Answer], *, requested: int | None, currency: str
) -> dict[str, Answer]:
    """All answers of a form, checked and trimmed, with every question present (None if it was left out).

    `requested` is the requested sum in minor units, which a budget must add up to; None if it could not be read. Raises
    `Invalid` with an error for each wrong answer.
    """
    errors: list[FieldError] = []
    checked: dict[str, Answer] = {}
    known = {question.id for question in form.questions}
    errors += [
        FieldError(f"answers.{_shown(name)}", msg("The form has no such question."))
        for name in answers
        if name not in known
    ]
    for question in form.questions:
        try:
            checked[question.id] = _check_answer(question, answers.get(question.id), requested, currency)
        except Invalid as invalid:
            errors.extend(invalid.errors)
    if errors:
        raise Invalid(tuple(errors))
    return checked


def _shown(name: str) -> str:
    """The name by which an error repeats an id that the form does not have: it is the client's text, so it is repeated only if
    it could be a question's id."""
    return name if SLUG.match(name) else "?"


def _check_answer(question: Question, answer: Answer, requested: int | None, currency: str) -> Answer:
    field = f"answers.{question.id}"
    if isinstance(answer, Entries) and not answer.entries:
        answer = None
    match question.kind, answer:
        case "choices", tuple() if answer:
            return _check_choices(question, answer, field)
        case "choices", str() | bool() | Entries() if answer != "":
            raise Invalid.field(field, msg("The answer must be a list of the options chosen."))
        case "budget", tuple() if answer:
            return _check_budget(answer, field, requested, currency)
        case "budget", str() | bool() | Entries() if answer != "":
            raise Invalid.field(field, _LINES_NEEDED)
        case "group", Entries():
            return _check_entries(question, answer, field, currency)
        case "group", str() | bool() | tuple() if answer not in ("", ()):
            raise Invalid.field(field, _ENTRIES_NEEDED)
        case _, tuple() | Entries() if answer:
            raise Invalid.field(
                field,
                msg("The answer must be true or false.")
                if question.kind in ("yes_no", "consent")
                else msg("The answer must be a text."),
            )
        case _:
            return _check_plain(
                question, None if isinstance(answer, tuple | Entries) else answer, field, currency
            )


def _check_plain(question: AnyQuestion, answer: GroupedAnswer, field: str, currency: str) -> GroupedAnswer:
    """An answer of one value; also for a question that was not answered at all, of any kind."""
    if answer is None or answer == "":
        if question.required and question.kind == "consent":
            raise Invalid.field(field, _CONSENT_NEEDED)
        if question.required:
            raise Invalid.field(field, msg("Please answer this question."))
        return None
    match question.kind:
        case "yes_no":
            return _check_yes_no(answer, field)
        case "consent":
            if not _check_yes_no(answer, field) and question.required:
                raise Invalid.field(field, _CONSENT_NEEDED)
            return answer
        case _:
            if not isinstance(answer, str):
                raise Invalid.field(field, msg("The answer must be a text."))
            return _check_written(question, answer, field, currency)


def _check_entries(question: Question, answer: Entries, field: str, currency: str) -> Entries:
    """The entries of a group; raises `Invalid` with an error for each wrong answer in them."""
    least, most = question.entries
    given = len(answer.entries)
    if given < least:
        raise Invalid.field(
            field,
            counted(
                "Give at least {count} entry; this has {given}.",
                "Give at least {count} entries; this has {given}.",
                count=least,
                given=given,
            ),
        )
    if given > most:
        raise Invalid.field(
            field,
            counted(
                "Give at most {count} entry; this has {given}.",
                "Give at most {count} entries; this has {given}.",
                count=most,
                given=given,
            ),
        )
    errors: list[FieldError] = []
    checked: list[dict[str, GroupedAnswer]] = []
    known = {each.id for each in question.questions}
    for number, entry in enumerate(answer.entries):
        place = f"{field}.entries[{number}]"
        errors += [
            FieldError(f"{place}.{_shown(name)}", msg("The group has no such question."))
            for name in entry
            if name not in known
        ]
        answers: dict[str, GroupedAnswer] = {}
        for each in question.questions:
            try:
                answers[each.id] = _check_plain(each, entry.get(each.id), f"{place}.{each.id}", currency)
            except Invalid as invalid:
                errors.extend(invalid.errors)
        checked.append(answers)
    if errors:
        raise Invalid(tuple(errors))
    return Entries(entries=tuple(checked))


_ENTRIES_NEEDED: Final = msg("The answer must be a list of entries.")
_LINES_NEEDED: Final = msg("The answer must be a list of lines, each with an item and an amount.")
_CONSENT_NEEDED: Final = msg("You can apply only if you agree to this.")
_NO_SUCH_OPTION: Final = msg("Choose one of the options that are offered.")


def _check_yes_no(answer: GroupedAnswer, field: str) -> bool:
    if not isinstance(answer, bool):
        raise Invalid.field(field, msg("The answer must be true or false."))
    return answer


def _check_choices(question: Question, answer: tuple[BudgetLine | str, ...], field: str) -> tuple[str, ...]:
    """The ids of the chosen options, in the order of the form."""
    offered = [choice.id for choice in question.choices]
    if any(each not in offered for each in answer):
        raise Invalid.field(field, _NO_SUCH_OPTION)
    return tuple(each for each in offered if each in answer)


def _check_written(question: AnyQuestion, answer: str, field: str, currency: str) -> str | None:
    match question.kind:
        case "choice":
            if answer not in {choice.id for choice in question.choices}:
                raise Invalid.field(field, _NO_SUCH_OPTION)
            return answer
        case "date":
            try:
                return read_date(answer).isoformat()
            except ValueError:
                raise Invalid.field(
                    field, msg("Write the date as year, month and day: 2026-05-31.")
                ) from None
        case "number":
            return _check_number(question, answer, field)
        case "link":
            return _check_link(answer, field)
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


def _check_number(question: AnyQuestion, answer: str, field: str) -> str:
    if not _WHOLE.match(answer):
        raise Invalid.field(field, msg("Write a whole number, such as 12."))
    number = int(answer)
    least = -limits.NUMBER if question.minimum is None else question.minimum
    most = limits.NUMBER if question.maximum is None else question.maximum
    if not least <= number <= most:
        if (question.minimum is None) == (question.maximum is None):
            raise Invalid.field(field, limits.outside(number, least, most))
        if question.maximum is None:
            raise Invalid.field(field, msg("Write a whole number of at least {least}.", least=least))
        raise Invalid.field(field, msg("Write a whole number of at most {most}.", most=most))
    return str(number)


def number_bounds(minimum: int | None, maximum: int | None) -> Message:
    """The sentence that says which numbers a question accepts."""
    if minimum is not None and maximum is not None:
        return msg("A whole number from {least} to {most}.", least=minimum, most=maximum)
    if minimum is not None:
        return msg("A whole number of at least {least}.", least=minimum)
    if maximum is not None:
        return msg("A whole number of at most {most}.", most=maximum)
    return msg("A whole number.")


def entry_bounds(least: int | None, most: int | None) -> Message:
    """The sentence that says how many entries a repeating group accepts."""
    if most is None:
        if least is None or least == 1:
            return msg("As many entries as you need, at most {most}.", most=limits.ENTRIES)
        return counted("At least {count} entry.", "At least {count} entries.", count=least)
    if least is None or least == 1:
        return counted("At most {count} entry.", "At most {count} entries.", count=most)
    if least == most:
        return counted("Exactly {count} entry.", "Exactly {count} entries.", count=most)
    return msg("From {least} to {most} entries.", least=least, most=most)


def _check_link(answer: str, field: str) -> str:
    """The address of a web page, as it was typed. Only its syntax is checked; nothing is fetched."""
    text = check_line(answer, field, least=0, most=limits.LINK)
    if not _ADDRESS.match(text):
        raise Invalid.field(
            field, msg("Write the whole address of a page, such as https://example.org/my-work.")
        )
    return text


def _check_budget(
    lines: tuple[BudgetLine | str, ...], field: str, requested: int | None, currency: str
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
        if not isinstance(line, BudgetLine):
            raise Invalid.field(field, _LINES_NEEDED)
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
