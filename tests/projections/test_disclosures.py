"""Who read one's personal data: the staff by role, the jury only as the jury, and nothing of others."""

from __future__ import annotations

import json

import msgspec
import pytest

from projections import disclosures
from tests.projections.conftest import CANARY_TITLES, Season

pytestmark = pytest.mark.anyio


async def told(season: Season, who: str) -> list[tuple[str, str | None, str, bool]]:
    """What one is told: who, about what, why, and whether with one's name; times are only said or not."""
    season.project()
    found = await disclosures.mine(season.reader, season.people[who])
    assert all((each.since is None) == (each.purpose == "judging") for each in found.items)
    return [(str(each.who), each.title, each.purpose, each.name) for each in found.items]


async def test_an_applicant_learns_who_read_what_and_never_which_juror(season: Season) -> None:
    title = CANARY_TITLES[0]
    await season.begin("double")
    await season.apply()
    assert [each for each in await told(season, "artist1") if each[1]] == []
    for step in (season.close, season.assign, season.judge):
        await step()
    before_panel = [each[:3] for each in await told(season, "artist1") if each[1]]
    assert before_panel == [("Officer 1", title, "examining")]
    for step in (season.decide, season.grant, season.finish):
        await step()
    after = [each for each in await told(season, "artist1") if each[1]]
    assert after[:2] == [("Officer 1", title, "examining", True), ("The jury", title, "judging", False)]
    assert {each[0] for each in after[2:]} >= {"Officer 1", "Finance 1", "Approver 1"}
    assert {each[2] for each in after[2:]} == {"granting"}

    text = msgspec.json.encode(await disclosures.mine(season.reader, season.artist1), enc_hook=str).decode()
    jury = [season.people[who] for who in ("juror", "second_juror", "third_juror", "chair")]
    handles = season.rows(
        "SELECT DISTINCT handle FROM read.timeline WHERE role IN ('juror', 'chair') AND handle <> ''"
    )
    assert handles
    assert not [each for each in (*jury, *(str(row[0]) for row in handles)) if each in text]
    assert json.loads(text)["items"]
    assert await told(season, "funder") == [each for each in await told(season, "funder") if each[1] is None]
