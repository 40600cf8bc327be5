"""A request to run a command, its answer, and why it may have to be sent again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.deciding import (
    Command,
)
from domain.values import Channel


class Contended(Exception):
    """The command conflicted with others on every attempt; nothing was written. It can be sent again."""


class Stale(Exception):
    """The stream has changed since the version that the client named; nothing was written. `tag` is the tag of the current
    version."""

    def __init__(self, tag: str) -> None:
        super().__init__("This was changed since you read it; read it again.")
        self.tag = tag


class KeyReused(Exception):
    """An idempotency key was used again with a different request; nothing was written."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a command: the stream that it is about, the version of it that everybody is told, the leaf hash of its
    newest fact, and the positions of all facts written, or of that fact if there was nothing to write."""

    stream: str
    version: int
    leaf: bytes
    positions: tuple[int, ...]
    repeated: bool = False

    @property
    def position(self) -> int:
        """The position after which a read model has seen all of this command."""
        return self.positions[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A command, with who sends it and how.

    `key` is the client's idempotency key. `expected` is the version tag (`Runner.version_tag`) that the command's
    stream must have, if the client asks for one. `cause` is the leaf hash (hex) of the fact that triggered the command;
    None if the actor sent it. `not_before` is the time of a due date: the command is decided as of that time if the
    clock was set back, and always in a demonstration, whose clock jumps over due dates. `writers` are the people who
    wrote in the draft from which the command is sent; the program knows them, and no client can name others.
    """

    command: Command
    actor: str
    channel: Channel
    key: str | None = None
    expected: str | None = None
    cause: str | None = None
    not_before: datetime | None = None
    writers: frozenset[str] = frozenset()
