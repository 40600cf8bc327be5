"""Whoever moves up from the waiting list learns that they did, and nothing of who declined."""

from __future__ import annotations

from datetime import timedelta

import pytest

from history.due import run_due
from projections import applications, panels, timeline
from tests.projections.conftest import DEADLINE, Season, eur

pytestmark = pytest.mark.anyio


async def test_it_is_told_as_an_act_of_the_program(season: Season) -> None:
    for part in (season.begin, season.apply, season.close, season.assign, season.judge, season.open_panel):
        await part()
    for number, outcome in (
        (1, {"outcome": "award", "reason": "quality"}),
        (2, {"outcome": "waitlist", "rank": 1}),
    ):
        await season.run(
            "panel.set_outcome",
            season.chair,
            panel=season.panel,
            application=season.things[f"application{number}"],
            amount=eur("1000.00"),
            **outcome,
        )
    await season.run("panel.close", season.chair, panel=season.panel)
    await season.run("panel.confirm", season.officer, panel=season.panel)
    await season.run("panel.announce", season.officer, panel=season.panel)
    grant = await season.run(
        "grant.offer",
        season.officer,
        application=season.application1,
        respond_by=DEADLINE + timedelta(days=30),
    )
    await season.run("grant.decline", season.artist1, grant=grant, reason="funded_elsewhere")
    await run_due(season.office.runner)
    season.project()

    shown = await applications.one(season.reader, season.artist2, season.application2)
    assert (shown.status, shown.awarded) == ("awarded", eur("1000.00"))
    own = (await timeline.of_application(season.reader, season.artist2, season.application2)).items
    assert (own[-1].topic, own[-1].role, own[-1].handle) == ("application.promoted.v1", "system", None)
    ranking = await panels.ranking(season.reader, season.officer, season.round)
    assert not ranking.waiting
    assert {each.application: (each.outcome, each.moved_up) for each in ranking.places.items} == {
        season.application1: ("award", False),
        season.application2: ("waitlist", True),
    }
    declining = {
        entry.handle
        for entry in (await timeline.of_grant(season.reader, season.officer, grant)).items
        if entry.topic == "grant.declined.v1"
    }
    assert declining
    assert declining.isdisjoint({entry.handle for entry in own})
