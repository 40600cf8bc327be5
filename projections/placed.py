"""A recorded fact with its position, the input of projections."""

from __future__ import annotations

from typing import NamedTuple

from domain.deciding import Fact
from history.documents import Recorded


class Placed(NamedTuple):
    """A recorded fact and its position."""

    position: int
    recorded: Recorded

    @property
    def fact(self) -> Fact:
        """The fact, with its personal fields sealed."""
        return self.recorded.fact

    @property
    def stream(self) -> str:
        """The id of the fact's stream."""
        return self.recorded.envelope.place.stream

    @property
    def version(self) -> int:
        """The fact's version in its stream."""
        return self.recorded.envelope.place.version

    @property
    def handle(self) -> str | None:
        """The handle of the actor within the scope of the command."""
        return self.recorded.envelope.acting.handle
