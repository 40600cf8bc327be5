"""What is sent several times at once, or decided several times over, is done once, as of when it arrived."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import chain, repeat

import pytest

from domain.refusals import Refused
from history.appends import Append, Appended
from history.requests import Answer, KeyReused
from tests.projections.conftest import DEADLINE, Season, eur

pytestmark = pytest.mark.anyio


def applying(season: Season, title: str = "Sound project") -> dict[str, object]:
    """The fields of an application."""
    return {
        "call": season.call,
        "round": season.round,
        "title": title,
        "requested": eur("300.00"),
        "answers": {"idea": "Three concerts", "born": "Somewhere"},
    }


def count(season: Season, topic: str) -> int:
    """How many facts of a topic there are."""
    return Counter(topic for _, _, _, topic, _, _ in season.office.rows())[topic]


async def test_one_form_posted_five_times_at_once_is_one_application(season: Season) -> None:
    """All five are given the same answer."""
    await season.begin()
    answers = await asyncio.gather(
        *(
            season.office.run("application.submit", season.artist1, key="one form", **applying(season))
            for _ in range(5)
        )
    )
    assert len({answer.stream for answer in answers}) == 1
    assert count(season, "application.submitted.v1") == 1


async def test_a_form_changed_and_sent_again_is_never_given_the_old_answer(season: Season) -> None:
    """Back, change, send: it is said that the first was done, and nothing else is."""
    await season.begin()
    await season.office.run("application.submit", season.artist1, key="one form", **applying(season))
    with pytest.raises(KeyReused):
        await season.office.run(
            "application.submit", season.artist1, key="one form", **applying(season, "Another title")
        )
    assert count(season, "application.submitted.v1") == 1


@pytest.mark.parametrize("same_key", [True, False])
async def test_one_review_posted_four_times_at_once_is_one(season: Season, same_key: bool) -> None:
    """Also from four tabs, whose forms have keys of their own: three are told that it was submitted."""
    for part in (season.begin, season.apply, season.close, season.assign):
        await part()
    review = season.reviews["juror", "application1"]
    await season.run("review.declare_no_conflict", season.juror, review=review)

    async def post(number: int) -> Answer | str:
        try:
            return await season.office.run(
                "review.submit",
                season.juror,
                key="one form" if same_key else f"form {number}",
                review=review,
                scores={"art": 8},
            )
        except Refused as refused:
            return str(refused.detail)

    answers = await asyncio.gather(*map(post, range(4)))
    refusals = [answer for answer in answers if isinstance(answer, str)]
    assert all(refusal.startswith("This review was submitted before") for refusal in refusals)
    assert len(refusals) == (0 if same_key else 3)
    assert count(season, "review.submitted.v1") == 1


async def test_a_deadline_is_held_against_the_arrival(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not against the moment at which a decision that lost a race is made again."""
    await season.begin()
    runner = season.office.runner
    times = chain([DEADLINE - timedelta(seconds=1)], repeat(DEADLINE + timedelta(hours=1)))
    monkeypatch.setattr(runner, "clock", lambda: next(times))
    append, lost = runner.history.append, []

    async def lose_once(wanted: Append) -> Appended:
        if lost:
            return await append(wanted)
        lost.append(wanted)
        return Appended(outcome="conflict", detail=season.round)

    monkeypatch.setattr(runner.history, "append", lose_once)
    await season.run("application.submit", season.artist1, **applying(season))
    assert len(lost) == 1
    assert count(season, "application.submitted.v1") == 1
