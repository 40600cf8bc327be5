"""The jury judges as blind as before, however much it reads; but whoever read rivals' answers to judge them does not write
against them, also once they have given up their role."""

from __future__ import annotations

from typing import Any, cast

import pytest

from api.drafts.drafts import DraftPlace
from api.drafts.sharing import SharedDrafts
from domain.refusals import Forbidden
from domain.values import SYSTEM, Role
from history.requests import Answer, Request
from history.runner import Runner
from projections import applications, disclosures, own_reviews, panels, reviews, timeline
from projections.paging import MOST
from tests.projections.conftest import CANARY_TITLES, Season, eur
from tests.projections.test_judging_staff import holds
from tests.projections.test_raw import rolling_call
from tests.projections.test_readings import ask, closed, read_by, recorded, submit
from tests.projections.test_tied_viewers import organisation

pytestmark = pytest.mark.anyio

OWN = {"title": "Own", "requested": eur("300.00"), "answers": {"idea": "Own", "born": "Own village"}}
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


async def test_in_a_rolling_call_the_juror_of_one_application_helps_with_others(season: Season) -> None:
    """Each is decided by itself."""
    await season.begin()
    await rolling_call(season)
    season.things["application2"] = await season.run(
        "application.submit", season.artist2, call=season.call, **OWN
    )
    await ask(season, "juror", declares=True)
    season.project()
    await applications.one(season.reader, season.juror, season.application1)
    new = DraftPlace(season.artist2, season.call, "application.submit")
    await shared(season)._check_helps(new, season.juror)
    await leaves(season, "juror")
    other = DraftPlace(season.artist2, season.application2, "application.resubmit")
    await shared(season)._check_helps(other, season.juror)
    judged = DraftPlace(season.artist1, season.application1, "application.resubmit")
    with pytest.raises(Forbidden):
        await shared(season)._check_helps(judged, season.juror)


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
    with pytest.raises(Forbidden, match="You have read applications of this round"):
        await season.run("application.submit", season.newcomer, call=season.call, round=season.round, **OWN)


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


async def test_the_call_s_timeline_tells_of_a_ranking_that_was_read_and_not_of_single_applications(
    season: Season,
) -> None:
    async def told() -> list[str]:
        season.project()
        found = await timeline.of_call(season.reader, season.officer, season.call, limit=MOST)
        return [
            str(each.what)
            for each in found.items
            if each.topic == "reading.recorded.v1" and "jury" in str(each.what)
        ]

    await in_panel(season)
    await applications.one(season.reader, season.chair, season.application1)
    assert recorded(season)[-1][:3] == (season.chair, "judged", season.application1)
    assert await told() == []
    await panels.ranking(season.reader, season.chair, season.round)
    assert len(await told()) == 1


async def cleared_for_both(season: Season) -> None:
    """A juror who declared no conflict with either application, and has read nothing yet."""
    await closed(season)
    await holds(season, "newcomer", Role.JUROR)
    for application in ("application1", "application2"):
        await ask(season, "newcomer", application, declares=True)
    season.project()


async def judged_by_newcomer(season: Season) -> list[str | None]:
    """Which applications the juror is recorded to have read, one by one."""
    return [of for who, kind, of, _ in recorded(season) if (who, kind) == (season.newcomer, "judged")]


async def test_what_a_list_only_counts_is_not_read_and_a_page_records_no_more_than_it_shows(
    season: Season,
) -> None:
    await cleared_for_both(season)
    counted = (await own_reviews.without_titles(season.reader, season.newcomer)).items
    assert [(each.status, each.title, each.requested, each.unrecorded) for each in counted] == [
        ("cleared", None, None, False)
    ] * 2
    assert await judged_by_newcomer(season) == []
    first = await own_reviews.mine(season.reader, season.newcomer, limit=1)
    assert await judged_by_newcomer(season) == [each.application for each in first.items if each.title]
    assert len(first.items) == 1


async def test_all_that_a_page_shows_of_a_round_is_recorded_by_one_command(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cleared_for_both(season)
    asked = []
    run = Runner.run

    async def noting(self: Runner, request: Request) -> Answer:
        asked.append(request.command)
        return await run(self, request)

    monkeypatch.setattr(Runner, "run", noting)
    await own_reviews.mine(season.reader, season.newcomer)
    assert len(asked) == 1
    assert set(await judged_by_newcomer(season)) == {season.application1, season.application2}


@pytest.mark.parametrize("read_before", [False, True])
async def test_a_juror_who_joined_an_applicant_keeps_their_list_without_the_titles_of_rivals(
    season: Season, read_before: bool
) -> None:
    """They had declared no conflict before."""
    await season.begin()
    house = await organisation(season, "member_of_house")
    await season.run(
        "application.submit",
        season.member_of_house,
        call=season.call,
        round=season.round,
        applicant=house,
        **OWN,
    )
    for part in (season.apply, season.close):
        await part()
    await season.member("newcomer", Role.JUROR)
    for application in ("application1", "application2"):
        await ask(season, "newcomer", application, declares=True)
    season.project()
    if read_before:
        assert all(each.title for each in (await own_reviews.mine(season.reader, season.newcomer)).items)
    await season.run(
        "organisation.invite", season.member_of_house, organisation=house, person=season.newcomer
    )
    await season.run("organisation.join", season.newcomer, organisation=house)
    season.project()
    listed = (await own_reviews.mine(season.reader, season.newcomer)).items
    assert {(each.title, each.requested, each.unrecorded) for each in listed} == {(None, None, False)}
    assert [each.status for each in listed] == ["cleared", "cleared"]
