"""Searching among a call's applications: by title, applicant and handle, and by nothing that the viewer does not see."""

from __future__ import annotations

from typing import Any

import pytest

from domain.refusals import Forbidden, Invalid, NotFound
from projections import applications
from projections.applications import FoundApplications, searching
from tests.projections.conftest import CANARY_ANSWERS, CANARY_NAMES, CANARY_TITLES, Season

pytestmark = pytest.mark.anyio


async def look(season: Season, text: str, viewer: str | None = None, **more: Any) -> FoundApplications:
    return await applications.search(
        season.reader, season.officer if viewer is None else viewer, season.call, text=text, **more
    )


def handle_of(season: Season, application: str) -> str:
    ((handle,),) = season.rows(
        f"SELECT handle FROM read.applications WHERE application = '{application}' "  # type: ignore[arg-type]
        "AND to_position = 9223372036854775807"
    )
    return str(handle)


async def test_staff_find_an_application_by_what_they_see_of_it(season: Season) -> None:
    await season.begin()
    await season.apply()
    season.project()
    first = season.application1
    handle = handle_of(season, first)
    for text in (CANARY_TITLES[0], "CANARY title ОДН", CANARY_NAMES[0], "один", handle, handle[:6]):
        found = await look(season, text)
        assert [each.id for each in found.items] == [first], text
    both = await look(season, "cañary")
    assert (both.total, both.searched, both.complete) == (2, 2, True)
    for each in both.items:
        assert each.applicant_name is not None
        assert each.applicant_name.startswith(CANARY_NAMES), "numbered, so that they differ"
    # Answers are not searched: that would read far more than the list shows.
    assert (await look(season, CANARY_ANSWERS[0])).items == ()

    # Combined with a status and a round; the counts are those of all matches.
    await season.close()
    await season.run("application.withdraw", season.artist2, application=season.application2, reason="other")
    season.project()
    withdrawn = await look(season, "canary", status="withdrawn", round=season.round)
    assert [each.id for each in withdrawn.items] == [season.application2]
    assert {each.status: each.count for each in withdrawn.counts} == {"eligible": 1, "withdrawn": 1}
    with pytest.raises(NotFound):
        await look(season, "canary", round="round-" + "0" * 32)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("  ", "This cannot be left empty."),
        ("\u0301", "Write a part of a title, a name or a handle."),
        ("x" * 201, "At most 200 characters; this has 201."),
    ],
)
async def test_something_has_to_be_looked_for(season: Season, text: str, sentence: str) -> None:
    await season.begin()
    with pytest.raises(Invalid) as refused:
        await look(season, text)
    assert {each.field: str(each.detail) for each in refused.value.errors} == {"text": sentence}


async def test_nobody_finds_by_what_they_do_not_see(season: Season) -> None:
    """A match tells as much as the text that it matched."""
    await season.begin()
    for part in (season.apply, season.close, season.assign):
        await part()
    season.project()
    for who in ("juror", "artist1"):
        with pytest.raises((Forbidden, NotFound)):
            await look(season, CANARY_NAMES[0], season.people[who])
    # An officer who was asked to judge reads applications as the jury does.
    await season.run(
        "initiative.add_member",
        season.administrator,
        initiative=season.initiative,
        person=season.second_juror,
        roles=("juror", "officer"),
    )
    season.project()
    for text in (*CANARY_TITLES, *CANARY_NAMES):
        assert (await look(season, text, season.second_juror)).items == (), text
    await season.judge()

    # A funder follows decided applications by handle alone.
    handle = handle_of(season, season.application1)
    assert (await look(season, handle, season.funder)).items == ()
    await season.decide()
    season.project()
    assert [each.id for each in (await look(season, handle, season.funder)).items] == [season.application1]
    for text in (*CANARY_TITLES, *CANARY_NAMES):
        assert (await look(season, text, season.funder)).items == (), text


async def test_a_search_says_when_it_did_not_read_everything(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    await season.begin()
    await season.apply()
    season.project()
    monkeypatch.setattr(searching, "MOST_SEARCHED", 1)
    found = await look(season, "canary")
    assert (found.total, found.searched, found.complete) == (1, 1, False)
    monkeypatch.setattr(searching, "MOST_SEARCHED", 2)
    monkeypatch.setattr(searching, "MOST_FOUND", 1)
    found = await look(season, "canary")
    assert (found.total, len(found.items), found.complete) == (2, 1, True)
