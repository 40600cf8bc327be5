"""One thing with a fact that cannot be read is left out of a list and named there; the others are shown."""

from __future__ import annotations

import logging

import psycopg
import pytest

from domain.values import Role
from history.unreadable import Unreadable
from projections import grants, initiatives, own_reviews, review_progress
from projections.reader import Behind
from tests.projections.conftest import Season
from tests.projections.test_unreadable import add

pytestmark = pytest.mark.anyio


async def damage(season: Season, stream: str) -> None:
    """A fact that no read model makes anything of, so that all of them go on."""
    await add(season, stream, f"{stream.partition('-')[0]}.sung.v1", b"{}")
    season.project()


async def judged(season: Season) -> Season:
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge):
        await part()
    season.project()
    return season


async def test_a_grant(season: Season, caplog: pytest.LogCaptureFixture) -> None:
    """In the list of the call and in the recipient's own; asked for alone it is refused."""
    await season.whole()
    await damage(season, season.things["grant"])
    with caplog.at_level(logging.ERROR, "overwinter.projections"):
        of_call = await grants.of_call(season.reader, season.finance, season.call)
        mine = await grants.mine(season.reader, season.artist1)
    for found in (of_call, mine):
        assert (found.items, found.unreadable) == ((), (season.things["grant"],))
    assert "left out of a list: The fact at position" in caplog.text
    with pytest.raises(Unreadable):
        await grants.one(season.reader, season.artist1, season.things["grant"])


async def test_a_review_of_one_s_own(season: Season) -> None:
    await judged(season)
    lost, kept = (season.reviews["juror", f"application{number}"] for number in (1, 2))
    await damage(season, lost)
    found = await own_reviews.mine(season.reader, season.juror)
    assert ([item.id for item in found.items], found.unreadable) == ([kept], (lost,))


async def test_an_initiative_of_one_s_reviews_and_of_one_s_own_page(season: Season) -> None:
    """Whether one is of its jury still cannot be told; one's other initiatives are shown."""
    await judged(season)
    other = await season.run("initiative.found", season.administrator, name="Another house")
    await season.run(
        "initiative.add_member",
        season.administrator,
        initiative=other,
        person=season.juror,
        roles=(Role.FUNDER,),
    )
    await damage(season, season.initiative)
    found = await own_reviews.mine(season.reader, season.juror)
    assert (found.items, found.unreadable) == ((), (season.initiative,))
    me = await initiatives.me(season.reader, season.juror)
    assert ([each.initiative for each in me.initiatives], me.unreadable) == ([other], (season.initiative,))


@pytest.mark.parametrize("what", ["application", "review"])
async def test_an_application_of_how_far_the_jury_is(season: Season, what: str) -> None:
    """Also one of whose reviews one cannot be read; a juror is told of what they were asked to judge alone."""
    await judged(season)
    await damage(
        season, season.application1 if what == "application" else season.reviews["juror", "application1"]
    )
    for viewer, told in (
        (season.officer, (season.application1,)),
        (season.juror, (season.application1,)),
        (season.second_juror, ()),  # who declared a conflict with it
    ):
        found = (await review_progress.progress(season.reader, viewer, season.round)).applications
        assert [each.application for each in found.items] == [season.application2]
        assert found.unreadable == told


async def test_how_far_the_jury_is_waits_for_a_handle_that_is_not_there_yet(season: Season) -> None:
    """Like the ranking; a page would say "None" else."""
    await season.begin()
    await season.apply()
    season.project()
    await season.close()
    assert (
        len((await review_progress.progress(season.reader, season.officer, season.round)).applications.items)
        == 2
    )
    with psycopg.connect(season.url) as connection:
        connection.execute("DELETE FROM read.applications")
    with pytest.raises(Behind):
        await review_progress.progress(season.reader, season.officer, season.round)
