"""What a projection is: its name, its tables, the facts it reads, and its handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString, NamedTuple, NoReturn

from domain.deciding import Fact
from domain.topics import topics_of
from history.documents import Recorded
from projections.writing import Write


class Placed(NamedTuple):
    """A recorded fact and its position."""

    position: int
    recorded: Recorded

    @property
    def version(self) -> int:
        """The fact's version in its stream."""
        return self.recorded.version


Handler = Callable[[Placed, Write], None]
"""Writes what follows from one fact. It reads nothing but its own projection's tables, in the statements themselves,
and changes nothing when it sees a fact again."""


@dataclass(frozen=True, slots=True)
class Projection:
    """A read model. `tables` (of the schema ``read``) are its own alone; `facts` are the classes that it handles."""

    name: str
    tables: tuple[LiteralString, ...]
    facts: tuple[type[Fact], ...]
    handle: Handler

    def topics(self) -> frozenset[str]:
        """The topics of the facts that it handles."""
        return frozenset(topics_of(*self.facts))


def unhandled(fact: Fact) -> NoReturn:
    """Stop a projection that declares a fact and has no case for it."""
    raise AssertionError(f"{type(fact).__name__} is declared and not handled")
