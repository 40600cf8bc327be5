"""What waits for the people of an initiative, on their start page and in the letter alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.locales import ENGLISH
from domain.commands.call_drafts import CallMoney
from domain.grants.facts import (
    GrantInstalmentSettled,
    GrantPayeeConfirmed,
    GrantResumed,
    GrantScreened,
)
from domain.panels.facts import PanelOutcomeSet, PanelReopened
from domain.reviews.facts import ReviewConflictDeclared, ReviewSubmitted
from domain.rounds.facts import RoundQuorumLowered
from domain.stages import Blindness
from domain.values import Role
from projections import initiatives, review_progress, work_waiting
from projections.letters.work import work_of, workers
from projections.work_waiting import Work, WorkKind, calls_of, work_in
from tests.projections.conftest import DEADLINE, Season, eur
from tests.projections.test_changed_grants import granted
from tests.projections.test_judging_staff import holds
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


async def told(season: Season, kind: type[Any], **named: object) -> set[str]:
    """To whom it is noted that a fact adds work, by their names; only what it is about matters of the fact."""
    fact = kind(**dict.fromkeys(kind.__struct_fields__, "") | named)
    people = await workers(season.reader, fact)
    return {name for name, person in season.people.items() if person in people}


async def test_the_last_review_a_conflict_and_a_lowered_quorum_add_work_for_the_staff(season: Season) -> None:
    await season.begin()
    for part in (season.apply, season.close, season.assign):
        await part()
    submitted = {"kind": ReviewSubmitted, "review": season.reviews["juror", "application1"]}
    lowered = {"kind": RoundQuorumLowered, "round": season.round}
    declared = {"kind": ReviewConflictDeclared, "review": submitted["review"], "round": season.round}
    assert [await told(season, **each) for each in (submitted, lowered)] == [set(), set()]  # type: ignore[arg-type]
    assert await told(season, **declared) == {"officer"}  # type: ignore[arg-type]
    await season.judge()
    assert [await told(season, **each) for each in (submitted, lowered)] == [{"officer"}] * 2  # type: ignore[arg-type]
    await season.open_panel()
    for each in (submitted, lowered, declared):
        assert await told(season, **each) == set()  # type: ignore[arg-type]
    assert await told(season, PanelReopened, panel=season.panel) == {"chair"}


async def test_what_waits_on_a_grant_after_a_fact_of_another_role_adds_work(season: Season) -> None:
    one = await granted(season)
    facts = (GrantPayeeConfirmed, GrantScreened, GrantInstalmentSettled, GrantResumed)

    async def told_of_each() -> list[set[str]]:
        return [await told(season, kind, **one) for kind in facts]

    assert await told_of_each() == [set(), set(), set(), set()]
    await season.run("grant.submit_report", season.artist1, **one, text="Done.")
    await season.run("grant.accept_report", season.officer, **one, report=1)
    await season.run("instalment.request", season.artist1, **one, instalment=2)
    await season.run("instalment.approve", season.finance, **one, instalment=2)
    # New bank details end the approval, which has to be given again once these are confirmed.
    payee = {"kind": "recipient", "name": "Another", "account": "Another 1"}
    await season.run("grant.set_payee", season.artist1, **one, **payee)
    assert (await told_of_each())[0] == set()
    await season.run("grant.confirm_payee", season.finance, **one, setting=2)
    everybody = {"officer", "finance", "approver"}
    assert await told_of_each() == [{"finance"}, set(), set(), everybody]
    await season.run("instalment.approve", season.finance, **one, instalment=2)
    await season.run("instalment.approve", season.approver, **one, instalment=2)
    assert await told_of_each() == [set(), {"finance"}, set(), everybody]
    season.office.now += timedelta(days=1)
    await season.run("instalment.instruct", season.finance, **one, instalment=2, reference="RUN")
    await season.run(
        "instalment.settle",
        season.finance,
        **one,
        instalment=2,
        amount=eur("400.25"),
        settled_on=season.office.now.date(),
    )
    assert await told_of_each() == [set(), set(), {"officer"}, everybody]


async def on_the_fast_track(season: Season) -> None:
    """The panel of a call on the fast track is open, and its chair set no outcome yet."""
    draft = season.draft

    async def short(fund: str, blindness: Blindness = "double") -> str:
        call = await draft(fund, blindness)
        await season.run(
            "call.change_draft",
            season.officer,
            call=call,
            money=CallMoney(
                budget=eur("5000.00"),
                minimum_award=eur("100.00"),
                maximum_award=eur("3000.00"),
                fast_track_up_to=eur("3000.00"),
            ),
        )
        return call

    season.draft = short  # type: ignore[method-assign]
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge, season.open_panel):
        await part()


async def decline(season: Season, number: int) -> None:
    await season.run(
        "panel.set_outcome",
        season.chair,
        panel=season.panel,
        application=season.things[f"application{number}"],
        outcome="decline",
        reason="other",
    )


async def test_on_the_fast_track_a_decision_waits_as_soon_as_all_outcomes_are_set(season: Season) -> None:
    await on_the_fast_track(season)
    await decline(season, 1)
    assert await kinds(season, "officer") == {}
    assert await told(season, PanelOutcomeSet, panel=season.panel) == set()
    await decline(season, 2)
    assert await kinds(season, "officer") == {"officer": [(WorkKind.CONFIRM, 1)]}
    assert await told(season, PanelOutcomeSet, panel=season.panel) == {"officer"}
    assert await said(season, "officer") == ["1 decision of a panel to confirm"]


async def test_who_may_not_confirm_does_not_learn_how_far_the_panel_is(season: Season) -> None:
    await on_the_fast_track(season)
    await holds(season, "second_juror", Role.OFFICER)
    for number in (1, 2):
        await decline(season, number)
        (waiting,) = await waits(season, "second_juror")
        assert (waiting.kind, waiting.ready) == (WorkKind.CONFIRM, False)


async def test_without_the_fast_track_nobody_is_told_of_an_outcome(season: Season) -> None:
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge, season.open_panel):
        await part()
    for number in (1, 2):
        await decline(season, number)
    assert await told(season, PanelOutcomeSet, panel=season.panel) == set()


async def test_the_chair_of_a_rolling_call_sets_the_outcome_in_each_open_panel(season: Season) -> None:
    await rolling(season)
    for juror in ("juror", "second_juror"):
        person = season.people[juror]
        review = await season.run(
            "review.assign", season.officer, application=season.application1, juror=person
        )
        await season.run("review.declare_no_conflict", person, review=review)
        await season.run("review.submit", person, review=review, scores={"art": 7})
    assert await kinds(season, *EVERYBODY) == {"officer": [(WorkKind.DECIDE, 1)]}
    await season.open_panel()
    assert await kinds(season, *EVERYBODY) == {
        "officer": [(WorkKind.DECIDE, 1)],
        "chair": [(WorkKind.SET_OUTCOMES, 1)],
    }
    assert await said(season, "chair") == ["1 panel to decide in"]
    (waiting,) = await waits(season, "chair")
    assert waiting.round == season.round
    await decline(season, 1)
    await season.run("panel.close", season.chair, panel=season.panel)
    assert await kinds(season, "chair") == {}


async def test_an_application_that_was_returned_waits_for_its_applicant_first(season: Season) -> None:
    await rolling(season)
    season.things["application2"] = await season.run(
        "application.submit",
        season.artist2,
        call=season.call,
        title="Title",
        requested=eur("1500.00"),
        answers={"idea": "An idea", "born": "A village"},
    )
    await season.run(
        "application.return",
        season.officer,
        application=season.application2,
        questions="Please say more.",
        resubmit_by=(season.office.now + timedelta(days=9)).replace(tzinfo=None),
    )
    assert [(each.kind, each.count, each.ready) for each in await waits(season, "officer")] == [
        (WorkKind.DECIDE, 1, True),
        (WorkKind.DECIDE, 1, False),
    ]
    assert await said(season, "officer") == ["1 application to decide on"]
