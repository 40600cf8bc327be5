"""The ways in which a command can be turned down, each with one sentence that a person can act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a request.

    `field` is a path with dots and indexes (``answers.budget[2].amount``), `detail` one sentence.
    """

    field: str
    detail: str


class Turned(Exception):
    """A command was turned down; nothing was written. `detail` is one sentence, never with personal data in it."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Refused(Turned):
    """The rule says no: the command is illegal in the present state."""


class Invalid(Turned):
    """The request itself is wrong; `errors` names each field and what is wrong with it. `more`: there are further ones,
    which were not looked for."""

    def __init__(self, errors: tuple[FieldError, ...], *, more: bool = False) -> None:
        many = f"More than {len(errors)}" if more else str(len(errors))
        super().__init__(errors[0].detail if len(errors) == 1 else f"{many} fields need correcting.")
        self.errors = errors
        self.more = more

    @classmethod
    def field(cls, field: str, detail: str) -> Invalid:
        """One wrong field."""
        return cls((FieldError(field, detail),))


class Forbidden(Turned):
    """Access says no: this person may not do this."""


NOTHING_HERE: Final = "There is nothing here that you may see."
"""What is said of things that are hidden and of things that are not there: an id cannot be tried out for existence."""


class NotFound(Turned):
    """What the command names does not exist, or not for this person. `named` is the id that leads to nothing, where one
    field of the command holds it."""

    def __init__(self, detail: str = NOTHING_HERE, *, named: str | None = None) -> None:
        super().__init__(detail)
        self.named = named
