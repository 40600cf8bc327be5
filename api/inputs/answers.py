"""The answers of an application from what was typed into its form, each in the type that its question needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.inputs.submitted import Plain, SubmittedForm, is_empty, nested
from domain.amounts import typed_amount, typed_whole
from domain.forms import AnyQuestion, Form, GroupedQuestion, Question
from projections.calls import CallDetail

REMOVED: Final = "removed"
"""The beginning of the names of inputs that keep what was typed into questions that were removed."""
_YES_NO: Final = {"yes": True, "no": False}


def written(call: CallDetail, asked: Form, form: SubmittedForm) -> Plain:
    """The answers, each in the type that its question needs. What was typed into a question that the form no longer has
    stays there, so that the command refuses it and the form comes back with it (`typed_answers`)."""
    plain = nested(form.typed())
    plain.pop(REMOVED, None)  # it came back already
    if not plain.get("applicant"):
        plain.pop("applicant", None)  # for oneself
    answers: Any = plain.get("answers", {})  # Any: whatever was sent
    if isinstance(answers, dict):
        questions = {question.id: question for question in asked.questions}
        plain["answers"] = {
            name: _answered(answer, questions[name], call.budget.currency) if name in questions else "?"
            for name, answer in answers.items()
            if name in questions or not is_empty(answer)
        }
    return plain


def _answered(answer: Any, question: AnyQuestion, currency: str) -> Any:  # Any: whatever was sent
    """An answer in the type that its question needs; what cannot be read stays as it was typed."""
    match question.kind, answer:
        case "group", {"entries": list(entries)}:
            parts = {each.id: each for each in question.questions} if isinstance(question, Question) else {}
            return {"entries": [_entry(each, parts, currency) for each in entries]}
        case "yes_no" | "consent", str():
            return _YES_NO.get(answer, answer)
        case "number", str():
            return str(typed_whole(answer))
        case "money", str():
            return typed_amount(answer, currency)
        case "choices", dict():
            return list(answer)
        case "budget", list():
            return [
                {**line, "amount": typed_amount(line["amount"], currency)}
                if isinstance(line, dict) and isinstance(line.get("amount"), str)
                else line
                for line in answer
            ]
        case _:
            return answer


def _entry(entry: Any, parts: Mapping[str, GroupedQuestion], currency: str) -> Any:  # Any: whatever was sent
    """The answers of one entry of a group. What was typed into a question that the group no longer has stays there, so that it
    is refused and comes back."""
    if not isinstance(entry, dict):
        return entry
    return {
        name: _answered(given, parts[name], currency) if name in parts else "?"
        for name, given in entry.items()
        if name in parts or not is_empty(given)
    }


def eligibility_answers(plain: Plain) -> dict[str, Any]:  # Any: whatever was sent
    """The answers to eligibility questions, without empty ones."""
    typed = plain.get("eligibility", {})
    if not isinstance(typed, dict):
        return {}
    return {
        name: _YES_NO.get(text, text) if isinstance(text, str) else text
        for name, text in typed.items()
        if text != ""
    }
