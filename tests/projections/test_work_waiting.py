"""What waits for the people of an initiative, on their start page and in the letter alike."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.locales import ENGLISH
from domain.values import Role
from projections import initiatives, review_progress, work_waiting
from projections.letters.work import work_of
from projections.work_waiting import Work, WorkKind, calls_of, work_in
from tests.projections.conftest import DEADLINE, Season
from tests.projections.test_raw import rolling

pytestmark = pytest.mark.anyio


async def waits(season: Season, who: str) -> list[Work]:
    """What waits in calls for somebody."""
    season.project()
    reader, person = season.reader, season.people[who]
    return [
        work
        for own in (await initiatives.me(reader, person)).initiatives
        for work in await work_in(reader, person, own, await calls_of(reader, person, own), may_lag=False)
    ]


async def kinds(season: Season, *people: str) -> dict[str, list[tuple[WorkKind, int]]]:
    """The kinds of what waits for them now and how often, without people for whom nothing does."""
    found = {
        who: [(each.kind, each.count) for each in await waits(season, who) if each.ready] for who in people
    }
    return {who: its for who, its in found.items() if its}


async def said(season: Season, who: str) -> list[str]:
    """What a letter would say now."""
    season.project()
    return [
        ENGLISH.say(each) for each in await work_of(season.reader, season.people[who], now=season.office.now)
    ]


EVERYBODY = (
    "administrator",
    "officer",
    "chair",
    "finance",
    "approver",
    "funder",
    "juror",
    "third_juror",
    "artist1",
)


async def test_each_step_of_a_round_waits_for_whoever_takes_it(season: Season) -> None:
    await season.begin()
    await season.apply()
    assert await kinds(season, *EVERYBODY) == {}
    season.office.now = DEADLINE + timedelta(minutes=1)
    await season.run("round.close", season.officer, round=season.round)
    assert await kinds(season, *EVERYBODY) == {"officer": [(WorkKind.CHECK, 2)]}
    for number in (1, 2):
        application = season.things[f"application{number}"]
        await season.run("application.find_eligible", season.officer, application=application)
    assert await kinds(season, *EVERYBODY) == {"officer": [(WorkKind.ASK_JURORS, 4)]}
    await season.assign()
    (waiting,) = await waits(season, "officer")
    assert (waiting.kind, waiting.ready) == (WorkKind.OPEN_PANEL, False)
    await season.judge()
    assert await kinds(season, *EVERYBODY) == {"officer": [(WorkKind.OPEN_PANEL, 1)]}
    await season.open_panel()
    assert await kinds(season, *EVERYBODY) == {
        "chair": [(WorkKind.SET_OUTCOMES, 1)],
        "juror": [(WorkKind.READ_RANKING, 1)],
        "third_juror": [(WorkKind.READ_RANKING, 1)],
    }
    for number in (1, 2):
        await season.run(
            "panel.set_outcome",
            season.chair,
            panel=season.panel,
            application=season.things[f"application{number}"],
            outcome="decline",
            reason="other",
        )
    await season.run("panel.close", season.chair, panel=season.panel)
    assert await kinds(season, *EVERYBODY) == {"officer": [(WorkKind.CONFIRM, 1)]}
    await season.run("panel.confirm", season.officer, panel=season.panel)
    # Only the staff may announce, so the chair is not told to.
    assert await kinds(season, *EVERYBODY) == {"officer": [(WorkKind.ANNOUNCE, 1)]}
    await season.run("panel.announce", season.officer, panel=season.panel)
    assert await kinds(season, *EVERYBODY) == {}


async def test_what_does_not_fit_on_one_page_of_a_list_is_counted_too(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_waiting, "MOST", 1)
    await season.begin()
    await season.apply()
    await season.close()
    assert await kinds(season, "officer") == {"officer": [(WorkKind.ASK_JURORS, 4)]}
    whole = (await review_progress.whole_progress(season.reader, season.officer, season.round)).applications
    first = (
        await review_progress.progress(season.reader, season.officer, season.round, limit=1)
    ).applications
    rest = await review_progress.progress(
        season.reader, season.officer, season.round, cursor=first.next, limit=1
    )
    assert whole.items == (*first.items, *rest.applications.items)
    assert whole.next is None


async def test_an_award_waits_for_its_grant_to_be_offered(season: Season) -> None:
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge, season.decide):
        await part()
    assert await kinds(season, *EVERYBODY) == {"officer": [(WorkKind.OFFER, 1)]}
    assert await said(season, "officer") == ["1 grant to offer"]


async def test_a_rolling_call_waits_for_its_decisions_until_the_first_is_due(season: Season) -> None:
    await rolling(season)
    assert await kinds(season, *EVERYBODY) == {"officer": [(WorkKind.DECIDE, 1)]}
    (waiting,) = await waits(season, "officer")
    assert waiting.until == season.office.now + timedelta(days=14)
    assert await said(season, "officer") == ["1 application to decide on"]


async def test_an_officer_for_one_call_alone_is_told_of_its_work_as_other_officers_are(
    season: Season,
) -> None:
    await season.begin()
    season.people["helper"] = await season.office.person("Person helper")
    await season.run(
        "call.add_member",
        season.administrator,
        call=season.call,
        person=season.helper,
        roles=(Role.OFFICER,),
    )
    await season.apply()
    season.office.now = DEADLINE + timedelta(minutes=1)
    await season.run("round.close", season.officer, round=season.round)
    assert await kinds(season, "officer", "helper") == {
        "officer": [(WorkKind.CHECK, 2)],
        "helper": [(WorkKind.CHECK, 2)],
    }


async def test_a_letter_names_only_what_can_be_done_now(season: Season) -> None:
    await season.begin()
    await season.apply()
    await season.close()
    assert await said(season, "officer") == ["4 reviews to ask jurors for"]
    await season.assign()
    assert await said(season, "officer") == []
    await season.judge()
    assert await said(season, "officer") == ["1 panel to open"]
    await season.open_panel()
    assert await said(season, "juror") == []
