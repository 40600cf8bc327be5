"""Answers as of an earlier moment, only for people who may know when things happened."""

from __future__ import annotations

from dataclasses import dataclass

from domain.deciding import Verdict
from projections.reader import LATEST, allow


@dataclass(frozen=True, slots=True)
class AsOf:
    """The moment that a request asks about. A query can only pass it to `position_at`, which checks access."""

    _position: int

    def at(self, times: Verdict) -> int:
        """The position of the moment, if the viewer may know times. Raises `Forbidden`."""
        allow(times)
        return self._position


def position_at(as_of: AsOf | None, times: Verdict) -> int:
    """The position as of which a query is answered; the latest if no moment is given. `times` is the result of
    `domain.access.sees_times`. Raises `Forbidden` if a moment is given and the viewer may not know when things happened."""
    return LATEST if as_of is None else as_of.at(times)
