"""A form that was not accepted: what the page says about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from api.http.failing import problem_of
from api.http.problems import MOST_NAMED
from api.inputs.submitted import SubmittedForm
from api.locales import Locale
from api.pages.labels import label_of
from api.pages.mistakes import on_a_page
from api.pages.page import PageAction
from api.pages.visits import Returned, Visit
from domain.messages import Message, counted, msg
from domain.refusals import CommandRejected, FieldError, Invalid
from history.requests import Contended, KeyReused, Stale


def returned_form(
    form: SubmittedForm,
    error: CommandRejected | Stale | KeyReused | Contended,
    *,
    drafted: bool = False,
) -> Returned:
    """The form that was not accepted, with the sentence and the errors that the page shows; `drafted`: what was typed was saved
    as a draft."""
    name, key = form.own("form"), form.own("key")
    match error:
        case Invalid():
            errors: dict[str, Message] = {}
            for each in error.errors[:MOST_NAMED]:
                errors.setdefault(each.field, on_a_page(each.detail))
            others = len(error.errors) - MOST_NAMED
            sentence = msg("Nothing was saved yet. Please correct:")
            if drafted:
                sentence = _of_draft(others, more=error.more)
            elif others > 0 and error.more:
                sentence = counted(
                    "Nothing was saved yet. Please correct these first; more than {count} other problem follows:",
                    "Nothing was saved yet. Please correct these first; more than {count} other problems follow:",
                    count=others,
                )
            elif others > 0:
                sentence = counted(
                    "Nothing was saved yet. Please correct these first; {count} other problem follows:",
                    "Nothing was saved yet. Please correct these first; {count} other problems follow:",
                    count=others,
                )
            return Returned(form=name, typed=form, sentence=sentence, errors=errors, status=422, key=key)
        case Stale():
            sentence = msg(
                "Somebody changed this while you were looking at it, so nothing was saved. Below "
                "is the current version, with what you typed. Check it, then send it again."
            )
            return Returned(form=name, typed=form, sentence=sentence, status=412, key=key)
        case KeyReused():
            sentence = msg(
                "This form was already sent once, with different contents, and that was saved. If you still need this, send "
                "it again."
            )
            return Returned(form=name, typed=form, sentence=sentence, status=422)
        case _:
            problem = problem_of(error)
            return Returned(
                form=name, typed=form, sentence=problem.detail, status=problem.kind.status, key=key
            )


def _of_draft(others: int, *, more: bool) -> Message:
    if others <= 0:
        return msg("It is not submitted yet; your draft is saved. Please correct:")
    if more:
        return counted(
            "It is not submitted yet; your draft is saved. Please correct these first; more than {count} other problem follows:",
            "It is not submitted yet; your draft is saved. Please correct these first; more than {count} other problems follow:",
            count=others,
        )
    return counted(
        "It is not submitted yet; your draft is saved. Please correct these first; {count} other problem follows:",
        "It is not submitted yet; your draft is saved. Please correct these first; {count} other problems follow:",
        count=others,
    )


def at_inputs(returned: Returned, act: PageAction) -> Returned:
    """The form with its errors by the inputs at which they are shown."""
    if act.inputs is None:
        return returned
    return replace(returned, errors={act.inputs(field): detail for field, detail in returned.errors.items()})


def with_errors(
    visit: Visit, form: str, typed: SubmittedForm, errors: Iterable[FieldError], *, status: int | None = None
) -> Visit:
    """The visit that shows a form as it was typed, with the errors of a check that saves nothing. The status is 422 if there are
    any, unless another one is given."""
    shown = {each.field: on_a_page(each.detail) for each in errors}
    code = status or (422 if shown else 200)
    return replace(visit, returned=Returned(form, typed, None, shown, status=code))


@dataclass(frozen=True, slots=True)
class FieldMistake:
    """One line of the summary of errors above a form, and the input that it links to."""

    input: str
    label: str
    detail: str


def faults_of(
    returned: Returned, labels: Mapping[str, Message | str], locale: Locale
) -> tuple[FieldMistake, ...]:
    """The summary of errors above a form."""
    return tuple(
        FieldMistake(
            f"{returned.form}-{name}",
            locale.say(given) if isinstance(given := labels.get(name, label_of(name)), Message) else given,
            locale.say(detail),
        )
        for name, detail in returned.errors.items()
    )
