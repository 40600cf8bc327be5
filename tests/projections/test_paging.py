"""Reading a list page by page: also while facts come to be shown between those that were read, and to its very end."""

from __future__ import annotations

from base64 import urlsafe_b64decode

import pytest

from api.pages import home
from domain.refusals import Invalid
from domain.values import Role
from history.position_tokens import PositionTokens
from projections import initiatives, timeline
from projections.paging import ResultPage
from projections.timeline import TimelineEntry
from tests.projections.conftest import Season

pytestmark = pytest.mark.anyio

Fact = tuple[str, str, str]


async def page_of(season: Season, viewer: str, cursor: str | None) -> ResultPage[TimelineEntry]:
    """Four entries of the call's timeline, as the read models are now."""
    season.project()
    return await timeline.of_call(season.reader, viewer, season.call, cursor=cursor, limit=4)


def facts(page: ResultPage[TimelineEntry]) -> list[Fact]:
    """Which facts a page tells."""
    return [(entry.stream, entry.topic, str(entry.what)) for entry in page.items]


async def whole(season: Season, viewer: str) -> list[Fact]:
    """The whole timeline on one page."""
    season.project()
    return facts(await timeline.of_call(season.reader, viewer, season.call, limit=100))


async def test_a_funder_reads_on_where_they_stopped_when_a_round_is_decided_meanwhile(season: Season) -> None:
    """What the decision reveals lies before and behind the page: nothing behind it is left out, nothing comes twice."""
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge, season.open_panel):
        await part()
    first = await page_of(season, season.funder, None)
    # The applications were submitted before the round closed, and are not told yet.
    assert [entry.topic for entry in first.items][-1] == "round.closed.v1"
    await season.decide()

    seen = facts(first)
    cursor: str | None = first.next
    while cursor:
        page = await page_of(season, season.funder, cursor)
        seen += facts(page)
        cursor = page.next

    everything = await whole(season, season.funder)
    last = everything.index(seen[3])
    assert seen[4:] == everything[last + 1 :]
    assert len(seen) == len(set(seen))
    assert len(everything) > len(seen), (
        "and what was revealed before the page stands there for the next reading"
    )


async def test_page_by_page_is_the_whole(season: Season) -> None:
    """For everybody who reads a timeline, at the end of a season."""
    await season.whole()
    for viewer in (season.officer, season.funder):
        seen: list[Fact] = []
        cursor = None
        while True:
            page = await page_of(season, viewer, cursor)
            seen += facts(page)
            if (cursor := page.next) is None:
                break
        assert seen == await whole(season, viewer)


async def test_a_cursor_tells_no_position_and_is_none(season: Season) -> None:
    """It is one sealed block: its bytes hold no count, and it cannot be handed in where a position is asked for."""
    await season.begin()
    await season.apply()
    season.project()
    page = await timeline.of_call(season.reader, season.officer, season.call, limit=1)
    assert page.next is not None
    at = season.reader.cursors.position(page.next)
    assert at is not None
    assert season.rows("SELECT position FROM history.facts WHERE topic = 'call.drafted.v1'") == [(at,)]
    assert len(urlsafe_b64decode(page.next + "==")) == 16
    key = season.office.runner.keyed("position-tokens", b"test")
    assert PositionTokens(key).position(page.next) is None
    position = PositionTokens(key).token(at)
    for wrong in (position, "Mw", "3", "x" * 22, "Ж" * 22):
        with pytest.raises(Invalid):
            await timeline.of_call(season.reader, season.officer, season.call, cursor=wrong)


async def test_a_member_finds_every_call_and_fund_of_their_initiative(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many calls others have published, and however short one page of a list is."""
    await season.begin()
    others = await season.run("initiative.found", season.administrator, name="Another house")
    roles = {season.officer: ("officer",), season.finance: ("finance",)}
    for person, held in roles.items():
        await season.run(
            "initiative.add_member", season.administrator, initiative=others, person=person, roles=held
        )
    calls: dict[str, set[str]] = {season.initiative: {season.call}, others: set()}
    funds: dict[str, set[str]] = {season.initiative: {season.fund}, others: set()}
    for initiative in (season.initiative, others, others, others):
        fund = await season.run(
            "fund.open", season.officer, initiative=initiative, name="Fund", currency="EUR"
        )
        call = await season.draft(fund)
        await season.run("call.publish", season.officer, call=call)
        funds[initiative].add(fund)
        calls[initiative].add(call)
    season.project()
    monkeypatch.setattr(home, "MOST", 2)

    for viewer in (season.officer, season.finance):
        for own in (await initiatives.me(season.reader, viewer)).initiatives:
            place = await home.place_of(season.reader, viewer, own)
            assert {call.id for call in place.calls} == calls[own.initiative]
            assert {fund.id for fund in place.funds} == funds[own.initiative]
            assert len(place.calls) == len(calls[own.initiative])


async def test_an_officer_for_one_call_alone_finds_its_draft(season: Season) -> None:
    """The drafts of other calls are the initiative's officers' to see."""
    await season.begin()
    draft, _ = [await season.draft(season.fund) for _ in range(2)]
    for call in (draft, season.call):
        await season.run(
            "call.add_member",
            season.administrator,
            call=call,
            person=season.artist1,
            roles=(Role.OFFICER,),
        )
    season.project()
    (own,) = (await initiatives.me(season.reader, season.artist1)).initiatives
    place = await home.place_of(season.reader, season.artist1, own)
    assert sorted((call.id, call.status) for call in place.calls) == sorted(
        [(season.call, "published"), (draft, "drafted")]
    )
