"""The chain of a stream: how each of its facts follows on the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from history.format.document import Document

Break = Literal["begin", "version", "previous", "initiative"]
BREAKS: Final[dict[Break, str]] = {
    "begin": "The stream does not begin with its first fact.",
    "version": "A version of the stream is missing, or comes twice.",
    "previous": "`previous` is not the leaf of the fact before.",
    "initiative": "The initiative is another one than before.",
}
"""How a fact can fail to follow, and in words."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest fact of a stream so far."""

    version: int
    leaf: bytes
    initiative: str | None


class Following(NamedTuple):
    """What of a document says where it follows."""

    version: int
    previous: bytes | None
    initiative: str | None

    @classmethod
    def of(cls, document: Document) -> Following:
        """That of a document."""
        return cls(document.version, document.previous, document.initiative)


def breaks(head: Head | None, following: Following) -> Iterator[Break]:
    """How a fact fails to follow on the head of its stream (None: there is no fact before it)."""
    if head is None:
        if following.version != 1:
            yield "begin"
        return
    if following.version != head.version + 1:
        yield "version"
    elif following.previous != head.leaf:
        yield "previous"
    if following.initiative != head.initiative:
        yield "initiative"
