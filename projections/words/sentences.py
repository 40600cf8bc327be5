"""What all sentences share: their shape, the words for the actor, and the names of things."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from domain.messages import Letters, Message, in_context, msg
from domain.texts import Texts
from domain.values import Role


@dataclass(frozen=True, slots=True)
class FactInWords:
    """A fact in words: `what` happened, `why` (the label of its reason, if it has one), and the changes that the
    sentence does not say (`changed`)."""

    what: Message
    why: Message | None = None
    changed: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceContext:
    """What the words need besides the fact: the `actor` and the thing that it is `about`, both as they stand in a
    sentence, and that thing as it stands after "of" (`of_about`), which other languages than English spell differently; the `currency` of amounts that have none; the `zone` of moments that have none; and whether the reader sees
    `places` on the waiting list."""

    actor: Message
    about: Message
    of_about: Message
    currency: str = ""
    zone: str = "UTC"
    places: bool = True


# Who acts

_BY_NUMBER: Final[Mapping[str, Message]] = {
    Role.ADMINISTRATOR: in_context("actor", "Administrator {number}"),
    Role.OFFICER: in_context("actor", "Officer {number}"),
    Role.JUROR: in_context("actor", "Juror {number}"),
    Role.CHAIR: in_context("actor", "Chair {number}"),
    Role.FINANCE: in_context("actor", "Finance {number}"),
    Role.APPROVER: in_context("actor", "Approver {number}"),
    Role.FUNDER: in_context("actor", "Funder {number}"),
}
"""Members are distinguished by a number, and jurors by a letter, which cannot be taken for a score."""

NUMBERED: Final = frozenset(_BY_NUMBER)

APPLICANT: Final = in_context("actor", "The applicant")
RECIPIENT: Final = in_context("actor", "The recipient")
MEMBER: Final = in_context("actor", "A member")
PERSON: Final = in_context("actor", "A person")
PROGRAM: Final = in_context("actor", "The program")

_BY_ROLE: Final[Mapping[str, Message]] = {
    Role.APPLICANT: APPLICANT,
    Role.PERSON: PERSON,
    Role.SYSTEM: PROGRAM,
}


class Numbers:
    """Numbers people by their handles, from 1 in each role, in the order in which they first act in what the reader
    sees. So numbers reveal nothing about hidden people.

    `before` are the roles and handles of entries that were shown already, such as on earlier pages, in order. A person
    who acts in two roles has a number in each; `first` says in which role they acted first.
    """

    def __init__(self, before: Iterable[tuple[str, str]] = ()) -> None:
        self._numbers: dict[str, dict[str, int]] = {}
        self._first: dict[str, str] = {}
        for role, handle in before:
            self.of(role, handle)

    def of(self, role: str, handle: str) -> int:
        """The number of the person with this role and handle."""
        self._first.setdefault(handle, role)
        known = self._numbers.setdefault(role, {})
        return known.setdefault(handle, len(known) + 1)

    def first(self, handle: str) -> str:
        """The role in which the person with this handle acted first."""
        return self._first[handle]


def actor_words(role: str, handle: str | None, numbers: Numbers, *, of_grant: bool = False) -> Message:
    """The actor at the beginning of a sentence: "Officer 1", "Juror B"; `of_grant`: in a grant, whose applicant is its
    recipient. A member without a handle is just "A member". Of somebody who acted in another role before, that is said:
    "Finance 2 (also Officer 1)"."""
    if role not in NUMBERED:
        return RECIPIENT if of_grant and role == Role.APPLICANT else _BY_ROLE.get(role, PERSON)
    if handle is None:
        return MEMBER
    numbered = _numbered(role, numbers.of(role, handle))
    first = numbers.first(handle)
    if first == role:
        return numbered
    return in_context(
        "actor", "{actor} (also {first})", actor=numbered, first=_numbered(first, numbers.of(first, handle))
    )


def _numbered(role: str, number: int) -> Message:
    named = _BY_NUMBER[role]
    return Message(
        named.template, {"number": Letters(number) if role == Role.JUROR else number}, context=named.context
    )


# What it is about


def by_title(title: str | Texts) -> Message:
    """A thing by its title or its name, within a sentence."""
    return msg("“{title}”", title=title)


def by_handle(handle: str) -> Message:
    """An application by the handle of its applicant, within a sentence."""
    return in_context("in a sentence", "application {handle}", handle=handle)


UNNAMED: Final = in_context("in a sentence", "an application")
"""An application whose title and handle the reader does not know."""
