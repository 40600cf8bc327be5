"""Two versions of a draft, written on two devices: no word of either is lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_TABLE: Final = re.compile(r"([a-z0-9_.]+)\[[0-9]+\]\.", re.ASCII)


@dataclass(frozen=True, slots=True)
class Merged:
    """`typed` goes into the form: this device's words, and what only the other device wrote. `others` are the words of the
    other device that differ from it, by the names of the inputs; the person chooses."""

    typed: dict[str, str]
    others: dict[str, str]


def merge(here: Mapping[str, str], there: Mapping[str, str]) -> Merged:
    """Merge what was typed here with what was saved from another device. A table is one thing: rows of two devices are never
    mixed."""
    typed: dict[str, str] = {}
    others: dict[str, str] = {}
    for group in dict.fromkeys([*map(_group, here), *map(_group, there)]):
        ours, theirs = _of(here, group), _of(there, group)
        written_here, written_there = _written(ours), _written(theirs)
        if written_here or not written_there:
            typed |= ours
            if written_there and ours != theirs:
                others |= {
                    name: text for name, text in theirs.items() if text.strip() and ours.get(name) != text
                }
        else:
            typed |= theirs
    return Merged(typed, others)


def _group(name: str) -> str:
    """The name of the table that an input belongs to, otherwise its own."""
    found = _TABLE.match(name)
    return found[1] if found else name


def _of(typed: Mapping[str, str], group: str) -> dict[str, str]:
    return {name: text for name, text in typed.items() if _group(name) == group}


def _written(typed: Mapping[str, str]) -> bool:
    return any(text.strip() for text in typed.values())
