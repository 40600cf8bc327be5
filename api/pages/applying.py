"""The page for applying to a call: eligibility first, then the form of its first stage, and what is typed into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from api.drafts.forms import ApplicationForm, fields_of
from api.drafts.sharing import FORMS
from api.inputs.answers import eligibility_answers
from api.inputs.submitted import Plain, SubmittedForm, nested
from api.pages.calls import BLANK_ROWS, few_needed
from api.pages.drafting import (
    PageDrafts,
    counts,
    draft_of_another,
    drafted_application,
    form_here,
    saved_at,
    words_of,
)
from api.pages.page import Page, PageAction, PageContent
from api.pages.proving import SWITCHED
from api.pages.rendering import said
from api.pages.typed_answers import removed_questions, typed_answers
from api.pages.visits import FormShown, Visit
from domain.eligibility import wrong_answers
from domain.forms import Question
from domain.messages import Message, msg
from domain.organisations import OrganisationStatus
from projections import calls, organisations
from projections.calls import CallDetail


async def _apply(visit: Visit) -> PageContent:
    form = await form_here(visit, "application.submit")
    if (step := eligibility_first(visit, form)) is not None:
        return step
    return await writing(
        visit,
        form,
        heading=msg("Apply"),
        note=msg(
            "Once you submit it, the application goes to review at once: you can withdraw it, but no longer change it."
        )
        if form.rolling
        else msg("You can change what you submit until the deadline, and withdraw it."),
        send=msg("Submit the application"),
        parties=await _parties(visit),
    )


def eligibility_first(visit: Visit, asked: ApplicationForm) -> PageContent | None:
    """The eligibility questions of a call that takes applications now, which are asked before the form is shown; None once they
    are answered as needed, or where there are none. The answers are not stored: the form repeats them."""
    call = asked.call
    if not asked.takes or not call.eligibility:
        return None
    draft = visit.drafts.get(asked.command)
    typed = visit.returned.typed if visit.returned else SubmittedForm(draft.typed) if draft else None
    answers = eligibility_answers(nested(typed.typed())) if typed else {}
    wrong = wrong_answers(call.eligibility, answers)
    if not wrong:
        return None
    # Whoever chose another language has not sent their answers yet.
    answered = typed is not None and not typed.own("language") and not typed.own(SWITCHED)
    empty = [f"eligibility.{each.id}" for each in call.eligibility if answers.get(each.id) is None]
    return PageContent(
        "eligibility.html",
        {
            "call": call,
            "form": visit.form(asked.command),
            "why_not": {each.field: each.detail for each in wrong if each.field not in empty}
            if answered
            else {},
            "empty": empty if answered else [],
        },
        initiative=call.initiative,
    )


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
    asked: ApplicationForm,
    *,
    heading: Message,
    note: Message,
    send: Message,
    start: Mapping[str, str] | None = None,
    parties: Sequence[tuple[str, str]] = (),
    submits: bool = True,
    questions: str | None = None,
) -> PageContent:
    """The page with a form that applicants fill in. `start` are the initial values of the inputs, `note` is shown above
    them, `send` is the text of the button; `parties` are the organisations for which the visitor can apply. `submits`:
    whether they can submit it, which those who write in somebody else's draft cannot. `questions` are those with
    which the application was returned."""
    call, stage, command = asked.call, asked.stage, asked.command
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
            "round": asked.round,
            "until": asked.until,
            "rolling": asked.rolling,
            "asks_first": command in ("application.submit", "application.enter"),
            "on_behalf": command == "application.enter",
            "few_needed": few_needed(stage.form),
            "heading": heading,
            "note": note,
            "send": send,
            "form": form,
            "parties": parties,
            "submits": submits,
            "questions": questions,
            "people": f"/drafts/{form.draft.id}/people" if form.draft and command in FORMS else None,
            "shareable": asked.command in FORMS,
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
        script=asked.takes and command != "application.enter",
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


async def filled(visit: Visit, typed: SubmittedForm) -> Plain:
    """What was typed into a form of an application, as fields of its command."""
    return fields_of(await form_here(visit, typed.own("do")), typed)


PAGES = (
    Page(
        path="/calls/{call}/apply",
        show=_apply,
        drafts=PageDrafts(("application.submit",), drafted_application),
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
