"""The calls: the public list, a call with all that it asks and offers, and applying to it."""

from __future__ import annotations

from typing import Any, Final

from api.pages.forms import Form, Plain, nested
from api.pages.page import Act, Drawn, Page
from api.pages.rendering import said
from api.pages.visits import FormShown, Visit
from domain.amounts import typed_amount
from domain.forms import QuestionKind
from domain.initiatives import INITIATIVE, Initiative
from domain.organisations import OrganisationStatus
from domain.rounds import RoundStatus
from domain.values import Role
from projections import calls, organisations
from projections.calls import CallDetail, CallLine
from projections.rounds import RoundLine

BLANK_ROWS = 3
"""How many empty rows a table begins with, and gets more at a time."""


def open_round(visit: Visit, call: CallLine) -> RoundLine | None:
    """The round that takes in applications now; of several, the one that closes first.

    A form that came back is shown until the round closes, that is, also in the minutes of grace, which are granted
    silently: what is wrong with it can be mended in them.
    """
    now = visit.wiring.clock()
    return next(
        (
            each
            for each in call.rounds
            if each.status == RoundStatus.OPEN and (visit.returned or each.closes_at > now)
        ),
        None,
    )


async def _list(visit: Visit) -> Drawn:
    found = await calls.public(visit.wiring.reader, cursor=visit.query.get("cursor"))
    lines = [(call, open_round(visit, call)) for call in found.items]
    return Drawn(
        "calls.html",
        {
            "open": sorted(
                ((call, each) for call, each in lines if each), key=lambda line: line[1].closes_at
            ),
            "closed": [call for call, each in lines if each is None],
            "next": found.next,
        },
    )


async def _one(visit: Visit) -> Drawn:
    call = await calls.one(visit.wiring.reader, visit.person, visit.path["call"])
    return Drawn(
        "call.html",
        {
            "call": call,
            "round": open_round(visit, call),
            "roles": await roles_in(visit, call.initiative, call.id),
            "offered": tuple(call.title),
        },
    )


async def roles_in(visit: Visit, initiative: str, call: str | None = None) -> frozenset[Role]:
    """The visitor's roles in an initiative, and in one of its calls, to choose the links that are of use to them."""
    if visit.signed_in is None:
        return frozenset()
    house: Initiative = await visit.wiring.reader.the(INITIATIVE, initiative)
    return (house if call is None else house.within(call)).roles(visit.who)


async def _apply(visit: Visit) -> Drawn:
    call = await calls.one(visit.wiring.reader, visit.person, visit.path["call"])
    form = visit.form("application.submit")
    acting = await organisations.mine(visit.wiring.reader, visit.person) if visit.person else None
    parties = [
        (each.id, each.name or "–")
        for each in (acting.items if acting else ())
        if each.acts and each.status == OrganisationStatus.REGISTERED
    ]
    return Drawn(
        "apply.html",
        {
            "call": call,
            "round": open_round(visit, call),
            "form": form,
            "parties": parties,
            "rows": {
                question.id: _rows(form, f"answers.{question.id}")
                for question in call.form.questions
                if question.kind == "budget"
            },
            "offered": tuple(call.title),
        },
        labels=_labels(visit, call),
    )


def _rows(form: FormShown, table: str) -> range:
    """The rows of a table that are shown: those that were typed, and some more."""
    typed = form.returned.typed.rows(table) if form.returned else 0
    asked = form.returned is not None and bool(form.returned.typed.own("lines"))
    return range(max(BLANK_ROWS, typed + (BLANK_ROWS if asked else 0)))


def _labels(visit: Visit, call: CallDetail) -> dict[str, str]:
    labels = {
        "applicant": "Who applies",
        "title": "Title",
        "requested.amount": "Sum asked for",
        "requested": "Sum asked for",
    }
    for question in call.form.questions:
        name = f"answers.{question.id}"
        labels[name] = said(question.label, visit.languages).text
        if question.kind == "budget" and visit.returned:
            for row in range(visit.returned.typed.rows(name)):
                labels[f"{name}[{row}].item"] = f"{labels[name]} Line {row + 1}"
                labels[f"{name}[{row}].amount"] = f"{labels[name]} Amount of line {row + 1}"
    return labels


async def _filled(visit: Visit, form: Form) -> Plain:
    """An application, with each answer in the shape that its question asks for."""
    call = await calls.one(visit.wiring.reader, visit.person, visit.path["call"])
    plain = nested(form.typed())
    if not plain.get("applicant"):
        plain.pop("applicant", None)  # for oneself
    answers: Any = plain.get("answers", {})  # Any: whatever was sent
    if isinstance(answers, dict):
        kinds = {question.id: question.kind for question in call.form.questions}
        plain["answers"] = {
            name: _answered(answer, kinds.get(name), call.budget.currency) for name, answer in answers.items()
        }
    return plain


_YES_NO: Final = {"yes": True, "no": False}


def _answered(answer: Any, kind: QuestionKind | None, currency: str) -> Any:  # Any: whatever was sent
    """An answer in the shape of its question's kind; what cannot be read stays as it was typed."""
    match kind, answer:
        case "yes_no", str():
            return _YES_NO.get(answer, answer)
        case "money", str():
            return typed_amount(answer, currency)
        case "budget", list():
            return [
                {**line, "amount": typed_amount(line["amount"], currency)}
                if isinstance(line, dict) and isinstance(line.get("amount"), str)
                else line
                for line in answer
            ]
        case _:
            return answer


PAGES = (
    Page(path="/", show=_list, public=True),
    Page(path="/calls", show=_list, public=True),
    Page(path="/calls/{call}", show=_one, public=True),
    Page(
        path="/calls/{call}/apply",
        show=_apply,
        acts=(
            Act(
                command="application.submit",
                done="Your application is submitted. This page is your receipt; come back to it whenever you like.",
                told={"call": "call"},
                filled=_filled,
                then=lambda _, answer: f"/applications/{answer.stream}",
            ),
        ),
    ),
)
