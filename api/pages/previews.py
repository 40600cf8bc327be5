"""The preview of a draft: exactly what the jury will see, what is still missing, and what gives the applicant away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from api.drafts.forms import ApplicationForm
from api.http.problems import Problem, ProblemType
from api.inputs.answers import written
from api.inputs.submitted import SubmittedForm
from api.pages.drafting import DraftedApplication, PageDrafts, words_of
from api.pages.giving_away import belongs, given_away
from api.pages.page import PageContent
from api.pages.visits import Visit
from domain.amounts import typed_amount
from domain.answers import check_answers
from domain.forms import Answer, Form, Question
from domain.messages import Message, msg
from domain.refusals import Invalid
from domain.values import Money, minor_units


@dataclass(frozen=True, slots=True)
class PreviewedAnswer:
    """One question with its answer, in the shape of an application's answers, which the template of an application draws.
    `problems` are what is wrong with it so far; `typed` is shown where the answer cannot be read yet."""

    form: Form
    answers: Mapping[str, Answer]
    withheld: tuple[str, ...]
    problems: tuple[Message, ...]
    typed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreviewedMoney:
    """The call's currency and what is damaged (nothing), where the template of an application looks for them."""

    requested: Money
    damaged: tuple[str, ...] = ()


async def previewed(visit: Visit, drafts: PageDrafts, form: SubmittedForm) -> PageContent:
    """The preview of what was typed into a form. Raises `Problem` for a form that has none."""
    drafted = await drafts.form(visit, form.own("do"))
    if not isinstance(drafted, DraftedApplication):
        raise Problem(ProblemType.MALFORMED, msg("Only the draft of an application has a preview."))
    asked, typed = drafted.form, form.typed()
    currency = asked.call.budget.currency
    amount = typed_amount(typed.get("requested.amount", ""), currency)
    requested = _minor(amount, currency)
    plain = written(asked.call, asked.stage.form, form).get("answers", {})
    answers = [
        _previewed(visit, asked, question, plain, typed, requested) for question in asked.stage.form.questions
    ]
    return PageContent(
        "preview.html",
        {
            "call": asked.call,
            "stage": asked.stage,
            "title": typed.get("title", "").strip(),
            "asked_for": typed.get("requested.amount", "").strip(),
            "requested": None if requested is None else Money.of(requested, currency),
            "money": PreviewedMoney(Money.of(requested or 0, currency)),
            "answers": answers,
            "clues": [(each.label, each.clues) for each in await given_away(visit, asked, typed)],
            "back": visit.request.scope["path"],
        },
        initiative=asked.call.initiative,
    )


def _previewed(
    visit: Visit,
    asked: ApplicationForm,
    question: Question,
    plain: Any,  # Any: whatever was sent
    typed: Mapping[str, str],
    requested: int | None,
) -> PreviewedAnswer:
    alone = Form(questions=(question,))
    currency = asked.call.budget.currency
    given = _answer(plain.get(question.id) if isinstance(plain, dict) else None)
    answers: dict[str, Answer] = {}
    problems: tuple[Message, ...] = ()
    try:
        check_answers(alone, {question.id: given}, requested=requested, currency=currency)
    except Invalid as invalid:
        problems = tuple(error.detail for error in invalid.errors)
    try:
        # The lines of a budget are shown as they are, also while they do not add up to the amount yet.
        lenient = msgspec.structs.replace(question, required=False)
        answers = check_answers(
            Form(questions=(lenient,)), {question.id: given}, requested=None, currency=currency
        )
    except Invalid:
        answers = {}
    labels = {f"answers.{question.id}": question.id}
    own = {name: text for name, text in typed.items() if belongs(name, question)}
    return PreviewedAnswer(
        form=alone,
        answers=answers,
        withheld=tuple(alone.identifying) if asked.stage.blind else (),
        problems=problems,
        typed=() if answers else tuple(text for _, text in words_of(visit, asked.stage, labels, own)),
    )


def _answer(plain: Any) -> Answer:  # Any: whatever was sent
    """An answer in the types of the domain; what has another shape counts as a text that cannot be read."""
    try:
        return msgspec.convert(plain, Answer)
    except msgspec.ValidationError:
        return ""


def _minor(amount: str, currency: str) -> int | None:
    try:
        return minor_units(amount, currency, "requested")
    except Invalid:
        return None
