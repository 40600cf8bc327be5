"""The chair's screen: the jurors' scores behind a place, what is left of the budget, the waiting list, and the panel's notes."""

from __future__ import annotations

from typing import Any

import pytest

from domain.refusals import Forbidden, NotFound
from projections import panel_notes, panels
from projections.panel_standing import PanelBudget
from tests.projections.conftest import Season, eur
from tests.projections.reading_all import read_all

pytestmark = pytest.mark.anyio

NOTE = "Canary note: ask for the second budget"


@pytest.fixture
async def season(office: Any, database_url: str) -> Season:
    """A season in panel: the second juror and the chair have a conflict each, with application 1 and with none."""
    season = Season(office, database_url)
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge, season.open_panel):
        await part()
    season.project()
    return season


async def ranked(season: Season, who: str) -> panels.Ranking:
    return await panels.ranking(season.reader, season.people[who], season.round)


async def test_a_place_shows_the_scores_of_its_jurors_sorted_and_without_their_names(season: Season) -> None:
    found = {each.application: each.scores for each in (await ranked(season, "chair")).places.items}
    assert found == {
        season.application1: ("80.000", "90.000"),
        season.application2: ("50.000", "60.000"),
    }


async def test_the_budget_falls_as_awards_are_set_and_is_hidden_from_whom_an_application_is_hidden(
    season: Season,
) -> None:
    assert (await ranked(season, "chair")).budget == PanelBudget(
        budget=eur("5000.00"), awarded=eur("0.00"), left=eur("5000.00")
    )
    for application, outcome in (
        (season.application1, {"outcome": "award", "reason": "quality", "amount": eur("1400.25")}),
        (season.application2, {"outcome": "waitlist", "rank": 1, "amount": eur("900.00")}),
    ):
        await season.run(
            "panel.set_outcome", season.chair, panel=season.panel, application=application, **outcome
        )
    season.project()
    shown = await ranked(season, "chair")
    assert shown.budget == PanelBudget(budget=eur("5000.00"), awarded=eur("1400.25"), left=eur("3599.75"))
    assert [(each.application, each.waitlist_rank, each.amount) for each in shown.waiting] == [
        (season.application2, 1, eur("900.00"))
    ]
    # The second juror declared a conflict with application 1, and learns neither its award nor its scores.
    hidden = await ranked(season, "second_juror")
    assert hidden.budget is None
    assert [each.application for each in hidden.places.items] == [season.application2]


async def test_a_note_is_read_by_those_of_the_jury_who_may_see_the_scores_and_by_nobody_else(
    season: Season,
) -> None:
    await season.run(
        "panel.write_note", season.chair, panel=season.panel, application=season.application1, text=NOTE
    )
    season.project()
    for who in ("chair", "juror", "third_juror"):
        (note,) = (await panel_notes.of_round(season.reader, season.people[who], season.round)).items
        assert (note.application, note.text, note.own) == (season.application1, NOTE, who == "chair")
    # A conflict with the application hides what is written of it.
    found = await panel_notes.of_round(season.reader, season.second_juror, season.round)
    assert found.items == ()
    with pytest.raises(Forbidden, match="You declared a conflict"):
        await season.run(
            "panel.write_note",
            season.second_juror,
            panel=season.panel,
            application=season.application1,
            text=NOTE,
        )
    for who in ("officer", "funder", "finance", "administrator", "artist1"):
        with pytest.raises((Forbidden, NotFound)):
            await panel_notes.of_round(season.reader, season.people[who], season.round)
    for who in ("officer", "funder", "artist1", "administrator"):
        assert NOTE not in repr(await read_all(season, season.people[who]))


async def test_a_note_changes_no_version_that_others_are_told(season: Season) -> None:
    before = (await ranked(season, "chair")).version
    await season.run(
        "panel.write_note", season.juror, panel=season.panel, application=season.application2, text=NOTE
    )
    season.project()
    assert (await ranked(season, "chair")).version == before
