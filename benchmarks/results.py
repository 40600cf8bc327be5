"""The lines that a run prints and keeps: what was measured, beside its bound, and whether the bar was met."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Spread, ratios

RESULTS: Final = Path(__file__).with_name("results.json")


@dataclass(frozen=True, slots=True)
class Bar:
    """What a line has to reach. `of`: its ratio to the bound, or the value itself in the line's unit."""

    of: Literal["ratio", "value"]
    sense: Literal["at least", "below", "at most"]
    limit: float

    def met(self, value: float, ratio: float | None) -> bool:
        """Whether the line reaches it."""
        reached = value if self.of == "value" else ratio
        if reached is None:
            return False
        match self.sense:
            case "at least":
                return reached >= self.limit
            case "below":
                return reached < self.limit
            case "at most":
                return reached <= self.limit

    def text(self, unit: str) -> str:
        """As the table shows it: ``≥ 0.5``, ``< 100 ms``."""
        sign = {"at least": "≥", "below": "<", "at most": "≤"}[self.sense]
        return f"{sign} {self.limit:g}" + (f" {unit}" if self.of == "value" else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One measured line. `value` and `bound_value` are medians in `unit`; `range` is the least and the most that was
    seen of the ratio, or of the value where there is no bound. `ratio` is the median of the rounds' ratios."""

    name: str
    value: float
    unit: str
    bound: str | None
    bound_value: float | None
    ratio: float | None
    bar: str | None
    met: bool | None
    range: tuple[float, float]


def beside(
    name: str, unit: str, ours: Sequence[float], bound_name: str, bound: Sequence[float], bar: Bar | None
) -> Line:
    """The line of a rate (more is better) measured in rounds, each beside a round of its bound."""
    ratio = Spread.of(ratios(ours, bound))
    value = Spread.of(ours).median
    return Line(
        name=name,
        value=_figure(value),
        unit=unit,
        bound=bound_name,
        bound_value=_figure(Spread.of(bound).median),
        ratio=_figure(ratio.median),
        bar=bar.text(unit) if bar else None,
        met=bar.met(value, ratio.median) if bar else None,
        range=(_figure(ratio.least), _figure(ratio.most)),
    )


def alone(name: str, unit: str, rounds: Sequence[float], bar: Bar | None) -> Line:
    """The line of a measurement that has no bound beside it."""
    spread = Spread.of(rounds)
    return Line(
        name=name,
        value=_figure(spread.median),
        unit=unit,
        bound=None,
        bound_value=None,
        ratio=None,
        bar=bar.text(unit) if bar else None,
        met=bar.met(spread.median, None) if bar else None,
        range=(_figure(spread.least), _figure(spread.most)),
    )


def write_results(lines: Iterable[Line], path: Path = RESULTS) -> None:
    """Keep the lines as JSON, whole or not at all."""
    draft = path.with_suffix(".new")
    draft.write_text(
        json.dumps([asdict(line) for line in lines], indent=1, ensure_ascii=False) + "\n", "utf-8"
    )
    draft.replace(path)


def print_table(lines: Iterable[Line], console: Console) -> None:
    """The lines as a table."""
    table = Table(title="Measured, each beside its bound")
    for title in ("line", "value", "unit", "bound", "ratio", "range", "bar", ""):
        table.add_column(title, justify="left" if title in {"line", "unit", "bar", ""} else "right")
    for line in lines:
        bound = f"{line.bound_value:g}\n{line.bound}" if line.bound is not None else ""
        table.add_row(
            line.name,
            f"{line.value:g}",
            line.unit,
            bound,
            f"{line.ratio:g}" if line.ratio is not None else "",
            f"{line.range[0]:g} to {line.range[1]:g}",
            line.bar or "",
            {True: "met", False: "[bold]not met[/bold]", None: ""}[line.met],
        )
    console.print(table)


def _figure(value: float) -> float:
    """Four significant digits: a benchmark on a shared machine knows no more."""
    return float(f"{value:.4g}")
