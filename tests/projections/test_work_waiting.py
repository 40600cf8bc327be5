"""What waits for the people of an initiative, on their start page and in the letter alike."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from api.locales import ENGLISH
from domain.applications.facts import ApplicationEndedByErasure, ApplicationWithdrawn
from domain.applications.state import APPLICATION
from domain.commands.call_drafts import CallMoney
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
from domain.panels.facts import PanelOpened, PanelOutcomeEnded, PanelReopened, PanelReturned
from domain.panels.state import PANEL
from domain.reviews.facts import ReviewConflictDeclared, ReviewSubmitted
from domain.rounds.facts import RoundQuorumLowered
from domain.stages import Blindness
from domain.values import Role
from history.unreadable import ReadModelStopped
from projections import initiatives, panel_turns, review_progress, work_waiting
from projections.letters.work import work_of
from projections.letters.work_added import workers
from projections.work_waiting import Work, WorkKind, calls_of, work_in
from tests.projections.conftest import DEADLINE, Season, eur
from tests.projections.test_changed_grants import granted
from tests.projections.test_judging_staff import holds
from tests.projections.test_raw import rolling, rolling_call
from tests.projections.test_unreadable import add

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


async def begun(season: Season) -> None:
    """Two jurors are asked for each of two applications, which need two reviews."""
    await season.begin()
    for part in (season.apply, season.close, season.assign):
        await part()


async def step_back(season: Season, juror: str, application: str) -> dict[str, Any]:
    """A juror declares a conflict of interest; returns what it was about."""
    review = season.reviews[juror, application]
    await season.run("review.declare_conflict", season.people[juror], review=review, reason="friendship")
    return {
        "review": review,
        "round": season.round,
        "application": season.things[application],
        "juror": season.people[juror],
    }


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


async def decline(season: Season, number: int, who: str = "chair", reason: str = "other") -> None:
    await season.run(
        "panel.set_outcome",
        season.people[who],
        panel=season.panel,
        application=season.things[f"application{number}"],
        outcome="decline",
        reason=reason,
    )


async def told_of_the_newest_outcome(season: Season) -> set[str]:
    """To whom it is noted that the outcome that was set last adds work."""
    panel = await season.reader.the(PANEL, season.panel)
    people = await workers(season.reader, panel.decisions[-1])
    return {name for name, person in season.people.items() if person in people}


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


async def test_the_last_outcome_is_told_even_if_it_was_changed_before_anybody_was_told(
    season: Season,
) -> None:
    await on_the_fast_track(season)
    for number, reason in ((1, "other"), (2, "other"), (2, "not_selected")):
        await decline(season, number, reason=reason)
    panel = await season.reader.the(PANEL, season.panel)
    told_of = [await workers(season.reader, each) for each in panel.decisions]
    assert told_of == [(), (season.officer,), ()]


@pytest.mark.parametrize("damaged", ["panel", "round", "application1"])
async def test_what_is_damaged_hides_nothing_else_that_waits(season: Season, damaged: str) -> None:
    await on_the_fast_track(season)
    for number in (1, 2):
        await decline(season, number)
    stream = season.things[damaged]
    await rolling_call(season)
    await add(season, stream, "application.sung.v1", b"{}")
    assert await kinds(season, "officer") == {"officer": [(WorkKind.DECIDE, 1)]}
    assert await said(season, "officer") == ["1 application to decide on"]
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
    for name in ("_decides", "_waits_for"):
        with monkeypatch.context() as patched:
            patched.setattr(panel_turns, name, stopped)
            with pytest.raises(ReadModelStopped):
                await waits(season, "chair" if name == "_decides" else "officer")
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


async def test_without_the_fast_track_nobody_is_told_of_an_outcome(season: Season) -> None:
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge, season.open_panel):
        await part()
    for number in (1, 2):
        await decline(season, number)
        assert await told_of_the_newest_outcome(season) == set()


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
    assert await kinds(season, *EVERYBODY) == {"officer": [(WorkKind.DECIDE, 1)]}
    await season.open_panel()
    assert await kinds(season, *EVERYBODY) == {
        "officer": [(WorkKind.DECIDE, 1)],
        "chair": [(WorkKind.SET_OUTCOMES, 1)],
    }
    assert await said(season, "chair") == ["1 panel to decide in"]
    (waiting,) = await waits(season, "chair")
    assert (waiting.round, waiting.several) == (season.round, ())
    await decline(season, 1)
    await season.run("panel.close", season.chair, panel=season.panel)
    assert await kinds(season, "chair") == {}


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
    assert {each for each, _ in waiting.several} == {first, round}
    assert len({handle for _, handle in waiting.several if handle}) == 2
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


async def test_a_conflict_in_a_rolling_call_adds_nothing_for_the_staff(season: Season) -> None:
    await asked_the_chair(season)
    fact = await chair_steps_back(season)
    assert await workers(season.reader, fact) == ()


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
    assert await kinds(season, "chair", "juror", "second_juror") == {"chair": [(WorkKind.SET_OUTCOMES, 1)]}
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


async def test_an_outcome_that_ended_waits_again(season: Season) -> None:
    await begun(season)
    await season.judge()
    await season.open_panel()
    for kind in (PanelOutcomeEnded, PanelReopened):
        assert await told(season, kind, panel=season.panel) == {"chair"}


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
