"""Reading a timeline page by page, while facts come to be shown between those that were read."""

from __future__ import annotations

from base64 import urlsafe_b64decode

import pytest

from domain.refusals import Invalid
from history.tokens import PositionTokens
from projections import timeline
from projections.paging import Page
from projections.timeline import TimelineEntry
from tests.projections.conftest import Season

pytestmark = pytest.mark.anyio

Fact = tuple[str, int]


async def page_of(season: Season, viewer: str, cursor: str | None) -> Page[TimelineEntry]:
    """Four entries of the call's timeline, as the read models are now."""
    season.project()
    return await timeline.of_call(season.reader, viewer, season.call, cursor=cursor, limit=4)


def facts(page: Page[TimelineEntry]) -> list[Fact]:
    """Which facts a page tells."""
    return [(entry.stream, entry.version) for entry in page.items]


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
