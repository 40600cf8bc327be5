"""How things stood at an earlier moment: for those alone who may know when things happened."""

from __future__ import annotations

from dataclasses import dataclass

from domain.deciding import Verdict
from projections.reader import LATEST, allow


@dataclass(frozen=True, slots=True)
class AsOf:
    """A moment that somebody asks about. A query can do nothing with it but hand it to `position_at`."""

    _position: int

    def at(self, times: Verdict) -> int:
        """The position that it stands for, to who may know times. Raises `Forbidden`."""
        allow(times)
        return self._position


def position_at(as_of: AsOf | None, times: Verdict) -> int:
    """The position as of which a question is answered, the latest without a moment. `times` is the answer of
    `domain.access.sees_times`. Raises `Forbidden` to who may not know when things happened."""
    return LATEST if as_of is None else as_of.at(times)
