"""Lists as files for browsers: the addresses beside the pages that show them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from litestar import Response

from api.lists.exported import ExportedList, file_of
from api.lists.files import FORMATS
from api.lists.register import (
    APPLICATIONS,
    ASKED_REVIEWS,
    GRANTS,
    LEDGER,
    MEMBERS,
    OWN_APPLICATIONS,
    OWN_GRANTS,
    OWN_REVIEWS,
    PAYMENTS,
    PLEDGES,
    PROGRESS,
    RANKING,
)
from api.pages.funds import asked_moment
from api.pages.responses import SECURITY
from api.pages.visits import Visit

_NAME: Final = re.compile(r"\{([a-z_]+)\}")
_FILTERS: Final = ("status", "round")


@dataclass(frozen=True, slots=True)
class ListFiles:
    """A list's files: their address is the `path` with ``.csv`` or ``.xlsx``."""

    path: str
    exported: ExportedList

    async def answer(self, visit: Visit, ending: str) -> Response[Any]:
        """The file, as its page would show it with the same filters."""
        filters: dict[str, Any] = {
            name: visit.query[name]
            for name in _FILTERS
            if name in self.exported.takes and visit.query.get(name) and f"{{{name}}}" not in self.path
        }
        if "as_of" in self.exported.takes:
            filters["as_of"] = await asked_moment(visit)
        about = [visit.path[name] for name in _NAME.findall(self.path)]
        answered = await file_of(
            self.exported, ending, visit.wiring.reader, visit.person, about, filters, visit.locale
        )
        answered.headers.update(SECURITY)
        return answered


LISTS: Final = (
    ListFiles("/applications/list", OWN_APPLICATIONS),
    ListFiles("/calls/{call}/applications/list", APPLICATIONS),
    ListFiles("/rounds/{round}/ranking/list", RANKING),
    ListFiles("/rounds/{round}/reviews/list", PROGRESS),
    ListFiles("/rounds/{round}/jury/list", ASKED_REVIEWS),
    ListFiles("/reviews/list", OWN_REVIEWS),
    ListFiles("/calls/{call}/grants/list", GRANTS),
    ListFiles("/grants/list", OWN_GRANTS),
    ListFiles("/initiatives/{initiative}/payments/list", PAYMENTS),
    ListFiles("/funds/{fund}/ledger", LEDGER),
    ListFiles("/funds/{fund}/pledges", PLEDGES),
    ListFiles("/initiatives/{initiative}/members/list", MEMBERS),
)
ENDINGS: Final = tuple(FORMATS)
