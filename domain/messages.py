"""Sentences that people read, as templates with named values.

The rules make a `Message`; `api.locales` translates its template and formats its values in the reader's language.
Templates are written here in English, and `make messages` collects them into the catalogues. So the template given to
`msg`, `counted` and `in_context` is always a plain literal, never an f-string.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from string import ascii_uppercase
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class At:
    """A moment shown as local time of a time zone, which is named beside it."""

    moment: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Letters:
    """A number, from 1, shown in letters of the reader's alphabet: A to Z, then AA, AB."""

    number: int

    def of(self, alphabet: str) -> str:
        """The number in the letters of an alphabet."""
        text, number = "", self.number
        while number:
            number, last = divmod(number - 1, len(alphabet))
            text = alphabet[last] + text
        return text


@dataclass(frozen=True, slots=True)
class AsTyped:
    """A plain number, such as ``1250.00``, shown as the reader would type it: with the decimal sign of their language."""

    number: str


class Message:
    """A sentence or a label: an English template, and the values of its `{names}`.

    `plural` is the template for numbers other than one; the number is the value ``count``. `context` distinguishes
    equal English texts that other languages distinguish. Values are formatted by their type: a datetime (in UTC, or an
    `At`), a date, a `Money`, an int, `Letters`, `AsTyped`, a tuple (as a list of things), a member of an enumeration (by its label), another
    Message, a mapping (a text in several languages, by code); a str is inserted as it is.

    Neither a dataclass nor a Struct, so that nothing encodes one without choosing a language.
    """

    __slots__ = ("context", "plural", "template", "values")

    def __init__(
        self,
        template: str,
        values: Mapping[str, Any] | None = None,  # Any: see above
        *,
        plural: str | None = None,
        context: str | None = None,
    ) -> None:
        self.template = template
        self.values: Final = dict(values or {})
        self.plural = plural
        self.context = context

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((self.template, self.plural, self.context))

    def _key(self) -> tuple[str, str | None, str | None, dict[str, Any]]:
        return self.template, self.plural, self.context, self.values

    def __repr__(self) -> str:
        return f"Message({self.template!r})"

    def __str__(self) -> str:
        """The sentence in plain English, for logs and the command line."""
        many = self.plural is not None and self.values["count"] != 1
        template = self.plural if many and self.plural is not None else self.template
        return template.format(**{name: _plain(value) for name, value in self.values.items()})


def _plain(value: Any) -> str:  # Any: a value of a message
    match value:
        case At():
            return _plain(value.moment)
        case Letters():
            return value.of(ascii_uppercase)
        case AsTyped():
            return value.number
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        case date():
            return value.isoformat()
        case enum.Enum():
            return str(value.value).replace("_", " ")
        case Mapping():
            return str(value.get("en") or next(iter(value.values())))
        case tuple():
            return ", ".join(_plain(each) for each in value)
        case _:
            return str(value)


def msg(template: str, /, **values: Any) -> Message:
    """A message: ``msg("This one is {status}.", status=application.status)``."""
    return Message(template, values)


def counted(one: str, many: str, /, *, count: int, **values: Any) -> Message:
    """A message whose form depends on a number: ``counted("{count} field", "{count} fields", count=3)``."""
    return Message(one, {"count": count, **values}, plural=many)


def in_context(context: str, template: str, /, **values: Any) -> Message:
    """A message whose English words mean different things in different places: ``in_context("review", "open")``."""
    return Message(template, values, context=context)


def in_languages(texts: Mapping[str, str]) -> Message:
    """A text that somebody wrote in one or several languages, such as a call's title."""
    return Message("{text}", {"text": texts})


def verbatim(text: str) -> Message:
    """Words that are not translated, such as what a person wrote."""
    return Message("{text}", {"text": text})
