"""Searching among the applications of a call, by title, the applicant's name and handle.

Titles and names are encrypted, so the database cannot search them. The list of the call is read as its page shows it to
the viewer, and each of its texts is compared: what the viewer does not see there is not found either.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import Final

import msgspec

from domain import limits
from domain.applications.state import ApplicationStatus
from domain.messages import msg
from domain.refusals import Invalid
from domain.texts import check_line
from projections.applications.counting import StatusCount
from projections.applications.lines import ApplicationLine
from projections.applications.lists import seen_of_call
from projections.initiatives import names_of
from projections.reader import Reader, damaged_in, text_of

MOST_SEARCHED: Final = 2_000
"""How many applications one search reads at most."""
MOST_FOUND: Final = 100
"""How many of those found are shown at most."""


class FoundApplication(ApplicationLine, frozen=True, kw_only=True):
    """An application that was found. `applicant_name` is None for viewers who do not see who applied."""

    applicant_name: str | None


class FoundApplications(msgspec.Struct, frozen=True, kw_only=True):
    """What a search found, by random ids: at most 100 of the `total`. `counts` are all matches by status, also without
    the status that was asked for. `searched` is how many applications were looked at; if not `complete`, there are
    more, which a status or a round leaves out."""

    call: str
    items: tuple[FoundApplication, ...]
    total: int
    counts: tuple[StatusCount, ...]
    searched: int
    complete: bool


async def search(
    reader: Reader,
    viewer: str | None,
    call: str,
    *,
    text: str,
    status: str | None = None,
    round: str | None = None,
) -> FoundApplications:
    """The applications to a call whose title, applicant's name and handle have all words of a text, as far as the
    viewer sees them in the list of the call. Capital letters, accents, and ё or е make no difference. Raises
    `NotFound`, `Forbidden` or `Invalid`."""
    words = _plain(check_line(text, "text", most=limits.NAME)).split()
    if not words:
        raise Invalid.field("text", msg("Write a part of a title, a name or a handle."))
    listed = await seen_of_call(reader, viewer, call, round=round, limit=MOST_SEARCHED)
    parties = sorted({each.applicant for each in listed.items if each.applicant is not None})
    names = await names_of(reader, parties) if parties else {}
    found = []
    for each in listed.items:
        name = names.get(each.applicant) if each.applicant is not None else None
        shown = text_of(name)
        texts = _plain(" ".join(part for part in (each.title, shown, each.handle) if part))
        if all(word in texts for word in words):
            own = {field: getattr(each, field) for field in ApplicationLine.__struct_fields__}
            own["damaged"] += damaged_in({"applicant_name": name})
            found.append(FoundApplication(**own, applicant_name=shown))
    by_status = Counter(each.status for each in found)
    wanted = [each for each in found if status is None or each.status == status]
    return FoundApplications(
        call=call,
        items=tuple(wanted[:MOST_FOUND]),
        total=len(wanted),
        counts=tuple(
            [
                StatusCount(status=each.value, count=by_status[each.value])
                for each in ApplicationStatus
                if each.value in by_status
            ]
        ),
        searched=len(listed.items),
        complete=listed.next is None,
    )


def _plain(text: str) -> str:
    """A text without what does not matter when one looks for it: capital letters, accents and compatibility forms."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFKC", "".join(each for each in parts if not unicodedata.combining(each)))
