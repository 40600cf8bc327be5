"""What many measurements come to: the median of rounds, their range, and percentiles of single times."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several rounds of one measurement, with the least and the most of them beside it."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, rounds: Sequence[float]) -> Spread:
        """The spread of at least one round."""
        if not rounds:
            raise ValueError("no round was measured")
        return cls(statistics.median(rounds), min(rounds), max(rounds))


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: the smallest value that at least `percent` of all values do not exceed.

    It is always one of the values, never an invention between two. `percent` is above 0 and at most 100.
    """
    if not values:
        raise ValueError("there is no value")
    if not 0 < percent <= 100:
        raise ValueError("a percentile is above 0 and at most 100")
    ordered = sorted(values)
    return ordered[math.ceil(percent / 100 * len(ordered)) - 1]


def ratios(ours: Sequence[float], bound: Sequence[float]) -> list[float]:
    """Each round of ours as a ratio to the bound's round beside it, so that what disturbs both disturbs neither."""
    return [mine / theirs for mine, theirs in zip(ours, bound, strict=True)]
