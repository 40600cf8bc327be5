"""Charts, drawn on the server as SVG: no script, no style attribute, and the numbers beside them as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Final

from minijinja import safe

_DOTS: Final = (200, 28)
"""Width and height of a row of dots."""
_MARGIN: Final = 8


def dots(scores: Sequence[str], mean: str | None, words: str) -> str:
    """A dot for each score in per cent on a line from 0 to 100, and a stroke at the mean. Equal scores lie above each other.
    `words` say the same to those who do not see it."""
    width, height = _DOTS
    along = Decimal(width - 2 * _MARGIN) / 100

    def place(score: str) -> str:
        return _short(_MARGIN + Decimal(score) * along)

    middle = height // 2
    seen: dict[str, int] = {}
    drawn = []
    for score in scores:
        # Equal scores are moved apart, up and down in turn.
        same = seen[score] = seen.get(score, 0) + 1
        lift = (same // 2) * 5 * (-1 if same % 2 == 0 else 1)
        drawn.append(f'<circle class="dot" cx="{place(score)}" cy="{middle + lift}" r="3.5"/>')
    line = f'<path class="axis" d="M{_MARGIN} {middle}H{width - _MARGIN}"/>'
    spread = (
        f'<path class="spread" d="M{place(scores[0])} {middle}H{place(scores[-1])}"/>'
        if len(scores) > 1
        else ""
    )
    stroke = f'<path class="mean" d="M{place(mean)} 4V{height - 4}"/>' if mean is not None else ""
    return safe(
        f'<svg class="dots" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(words)}">{line}{spread}{stroke}{"".join(drawn)}</svg>'
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: what it stands for, its size, and the size in words. `tone` is a colour of the style sheet."""

    label: str
    size: int
    words: str
    tone: str = ""


_BARS: Final = (320, 14)


def bars(shown: Sequence[Bar]) -> str:
    """Horizontal bars from a common zero, the largest as wide as there is room. Labels and numbers are text of the page above
    each bar, so that they are read aloud, grow with the page and find room on a narrow screen."""
    width, height = _BARS
    most = max((each.size for each in shown), default=0)
    drawn = []
    for each in shown:
        wide = max(2, width * each.size // most) if most and each.size > 0 else 0
        drawn.append(
            f"<div><dt>{escape(each.label)}</dt><dd>{escape(each.words)}</dd>"
            f'<dd><svg class="bars" viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">'
            f'<rect class="bar{f" {each.tone}" if each.tone else ""}" width="{wide}" height="{height}"/></svg></dd></div>'
        )
    return safe(f'<dl class="chart">{"".join(drawn)}</dl>')


def _short(number: Decimal) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")
