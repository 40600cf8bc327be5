"""A funder's page: what their pledges made possible, and the way of each to the payments."""

from __future__ import annotations

from collections.abc import Iterable

from api.locales import Locale
from api.pages.applications import if_shown
from api.pages.charts import Bar, bars
from api.pages.page import Page, PageContent
from api.pages.visits import Visit
from domain.messages import msg
from projections import calls, funded
from projections.funded import Funded, FundedSums


async def _show(visit: Visit) -> PageContent:
    found = await funded.mine(visit.wiring.reader, visit.person, visit.path["initiative"])
    names = {each.call: each.title for each in found.calls}
    missing = {each.call for each in found.payments if each.call is not None} - names.keys()
    for call in sorted(missing):
        shown = await if_shown(calls.one(visit.wiring.reader, visit.person, call))
        names |= {call: shown.title} if shown else {}
    return PageContent(
        "funded.html",
        {
            "funded": found,
            "names": names,
            "restrictions": [*dict.fromkeys(_restrictions(found))],
            "charts": {each.currency: _chart(each, visit.locale) for each in found.sums},
        },
        initiative=found.initiative,
    )


def _restrictions(found: Funded) -> Iterable[str]:
    """Those of the visitor's own pledges that paid something, in the order of the payments."""
    for payment in found.payments:
        for share in payment.shares:
            if share.own and share.restriction:
                yield share.restriction


def _chart(sums: FundedSums, locale: Locale) -> str:
    """The sums of one's own pledges in a currency as bars."""
    shown = (
        (msg("Pledged"), sums.pledged, "grey"),
        (msg("Arrived"), sums.received, "blue"),
        (msg("Paid to artists"), sums.spent, ""),
        (msg("Not spent yet"), sums.unspent, "violet"),
    )
    return bars(
        [
            Bar(
                locale.say(label),
                amount.minor("amount", currency=sums.currency),
                locale.money(amount),
                tone,
            )
            for label, amount, tone in shown
        ],
    )


PAGES = (Page(path="/initiatives/{initiative}/funded", show=_show),)
