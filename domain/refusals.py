"""The reasons for which a command can be rejected, each with one sentence that a person can act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.messages import Message, counted, msg, verbatim


@dataclass(frozen=True, slots=True, init=False)
class FieldError:
    """What is wrong with one field of a request.

    `field` is a path with dots and indexes (``answers.budget[2].amount``), `detail` one sentence.
    """

    field: str
    detail: Message

    def __init__(self, field: str, detail: Message | str) -> None:
        object.__setattr__(self, "field", field)
        object.__setattr__(self, "detail", _message(detail))


class CommandRejected(Exception):
    """A command was rejected; nothing was written. `detail` is one sentence, without personal data."""

    def __init__(self, detail: Message | str) -> None:
        self.detail = _message(detail)
        super().__init__(str(self.detail))


class Refused(CommandRejected):
    """A rule refuses the command in the present state."""


class Invalid(CommandRejected):
    """The request itself is wrong; `errors` names each wrong field with its error. `more`: there are further errors,
    which were not collected."""

    def __init__(self, errors: tuple[FieldError, ...], *, more: bool = False) -> None:
        if len(errors) == 1:
            detail = errors[0].detail
        elif more:
            detail = msg("More than {count} fields need correcting.", count=len(errors))
        else:
            detail = counted(
                "{count} field needs correcting.", "{count} fields need correcting.", count=len(errors)
            )
        super().__init__(detail)
        self.errors = errors
        self.more = more

    @classmethod
    def field(cls, field: str, detail: Message | str) -> Invalid:
        """One wrong field."""
        return cls((FieldError(field, detail),))

    def within(self, place: str) -> Invalid:
        """The same errors, with `place` (``stages[0].``) before the name of each field."""
        return Invalid(
            tuple([FieldError(place + each.field, each.detail) for each in self.errors]), more=self.more
        )


class Forbidden(CommandRejected):
    """Access is denied: this person may not do this."""


NOT_FOUND: Final = msg("Not found, or you have no access.")
"""The same sentence for hidden and for missing things, so that nobody can find out which ids exist."""


class NotFound(CommandRejected):
    """Something that the command names does not exist, or not for this person. `named` is the id that was not found, if
    one field of the command holds it."""

    def __init__(self, detail: Message | str = NOT_FOUND, *, named: str | None = None) -> None:
        super().__init__(detail)
        self.named = named


def _message(detail: Message | str) -> Message:
    return detail if isinstance(detail, Message) else verbatim(detail)
