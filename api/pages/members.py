"""Who gave which role to whom in an initiative, for its members."""

from __future__ import annotations

from api.pages.page import Drawn, Page
from api.pages.visits import Visit
from domain.initiatives import INITIATIVE
from projections import members


async def _show(visit: Visit) -> Drawn:
    reader, initiative = visit.wiring.reader, visit.path["initiative"]
    shown = await members.given_roles(
        reader, visit.person, initiative, cursor=visit.query.get("cursor"), limit=100
    )
    # Asked after the first, which lets only members by.
    name = (await reader.the(INITIATIVE, initiative)).name
    return Drawn(
        "members.html", {"name": name, "entries": shown.items, "next": shown.next}, initiative=initiative
    )


PAGES = (Page(path="/initiatives/{initiative}/members", show=_show),)
