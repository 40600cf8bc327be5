"""After which facts people of an initiative are noted for a letter that work waits: only if something was added for them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.applications.facts import ApplicationEndedByErasure, ApplicationWithdrawn
from domain.grants.facts import (
    GrantAmended,
    GrantAmendmentDeclined,
    GrantDecisionsEnded,
    GrantInstalmentSettled,
    GrantPayeeConfirmed,
    GrantResumed,
    GrantScreened,
    GrantScreeningEnded,
)
from domain.panels.facts import PanelOutcomeEnded, PanelReopened
from domain.panels.state import PANEL
from domain.reviews.facts import ReviewConflictDeclared, ReviewSubmitted
from domain.rounds.facts import RoundQuorumLowered
from projections.letters.work_added import workers
from projections.work_waiting import WorkKind
from tests.projections.conftest import Season, eur
from tests.projections.test_changed_grants import granted
from tests.projections.working import (
    begun,
    decline,
    kinds,
    on_the_fast_track,
    said,
    step_back,
    told,
    told_of_the_newest_outcome,
)

pytestmark = pytest.mark.anyio


async def test_the_last_review_and_a_lowered_quorum_add_work_for_the_staff(season: Season) -> None:
    await begun(season)

    async def told_of_each() -> list[set[str]]:
        return [
            await told(season, ReviewSubmitted, review=season.reviews["juror", "application1"]),
            await told(season, RoundQuorumLowered, round=season.round),
        ]

    assert await told_of_each() == [set(), set()]
    await season.judge()
    assert await told_of_each() == [{"officer"}, {"officer"}]
    await season.open_panel()
    assert await told_of_each() == [set(), set()]


async def test_a_conflict_adds_work_only_if_another_juror_is_needed(season: Season) -> None:
    await begun(season)
    for number in (1, 2):
        await season.run(
            "review.assign",
            season.officer,
            application=season.things[f"application{number}"],
            juror=season.third_juror,
        )
    one_of_three = await step_back(season, "juror", "application1")
    assert await told(season, ReviewConflictDeclared, **one_of_three) == set()
    one_of_two = await step_back(season, "second_juror", "application1")
    assert await told(season, ReviewConflictDeclared, **one_of_two) == {"officer"}


async def test_the_last_review_adds_nothing_while_another_juror_has_to_be_asked(season: Season) -> None:
    await begun(season)
    await step_back(season, "second_juror", "application1")
    asked = (("juror", "application1"), ("juror", "application2"), ("second_juror", "application2"))
    for juror, application in asked:
        review = season.reviews[juror, application]
        await season.run("review.declare_no_conflict", season.people[juror], review=review)
        await season.run("review.submit", season.people[juror], review=review, scores={"art": 7})
    assert await kinds(season, "officer") == {"officer": [(WorkKind.ASK_JURORS, 1)]}
    assert await told(season, ReviewSubmitted, review=season.reviews["juror", "application1"]) == set()


async def test_an_application_that_ends_adds_work_if_it_was_the_last_to_lack_reviews(season: Season) -> None:
    await begun(season)
    ended = {"application": season.application1}
    kinds_of_end = (ApplicationWithdrawn, ApplicationEndedByErasure)
    for juror in ("juror", "second_juror"):
        review = season.reviews[juror, "application2"]
        await season.run("review.declare_no_conflict", season.people[juror], review=review)
        await season.run("review.submit", season.people[juror], review=review, scores={"art": 7})
    # Before it is withdrawn, its own reviews are awaited.
    assert [await told(season, kind, **ended) for kind in kinds_of_end] == [set(), set()]
    await season.run("application.withdraw", season.artist1, **ended, reason="other")
    assert await kinds(season, "officer") == {"officer": [(WorkKind.OPEN_PANEL, 1)]}
    assert [await told(season, kind, **ended) for kind in kinds_of_end] == [{"officer"}, {"officer"}]


async def test_on_the_fast_track_so_does_one_that_was_the_last_to_lack_an_outcome(season: Season) -> None:
    await on_the_fast_track(season)
    await decline(season, 2)
    for number, people in ((1, {"officer"}), (2, set[str]())):
        ended = {"application": season.things[f"application{number}"]}
        await season.run("application.withdraw", season.people[f"artist{number}"], **ended, reason="other")
        assert await told(season, ApplicationWithdrawn, **ended) == people
    assert await said(season, "officer") == ["1 decision of a panel to confirm"]


async def test_what_waits_on_a_grant_after_a_fact_of_another_role_adds_work(season: Season) -> None:
    one = await granted(season)
    facts = (
        GrantPayeeConfirmed,
        GrantDecisionsEnded,
        GrantScreened,
        GrantScreeningEnded,
        GrantInstalmentSettled,
        GrantAmended,
        GrantAmendmentDeclined,
        GrantResumed,
    )

    async def told_of_each() -> dict[str, set[str]]:
        found = {kind.__name__: await told(season, kind, **one) for kind in facts}
        return {name: people for name, people in found.items() if people}

    assert await told_of_each() == {}
    await season.run("grant.submit_report", season.artist1, **one, text="Done.")
    # Reports wait while a grant is suspended, too.
    assert await told_of_each() == {}
    await season.run("grant.accept_report", season.officer, **one, report=1)
    await season.run("instalment.request", season.artist1, **one, instalment=2)
    await season.run("instalment.approve", season.finance, **one, instalment=2)
    second = {"GrantPayeeConfirmed": {"approver"}, "GrantResumed": {"approver"}}
    assert await told_of_each() == second
    # New bank details end the approval, which has to be given again once these are confirmed.
    payee = {"kind": "recipient", "name": "Another", "account": "Another 1"}
    await season.run("grant.set_payee", season.artist1, **one, **payee)
    assert await told_of_each() == {"GrantDecisionsEnded": {"finance"}, "GrantResumed": {"finance"}}
    await season.run("grant.confirm_payee", season.finance, **one, setting=2)
    finance = {"finance"}
    assert await told_of_each() == {
        "GrantPayeeConfirmed": finance,
        "GrantDecisionsEnded": finance,
        "GrantResumed": finance,
    }
    await season.run("instalment.approve", season.finance, **one, instalment=2)
    await season.run("instalment.approve", season.approver, **one, instalment=2)
    assert await told_of_each() == {
        "GrantPayeeConfirmed": finance,
        "GrantScreened": finance,
        "GrantScreeningEnded": finance,
        "GrantResumed": finance,
    }
    season.office.now += timedelta(days=1)
    await season.run("instalment.instruct", season.finance, **one, instalment=2, reference="RUN")
    # So do payments that are with the bank.
    assert await told_of_each() == {}
    await season.run(
        "instalment.settle",
        season.finance,
        **one,
        instalment=2,
        amount=eur("400.25"),
        settled_on=season.office.now.date(),
    )
    answered = ("GrantInstalmentSettled", "GrantAmended", "GrantAmendmentDeclined", "GrantResumed")
    assert await told_of_each() == {name: {"officer"} for name in answered}


async def test_an_amendment_that_its_recipient_has_to_answer_is_no_work(season: Season) -> None:
    one = await granted(season)
    await season.run(
        "grant.propose_amendment", season.officer, **one, amount=eur("1400.25"), ends_on=date(2026, 12, 31)
    )
    assert await told(season, GrantResumed, **one) == set()


async def test_the_last_outcome_is_told_even_if_it_was_changed_before_anybody_was_told(
    season: Season,
) -> None:
    await on_the_fast_track(season)
    for number, reason in ((1, "other"), (2, "other"), (2, "not_selected")):
        await decline(season, number, reason=reason)
    panel = await season.reader.the(PANEL, season.panel)
    told_of = [await workers(season.reader, each) for each in panel.decisions]
    assert told_of == [(), (season.officer,), ()]


async def test_without_the_fast_track_nobody_is_told_of_an_outcome(season: Season) -> None:
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge, season.open_panel):
        await part()
    for number in (1, 2):
        await decline(season, number)
        assert await told_of_the_newest_outcome(season) == set()


async def test_an_outcome_that_ended_waits_again(season: Season) -> None:
    await begun(season)
    await season.judge()
    await season.open_panel()
    for kind in (PanelOutcomeEnded, PanelReopened):
        assert await told(season, kind, panel=season.panel) == {"chair"}
