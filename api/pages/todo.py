"""One thing that waits for somebody, on their start page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.messages import Message
from domain.texts import Texts


@dataclass(frozen=True, slots=True)
class TodoItem:
    """Something that waits for the visitor: where it is done (None: only where `each` is), how many of it there are (shown before
    the words; 0: there is one), about which call, until when, on the clocks of which `zone`, where each is if it has a page of its
    own, with its handle, and a `note` on all of it."""

    href: str | None
    words: Message
    count: int = 0
    about: Texts | None = None
    until: datetime | None = None
    zone: str = "UTC"
    each: tuple[tuple[str, str], ...] = ()
    note: Message | None = None
