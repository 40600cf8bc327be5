"""What waits for the people of an initiative, on their start page and in the letter alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from domain.deciding import Aggregate, Loaded
from domain.reviews.facts import ReviewConflictDeclared
from domain.values import Role
from history.unreadable import ReadModelStopped
from projections import applications, panel_turns, review_progress, work_waiting
from projections.fresh import Fresh
from projections.next_steps import NextStep
from projections.review_progress import same_in_call
from projections.work_waiting import WorkKind
from tests.projections.conftest import DEADLINE, Season, eur
from tests.projections.test_judging_staff import holds
from tests.projections.test_raw import rolling, rolling_call
from tests.projections.test_unreadable import add
from tests.projections.working import (
    EVERYBODY,
    begun,
    decline,
    kinds,
    on_the_fast_track,
    said,
    told,
    told_of_the_newest_outcome,
    waits,
)

pytestmark = pytest.mark.anyio


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


async def test_each_step_of_an_application_to_a_rolling_call_waits_for_whoever_takes_it(
    season: Season,
) -> None:
    await rolling(season)
    assert await kinds(season, *EVERYBODY) == {"officer": [(WorkKind.ASK_JURORS, 2)]}
    (waiting,) = await waits(season, "officer")
    assert waiting.until == season.office.now + timedelta(days=14)
    assert [(each.application, each.round) for each in waiting.several] == [
        (season.application1, season.round)
    ]
    assert await said(season, "officer") == ["2 reviews to ask jurors for"]
    season.things["application2"] = await submitted(season)
    assert await kinds(season, "officer") == {"officer": [(WorkKind.CHECK, 1), (WorkKind.ASK_JURORS, 2)]}
    await season.run("application.withdraw", season.artist2, application=season.application2, reason="other")

    asked = [await ask(season, juror) for juror in ("juror", "second_juror")]
    assert await kinds(season, *EVERYBODY) == {}, "the jury still writes"
    assert await said(season, "officer") == []
    for juror, review in zip(("juror", "second_juror"), asked, strict=True):
        await judge(season, juror, review)
    assert await kinds(season, *EVERYBODY) == {"officer": [(WorkKind.OPEN_PANEL, 1)]}
    await season.open_panel()
    await decline(season, 1)
    await season.run("panel.close", season.chair, panel=season.panel)
    assert await kinds(season, *EVERYBODY) == {"officer": [(WorkKind.CONFIRM, 1)]}
    await season.run("panel.confirm", season.officer, panel=season.panel)
    assert await kinds(season, *EVERYBODY) == {"officer": [(WorkKind.ANNOUNCE, 1)]}
    day = (season.office.now + timedelta(days=3)).replace(tzinfo=None)
    await season.run("panel.plan_announcement", season.officer, panel=season.panel, announce_at=day)
    assert await kinds(season, *EVERYBODY) == {}, "it waits for its date alone"
    assert await said(season, "officer") == []


async def test_the_staff_are_told_by_json_and_letter_alike_what_comes_next_in_a_rolling_call(
    season: Season,
) -> None:
    await rolling(season)
    season.project()
    listed = applications.decisions_due(season.reader, season.officer, season.call)
    (due,) = (await listed).items
    assert (due.step, due.missing) == (NextStep.ASK_JURORS, 2)
    review = await ask(season, "juror")
    await ask(season, "second_juror")
    season.project()
    (due,) = (await applications.decisions_due(season.reader, season.officer, season.call)).items
    assert (due.step, due.missing) == (NextStep.AWAIT_REVIEWS, 0)
    about = {"review": review, "round": season.round, "application": season.application1}
    await season.run("review.declare_conflict", season.juror, review=review, reason="friendship")
    season.project()
    assert await told(season, ReviewConflictDeclared, **about, juror=season.juror) == {"officer"}
    assert await said(season, "officer") == ["1 review to ask a juror for"]


async def test_the_staff_see_to_it_that_no_decision_is_late(season: Season) -> None:
    """Of what waits for others in a rolling call they are told from a week before the day that was promised to the applicant."""
    await rolling(season)
    promised = season.office.now + timedelta(days=14)
    review, _ = [await ask(season, juror) for juror in ("juror", "second_juror")]
    season.office.now = promised - timedelta(days=7, minutes=1)
    assert await kinds(season, "officer") == {}
    for now in (promised - timedelta(days=7), promised + timedelta(days=1)):
        season.office.now = now
        assert await kinds(season, *EVERYBODY) == {"officer": [(WorkKind.DUE_SOON, 1)]}
        (waiting,) = await waits(season, "officer")
        assert waiting.until == promised
        assert [each.application for each in waiting.several] == [season.application1]
        assert await said(season, "officer") == ["1 application waits for others, and its decision is due"]
    await season.run("review.declare_conflict", season.juror, review=review, reason="friendship")
    assert await kinds(season, "officer") == {"officer": [(WorkKind.ASK_JURORS, 1)]}, "it is their turn again"


async def test_of_a_closed_round_only_what_is_listed_is_read(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of a list asks what comes next with some of its applications."""
    await begun(season)
    season.project()
    call = await same_in_call(season.reader, season.officer, season.call)
    read, readable = [], Fresh.readable

    async def counted(self: Fresh, *streams: tuple[Aggregate[Any], str]) -> Mapping[str, Loaded[Any]]:
        read.extend([stream for _, stream in streams])
        return await readable(self, *streams)

    monkeypatch.setattr(Fresh, "readable", counted)
    (found,) = await review_progress.of_applications(
        season.reader, season.officer, season.round, [season.application1], call
    )
    monkeypatch.undo()
    whole = await review_progress.whole_progress(season.reader, season.officer, season.round)
    assert [found] == [each for each in whole.applications.items if each.application == season.application1]
    theirs = {each for (_, of), each in season.reviews.items() if of == "application1"}
    assert set(read) == {season.application1, *theirs}


async def ask(season: Season, juror: str) -> str:
    """Ask a juror for a review of the first application."""
    return await season.run(
        "review.assign", season.officer, application=season.application1, juror=season.people[juror]
    )


async def judge(season: Season, juror: str, review: str) -> None:
    person = season.people[juror]
    await season.run("review.declare_no_conflict", person, review=review)
    await season.run("review.submit", person, review=review, scores={"art": 7})


async def submitted(season: Season) -> str:
    """Another application to the rolling call."""
    return await season.run(
        "application.submit",
        season.artist2,
        call=season.call,
        title="Title",
        requested=eur("1500.00"),
        answers={"idea": "An idea", "born": "A village"},
    )


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


async def test_on_the_fast_track_a_decision_waits_as_soon_as_all_outcomes_are_set(season: Season) -> None:
    await on_the_fast_track(season)
    await decline(season, 1)
    assert await kinds(season, "officer") == {}
    assert await told_of_the_newest_outcome(season) == set()
    await decline(season, 2)
    assert await kinds(season, "officer") == {"officer": [(WorkKind.CONFIRM, 1)]}
    assert await told_of_the_newest_outcome(season) == {"officer"}
    assert await said(season, "officer") == ["1 decision of a panel to confirm"]
    await decline(season, 1, reason="not_selected")
    assert await told_of_the_newest_outcome(season) == set(), "it waited before"


@pytest.mark.parametrize("damaged", ["panel", "round", "application1"])
async def test_what_is_damaged_hides_nothing_else_that_waits(season: Season, damaged: str) -> None:
    await on_the_fast_track(season)
    for number in (1, 2):
        await decline(season, number)
    stream = season.things[damaged]
    await rolling_call(season)
    await add(season, stream, "application.sung.v1", b"{}")
    assert await kinds(season, "officer") == {"officer": [(WorkKind.ASK_JURORS, 2)]}
    assert await said(season, "officer") == ["2 reviews to ask jurors for"]
    assert await said(season, "chair") == []
    if damaged == "application1":
        assert await told_of_the_newest_outcome(season) == set()


async def test_while_a_read_model_stands_still_nothing_is_left_out(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the letter would say that nothing waits."""

    async def stopped(*_: object) -> None:
        raise ReadModelStopped("rounds", 7)

    await on_the_fast_track(season)
    for name in ("_turn", "_waits_for"):
        with monkeypatch.context() as patched:
            patched.setattr(panel_turns, name, stopped)
            with pytest.raises(ReadModelStopped):
                await waits(season, "chair" if name == "_turn" else "officer")
    monkeypatch.setattr("projections.panels.standing", stopped)
    with pytest.raises(ReadModelStopped):
        await waits(season, "officer")


async def test_who_may_not_confirm_does_not_learn_how_far_the_panel_is(season: Season) -> None:
    await on_the_fast_track(season)
    await holds(season, "second_juror", Role.OFFICER)
    for number in (1, 2):
        await decline(season, number)
        (waiting,) = await waits(season, "second_juror")
        assert (waiting.kind, waiting.ready) == (WorkKind.CONFIRM, False)


async def test_an_application_that_was_returned_waits_for_its_applicant(season: Season) -> None:
    await rolling(season)
    season.things["application2"] = await submitted(season)
    await season.run(
        "application.return",
        season.officer,
        application=season.application2,
        questions="Please say more.",
        resubmit_by=(season.office.now + timedelta(days=9)).replace(tzinfo=None),
    )
    assert [(each.kind, each.count) for each in await waits(season, "officer")] == [(WorkKind.ASK_JURORS, 2)]
