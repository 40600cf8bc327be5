"""Rendering: the templates, compiled once, and how values look in them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints
from zoneinfo import ZoneInfo

from minijinja import Environment, load_from_path

from domain import limits
from domain.amounts import example_amount
from domain.commands.register import REGISTER
from domain.values import Money, Texts
from domain.words import word_limit
from projections.words.telling import REASONS

_HERE: Final = Path(__file__).parent
STYLE: Final = (_HERE / "templates" / "style.css").read_bytes()
STYLE_ADDRESS: Final = f"/style.css?{hashlib.sha256(STYLE).hexdigest()[:16]}"
ICON: Final = (_HERE / "templates" / "icon.svg").read_bytes()

_THIN: Final = "\N{NARROW NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Said:
    """A text in the language that fits best, and which one that is."""

    language: str
    text: str


def said(texts: Texts, languages: Sequence[str]) -> Said:
    """A text in the first of `languages` that it has, counting ``en`` for ``en-GB``; else in its own first one."""
    by_base = {language.partition("-")[0]: language for language in reversed(texts)}
    for language in languages:
        found = language if language in texts else by_base.get(language.partition("-")[0])
        if found is not None:
            return Said(found, texts[found])
    first = next(iter(texts))
    return Said(first, texts[first])


def money(amount: Money | None) -> str:
    """A sum with its thousands apart: ``12 500.00 EUR``."""
    if amount is None:
        return ""
    whole, point, fraction = amount.amount.partition(".")
    return f"{int(whole):,}".replace(",", _THIN) + f"{point}{fraction}\N{NO-BREAK SPACE}{amount.currency}"


def moment(at: datetime | str | None, zone: str = "UTC") -> str:
    """A moment on the clocks of a zone: ``24 November 2026, 18:00``, with UTC named."""
    if at is None:
        return ""
    there = (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(ZoneInfo(zone))
    return f"{_day(there)}, {there:%H:%M}" + (" UTC" if zone == "UTC" else "")


def day(on: date | str | None) -> str:
    """A day: ``24 November 2026``."""
    if on is None:
        return ""
    return _day(date.fromisoformat(on) if isinstance(on, str) else on)


def _day(on: date) -> str:
    return f"{on.day} {on:%B} {on.year}"


def choices(command: str, field: str) -> tuple[tuple[str, str], ...]:
    """What a field of a command offers to choose from, each code with its words."""
    hint = get_type_hints(REGISTER[command].request)[field]
    codes = [each for option in (get_args(hint) or ()) for each in (get_args(option) or (option,))]
    return tuple((code, reason(code)) for code in codes if isinstance(code, str))


def reason(code: str | None) -> str:
    """A code in words."""
    return "" if code is None else REASONS.get(code, code.replace("_", " ")).capitalize()


def plain(code: str) -> str:
    """A code as words: ``grants payable``."""
    return code.replace("_", " ")


def within(hint: str, most: int) -> str:
    """A field's hint, with the length to which its text is limited; 0 where nothing is typed freely."""
    return f"{hint.strip()} At most {most} characters.".strip() if most else hint.strip()


class Rendering:
    """The templates of the pages."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=load_from_path([str(_HERE / "templates")]),
            undefined_behavior="strict",
            trim_blocks=True,
            lstrip_blocks=True,
            filters={
                "money": money,
                "moment": moment,
                "day": day,
                "said": said,
                "reason": reason,
                "plain": plain,
            },
            globals={
                "style": STYLE_ADDRESS,
                "choices": choices,
                "example": example_amount,
                "limits": limits,
                "within": within,
                "word_limit": word_limit,
            },
        )

    def page(self, template: str, context: Mapping[str, Any]) -> bytes:  # Any: whatever a template shows
        """A page in HTML."""
        return self._environment.render_template(template, **context).encode()
