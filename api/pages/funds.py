"""Pages for funders: a fund with its accounts, and the whole timelines of a fund and a call, as of any moment."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import UTC
from typing import Final

from api.lists.words import ACCOUNTS, moved
from api.pages.calls import roles_in
from api.pages.forms import Plain, SubmittedForm, nested
from api.pages.page import Page, PageAction, PageContent
from api.pages.visits import Visit
from domain.commands.funds import PledgeToFund, ReceiveIntoFund
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import msg
from domain.refusals import Invalid
from domain.values import Money, Role, read_time
from projections import calls, funds, initiatives, ledger, timeline
from projections.funds import FundDetail, PledgeShown
from projections.moments import AsOf

_NAMING: Final = frozenset({Role.ADMINISTRATOR, Role.OFFICER, Role.FINANCE})
"""The roles of those who may know who gives money."""


async def asked_moment(visit: Visit) -> AsOf | None:
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
    at = await asked_moment(visit)
    shown = await funds.one(reader, visit.person, fund, as_of=at)
    roles = await roles_in(visit, shown.initiative)
    unnamed = _NAMING.isdisjoint(roles)
    funders = () if unnamed else (await initiatives.funders(reader, visit.person, shown.initiative)).funders
    house: Initiative = await reader.the(INITIATIVE, shown.initiative)
    owed = [each for each in shown.pledges if each.received != each.amount]
    return PageContent(
        "fund.html",
        {
            "fund": shown,
            "roles": roles,
            "name_of": {each.person: each.name for each in funders},
            "funders": [(each.person, each.name or "–") for each in funders],
            "expected": owed,
            "administers": Role.ADMINISTRATOR in roles,
            "has_finance": any(Role.FINANCE in held for held in house.members.values()),
            "inviting": f"/initiatives/{shown.initiative}/invite?role=funder",
            "offers": await _offers(visit, shown, owed) if at is None else {},
            "ledger": await ledger.of_fund(
                reader, visit.person, fund, cursor=visit.query.get("cursor"), as_of=at
            ),
            "as_of": visit.query.get("as_of", ""),
            "moved": moved,
            "accounts": ACCOUNTS,
        },
        labels={"funder": msg("Funder"), "pledge": msg("Pledge"), "received_on": msg("Received on")},
        initiative=shown.initiative,
    )


async def _offers(visit: Visit, fund: FundDetail, owed: Sequence[PledgeShown]) -> dict[str, bool]:
    """Whether the visitor can record a pledge of their own or of any funder, and money that arrived."""
    trial = visit.trial()
    one = Money.of(1, fund.currency)
    own = await trial.of(msg("Pledge"), PledgeToFund(fund=fund.id, funder=visit.who, amount=one))
    today = visit.wiring.clock().date()
    receipt = owed and await trial.of(
        msg("Record money that arrived"),
        ReceiveIntoFund(fund=fund.id, pledge=owed[0].id, amount=one, received_on=today),
    )
    return {"own": own.may, "receive": bool(receipt and receipt.may)}


async def _pledged(visit: Visit, form: SubmittedForm) -> Plain:
    """A pledge; somebody who is not asked whose it is pledges themselves."""
    plain = nested(form.typed())
    return plain if "funder" in plain else {**plain, "funder": visit.who}


async def _timeline_of_fund(visit: Visit) -> PageContent:
    reader, fund = visit.wiring.reader, visit.path["fund"]
    at = await asked_moment(visit)
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
    at = await asked_moment(visit)
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
    Page(
        path="/funds/{fund}",
        show=_fund,
        as_of=True,
        acts=(
            PageAction(
                command="fund.pledge",
                done=msg("The pledge is recorded."),
                filled=_pledged,
            ),
            PageAction(command="fund.receive", done=msg("The money that arrived is recorded.")),
        ),
    ),
    Page(path="/funds/{fund}/timeline", show=_timeline_of_fund, as_of=True),
    Page(path="/calls/{call}/timeline", show=_timeline_of_call, as_of=True),
)
