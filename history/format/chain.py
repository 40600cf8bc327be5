"""The chain of a stream: how each fact links to the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from history.format.document import Document

Break = Literal["begin", "version", "previous", "initiative"]
"""The ways in which the chain can be broken at a fact."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest fact of a stream so far: version, leaf hash and initiative."""

    version: int
    leaf: bytes
    initiative: str | None


class ChainLink(NamedTuple):
    """What links a fact to the previous one: version, previous leaf hash, initiative."""

    version: int
    previous: bytes | None
    initiative: str | None

    @classmethod
    def of(cls, document: Document) -> ChainLink:
        """The link of a document."""
        return cls(document.version, document.previous, document.initiative)


def breaks(head: Head | None, link: ChainLink) -> Iterator[Break]:
    """The ways in which a fact does not follow the head of its stream (None: the stream has no fact before it)."""
    if head is None:
        if link.version != 1:
            yield "begin"
        return
    if link.version != head.version + 1:
        yield "version"
    elif link.previous != head.leaf:
        yield "previous"
    if link.initiative != head.initiative:
        yield "initiative"
