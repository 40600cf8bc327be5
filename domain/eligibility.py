"""Eligibility questions: asked before the form is shown, so that nobody writes an application in vain.

They are yes-or-no questions, each with the answer that is needed. An application can be submitted only with these
answers, so they are not stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

import msgspec

from domain import limits
from domain.forms import SLUG, LabelTexts
from domain.messages import Message, in_languages, msg
from domain.refusals import FieldError, Invalid
from domain.texts import check_texts


class EligibilityQuestion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A yes-or-no question that is asked before the form is shown. `refusal` tells people who do not give the `needed`
    answer whom the call is for."""

    id: str
    label: LabelTexts
    refusal: dict[str, limits.Help]
    help: dict[str, limits.Help] = {}
    needed: Literal["yes", "no"] = "yes"


EligibilityQuestions = Annotated[
    tuple[EligibilityQuestion, ...], limits.described(maxItems=limits.ELIGIBILITY_QUESTIONS)
]


def check_questions(questions: tuple[EligibilityQuestion, ...]) -> tuple[EligibilityQuestion, ...]:
    """The questions with their texts trimmed; raises `Invalid` with an error for each wrong field."""
    if len(questions) > limits.ELIGIBILITY_QUESTIONS:
        raise Invalid.field(
            "eligibility",
            msg(
                "A call has at most {most} eligibility questions; this has {given}.",
                most=limits.ELIGIBILITY_QUESTIONS,
                given=len(questions),
            ),
        )
    errors: list[FieldError] = []
    checked: list[EligibilityQuestion] = []
    seen: set[str] = set()
    for number, question in enumerate(questions):
        try:
            checked.append(_checked(question))
            if question.id in seen:
                raise Invalid.field("id", msg("The id {id} is used twice.", id=question.id))
        except Invalid as invalid:
            errors += invalid.within(f"eligibility[{number}].").errors
        seen.add(question.id)
    if errors:
        raise Invalid(tuple(errors))
    return tuple(checked)


def _checked(question: EligibilityQuestion) -> EligibilityQuestion:
    if not SLUG.match(question.id):
        raise Invalid.field("id", limits.NO_SLUG)
    return msgspec.structs.replace(
        question,
        label=check_texts(question.label, "label", most=limits.LABEL),
        refusal=check_texts(question.refusal, "refusal", most=limits.HELP, long=True),
        help=check_texts(question.help, "help", most=limits.HELP, long=True) if question.help else {},
    )


def wrong_answers(
    questions: Iterable[EligibilityQuestion], answers: Mapping[str, bool]
) -> tuple[FieldError, ...]:
    """The reasons why a person with these answers cannot apply, by question; empty if they can."""
    questions = tuple(questions)
    known = {question.id for question in questions}
    # An unknown name is the client's own text, so it is not repeated.
    unknown = msg("The call has no such eligibility question.")
    errors = [FieldError("eligibility", unknown)] if not known.issuperset(answers) else []
    for question in questions:
        detail = _why_not(question, answers.get(question.id))
        if detail is not None:
            errors.append(FieldError(f"eligibility.{question.id}", detail))
    return tuple(errors)


def _why_not(question: EligibilityQuestion, answer: bool | None) -> Message | None:
    if answer is None:
        return msg("Please answer this question.")
    if answer is (question.needed == "yes"):
        return None
    return in_languages(question.refusal)
