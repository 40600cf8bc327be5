"""What a projection is: its name, its tables, and the function that folds facts into their rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, LiteralString, get_args, get_type_hints

from domain.deciding import Fact
from domain.topics import topics_of
from projections.placed import Placed
from projections.rows import Rows
from projections.tables import Table

Fold = Callable[[Rows, Any, Placed], None]
"""Folds one fact into the rows of its projection's tables. It looks at nothing else, and the type of its parameter `fact`
says which facts it handles. `Any`: each fold has its own union."""


@dataclass(frozen=True, slots=True)
class Projection:
    """A read model. The tables that it `keeps` are its own alone. `declared` are the facts that it handles, where they are
    not what the type of its function says."""

    name: str
    keeps: tuple[Table[Any], ...]  # Any: each table has its own rows
    fold: Fold
    declared: tuple[type[Fact], ...] = ()

    def __post_init__(self) -> None:
        # A function that does not say what it handles is found where the program starts.
        assert self.facts

    @property
    def tables(self) -> tuple[LiteralString, ...]:
        """The names of its tables, in the schema ``read``."""
        return tuple([table.name for table in self.keeps])

    @property
    def facts(self) -> tuple[type[Fact], ...]:
        """The classes of the facts that it handles."""
        return self.declared or facts_of(self.fold)

    def topics(self) -> frozenset[str]:
        """The topics of the facts that it handles."""
        return frozenset(topics_of(*self.facts))


@cache
def facts_of(fold: Fold) -> tuple[type[Fact], ...]:
    """The facts that a function handles, by the type of its parameter `fact`: a class, or a union of some. Raises TypeError
    if it is anything else, or a class without a topic of its own."""
    said = get_type_hints(fold).get("fact")
    facts = get_args(said) or (said,)
    for fact in facts:
        if not (isinstance(fact, type) and issubclass(fact, Fact)) or fact is Fact:
            raise TypeError(f"{fold.__module__}.{fold.__qualname__} does not say which facts it handles.")
    return facts
