"""The chain of a stream: how each of its facts follows on the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from history.format.document import Document

Break = Literal["begin", "version", "previous", "initiative"]
"""How a fact can fail to follow."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest fact of a stream so far."""

    version: int
    leaf: bytes
    initiative: str | None


class Link(NamedTuple):
    """What ties a fact to the one before it: version, previous leaf, initiative."""

    version: int
    previous: bytes | None
    initiative: str | None

    @classmethod
    def of(cls, document: Document) -> Link:
        """That of a document."""
        return cls(document.version, document.previous, document.initiative)


def breaks(head: Head | None, link: Link) -> Iterator[Break]:
    """How a fact fails to follow on the head of its stream (None: there is no fact before it)."""
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
