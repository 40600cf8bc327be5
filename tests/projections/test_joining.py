"""What is shown after people joined an organisation whose application they had judged or whose money they had decided on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.grants.rules import PlannedInstalment
from projections import grants, panels, timeline
from projections.panels import RankedApplication
from tests.projections.conftest import CANARY_ANSWERS, CANARY_TITLES, DEADLINE, Season, eur

pytestmark = pytest.mark.anyio


async def applied(season: Season) -> Season:
    """Artist 1 applied for an organisation, artist 2 for themself, and both applications are judged."""
    await season.begin()
    season.things["organisation"] = await season.run(
        "organisation.register", season.artist1, name="Invented Collective"
    )
    for number in (1, 2):
        season.things[f"application{number}"] = await season.run(
            "application.submit",
            season.people[f"artist{number}"],
            call=season.call,
            round=season.round,
            applicant=season.organisation if number == 1 else None,
            title=CANARY_TITLES[number - 1],
            requested=eur(f"{number}500.00"),
            answers={"idea": CANARY_ANSWERS[0], "born": CANARY_ANSWERS[1]},
        )
    for part in (season.close, season.assign, season.judge):
        await part()
    return season


async def joins(season: Season, person: str) -> None:
    """Artist 1 invites a person, who accepts."""
    one = {"organisation": season.organisation}
    await season.run("organisation.invite", season.artist1, **one, person=person)
    await season.run("organisation.join", person, **one)


async def ranked(season: Season) -> dict[str, RankedApplication]:
    """The ranking, as the staff see it, by application."""
    season.project()
    shown = await panels.ranking(season.reader, season.officer, season.round)
    return {each.application: each for each in shown.places.items}


async def test_reviews_of_a_juror_who_joined_are_in_no_mean(season: Season) -> None:
    await applied(season)
    before = await ranked(season)
    assert [before[each].reviews for each in (season.application1, season.application2)] == [2, 2]

    await joins(season, season.juror)

    after = await ranked(season)
    assert {each: (place.reviews, place.score) for each, place in after.items()} == {
        season.application1: (1, "90.000"),
        season.application2: (1, "60.000"),
    }


async def test_outcomes_of_a_chair_who_joined_are_gone_and_the_timeline_says_why(season: Season) -> None:
    await applied(season)
    await season.open_panel()
    for application in (season.application1, season.application2):
        await season.run(
            "panel.set_outcome",
            season.chair,
            panel=season.panel,
            application=application,
            outcome="decline",
            reason="budget_exhausted",
        )
    await season.run("panel.close", season.chair, panel=season.panel)
    assert {place.outcome for place in (await ranked(season)).values()} == {"decline"}

    await joins(season, season.chair)

    assert {place.outcome for place in (await ranked(season)).values()} == {None}
    told = await timeline.of_call(season.reader, season.officer, season.call)
    assert {"panel.reopened.v1", "panel.outcome_ended.v1"} <= {entry.topic for entry in told.items}


async def test_approvals_of_a_person_who_joined_are_needed_again(season: Season) -> None:
    await applied(season)
    await season.decide()
    grant = season.things["grant"] = await season.run(
        "grant.offer",
        season.officer,
        application=season.application1,
        respond_by=DEADLINE + timedelta(days=30),
    )
    one = {"grant": grant}
    await season.run("grant.accept", season.artist1, **one)
    await season.run(
        "grant.set_payee",
        season.artist1,
        **one,
        kind="recipient",
        name="Canary Payee",
        account="Canary Payee 1234",
    )
    await season.run("grant.confirm_payee", season.finance, **one, setting=1)
    plan = (PlannedInstalment(amount=eur("1400.25"), due=date(2026, 6, 1)),)
    await season.run("grant.schedule", season.officer, **one, instalments=plan)
    await season.run("instalment.request", season.artist1, **one, instalment=1)
    await season.run("instalment.approve", season.finance, **one, instalment=1)

    await joins(season, season.finance)

    season.project()
    shown = await grants.one(season.reader, season.officer, grant)
    assert [each.status for each in shown.instalments] == ["requested"]
    assert shown.payee is not None
    assert not shown.payee.confirmed
    for viewer in (season.officer, season.funder, season.artist1):
        told = await timeline.of_grant(season.reader, viewer, grant)
        (entry,) = (each for each in told.items if each.topic == "grant.decisions_ended.v1")
        assert entry.handle is None
