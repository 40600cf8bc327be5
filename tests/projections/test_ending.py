"""What ends by itself: an erased applicant's application, and an offer that nobody answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.refusals import Refused
from history.due import run_due
from projections import applications, ledger, timeline
from projections.grants import queries as grants
from tests.projections.conftest import CANARY_TITLES, DEADLINE, Season, eur

pytestmark = pytest.mark.anyio


async def judge_the_first(season: Season) -> None:
    """Both jurors of application 1 submit their reviews."""
    for juror in ("juror", "second_juror"):
        who, review = season.people[juror], season.reviews[juror, "application1"]
        await season.run("review.declare_no_conflict", who, review=review)
        await season.run("review.submit", who, review=review, scores={"art": 7})


async def test_a_round_goes_on_without_an_applicant_who_was_erased_under_review(season: Season) -> None:
    """Nothing can be sealed about them any more, so nobody is to wait for a review of their application."""
    await season.begin()
    for part in (season.apply, season.close, season.assign):
        await part()
    await season.run("person.erase", season.administrator, person=season.artist2, reason="safety")

    rows = season.rows("SELECT document FROM history.facts WHERE topic = 'application.ended_by_erasure.v1'")
    assert [season.initiative.encode() in bytes(row[0]) for row in rows] == [True]
    season.project()
    listed = await applications.of_call(season.reader, season.officer, season.call)
    assert {each.id: each.status for each in listed.items} == {
        season.application1: "eligible",
        season.application2: "withdrawn",
    }
    told = await timeline.of_application(season.reader, season.officer, season.application2)
    assert [str(entry.why) for entry in told.items if entry.topic == "application.ended_by_erasure.v1"] == [
        "what was written in it was erased"
    ]

    with pytest.raises(Refused, match="1 eligible application does not have enough reviews"):
        await season.open_panel()
    await judge_the_first(season)
    await season.open_panel()
    award = {
        "application": season.application1,
        "outcome": "award",
        "reason": "quality",
        "amount": eur("1400.25"),
    }
    await season.run("panel.set_outcome", season.chair, panel=season.panel, **award)
    await season.run("panel.close", season.chair, panel=season.panel)
    await season.run("panel.confirm", season.officer, panel=season.panel)
    await season.run("panel.announce", season.officer, panel=season.panel)


async def test_an_offer_that_nobody_answers_lapses_and_its_money_is_there_again(season: Season) -> None:
    """By its due date, in the fund, in the ledger and in the grant's timeline."""
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge, season.decide):
        await part()
    respond_by = DEADLINE + timedelta(days=30)
    grant = await season.run(
        "grant.offer", season.officer, application=season.application1, respond_by=respond_by
    )
    season.office.now = respond_by - timedelta(seconds=1)
    assert await run_due(season.office.runner) == 0
    season.office.now = respond_by
    assert await run_due(season.office.runner) == 1
    assert await run_due(season.office.runner) == 1  # nobody waits for the freed sum, which is recorded
    assert await run_due(season.office.runner) == 0

    season.project()
    assert (await grants.one(season.reader, season.officer, grant)).status == "lapsed"
    told = await timeline.of_grant(season.reader, season.officer, grant)
    about = f"“{CANARY_TITLES[0]}”"
    assert [(str(entry.what), str(entry.why), entry.role) for entry in told.items[-2:]] == [
        (f"The offer of a grant for {about} was not answered in time and lapsed.", "None", "system"),
        (
            f"1400.25 EUR that was committed to the grant for {about} is available again.",
            "the offer was not answered in time",
            "system",
        ),
    ]
    book = await ledger.of_fund(season.reader, season.finance, season.fund)
    assert {each.account: each.balance for each in book.accounts}["grants_payable"] == eur("0.00")
