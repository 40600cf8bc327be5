"""Pages for funders: a fund with its accounts, and the whole timelines of a fund and a call, as of any moment."""

from __future__ import annotations

import contextlib
from datetime import UTC
from typing import Final

from api.pages.calls import roles_in
from api.pages.page import Page, PageContent
from api.pages.visits import Visit
from domain.messages import Message, msg
from domain.refusals import Invalid
from domain.values import read_time
from projections import calls, funds, ledger, timeline
from projections.ledger import Entry
from projections.moments import AsOf

_MOVED: Final = {
    "fund.pledged.v1": msg("A pledge"),
    "fund.received.v1": msg("Money received"),
    "fund.committed.v1": msg("Committed to a grant"),
    "fund.released.v1": msg("Released from a grant"),
    "grant.instalment_settled.v1": msg("A payment"),
}
"""The facts that move money, by topic."""
_OTHER: Final = msg("Another entry")

ACCOUNTS: Final = {
    "cash": msg("Cash"),
    "pledges_receivable": msg("Pledges receivable"),
    "contributions": msg("Contributions"),
    "grants_awarded": msg("Grants awarded"),
    "grants_payable": msg("Grants payable"),
}
"""The accounts of a fund's ledger."""


def moved(entry: Entry) -> Message:
    """The words for an entry of the ledger."""
    what = _MOVED.get(entry.topic, _OTHER)
    if entry.instalment is None:
        return what
    return msg("{what}, instalment {number}", what=what, number=entry.instalment)


async def _moment(visit: Visit) -> AsOf | None:
    """The moment in the address, in UTC unless it has an offset; None for now. Raises `Invalid`."""
    text = visit.query.get("as_of")
    if not text:
        return None
    reader = visit.wiring.reader
    with contextlib.suppress(ValueError, OverflowError):
        at = read_time(text.replace(" ", "+"))
        position = await reader.moment(at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC))
        await reader.wait_for(position)
        return AsOf(position)
    raise Invalid.field("as_of", msg("Write the time like 2026-05-31T18:00, in UTC."))


async def _fund(visit: Visit) -> PageContent:
    reader, fund = visit.wiring.reader, visit.path["fund"]
    at = await _moment(visit)
    shown = await funds.one(reader, visit.person, fund, as_of=at)
    return PageContent(
        "fund.html",
        {
            "fund": shown,
            "roles": await roles_in(visit, shown.initiative),
            "ledger": await ledger.of_fund(
                reader, visit.person, fund, cursor=visit.query.get("cursor"), as_of=at
            ),
            "as_of": visit.query.get("as_of", ""),
            "moved": moved,
            "accounts": ACCOUNTS,
        },
        initiative=shown.initiative,
    )


async def _timeline_of_fund(visit: Visit) -> PageContent:
    reader, fund = visit.wiring.reader, visit.path["fund"]
    at = await _moment(visit)
    shown = await funds.one(reader, visit.person, fund, as_of=at)
    return PageContent(
        "timeline.html",
        {
            "call": None,
            "fund": shown,
            "story": await timeline.of_fund(
                reader, visit.person, fund, cursor=visit.query.get("cursor"), as_of=at
            ),
            "as_of": visit.query.get("as_of", ""),
        },
        initiative=shown.initiative,
    )


async def _timeline_of_call(visit: Visit) -> PageContent:
    reader, call = visit.wiring.reader, visit.path["call"]
    at = await _moment(visit)
    shown = await calls.one(reader, visit.person, call)
    return PageContent(
        "timeline.html",
        {
            "call": shown,
            "fund": None,
            "story": await timeline.of_call(
                reader, visit.person, call, cursor=visit.query.get("cursor"), as_of=at
            ),
            "as_of": visit.query.get("as_of", ""),
        },
        initiative=shown.initiative,
    )


PAGES = (
    Page(path="/funds/{fund}", show=_fund, as_of=True),
    Page(path="/funds/{fund}/timeline", show=_timeline_of_fund, as_of=True),
    Page(path="/calls/{call}/timeline", show=_timeline_of_call, as_of=True),
)
