"""How a fact is stored and told: the permanent name of its topic, and who reads it in a timeline.

Both are said beside the fact's class (`stored_as`); `domain.topics` collects them into the register.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from domain.deciding import Fact

F = TypeVar("F", bound=Fact)


class Audience(enum.StrEnum):
    """Who reads what happened, in the timelines that they may open (`domain.access.sees_timeline`). The jury, which reads
    no times, and those who pay open none."""

    APPLICANT = "applicant"
    """Of their own application, and of the grant that followed; and of an organisation for which they act."""
    STAFF = "staff"
    FUNDERS = "funders"


STAFF: Final = frozenset({Audience.STAFF})
FOLLOWERS: Final = frozenset({Audience.STAFF, Audience.FUNDERS})
"""Those who follow a call without applying to it."""
MEMBERS: Final = frozenset({Audience.APPLICANT})
"""Those who act for an organisation, of the organisation itself."""
EVERYBODY: Final = FOLLOWERS | {Audience.APPLICANT}
"""The applicant and those who follow."""

Conversion = Callable[[Any], Fact]  # Any: a fact of the older class


@dataclass(frozen=True, slots=True)
class Older:
    """A topic under which facts were stored before, in another shape: `convert` makes the next shape of one.

    A conversion keeps every sealed field, and the member that names its subject, under its name: a box is bound to both.
    """

    name: str
    fact: type[Fact]
    convert: Conversion


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: its permanent name, the class of its facts, and who reads them in a timeline. One that declares no
    audience is shown to nobody there. `older` are the topics that came before it, the oldest first; they have the same
    audience."""

    name: str
    fact: type[Fact]
    audience: frozenset[Audience] = frozenset()
    older: tuple[Older, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names under which such facts are stored."""
        return (*(each.name for each in self.older), self.name)


DECLARED: Final[dict[type[Fact], Topic]] = {}
"""The topic of each class of facts that was imported so far, without its older topics. `domain.topics` imports all."""


def stored_as(name: str, *, told_to: frozenset[Audience] = frozenset()) -> Callable[[type[F]], type[F]]:
    """Declare the topic of a class of facts, and who reads such facts in a timeline: nobody, unless it is said.

    The name never changes its meaning and is never given to another class; a class may move or be renamed freely.
    """

    def declare(fact: type[F]) -> type[F]:
        DECLARED[fact] = Topic(name, fact, told_to)
        return fact

    return declare
