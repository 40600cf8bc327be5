"""A recorded fact at its position, as projections get it."""

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
        """The fact itself, its personal fields sealed."""
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
        """The handle of whoever acted, within the scope of the act."""
        return self.recorded.envelope.acting.handle
