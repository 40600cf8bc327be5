"""Limits: each stands in one place, is announced from there, and is told with both numbers by whatever refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from api.http import commands
from api.http.openapi import described_as_json
from domain import limits
from domain.answers import check_answers
from domain.commands.register import REGISTER
from domain.form_checks import check_form, check_rubric
from domain.forms import BudgetLine, Choice, Criterion, Entries, Form, GroupedQuestion, Question, Rubric
from domain.funds import open_fund
from domain.grants.accounts import check_account
from domain.initiatives.rules import found
from domain.persons.rules import register
from domain.refusals import Invalid
from domain.texts import check_explanation

IDS = {
    "application", "call", "claim", "founder", "funder", "fund", "grant", "initiative", "juror", "panel", "person", "pledge",
    "review", "round",
}  # fmt: skip
CODES = {"amount", "answers", "currency", "entries", "id", "language", "rate", "time_zone"}
"""What is no free text: the ids of things, and what has a pattern of its own."""
MADE = {"to", "reader"}
"""What the program makes: keyed hashes, and the person who was found."""


def bare_texts(kind: Any) -> list[tuple[str, ...]]:
    """The paths of a command's texts for which no limit is described."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is str:
        return [()]
    if origin is Annotated:
        described = any(isinstance(each, msgspec.Meta) for each in arguments[1:])
        return [] if described and arguments[0] is str else bare_texts(arguments[0])
    if origin in (Union, UnionType):
        return [path for member in arguments for path in bare_texts(member)]
    if origin in (tuple, dict):
        return bare_texts(arguments[1] if origin is dict else arguments[0])
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind, include_extras=True)
        return [(name, *path) for name, hint in hints.items() for path in bare_texts(hint)]
    return []


@pytest.mark.parametrize("command", REGISTER)
def test_every_text_that_people_write_has_a_limit_that_is_described(command: str) -> None:
    """Whatever else is a text is an id or a code."""
    assert {path[-1] for path in bare_texts(REGISTER[command].request)} <= IDS | CODES | MADE


def question(**fields: Any) -> Form:
    """A form of one question."""
    return Form(questions=(Question(**{"id": "q", "kind": "text", "label": {"en": "?"}, **fields}),))


def answer(kind: Any, text: Any) -> None:
    """Answer a question of a kind."""
    check_answers(question(kind=kind), {"q": text}, requested=None, currency="EUR")


TEXTS: dict[str, tuple[int, Callable[[str], object]]] = {
    "name of a person": (limits.NAME, lambda text: register("p", name=text, email=None, language="en")),
    "name of an initiative": (limits.NAME, lambda text: found("i", name=text, founder="p")),
    "name of a fund": (
        limits.NAME,
        lambda text: open_fund("f", "i", name=text, currency="EUR", basis="received"),
    ),
    "account": (limits.ACCOUNT, check_account),
    "explanation": (limits.EXPLANATION, check_explanation),
    "label of a question": (limits.LABEL, lambda text: check_form(question(label={"en": text}))),
    "help of a question": (limits.HELP, lambda text: check_form(question(help={"en": text}))),
    "label of a choice": (
        limits.LABEL,
        lambda text: check_form(question(kind="choice", choices=(Choice(id="a", label={"en": text}),))),
    ),
    "label of a criterion": (
        limits.LABEL,
        lambda text: check_rubric(Rubric(criteria=(Criterion(id="a", label={"en": text}),))),
    ),
    "short answer": (limits.TEXT_ANSWER, lambda text: answer("text", text)),
    "long answer": (limits.LONG_ANSWER, lambda text: answer("long_text", text)),
    "line of a budget": (
        limits.BUDGET_ITEM,
        lambda text: answer("budget", (BudgetLine(item=text, amount="1"),)),
    ),
}


@pytest.mark.parametrize("field", TEXTS)
def test_a_text_as_long_as_announced_is_taken_and_one_more_is_not(field: str) -> None:
    """Of whatever script."""
    most, check = TEXTS[field]
    check("ж" * most)
    with pytest.raises(Invalid) as refused:
        check("ж" * (most + 1))
    assert str(refused.value.errors[0].detail) == f"At most {most} characters; this has {most + 1}."


NUMBERS: dict[str, tuple[int, Callable[[int], object], str]] = {
    "questions": (
        limits.QUESTIONS,
        lambda many: check_form(
            Form(questions=tuple(question(id=f"q{n}").questions[0] for n in range(many)))
        ),
        "A form has from 1 to 60 questions; this has 61.",
    ),
    "choices": (
        limits.CHOICES,
        lambda many: check_form(
            question(kind="choice", choices=tuple(Choice(id=f"c{n}", label={"en": "?"}) for n in range(many)))
        ),
        "A choice has at most 100 options; this has 101.",
    ),
    "criteria": (
        limits.CRITERIA,
        lambda many: check_rubric(
            Rubric(criteria=tuple(Criterion(id=f"c{n}", label={"en": "?"}) for n in range(many)))
        ),
        "A rubric has from 1 to 20 criteria; this has 21.",
    ),
    "lines of a budget": (
        limits.BUDGET_LINES,
        lambda many: answer("budget", (BudgetLine(item="Air", amount="0.10"),) * many),
        "A budget has at most 200 lines; this has 201.",
    ),
    "questions of a group": (
        limits.GROUP_QUESTIONS,
        lambda many: check_form(
            question(
                kind="group",
                questions=tuple(
                    GroupedQuestion(id=f"q{n}", kind="text", label={"en": "?"}) for n in range(many)
                ),
            )
        ),
        "A repeating group has at most 10 questions; this has 11.",
    ),
    "entries of a group": (
        limits.ENTRIES,
        lambda many: check_answers(
            question(
                kind="group",
                questions=(GroupedQuestion(id="a", kind="text", label={"en": "?"}),),
                required=False,
            ),
            {"q": Entries(entries=({"a": "Snow"},) * many)},
            requested=None,
            currency="EUR",
        ),
        "Give at most 30 entries; this has 31.",
    ),
    "limit of words": (
        limits.WORDS,
        lambda most: check_form(question(max_words=most)),
        "Write a whole number from 1 to 10000; this is 10001.",
    ),
    "scale": (
        limits.SCALE,
        lambda top: check_rubric(Rubric(criteria=(Criterion(id="a", label={"en": "?"}, scale=top),))),
        "Write a whole number from 1 to 100; this is 101.",
    ),
    "weight": (
        limits.WEIGHT,
        lambda weight: check_rubric(Rubric(criteria=(Criterion(id="a", label={"en": "?"}, weight=weight),))),
        "Write a whole number from 1 to 100; this is 101.",
    ),
}


@pytest.mark.parametrize("what", NUMBERS)
def test_as_many_as_announced_are_taken_and_one_more_is_not(what: str) -> None:
    """Both numbers are told."""
    most, check, detail = NUMBERS[what]
    check(most)
    with pytest.raises(Invalid) as refused:
        check(most + 1)
    assert str(refused.value.errors[0].detail) == detail
    assert str(most) in detail


def test_the_api_describes_the_limits_that_the_rules_hold_to() -> None:
    """So that a program can check before it sends."""
    document = json.loads(described_as_json(commands.operations()))
    schemas = document["components"]["schemas"]

    def found(schema: str, name: str) -> dict[str, Any]:
        """A field's schema, without the null that leaving it out stands for."""
        field: dict[str, Any] = schemas[schema]["properties"][name]
        return next((each for each in field.get("anyOf", ()) if each != {"type": "null"}), field)

    lengths = {
        ("SubmitApplication", "title"): limits.TITLE,
        ("RegisterPerson", "name"): limits.NAME,
        ("RegisterPerson", "email"): limits.EMAIL,
        ("FoundInitiative", "name"): limits.NAME,
        ("OpenFund", "name"): limits.NAME,
        ("PledgeToFund", "name"): limits.NAME,
        ("PledgeToFund", "restriction"): limits.RESTRICTION,
        ("WithdrawApplication", "explanation"): limits.EXPLANATION,
        ("SubmitReview", "comment_jury"): limits.COMMENT,
        ("SetGrantPayee", "account"): limits.ACCOUNT,
        ("SubmitGrantReport", "text"): limits.REPORT,
        ("InstructInstalment", "reference"): limits.REFERENCE,
        ("BudgetLine", "item"): limits.BUDGET_ITEM,
    }
    assert {key: found(*key).get("maxLength") for key in lengths} == lengths
    assert found("DraftCall", "title")["additionalProperties"]["maxLength"] == limits.TITLE
    assert found("StageDraft", "quorum")["maximum"] == limits.QUORUM
    assert found("DraftCall", "grace_minutes")["maximum"] == limits.GRACE_MINUTES
    assert found("DraftCall", "stages")["maxItems"] == limits.STAGES
    assert found("Form", "questions")["maxItems"] == limits.QUESTIONS
    assert found("Question", "max_words")["maximum"] == limits.WORDS
    assert found("ScheduleGrant", "instalments")["maxItems"] == limits.INSTALMENTS
