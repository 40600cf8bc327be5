"""A projection: its name, its tables, and the function that folds facts into their rows."""

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
"""Folds one fact into the rows of its projection's tables, and uses nothing else. The type of its parameter `fact` says
which facts it handles. `Any`: each fold has its own union."""


@dataclass(frozen=True, slots=True)
class Projection:
    """A read model. No other projection writes the tables that it `keeps`. `declared` lists the facts that it handles, if the
    type of its function does not say so."""

    name: str
    keeps: tuple[Table[Any], ...]  # Any: each table has its own rows
    fold: Fold
    declared: tuple[type[Fact], ...] = ()

    def __post_init__(self) -> None:
        # Fails at start-up if the function does not say which facts it handles.
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
    """The facts that a function handles, from the type of its parameter `fact`: a class or a union of classes. Raises
    TypeError for any other type, and for a class without a topic."""
    said = get_type_hints(fold).get("fact")
    facts = get_args(said) or (said,)
    for fact in facts:
        if not (isinstance(fact, type) and issubclass(fact, Fact)) or fact is Fact:
            raise TypeError(f"{fold.__module__}.{fold.__qualname__} does not say which facts it handles.")
    return facts
