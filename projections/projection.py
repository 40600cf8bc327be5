"""What a projection is: its name, its tables, the facts it reads, and its handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, LiteralString, NamedTuple, NoReturn

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from domain.deciding import Fact
from domain.topics import TOPIC_OF
from history.documents import Recorded

Connection = psycopg.Connection[tuple[Any, ...]]


class Placed(NamedTuple):
    """A recorded fact and its position."""

    position: int
    recorded: Recorded

    @property
    def version(self) -> int:
        """The fact's version in its stream."""
        return self.recorded.envelope.version


LIVE: Final = "read"
"""The schema of the read models that questions are answered from."""


class Write:
    """What a handler writes with: statements of one transaction, sent without waiting for an answer to each.

    Statements name their tables in the schema ``read``; while a read model is built anew beside the live one, the same
    statements write into `schema` instead.
    """

    def __init__(self, connection: Connection, schema: str = LIVE) -> None:
        self._connection = connection
        self._schema = schema

    def __call__(self, statement: LiteralString, /, **values: object) -> None:
        """Run a statement whose placeholders are written ``%(name)b``."""
        self._connection.execute(in_schema(statement, self._schema), values)


@cache
def in_schema(statement: LiteralString, schema: str) -> bytes:
    """A statement on tables of ``read``, as one on the same tables of another schema."""
    return statement.replace(f"{LIVE}.", f"{schema}.").encode()


Handler = Callable[[Placed, Write], None]
"""Writes what follows from one fact. It reads nothing but its own projection's tables, in the statements themselves,
and does nothing when it sees a fact again."""


@dataclass(frozen=True, slots=True)
class Projection:
    """A read model. `tables` (of the schema ``read``) are its own alone; `facts` are the classes that it handles."""

    name: str
    tables: tuple[LiteralString, ...]
    facts: tuple[type[Fact], ...]
    handle: Handler

    def topics(self) -> frozenset[str]:
        """The topics of the facts that it handles."""
        return frozenset(TOPIC_OF[fact] for fact in self.facts)


def unhandled(fact: Fact) -> NoReturn:
    """Stop a projection that declares a fact and has no case for it."""
    raise AssertionError(f"{type(fact).__name__} is declared and not handled")


def as_json(value: object) -> Jsonb:
    """A public value as a JSON column takes it."""
    return Jsonb(msgspec.to_builtins(value), dumps=msgspec.json.encode)
