"""What every sentence is made with: its shape, who acts, and by which name a thing is spoken of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from domain.messages import Letters, Message, in_context, msg
from domain.values import Role, Texts


@dataclass(frozen=True, slots=True)
class FactInWords:
    """A fact in words: `what` happened, `why` (the label of its reason, if it has one), and of what `changed` those things
    that the sentence does not say."""

    what: Message
    why: Message | None = None
    changed: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingContext:
    """What the words need to know beside the fact: who is the `actor` and what it is `about`, as both stand in a sentence;
    the `currency` of amounts that come without one, if any; and whether the reader is told the `places` on the waiting
    list."""

    actor: Message
    about: Message
    currency: str = ""
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
"""Members are told apart by a number, and jurors by a letter, which looks like no mark that they give."""

NUMBERED: Final = frozenset(_BY_NUMBER)

APPLICANT: Final = in_context("actor", "The applicant")
RECIPIENT: Final = in_context("actor", "The recipient")
MEMBER: Final = in_context("actor", "A member")
PERSON: Final = in_context("actor", "A person")
PROGRAM: Final = in_context("actor", "The program")
THE_JURY: Final = in_context("actor", "The jury")

_BY_ROLE: Final[Mapping[str, Message]] = {
    Role.APPLICANT: APPLICANT,
    Role.PERSON: PERSON,
    Role.SYSTEM: PROGRAM,
}


class Numbers:
    """Numbers people by their handles, in each role from 1, in the order in which they act first: of acts that the reader
    is told, and no others, so that a number tells of nobody who is hidden.

    `before` are the roles and handles of acts that were told already, such as on earlier pages, in their order. Somebody
    who acts in two roles has a number in each.
    """

    def __init__(self, before: Iterable[tuple[str, str]] = ()) -> None:
        self._numbers: dict[str, dict[str, int]] = {}
        for role, handle in before:
            self.of(role, handle)

    def of(self, role: str, handle: str) -> int:
        """The number of whoever acts in a role under a handle."""
        known = self._numbers.setdefault(role, {})
        return known.setdefault(handle, len(known) + 1)


def actor_words(role: str, handle: str | None, numbers: Numbers, *, of_grant: bool = False) -> Message:
    """Who acts, at the beginning of a sentence: "Officer 1", "Juror B"; `of_grant`: in a grant, whose applicant is its
    recipient. Without a handle, a member is no more than a member."""
    if role not in NUMBERED:
        return RECIPIENT if of_grant and role == Role.APPLICANT else _BY_ROLE.get(role, PERSON)
    if handle is None:
        return MEMBER
    number = numbers.of(role, handle)
    named = _BY_NUMBER[role]
    return Message(
        named.template, {"number": Letters(number) if role == Role.JUROR else number}, context=named.context
    )


# What it is about


def by_title(title: str | Texts) -> Message:
    """A thing by its title or its name, as it stands in a sentence."""
    return msg("“{title}”", title=title)


def by_handle(handle: str) -> Message:
    """An application by the handle of its applicant, as it stands in a sentence."""
    return in_context("in a sentence", "application {handle}", handle=handle)


UNNAMED: Final = in_context("in a sentence", "an application")
"""An application of which the reader knows neither title nor handle."""
