"""The summary that an initiative chose, and the date by which reviews are due: what a juror reads before declaring a
conflict."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from domain.forms import Form, Question
from projections import own_reviews, reviews
from projections.review_summary import ReviewsDue
from tests.projections.conftest import CANARY_ANSWERS, CANARY_TITLES, DEADLINE, PEOPLE, Season
from tests.projections.reading_all import leaks, read_all

pytestmark = pytest.mark.anyio

QUESTIONS = (
    Question(id="idea", kind="long_text", label={"en": "Idea"}, in_summary=True),
    Question(id="born", kind="text", label={"en": "Born"}, identifying=True),
    PEOPLE,
)


@pytest.fixture
async def season(office: Any, database_url: str) -> Season:
    """A season in which both artists applied, with the idea and the title in the summary."""
    season = Season(office, database_url)
    await season.begin()
    await change_form(season, Form(questions=QUESTIONS, title_in_summary=True))
    return await season.apply()


async def change_form(season: Season, form: Form) -> None:
    await season.run("call.change_form", season.officer, call=season.call, stage="main", form=form)


async def ask(season: Season) -> None:
    """Jurors are asked, and have not answered yet."""
    await season.close()
    await season.assign()
    season.project()


async def test_a_juror_reads_the_summary_until_they_answer_and_nobody_else_does(season: Season) -> None:
    await ask(season)
    own = season.reviews["juror", "application1"]
    shown = await reviews.one(season.reader, season.juror, own)
    assert shown.application_shown is None
    assert shown.summary is not None
    assert (shown.summary.title, shown.summary.answers) == (CANARY_TITLES[0], {"idea": CANARY_ANSWERS[0]})
    assert [each.id for each in shown.summary.form.questions] == ["idea"]
    # What identifies is nowhere, and the officer, another juror and the chair find no summary.
    assert leaks(await read_all(season, season.juror), CANARY_ANSWERS[1]) == {}
    assert (await reviews.one(season.reader, season.officer, own)).summary is None
    for who in ("third_juror", "chair", "funder"):
        assert leaks(await read_all(season, season.people[who]), *CANARY_TITLES, *CANARY_ANSWERS) == {}

    conflicted = season.reviews["second_juror", "application1"]
    await season.run("review.declare_conflict", season.second_juror, review=conflicted, reason="friendship")
    await season.run("review.declare_no_conflict", season.juror, review=own)
    season.project()

    assert (await reviews.one(season.reader, season.second_juror, conflicted)).summary is None
    assert (await reviews.one(season.reader, season.juror, own)).summary is None


async def test_a_question_that_was_marked_as_identifying_since_leaves_the_summary(season: Season) -> None:
    marked = msgspec.structs.replace(QUESTIONS[0], identifying=True, in_summary=False)
    await change_form(season, Form(questions=(marked, QUESTIONS[1], PEOPLE)))
    await ask(season)
    shown = await reviews.one(season.reader, season.juror, season.reviews["juror", "application1"])
    assert shown.summary is not None
    assert (shown.summary.title, shown.summary.answers) == (CANARY_TITLES[0], {})


async def test_nor_is_its_answer_shown_to_a_blind_jury(season: Season) -> None:
    """Also of applications that answered an earlier version of the form."""
    marked = msgspec.structs.replace(QUESTIONS[0], identifying=True, in_summary=False)
    await change_form(season, Form(questions=(marked, QUESTIONS[1], PEOPLE)))
    await ask(season)
    own = season.reviews["juror", "application1"]
    await season.run("review.declare_no_conflict", season.juror, review=own)
    season.project()
    shown = (await reviews.one(season.reader, season.juror, own)).application_shown
    assert shown is not None
    assert "idea" not in shown.answers
    assert {"idea", "born"} <= set(shown.withheld)
    assert leaks(await read_all(season, season.juror), *CANARY_ANSWERS) == {}


async def test_the_due_date_is_in_the_lists_of_those_who_review(season: Season) -> None:
    await ask(season)
    due = DEADLINE.replace(month=DEADLINE.month + 1)
    await season.run(
        "round.set_reviews_due", season.officer, round=season.round, due_at=due.replace(tzinfo=None)
    )
    season.project()
    listed = (await own_reviews.mine(season.reader, season.juror)).items
    expected = ReviewsDue(at=due, time_zone="UTC")
    assert {each.due for each in listed} == {expected}
    assert (await reviews.one(season.reader, season.juror, listed[0].id)).due == expected
