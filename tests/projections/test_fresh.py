"""What is shown to whom is decided by the streams as they are now: here no read model has followed yet."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import pytest

from history.statements import Connection
from projections import applications, own_reviews, panels
from tests.projections.conftest import CANARY_TITLES, Season

pytestmark = pytest.mark.anyio


async def declare_conflict(season: Season, juror: str, application: str) -> None:
    """Step back from a review that was cleared before."""
    await season.run(
        "review.declare_conflict",
        season.people[juror],
        review=season.reviews[juror, application],
        reason="friendship",
    )


async def test_the_list_hides_at_once_what_an_officer_declared_a_conflict_with(season: Season) -> None:
    """Title and applicant go; the handle and the other application stay."""
    await season.begin("open")
    await season.run(
        "initiative.add_member",
        season.administrator,
        initiative=season.initiative,
        person=season.second_juror,
        roles=("officer", "juror"),
    )
    for part in (season.apply, season.close, season.assign):
        await part()
    for number in (1, 2):
        await season.run(
            "review.declare_no_conflict",
            season.second_juror,
            review=season.reviews["second_juror", f"application{number}"],
        )
    season.project()
    before = await applications.of_call(season.reader, season.second_juror, season.call)
    assert {item.title for item in before.items} == set(CANARY_TITLES)

    await declare_conflict(season, "second_juror", "application1")

    after = await applications.of_call(season.reader, season.second_juror, season.call)
    shown = {item.id: (item.title, item.applicant) for item in after.items}
    assert shown == {
        season.application1: (None, None),
        season.application2: (CANARY_TITLES[1], season.artist2),
    }


async def test_ones_own_reviews_hide_at_once_what_one_declared_a_conflict_with(season: Season) -> None:
    """The list of reviews names a title to a cleared juror, and none after the juror stepped back."""
    await season.begin()
    for part in (season.apply, season.close, season.assign):
        await part()
    for number in (1, 2):
        await season.run(
            "review.declare_no_conflict",
            season.juror,
            review=season.reviews["juror", f"application{number}"],
        )
    season.project()
    before = await own_reviews.mine(season.reader, season.juror)
    assert {item.title for item in before.items} == set(CANARY_TITLES)

    await declare_conflict(season, "juror", "application1")

    after = await own_reviews.mine(season.reader, season.juror)
    shown = {item.application: (item.title, item.requested is None) for item in after.items}
    assert shown == {season.application1: (None, True), season.application2: (CANARY_TITLES[1], False)}


async def test_the_ranking_hides_at_once_what_an_officer_declared_a_conflict_with(season: Season) -> None:
    """Also where the read models have not seen so much as the assignment."""
    await season.begin("open")
    await season.run(
        "initiative.add_member",
        season.administrator,
        initiative=season.initiative,
        person=season.second_juror,
        roles=("officer", "juror"),
    )
    for part in (season.apply, season.close):
        await part()
    season.project()
    for part in (season.assign, season.judge):
        await part()
    await season.run("panel.open", season.officer, round=season.round)

    ranked = await panels.ranking(season.reader, season.second_juror, season.round)

    assert {place.application: (place.rank, place.title) for place in ranked.places.items} == {
        season.application2: (1, CANARY_TITLES[1])
    }


async def test_the_ranking_shows_a_chair_no_title_before_they_declared(season: Season) -> None:
    """A chair who was asked to judge, and never answered, reads the handle of that application alone."""
    await season.begin()
    for part in (season.apply, season.close, season.assign):
        await part()
    await season.run("review.assign", season.officer, application=season.application1, juror=season.chair)
    await season.judge()
    await season.run("panel.open", season.officer, round=season.round)
    season.project()

    ranked = await panels.ranking(season.reader, season.chair, season.round)

    assert {place.application: place.title for place in ranked.places.items} == {
        season.application1: None,
        season.application2: CANARY_TITLES[1],
    }


async def test_the_list_of_applications_asks_the_database_twice(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for the streams that access is judged by, once for the list; who asks is the one statement before them."""
    await season.begin()
    await season.apply()
    season.project()
    reader = season.reader  # one that has looked whether the read models stand, as it does now and then
    await applications.of_call(reader, season.officer, season.call)
    history = season.office.runner.history
    connection, asked = history.connection, 0

    def counted() -> AbstractAsyncContextManager[Connection]:
        nonlocal asked
        asked += 1
        return connection()

    monkeypatch.setattr(history, "connection", counted)
    page = await applications.of_call(reader, season.officer, season.call)
    assert (len(page.items), asked) == (2, 2)
