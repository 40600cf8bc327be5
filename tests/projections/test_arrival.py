"""When an application to a rolling call arrived: told to those who judge it, and to nobody else before the decision."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.refusals import Forbidden, NotFound
from domain.values import Role
from projections import applications, rounds, timeline
from tests.projections.conftest import Season
from tests.projections.test_judging_staff import holds
from tests.projections.test_raw import read_by, rolling

pytestmark = pytest.mark.anyio


async def arrived(season: Season, who: str) -> tuple[datetime | None, datetime | None]:
    """When the application arrived and until when it is to be decided, as somebody is shown it."""
    season.project()
    found = await applications.one(season.reader, season.people[who], season.application1)
    return found.submitted_at, found.decide_by


async def sees_round(season: Season, who: str) -> bool:
    """Whether somebody is shown the application's round, which says when it closed."""
    season.project()
    try:
        await rounds.one(season.reader, season.people[who], season.round)
    except NotFound:
        return False
    return True


async def test_those_who_judge_know_it_and_others_of_the_initiative_do_not(season: Season) -> None:
    await rolling(season)
    review = await season.run(
        "review.assign", season.officer, application=season.application1, juror=season.juror
    )
    await season.run("review.declare_no_conflict", season.juror, review=review)
    now = season.office.now
    known = (now, now + timedelta(days=14))
    for who in ("officer", "juror", "artist1"):
        assert await arrived(season, who) == known, who
    seen = {who for who in season.people if await sees_round(season, who)}
    assert seen == {"officer", "juror", "second_juror", "third_juror", "chair", "artist1"}


async def test_reading_it_excludes_no_officer_from_judging_later(season: Season) -> None:
    await rolling(season)
    await holds(season, "second_juror", Role.OFFICER)
    season.project()
    await timeline.of_call(season.reader, season.second_juror, season.call)
    await applications.decisions_due(season.reader, season.second_juror, season.call)
    assert read_by(season, "second_juror") == []


async def test_the_jury_has_no_timeline_and_no_earlier_states_there_either(season: Season) -> None:
    await rolling(season)
    season.project()
    for query, thing in (
        (timeline.of_call, season.call),
        (timeline.of_application, season.application1),
    ):
        with pytest.raises((NotFound, Forbidden)):
            await query(season.reader, season.juror, thing)
