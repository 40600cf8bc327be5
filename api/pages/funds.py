"""What a funder follows: a fund with its accounts, and the whole timeline of a fund and of a call, as of any moment."""

from __future__ import annotations

import contextlib
from datetime import UTC
from typing import Final

from api.pages.calls import roles_in
from api.pages.page import Drawn, Page
from api.pages.visits import Visit
from domain.refusals import Invalid
from domain.values import read_time
from projections import calls, funds, ledger, timeline
from projections.moments import AsOf

MOVED: Final = {
    "fund.pledged.v1": "A pledge",
    "fund.received.v1": "Money received",
    "fund.committed.v1": "A grant committed",
    "fund.released.v1": "Money released from a grant",
    "grant.instalment_settled.v1": "A payment",
}
"""What moves money, by the topic of its fact."""


def _moved(topic: str) -> str:
    return MOVED.get(topic, topic)


async def _moment(visit: Visit) -> AsOf | None:
    """The moment that the address asks for by a time, in UTC unless it has an offset; None for now. Raises
    `Invalid`."""
    text = visit.query.get("as_of")
    if not text:
        return None
    reader = visit.wiring.reader
    with contextlib.suppress(ValueError, OverflowError):
        at = read_time(text.replace(" ", "+"))
        position = await reader.moment(at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC))
        await reader.wait_for(position)
        return AsOf(position)
    raise Invalid.field("as_of", "Write the time as 2026-05-31T18:00, in UTC.")


async def _fund(visit: Visit) -> Drawn:
    reader, fund = visit.wiring.reader, visit.path["fund"]
    at = await _moment(visit)
    shown = await funds.one(reader, visit.person, fund, as_of=at)
    return Drawn(
        "fund.html",
        {
            "fund": shown,
            "roles": await roles_in(visit, shown.initiative),
            "ledger": await ledger.of_fund(
                reader, visit.person, fund, cursor=visit.query.get("cursor"), as_of=at
            ),
            "as_of": visit.query.get("as_of", ""),
            "moved": _moved,
        },
    )


async def _timeline_of_fund(visit: Visit) -> Drawn:
    reader, fund = visit.wiring.reader, visit.path["fund"]
    at = await _moment(visit)
    return Drawn(
        "timeline.html",
        {
            "call": None,
            "fund": await funds.one(reader, visit.person, fund, as_of=at),
            "story": await timeline.of_fund(
                reader, visit.person, fund, cursor=visit.query.get("cursor"), as_of=at
            ),
            "as_of": visit.query.get("as_of", ""),
        },
    )


async def _timeline_of_call(visit: Visit) -> Drawn:
    reader, call = visit.wiring.reader, visit.path["call"]
    at = await _moment(visit)
    return Drawn(
        "timeline.html",
        {
            "call": await calls.one(reader, visit.person, call),
            "fund": None,
            "story": await timeline.of_call(
                reader, visit.person, call, cursor=visit.query.get("cursor"), as_of=at
            ),
            "as_of": visit.query.get("as_of", ""),
        },
    )


PAGES = (
    Page(path="/funds/{fund}", show=_fund, as_of=True),
    Page(path="/funds/{fund}/timeline", show=_timeline_of_fund, as_of=True),
    Page(path="/calls/{call}/timeline", show=_timeline_of_call, as_of=True),
)
