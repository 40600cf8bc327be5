"""Lists by pages: an opaque cursor that says after which key, or which fact, the next page begins."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Container, Sequence
from typing import Final, Generic, TypeVar

import msgspec

from domain.messages import msg
from domain.refusals import Invalid
from history.position_tokens import PositionTokens

T = TypeVar("T")
R = TypeVar("R")

DEFAULT_LIMIT: Final = 50
MOST: Final = 100


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list; `next` is the cursor of the page after it, or None. `unreadable` are the ids of what would
    stand on it, but is left out because a stored fact that it rests on cannot be read."""

    items: tuple[T, ...]
    next: str | None = None
    unreadable: tuple[str, ...] = ()


def check_limit(limit: int) -> int:
    """`limit`, from 1 to 100; raises `Invalid`."""
    if not 1 <= limit <= MOST:
        raise Invalid.field(
            "limit",
            msg("A page has from 1 to {most} items; {limit} were asked for.", most=MOST, limit=limit),
        )
    return limit


def cursor_of(key: str) -> str:
    """The cursor for a page that begins after `key`."""
    return urlsafe_b64encode(key.encode()).decode().rstrip("=")


def key_of(cursor: str | None) -> str:
    """The key after which a page begins; the empty text, which sorts before all, for the first. Raises `Invalid`."""
    if not cursor:
        return ""
    try:
        key = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        key = "\x00"
    # PostgreSQL's text holds no NUL, so such a key was never given out.
    if "\x00" in key or len(key) > 200:
        raise _no_cursor()
    return key


def number_of(cursor: str | None) -> int:
    """The count of items before a page, for lists that only ever grow at their end. Raises `Invalid`."""
    key = key_of(cursor)
    if not key:
        return 0
    if not (key.isascii() and key.isdigit() and len(key) <= 12):
        raise _no_cursor()
    return int(key)


def position_of(cursor: str | None, cursors: PositionTokens) -> int:
    """The position after which a page begins, for lists of facts of which more may be shown later, and not at the end
    alone; 0 for the first page. Raises `Invalid`."""
    if not cursor:
        return 0
    position = cursors.position(cursor)
    if position is None:
        raise _no_cursor()
    return position


def _no_cursor() -> Invalid:
    return Invalid.field("cursor", msg("This is not a cursor of this list; begin with the first page."))


def page(
    rows: Sequence[R],
    limit: int,
    item: Callable[[R], T],
    key: Callable[[R], str],
    *,
    readable: Container[str] | None = None,
) -> Page[T]:
    """A page of `limit` items from rows that were asked for with one more than that. `readable` are the keys of those
    whose facts can be read, None if none of the items rests on that."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page(
        items=tuple([item(row) for row in shown if readable is None or key(row) in readable]),
        next=cursor_of(key(shown[-1])) if more and shown else None,
        unreadable=tuple([key(row) for row in shown if readable is not None and key(row) not in readable]),
    )


async def whole(pages: Callable[[str | None], Awaitable[Page[T]]]) -> tuple[T, ...]:
    """All items of a list, from its first page to its last: `pages` answers the page at a cursor. For lists that are
    short by their nature, such as an initiative's own calls, and that are shown without a link to further pages."""
    found = await pages(None)
    items = list(found.items)
    while found.next is not None:
        found = await pages(found.next)
        items += found.items
    return tuple(items)
