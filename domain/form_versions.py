"""New versions of a form: which changes keep the meaning of earlier answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from domain.forms import AnyQuestion, Form, Rubric
from domain.messages import msg
from domain.refusals import FieldError, Invalid, Refused

_UNCHANGED: Final = msg("The form is the same as before.")
_SAME_CRITERIA: Final = msg("The criteria are the same as before.")


def next_form(earlier: Sequence[Form], changed: Form) -> Form:
    """The next version of a form after these, the oldest first; raises `Invalid`, or `Refused` if nothing changed."""
    numbered = prepared_form(earlier, changed)
    if numbered == earlier[-1]:
        raise Refused(_UNCHANGED)
    return numbered


def prepared_form(earlier: Sequence[Form], changed: Form) -> Form:
    """The form as the next version after these, or the newest of them if nothing changed. An id never changes its meaning:
    a question's id keeps its kind, even if the question was left out for a while, and so do the questions of a group; an option
    that was removed does not come back. Their order can change: answers name ids. Raises `Invalid`."""
    errors: list[FieldError] = []
    for number, question in enumerate(changed.questions):
        before = [each for form in earlier for each in form.questions if each.id == question.id]
        place = f"form.questions[{number}]"
        errors += _wrong(before, question, place)
        for row, grouped in enumerate(question.questions):
            inside = [each for one in before for each in one.questions if each.id == grouped.id]
            errors += _wrong(inside, grouped, f"{place}.questions[{row}]")
    if errors:
        raise Invalid(tuple(errors))
    if msgspec.structs.replace(changed, version=earlier[-1].version) == earlier[-1]:
        return earlier[-1]
    return msgspec.structs.replace(changed, version=earlier[-1].version + 1)


def _wrong(before: Sequence[AnyQuestion], question: AnyQuestion, place: str) -> list[FieldError]:
    """What is wrong with a question, compared with those that had its id before."""
    if any(each.kind != question.kind for each in before):
        return [
            FieldError(
                f"{place}.kind",
                msg(
                    "The id {id} belongs to a question of another kind; give the new question its own id.",
                    id=question.id,
                ),
            )
        ]
    offered = {choice.id for each in before[-1:] for choice in each.choices}
    gone = {choice.id for each in before[:-1] for choice in each.choices} - offered
    if back := [choice.id for choice in question.choices if choice.id in gone]:
        return [
            FieldError(
                f"{place}.choices",
                msg("The option {id} was removed before; give the new one its own id.", id=back[0]),
            )
        ]
    return []


def next_rubric(earlier: Sequence[Rubric], changed: Rubric) -> Rubric:
    """The next version of a rubric after these, the oldest first; raises `Refused` if nothing changed."""
    numbered = prepared_rubric(earlier, changed)
    if numbered == earlier[-1]:
        raise Refused(_SAME_CRITERIA)
    return numbered


def prepared_rubric(earlier: Sequence[Rubric], changed: Rubric) -> Rubric:
    """The rubric as the next version after these, or the newest of them if nothing changed."""
    if msgspec.structs.replace(changed, version=earlier[-1].version) == earlier[-1]:
        return earlier[-1]
    return msgspec.structs.replace(changed, version=earlier[-1].version + 1)
