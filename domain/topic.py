"""The topic of a fact: its permanent name, and the audience that sees the fact in timelines.

Both are declared with the fact's class (`stored_as`); `domain.topics` collects them into the register.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from domain.deciding import Fact

F = TypeVar("F", bound=Fact)


class Audience(enum.StrEnum):
    """Who sees a fact in the timelines that they may open (`domain.access.sees_timeline`). The jury, which may not know
    times, and those who pay cannot open any."""

    APPLICANT = "applicant"
    """Applicants, for their own application, the grant that followed, and organisations for which they act."""
    STAFF = "staff"
    FUNDERS = "funders"


STAFF: Final = frozenset({Audience.STAFF})
FOLLOWERS: Final = frozenset({Audience.STAFF, Audience.FUNDERS})
"""People who follow a call without applying to it."""
MEMBERS: Final = frozenset({Audience.APPLICANT})
"""The members of an organisation, for its own timeline."""
EVERYBODY: Final = FOLLOWERS | {Audience.APPLICANT}
"""The applicant, the staff and funders."""

Conversion = Callable[[Any], Fact]  # Any: a fact of the older class


@dataclass(frozen=True, slots=True)
class Older:
    """A topic of an earlier shape: `convert` makes the next shape of a fact.

    A conversion keeps the name of every sealed field, and of the member that names its subject: a box is bound to both.
    """

    name: str
    fact: type[Fact]
    convert: Conversion


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: its permanent name, the class of its facts, and who sees them in a timeline (by default, nobody).
    `older` are the topics of earlier shapes, the oldest first; they have the same audience."""

    name: str
    fact: type[Fact]
    audience: frozenset[Audience] = frozenset()
    older: tuple[Older, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names under which such facts are stored."""
        return (*(each.name for each in self.older), self.name)


DECLARED: Final[dict[type[Fact], Topic]] = {}
"""The topic of each class of facts that has been imported, without its older topics. `domain.topics` imports them
all."""


def stored_as(name: str, *, audience: frozenset[Audience] = frozenset()) -> Callable[[type[F]], type[F]]:
    """Declare the topic of a class of facts, and who sees such facts in a timeline: by default, nobody.

    The name never changes its meaning and is never given to another class; a class may be moved or renamed freely.
    """

    def declare(fact: type[F]) -> type[F]:
        DECLARED[fact] = Topic(name, fact, audience)
        return fact

    return declare
