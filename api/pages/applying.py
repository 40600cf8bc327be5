"""The page for applying to a call: eligibility first, then the form of its first stage, and what is typed into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from api.drafts.sharing import FORMS
from api.pages.calls import BLANK_ROWS, few_needed, open_round, open_until, takes_now
from api.pages.drafting import (
    DraftedApplication,
    PageDrafts,
    counts,
    draft_of_another,
    saved_at,
    words_of,
)
from api.pages.forms import Plain, SubmittedForm, is_empty, nested
from api.pages.page import Page, PageAction, PageContent
from api.pages.rendering import said
from api.pages.typed_answers import REMOVED, removed_questions, typed_answers
from api.pages.visits import FormShown, Visit
from domain.amounts import typed_amount, typed_whole
from domain.eligibility import wrong_answers
from domain.forms import AnyQuestion, GroupedQuestion, Question
from domain.forms import Form as Asked
from domain.messages import Message, msg
from domain.organisations import OrganisationStatus
from domain.stages import Stage
from projections import calls, organisations
from projections.calls import CallDetail
from projections.rounds import RoundLine


async def _asked(visit: Visit) -> DraftedApplication:
    """What the form of a new application asks for."""
    call = await calls.one(visit.wiring.reader, visit.person, visit.path["call"])
    round = open_round(visit, call)
    return DraftedApplication(call, call.stages[0], open_until(round) if round else call.takes_until)


async def _apply(visit: Visit) -> PageContent:
    call = await calls.one(visit.wiring.reader, visit.person, visit.path["call"])
    round = open_round(visit, call)
    rolling = takes_now(visit, call)
    if (
        (round or rolling)
        and call.eligibility
        and (step := eligibility_first(visit, call, "application.submit")) is not None
    ):
        return step
    return await writing(
        visit,
        call,
        call.stages[0],
        "application.submit",
        until=open_until(round) if round else None,
        rolling=rolling,
        heading=msg("Apply"),
        note=msg("It goes to review at once, so you cannot change it; you can withdraw it.")
        if rolling
        else msg("You can change what you submit until the deadline, and withdraw it."),
        send=msg("Submit the application"),
        round=round,
        parties=await _parties(visit),
    )


def eligibility_first(visit: Visit, call: CallDetail, command: str) -> PageContent | None:
    """The eligibility questions, which are asked before the form is shown; None once they are answered as needed. The
    answers are not stored: the form repeats them."""
    draft = visit.drafts.get(command)
    typed = visit.returned.typed if visit.returned else SubmittedForm(draft.typed) if draft else None
    answers = eligibility_answers(nested(typed.typed())) if typed else {}
    wrong = wrong_answers(call.eligibility, answers)
    if not wrong:
        return None
    answered = typed is not None and not typed.own("language")
    empty = [f"eligibility.{each.id}" for each in call.eligibility if answers.get(each.id) is None]
    return PageContent(
        "eligibility.html",
        {
            "call": call,
            "form": visit.form(command),
            "why_not": {each.field: each.detail for each in wrong if each.field not in empty}
            if answered
            else {},
            "empty": empty if answered else [],
        },
        initiative=call.initiative,
    )


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


async def _parties(visit: Visit) -> list[tuple[str, str]]:
    """The organisations for which the visitor can apply, by name."""
    if visit.person is None:
        return []
    acting = await organisations.mine(visit.wiring.reader, visit.person)
    return [
        (each.id, each.name or "–")
        for each in acting.items
        if each.acts and each.status == OrganisationStatus.REGISTERED
    ]


async def writing(
    visit: Visit,
    call: CallDetail,
    stage: Stage,
    command: str,
    *,
    until: datetime | None,
    heading: Message,
    note: Message,
    send: Message,
    round: RoundLine | None = None,
    rolling: bool = False,
    start: Mapping[str, str] | None = None,
    parties: Sequence[tuple[str, str]] = (),
    submits: bool = True,
) -> PageContent:
    """The form of a stage, for a command that takes a whole application `until` a moment; None if the stage takes none.
    A `rolling` call takes applications all the time. `start` are the initial values of the inputs, `note` is shown
    above them, `send` is the text of the button; `parties` are the organisations for which the visitor can apply.
    `submits`: whether they can submit it, which those who write in somebody else's draft cannot."""
    form = visit.form(command, start=start)
    typed = form.returned.typed.typed() if form.returned else form.start
    removed: Sequence[Question] = ()
    if form.returned or form.draft:
        forms = await calls.forms(visit.wiring.reader, visit.person, call.id, stage.id)
        removed = removed_questions(forms, stage.form)
    labels = _labels(visit, (*stage.form.questions, *removed), typed)
    return PageContent(
        "apply.html",
        {
            "call": call,
            "stage": stage,
            "round": round,
            "until": until,
            "rolling": rolling,
            "asks_first": command in ("application.submit", "application.enter"),
            "on_behalf": command == "application.enter",
            "few_needed": few_needed(stage.form),
            "heading": heading,
            "note": note,
            "send": send,
            "form": form,
            "parties": parties,
            "submits": submits,
            "people": f"/drafts/{form.draft.id}/people" if form.draft and command in FORMS else None,
            "shareable": command in FORMS,
            "helpers": len(form.draft.writers) if form.draft else 0,
            "of_another": draft_of_another(visit),
            "removed": typed_answers(removed, typed, visit.languages),
            "rows": {
                question.id: _rows(form, f"answers.{question.id}")
                for question in stage.form.questions
                if question.kind == "budget"
            }
            | {
                question.id: _entries(form, question)
                for question in stage.form.questions
                if question.kind == "group"
            },
            "offered": tuple(call.title),
            "counts": counts(stage, call.budget.currency, typed),
            "others": words_of(visit, stage, labels, visit.other_version),
            "typed": words_of(visit, stage, labels, typed) if form.returned or form.draft else [],
            "saved": saved_at(form.draft, call.time_zone) if form.draft else None,
        },
        labels=labels | _eligibility_labels(visit, call),
        script=(until is not None or rolling) and command != "application.enter",
        initiative=call.initiative,
    )


def _rows(form: FormShown, table: str) -> range:
    """The rows of a table that are shown: those that were typed, and some empty ones."""
    typed = (form.returned.typed if form.returned else SubmittedForm(form.start)).rows(table)
    asked = form.returned is not None and form.returned.typed.own("lines") in ("1", table)
    return range(max(BLANK_ROWS, typed + (BLANK_ROWS if asked else 0)))


def _entries(form: FormShown, question: Question) -> range:
    """The entries of a group that are shown: those that were typed, and an empty one where it was asked for or is needed."""
    table = f"answers.{question.id}.entries"
    typed = (form.returned.typed if form.returned else SubmittedForm(form.start)).rows(table)
    asked = form.returned is not None and form.returned.typed.own("lines") == table
    least, most = question.entries
    return range(max(least, min(typed + asked, most)))


def _labels(
    visit: Visit, questions: Sequence[Question], typed: Mapping[str, str]
) -> dict[str, Message | str]:
    labels: dict[str, Message | str] = {
        "applicant": msg("Who applies"),
        "name": msg("How the applicant is called"),
        "language": msg("Language of letters to them"),
    }
    for question in questions:
        name = f"answers.{question.id}"
        words = said(question.label, visit.languages).text
        labels[name] = words
        if question.kind == "budget" and visit.returned:
            for row in range(visit.returned.typed.rows(name)):
                place = {"question": words, "number": row + 1}
                labels[f"{name}[{row}].item"] = msg("{question}, line {number}", **place)
                labels[f"{name}[{row}].amount"] = msg("{question}, amount of line {number}", **place)
        for row in range(max(question.entries[0], SubmittedForm(typed).rows(f"{name}.entries"))):
            for each in question.questions:
                labels[f"{name}.entries[{row}].{each.id}"] = msg(
                    "{group}, entry {number}: {question}",
                    group=words,
                    number=row + 1,
                    question=said(each.label, visit.languages).text,
                )
    return labels


def _eligibility_labels(visit: Visit, call: CallDetail) -> dict[str, Message | str]:
    return {f"eligibility.{each.id}": said(each.label, visit.languages).text for each in call.eligibility}


async def filled(visit: Visit, form: SubmittedForm) -> Plain:
    """A new application, with the answers to the eligibility questions, which are asked only then."""
    call = await calls.one(visit.wiring.reader, visit.person, visit.path["call"])
    plain = written(call, call.stages[0].form, form)
    return plain | {"eligibility": eligibility_answers(plain)} if call.eligibility else plain


def written(call: CallDetail, asked: Asked, form: SubmittedForm) -> Plain:
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


_YES_NO: Final = {"yes": True, "no": False}


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


PAGES = (
    Page(
        path="/calls/{call}/apply",
        show=_apply,
        drafts=PageDrafts(("application.submit",), _asked),
        acts=(
            PageAction(
                command="application.submit",
                done=msg(
                    "Your application is submitted. This page is your receipt; you can come back to it at any time."
                ),
                filled=filled,
                then=lambda _, answer: f"/applications/{answer.stream}",
            ),
        ),
    ),
)
