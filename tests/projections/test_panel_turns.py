"""For whom an open panel waits: for a chair who may decide, or for the jurors in their place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.applications.state import APPLICATION
from domain.panels.facts import PanelOpened, PanelReturned
from domain.reviews.facts import ReviewConflictDeclared
from domain.values import Role
from history.unreadable import Unreadable
from projections import panels
from projections.letters.work_added import workers
from projections.panel_standing import PanelReturn
from projections.work_waiting import WorkKind
from tests.projections.conftest import Season, eur
from tests.projections.test_judging_staff import holds
from tests.projections.test_raw import rolling
from tests.projections.working import (
    EVERYBODY,
    begun,
    decline,
    kinds,
    said,
    told,
    told_of_the_newest_outcome,
    waits,
)

pytestmark = pytest.mark.anyio


async def judged(season: Season, application: str) -> None:
    """Two jurors reviewed an application to a rolling call."""
    for juror in ("juror", "second_juror"):
        person = season.people[juror]
        review = await season.run("review.assign", season.officer, application=application, juror=person)
        await season.run("review.declare_no_conflict", person, review=review)
        await season.run("review.submit", person, review=review, scores={"art": 7})


async def test_the_chair_of_a_rolling_call_sets_the_outcome_in_each_open_panel(season: Season) -> None:
    await rolling(season)
    await judged(season, season.application1)
    await season.open_panel()
    assert await kinds(season, *EVERYBODY) == {"chair": [(WorkKind.SET_OUTCOMES, 1)]}
    assert await said(season, "chair") == ["1 panel to decide in"]
    (waiting,) = await waits(season, "chair")
    (one,) = waiting.several
    assert (one.application, one.round) == (season.application1, season.round)
    assert waiting.until == season.office.now + timedelta(days=14)
    await decline(season, 1)
    assert await kinds(season, *EVERYBODY) == {"chair": [(WorkKind.CLOSE_PANEL, 1)]}
    assert await said(season, "chair") == ["1 panel to close"]
    await season.run("panel.close", season.chair, panel=season.panel)
    assert await kinds(season, "chair") == {}


@pytest.mark.parametrize("in_rolling_call", [False, True])
async def test_whoever_decides_anew_is_told_who_returned_the_panel_why_and_when(
    season: Season, in_rolling_call: bool
) -> None:
    if in_rolling_call:
        await rolling(season)
        await judged(season, season.application1)
    else:
        await begun(season)
        await season.judge()
    await season.open_panel()
    for number in (1,) if in_rolling_call else (1, 2):
        await decline(season, number)

    async def found() -> tuple[PanelReturn | None, list[str | None]]:
        its = [each.returned for each in await waits(season, "chair")]
        return (await panels.ranking(season.reader, season.chair, season.round)).returned, its

    assert await found() == (None, [None])
    for reason in ("procedure", "amount_questioned"):
        await season.run("panel.close", season.chair, panel=season.panel)
        assert await found() == (None, []), "closed once more, it is not said any longer"
        await season.run("panel.return", season.officer, panel=season.panel, reason=reason)
        returned, its = await found()
        assert returned == PanelReturn(by=Role.OFFICER, reason=reason, at=season.office.now)
        assert its == [reason]


async def test_a_return_that_cannot_be_read_hides_no_work(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rolling(season)
    await judged(season, season.application1)
    await season.open_panel()

    async def damaged(*_: object) -> None:
        raise Unreadable(7)

    monkeypatch.setattr("projections.panels.returned_of", damaged)
    (waiting,) = await waits(season, "chair")
    assert (waiting.kind, waiting.returned) == (WorkKind.SET_OUTCOMES, None)
    assert await said(season, "chair") == ["1 panel to decide in"]


async def test_the_open_panels_of_a_rolling_call_wait_together(season: Season) -> None:
    await rolling(season)
    await judged(season, season.application1)
    await season.open_panel()
    first = season.round
    second = await season.run(
        "application.submit",
        season.artist2,
        call=season.call,
        title="Title",
        requested=eur("1500.00"),
        answers={"idea": "An idea", "born": "A village"},
    )
    await season.run("application.find_eligible", season.officer, application=second)
    await judged(season, second)
    round = (await season.reader.the(APPLICATION, second)).round
    await season.run("panel.open", season.officer, round=round)
    (waiting,) = await waits(season, "chair")
    assert (waiting.kind, waiting.count, waiting.round) == (WorkKind.SET_OUTCOMES, 2, None)
    assert {each.round for each in waiting.several} == {first, round}
    assert len({each.handle for each in waiting.several if each.handle}) == 2
    assert await said(season, "chair") == ["2 panels to decide in"]


async def chair_steps_back(season: Season) -> ReviewConflictDeclared:
    """The chair was asked to review the application, and declares a conflict of interest; returns what is noted."""
    await season.run(
        "review.declare_conflict", season.chair, review=season.things["asked"], reason="friendship"
    )
    return ReviewConflictDeclared(
        review=season.things["asked"],
        application=season.application1,
        round=season.round,
        juror=season.chair,
        after_submitting=False,
        reason="friendship",
        explanation=None,
    )


async def asked_the_chair(season: Season) -> None:
    """The chair was asked, too, for a review of the application to a rolling call, which two jurors have judged."""
    await rolling(season)
    season.things["asked"] = await season.run(
        "review.assign", season.officer, application=season.application1, juror=season.chair
    )
    await judged(season, season.application1)


async def test_after_a_conflict_in_a_rolling_call_the_staff_are_told_that_the_panel_can_be_opened(
    season: Season,
) -> None:
    await asked_the_chair(season)
    assert await kinds(season, "officer") == {}
    fact = await chair_steps_back(season)
    assert await workers(season.reader, fact) == (season.officer,)
    assert await said(season, "officer") == ["1 panel to open"]


async def test_a_panel_waits_for_its_jurors_if_its_chair_has_a_conflict(season: Season) -> None:
    await asked_the_chair(season)
    await chair_steps_back(season)
    await season.open_panel()
    assert await kinds(season, "chair", "juror", "second_juror", "third_juror") == {
        "juror": [(WorkKind.SET_OUTCOMES, 1)],
        "second_juror": [(WorkKind.SET_OUTCOMES, 1)],
    }
    assert await said(season, "chair") == []
    assert await said(season, "juror") == ["1 panel to decide in"]
    assert await told(season, PanelOpened, panel=season.panel) == {"juror", "second_juror"}
    await decline(season, 1, who="juror")
    # The conflict is with the application, so the chair closes the panel once others have decided.
    assert await kinds(season, "chair", "juror", "second_juror") == {"chair": [(WorkKind.CLOSE_PANEL, 1)]}
    assert await told_of_the_newest_outcome(season) == {"chair"}


async def test_it_is_told_when_the_chair_of_an_open_panel_steps_back(season: Season) -> None:
    await asked_the_chair(season)
    await season.open_panel()
    fact = await chair_steps_back(season)
    people = await workers(season.reader, fact)
    assert {*people} == {season.juror, season.second_juror}


@pytest.mark.parametrize("in_rolling_call", [True, False])
async def test_a_panel_does_not_wait_for_a_chair_who_may_not_decide_in_a_blind_call(
    season: Season, *, in_rolling_call: bool
) -> None:
    if in_rolling_call:
        await rolling(season)
        await judged(season, season.application1)
    else:
        await begun(season)
        await season.judge()
    await season.open_panel()
    assert (WorkKind.SET_OUTCOMES, 1) in (await kinds(season, "chair"))["chair"]
    await holds(season, "chair", Role.CHAIR, Role.OFFICER)
    found = await kinds(season, "chair", "juror", "second_juror")
    assert {who for who, its in found.items() if (WorkKind.SET_OUTCOMES, 1) in its} == {
        "juror",
        "second_juror",
    }
    assert await told(season, PanelReturned, panel=season.panel) == {"juror", "second_juror"} | (
        set() if in_rolling_call else {"third_juror"}
    )
