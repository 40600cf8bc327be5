"""A list that can be downloaded, and reading the whole of it by the query of its page."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from litestar import Response

from api.lists.columns import Around, Column, sheet_of
from api.lists.files import FORMATS
from api.locales import Locale
from domain.messages import Message, counted, msg
from domain.parties import is_organisation
from projections import calls, organisations
from projections.paging import MOST, ResultPage
from projections.reader import Reader

_FIELDS_OF_CALLS: Final = ("call",)


def _the_page(answer: Any) -> ResultPage[Any]:
    assert isinstance(answer, ResultPage)
    return answer


def _the_item(item: Any) -> Iterable[Any]:
    return (item,)


def _nothing_more(_: Any) -> Sequence[Message]:
    return ()


@dataclass(frozen=True)
class ExportedList:
    """A list that can be downloaded. `name` is the file's, the same for everybody.

    `query` is the query of the list's page: whatever it does not show to a viewer is not in their file either. `page` takes
    the list's page out of its answer, `rows` are the rows that an item takes, and `notes` what is said below the rows of an
    answer. Any: the items of any query.
    """

    name: str
    title: Message
    query: Callable[..., Awaitable[Any]]
    columns: tuple[Column[Any], ...]
    page: Callable[[Any], ResultPage[Any]] = _the_page
    rows: Callable[[Any], Iterable[Any]] = _the_item
    notes: Callable[[Any], Sequence[Message]] = _nothing_more

    @cached_property
    def takes(self) -> frozenset[str]:
        """The names of what its query takes besides the thing that it is about."""
        return frozenset(inspect.signature(self.query).parameters)


async def file_of(
    exported: ExportedList,
    ending: str,
    reader: Reader,
    viewer: str | None,
    about: Sequence[str],
    filters: Mapping[str, Any],  # Any: each filter has a type of its own
    locale: Locale,
) -> Response[bytes]:
    """The whole list as a file. `about` are the ids in its address, `ending` is that of the file's name."""
    items: list[Any] = []
    notes: list[Message] = []
    unreadable = 0
    cursor: str | None = None
    while True:
        paged = {"cursor": cursor, "limit": MOST} if "cursor" in exported.takes else {}
        answer = await exported.query(reader, viewer, *about, **paged, **filters)
        found = exported.page(answer)
        items += [row for item in found.items for row in exported.rows(item)]
        notes += [note for note in exported.notes(answer) if note not in notes]
        unreadable = (
            max(unreadable, len(found.unreadable)) if not paged else unreadable + len(found.unreadable)
        )
        cursor = found.next
        if cursor is None:
            break
    if any(getattr(item, "unrecorded", False) for item in items):
        notes.append(UNRECORDED)
    if unreadable:
        notes.append(_left_out(unreadable))
    sheet = sheet_of(
        exported.title, exported.columns, items, await _around(reader, viewer, about, items), notes, locale
    )
    form = FORMATS[ending]
    # A long list takes a while to write, and others are served meanwhile.
    written = await asyncio.to_thread(form.write, sheet, locale)
    return Response(
        written,
        media_type=form.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{exported.name}.{ending}"',
            "Content-Language": locale.language,
        },
    )


UNRECORDED: Final = msg(
    "Part of this is left out, because reading it has to be recorded first and nothing could be saved at that moment."
)


def _left_out(count: int) -> Message:
    return counted(
        "{count} entry is left out, because part of what is stored about it cannot be read. Please tell whoever runs this site.",
        "{count} entries are left out, because part of what is stored about them cannot be read. Please tell whoever runs this site.",
        count=count,
    )


async def _around(reader: Reader, viewer: str | None, about: Sequence[str], items: Iterable[Any]) -> Around:
    """What the items refer to, as far as the viewer sees it."""
    named = {each for each in about if each.startswith("call-")}
    parties: set[str] = set()
    for item in items:
        named.update(getattr(item, name) for name in _FIELDS_OF_CALLS if getattr(item, name, None))
        parties.update(
            party
            for name in ("applicant", "recipient")
            if isinstance(party := getattr(item, name, None), str) and is_organisation(party)
        )
    names = {}
    if parties:
        own = await organisations.mine(reader, viewer)
        names = {each.id: each.name for each in own.items if each.id in parties and each.acts and each.name}
    return Around(calls=await calls.named_in_list(reader, viewer, named), organisations=names)
