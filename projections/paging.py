"""Pages of lists, with an opaque cursor that contains the key or the fact after which the next page begins."""

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


class ResultPage(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list; `next` is the cursor of the next page, or None. `unreadable` lists the ids of items that are left
    out because a stored fact cannot be read."""

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
    """The key after which a page begins; for the first page the empty string, which sorts before all keys. Raises `Invalid`."""
    if not cursor:
        return ""
    try:
        key = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        key = "\x00"
    # PostgreSQL's text cannot contain NUL, so no valid cursor has such a key.
    if "\x00" in key or len(key) > 200:
        raise _no_cursor()
    return key


def number_of(cursor: str | None) -> int:
    """The number of items before a page, for lists that only grow at their end. Raises `Invalid`."""
    key = key_of(cursor)
    if not key:
        return 0
    if not (key.isascii() and key.isdigit() and len(key) <= 12):
        raise _no_cursor()
    return int(key)


def position_of(cursor: str | None, cursors: PositionTokens) -> int:
    """The position after which a page begins; 0 for the first page. For lists of facts in which more facts can become visible
    anywhere, not only at the end. Raises `Invalid`."""
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
) -> ResultPage[T]:
    """A page of `limit` items, made from up to `limit` + 1 rows. `readable` lists the keys of rows whose facts can be read;
    None if the items do not depend on facts."""
    shown = rows[:limit]
    more = len(rows) > limit
    return ResultPage(
        items=tuple([item(row) for row in shown if readable is None or key(row) in readable]),
        next=cursor_of(key(shown[-1])) if more and shown else None,
        unreadable=tuple([key(row) for row in shown if readable is not None and key(row) not in readable]),
    )


async def whole(pages: Callable[[str | None], Awaitable[ResultPage[T]]]) -> tuple[T, ...]:
    """All items of a list; `pages` returns the page at a cursor. For lists that are short, such as an initiative's calls, and
    are shown without links to further pages."""
    found = await pages(None)
    items = list(found.items)
    while found.next is not None:
        found = await pages(found.next)
        items += found.items
    return tuple(items)
