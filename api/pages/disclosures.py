"""Who read one's personal data."""

from __future__ import annotations

from itertools import groupby

from api.pages.page import Page, PageContent
from api.pages.visits import Visit
from projections import disclosures


async def _show(visit: Visit) -> PageContent:
    found = await disclosures.mine(visit.wiring.reader, visit.person)
    groups = [
        (about, disclosures.is_grant(about) if about else False, list(each))
        for about, each in groupby(found.items, key=lambda item: item.about)
    ]
    return PageContent("disclosures.html", {"groups": groups})


PAGES = (Page(path="/me/read-by", show=_show),)
