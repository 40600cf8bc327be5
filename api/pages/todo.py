"""The things that wait for somebody, on their start page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.messages import Message
from domain.texts import Texts


@dataclass(frozen=True, slots=True)
class EachItem:
    """One of several things that wait, by its title where the visitor may see that, else by a handle."""

    href: str
    handle: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class TodoItem:
    """Something that waits for the visitor: where it is done (None: only where `each` is), how many of it there are (shown before
    the words; 0: there is one), about which call, until when, on the clocks of which `zone`, where each is if it has a page of its
    own, and a `note` on all of it."""

    href: str | None
    words: Message
    count: int = 0
    about: Texts | None = None
    until: datetime | None = None
    zone: str = "UTC"
    each: tuple[EachItem, ...] = ()
    note: Message | None = None


def soonest_first(items: Iterable[TodoItem]) -> list[TodoItem]:
    """What has a date comes first, by its date; the rest stays in its order."""
    return sorted(items, key=lambda each: (each.until is None, each.until.timestamp() if each.until else 0.0))
