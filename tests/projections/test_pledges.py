"""A pledge of somebody without an account: its public name is shown to all who see the fund, and whoever it is assigned to can
follow it from then on."""

from __future__ import annotations

from typing import Any

import pytest

import history.attempt
import history.documents
from api.locales import ENGLISH
from domain.deciding import Fact
from domain.funds import FundPledged
from domain.older_facts import FundPledgedV1
from domain.topics import TOPIC_OF
from domain.values import Role
from history.states import StateCache
from history.verify import verify
from projections import following, funded, funds, initiatives, timeline
from projections.following import PledgeShare
from projections.funds import PledgeShown
from projections.moments import AsOf
from projections.rebuild import rebuild
from projections.register import PROJECTIONS
from tests.projections.conftest import Season, eur

FOUNDATION = "Canary Foundation"
EVERYBODY = ("finance", "approver", "officer", "funder", "other_funder")

pytestmark = pytest.mark.anyio


async def paid_by_a_foundation(season: Season, monkeypatch: pytest.MonkeyPatch) -> int:
    """A grant that is paid from the pledge of a foundation without an account, and two funders who pledged nothing; gives the
    last position."""
    run = season.run

    async def by_name(command: str, actor: str, /, **fields: Any) -> str:
        if command == "fund.pledge":
            actor, fields = season.finance, {**fields, "funder": None, "name": FOUNDATION}
        return await run(command, actor, **fields)

    monkeypatch.setattr(season, "run", by_name)
    await season.whole()
    await season.member("other_funder", Role.FUNDER)
    season.project()
    return len(season.office.rows())


async def assign(season: Season) -> None:
    await season.run(
        "fund.assign_pledge", season.finance, fund=season.fund, pledge=season.pledge, funder=season.funder
    )
    season.project()


async def pledge(season: Season, who: str, *, as_of: int | None = None) -> PledgeShown:
    at = None if as_of is None else AsOf(as_of)
    (found,) = (await funds.one(season.reader, season.people[who], season.fund, as_of=at)).pledges
    return found


async def share(season: Season, who: str) -> PledgeShare:
    """The part of the first payment that the pledge paid."""
    first, *_ = (await following.of_fund(season.reader, season.people[who], season.fund)).items
    (found,) = first.shares
    return found


async def test_everybody_who_sees_the_fund_reads_its_name(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of what it paid, and after it was assigned; who the member is, other funders do not read."""
    await paid_by_a_foundation(season, monkeypatch)
    for who in EVERYBODY:
        shown, part = await pledge(season, who), await share(season, who)
        assert (shown.name, shown.funder, shown.funder_name, shown.own) == (FOUNDATION, None, None, False)
        assert (part.name, part.funder_name, part.own) == (FOUNDATION, None, False)
    await assign(season)
    names = await initiatives.funders(season.reader, season.finance, season.initiative)
    member = next((each.person, each.name) for each in names.funders if each.person == season.funder)
    for who, known, own in (
        ("finance", member, False),
        ("officer", member, False),
        ("funder", member, True),
        ("other_funder", (None, None), False),
    ):
        shown, part = await pledge(season, who), await share(season, who)
        assert (shown.name, (shown.funder, shown.funder_name), shown.own) == (FOUNDATION, known, own), who
        assert (part.name, part.funder_name, part.own) == (FOUNDATION, known[1], own), who


async def test_what_it_paid_is_on_the_page_of_the_funder_to_whom_it_is_assigned(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And on nobody else's."""
    await paid_by_a_foundation(season, monkeypatch)
    before = await funded.mine(season.reader, season.funder, season.initiative)
    assert (before.sums, before.payments) == ((), ())
    await assign(season)
    found = await funded.mine(season.reader, season.funder, season.initiative)
    assert [each.pledged for each in found.sums] == [eur("8000.00")]
    assert [each.call for each in found.calls] == [season.call]
    assert found.payments == (await following.of_fund(season.reader, season.funder, season.fund)).items
    other = await funded.mine(season.reader, season.other_funder, season.initiative)
    assert (other.sums, other.payments) == ((), ())


async def test_then_is_as_it_was_then_also_after_the_read_models_are_rebuilt(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await paid_by_a_foundation(season, monkeypatch)
    unassigned = await pledge(season, "funder")
    await assign(season)
    assigned = await pledge(season, "funder")
    assert (unassigned.own, assigned.own) == (False, True)
    assert await pledge(season, "funder", as_of=before) == unassigned
    rebuild(season.url, PROJECTIONS)
    assert await pledge(season, "funder", as_of=before) == unassigned
    assert await pledge(season, "funder") == assigned


async def test_the_timeline_names_it_and_tells_no_funder_to_whom_it_is_assigned(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    await paid_by_a_foundation(season, monkeypatch)
    await assign(season)
    told = await timeline.of_fund(season.reader, season.other_funder, season.fund, limit=100)
    sentences = [ENGLISH.say(entry.what) for entry in told.items if "pledge" in entry.topic]
    assert sentences == [
        "Finance 1 recorded a pledge of 8,000.00\N{NO-BREAK SPACE}EUR by “Canary Foundation” to the fund “Winter fund”.",
        "Finance 1 assigned a pledge in the fund “Winter fund” to a member who is a funder.",
    ]


async def test_a_history_with_pledges_of_the_former_shape_goes_on(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are a member's, without a name; they are shown, counted and found right as before."""
    write = history.documents.write

    def as_before(fact: Fact, *rest: Any) -> Any:
        if isinstance(fact, FundPledged):
            assert fact.funder is not None
            fact = FundPledgedV1(
                fund=fact.fund,
                pledge=fact.pledge,
                funder=fact.funder,
                amount=fact.amount,
                restriction=fact.restriction,
            )
        return write(fact, *rest)

    monkeypatch.setattr(history.attempt, "write", as_before)
    older = {**TOPIC_OF, FundPledgedV1: "fund.pledged.v1"}
    monkeypatch.setattr(history.documents, "TOPIC_OF", older)
    fund = await _fund_with_a_pledge(season)
    monkeypatch.undo()
    season.project()

    assert {row[0] for row in season.rows("SELECT topic FROM history.facts")} & {
        "fund.pledged.v1",
        "fund.pledged.v2",
    } == {"fund.pledged.v1"}
    reader = season.reader
    reader.states = StateCache(reader.history)  # as another process has them: nothing is remembered
    shown = await funds.one(reader, season.funder, fund)
    (only,) = shown.pledges
    assert (only.own, only.name, only.amount, shown.pledged) == (True, None, eur("8.00"), eur("8.00"))
    told = await timeline.of_fund(reader, season.officer, fund)
    assert "fund.pledged.v1" in {entry.topic for entry in told.items}
    assert verify(season.url).wrong == ()


async def _fund_with_a_pledge(season: Season) -> str:
    administrator, season.things["initiative"] = await season.office.opened()
    season.people["administrator"] = administrator
    for name, role in (("officer", Role.OFFICER), ("funder", Role.FUNDER)):
        await season.member(name, role)
    fund = await season.run(
        "fund.open", season.officer, initiative=season.initiative, name="Winter fund", currency="EUR"
    )
    await season.run("fund.pledge", season.funder, fund=fund, funder=season.funder, amount=eur("8.00"))
    return fund
