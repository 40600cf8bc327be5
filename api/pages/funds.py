"""Pages for funders: a fund with its accounts, and the whole timelines of a fund and a call, as of any moment."""

from __future__ import annotations

import contextlib
from datetime import UTC
from typing import Final

from api.inputs.submitted import Plain, SubmittedForm, is_empty, nested
from api.lists.words import ACCOUNTS, moved
from api.pages.calls import roles_in
from api.pages.page import Page, PageAction, PageContent, offers_of
from api.pages.visits import Visit
from domain.commands.funds import AssignPledge, PledgeToFund, ReceiveIntoFund
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
    offers = await offers_of(visit, visit.trial(), _ACTS, shown) if at is None else []
    return PageContent(
        "fund.html",
        {
            "fund": shown,
            "roles": roles,
            "funders": [(each.person, each.name or "–") for each in funders],
            "expected": _owed(shown),
            "unassigned": [each.id for each in _unassigned(shown)],
            "may": {offer.do: offer for offer in offers},
            "administers": Role.ADMINISTRATOR in roles,
            "has_finance": any(Role.FINANCE in held for held in house.members.values()),
            "inviting": f"/initiatives/{shown.initiative}/invite?role=funder",
            "ledger": await ledger.of_fund(
                reader, visit.person, fund, cursor=visit.query.get("cursor"), as_of=at
            ),
            "as_of": visit.query.get("as_of", ""),
            "moved": moved,
            "numbers": {each.id: number for number, each in enumerate(shown.pledges, 1)},
            "accounts": ACCOUNTS,
        },
        labels={
            "funder": msg("Funder"),
            "name": msg("Public name"),
            "pledge": msg("Pledge"),
            "received_on": msg("Received on"),
            "whose": msg("Who pledges"),
        },
        initiative=shown.initiative,
    )


async def _pledged(visit: Visit, form: SubmittedForm) -> Plain:
    """A pledge; somebody who is not asked whose it is pledges themselves. What was typed for the other answer is left out."""
    plain = nested(form.typed())
    if plain.keys().isdisjoint({"whose", "funder", "name"}):
        return {**plain, "funder": visit.who}
    whose = plain.pop("whose", None)
    if whose == "outside" and is_empty(plain.get("name", "")):
        raise Invalid.field("name", msg("This cannot be left empty."))
    other = {"member": "name", "outside": "funder"}.get(str(whose))
    return {field: value for field, value in plain.items() if field != other}


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


def _receipt(visit: Visit, fund: FundDetail) -> ReceiveIntoFund | None:
    owed = _owed(fund)
    if not owed:
        return None
    today = visit.wiring.clock().date()
    return ReceiveIntoFund(
        fund=fund.id, pledge=owed[0].id, amount=Money.of(1, fund.currency), received_on=today
    )


def _assigned(visit: Visit, fund: FundDetail) -> AssignPledge | None:
    unassigned = _unassigned(fund)
    return AssignPledge(fund=fund.id, pledge=unassigned[0].id, funder=visit.who) if unassigned else None


def _unassigned(fund: FundDetail) -> list[PledgeShown]:
    """The pledges of somebody without an account, for those who would see that one is a member's."""
    return [each for each in fund.pledges if each.funder is None and fund.seen_as is not Role.FUNDER]


def _owed(fund: FundDetail) -> list[PledgeShown]:
    """The pledges of which money is still to arrive."""
    return [each for each in fund.pledges if each.received != each.amount]


_ACTS: Final[tuple[PageAction[FundDetail], ...]] = (
    PageAction(
        command="fund.pledge",
        name=msg("Pledge money"),
        done=msg("The pledge is recorded."),
        filled=_pledged,
        tried=lambda visit, fund: PledgeToFund(
            fund=fund.id, funder=visit.who, amount=Money.of(1, fund.currency)
        ),
    ),
    PageAction(
        command="fund.assign_pledge",
        name=msg("Assign it to a member"),
        done=msg("The pledge is assigned."),
        tried=_assigned,
    ),
    PageAction(
        command="fund.receive",
        name=msg("Record money that arrived"),
        done=msg("The money that arrived is recorded."),
        tried=_receipt,
    ),
)
"""What one does with a fund; a pledge is tried as the visitor's own."""


PAGES = (
    Page(
        path="/funds/{fund}",
        show=_fund,
        as_of=True,
        acts=_ACTS,
    ),
    Page(path="/funds/{fund}/timeline", show=_timeline_of_fund, as_of=True),
    Page(path="/calls/{call}/timeline", show=_timeline_of_call, as_of=True),
)
