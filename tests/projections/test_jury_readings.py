"""The jury judges as blind as before, however much it reads; but whoever read rivals' answers to judge them does not write
against them, also once they have given up their role."""

from __future__ import annotations

from typing import Any, cast

import pytest

from api.drafts.drafts import DraftPlace
from api.drafts.sharing import SharedDrafts
from domain.refusals import Forbidden
from domain.values import SYSTEM, Role
from projections import applications, disclosures, own_reviews, panels, reviews
from tests.projections.conftest import CANARY_TITLES, Season, eur
from tests.projections.test_judging_staff import holds
from tests.projections.test_readings import ask, closed, read_by, recorded, submit

pytestmark = pytest.mark.anyio

READ = "You have read applications to this call, so you cannot write in a draft for it."


async def leaves(season: Season, who: str) -> None:
    await season.run("initiative.leave", season.people[who], initiative=season.initiative)


def shared(season: Season) -> SharedDrafts:
    office, unused = season.office, cast("Any", None)
    return SharedDrafts(
        season.reader.history,
        office.runner,
        office.runner.vault,
        unused,
        season.reader,
        clock=lambda: office.now,
        site="https://overwinter.example",
    )


async def in_panel(season: Season) -> None:
    await season.begin("double")
    for part in (season.apply, season.close, season.assign, season.judge, season.open_panel):
        await part()
    season.project()


@pytest.mark.parametrize("way", ["the ranking", "an application"])
async def test_a_chair_who_read_and_left_writes_in_no_rivals_draft(season: Season, way: str) -> None:
    await in_panel(season)
    if way == "the ranking":
        await panels.ranking(season.reader, season.chair, season.round)
    else:
        await applications.one(season.reader, season.chair, season.application1)
    await leaves(season, "chair")
    place = DraftPlace(season.artist2, season.application2, "application.continue")
    with pytest.raises(Forbidden, match=READ):
        await shared(season)._check_helps(place, season.chair)
    with pytest.raises(Forbidden, match=READ):
        await season.run(
            "application.record_writer",
            SYSTEM,
            application=season.application2,
            person=season.chair,
            owner=season.artist2,
        )


async def test_who_was_chair_and_read_nothing_may_help(season: Season) -> None:
    await in_panel(season)
    await season.member("newcomer", Role.CHAIR)
    season.project()
    await leaves(season, "newcomer")
    place = DraftPlace(season.artist2, season.application2, "application.continue")
    await shared(season)._check_helps(place, season.newcomer)


async def test_a_juror_who_read_and_left_does_not_apply_in_the_round(season: Season) -> None:
    """They were given more time, as anybody can be."""
    await closed(season)
    await holds(season, "newcomer", Role.JUROR)
    await ask(season, "newcomer", declares=True)
    season.project()
    await applications.one(season.reader, season.newcomer, season.application1)
    await leaves(season, "newcomer")
    own = {"title": "Own", "requested": eur("300.00"), "answers": {"idea": "Own", "born": "Own village"}}
    with pytest.raises(Forbidden, match="You have read applications of this round"):
        await season.run("application.submit", season.newcomer, call=season.call, round=season.round, **own)


async def test_a_juror_judges_blind_after_reading_however_often(season: Season) -> None:
    await closed(season)
    await holds(season, "newcomer", Role.JUROR)
    await ask(season, "newcomer", declares=True)
    season.project()
    for _ in range(2):
        await own_reviews.mine(season.reader, season.newcomer)
        await applications.one(season.reader, season.newcomer, season.application1)
        await reviews.one(season.reader, season.newcomer, season.reviews["newcomer", "application1"])
    # Once for each application; it says neither who applied nor when, so they are as blind as before.
    assert [each for each in recorded(season) if each[0] == season.newcomer] == [
        (season.newcomer, "judged", season.application1, "api")
    ]
    await submit(season, "newcomer")
    await ask(season, "newcomer", "application2", declares=True)
    await submit(season, "newcomer", "application2")


async def test_the_ranking_is_recorded_of_the_whole_round_and_the_chair_decides(season: Season) -> None:
    await in_panel(season)
    for _ in range(2):
        await panels.ranking(season.reader, season.chair, season.round)
        await applications.one(season.reader, season.chair, season.application1)
    assert [kind for kind in read_by(season, "chair") if kind == "judged"] == ["judged"]
    await season.decide()


async def test_the_applicant_is_told_that_the_jury_read_it_once_that_says_nothing_of_its_reviews(
    season: Season,
) -> None:
    """Also of an application that reached no panel, because its applicant withdrew it."""

    async def told() -> list[tuple[str, str | None, bool]]:
        season.project()
        found = await disclosures.mine(season.reader, season.artist1)
        return [(str(each.who), each.title, each.name) for each in found.items if each.purpose == "judging"]

    await closed(season)
    await holds(season, "newcomer", Role.JUROR)
    await ask(season, "newcomer", declares=True)
    season.project()
    await applications.one(season.reader, season.newcomer, season.application1)
    assert await told() == []
    await season.run(
        "application.withdraw", season.artist1, application=season.application1, reason="no_longer_possible"
    )
    assert await told() == [("The jury", CANARY_TITLES[0], False)]
