"""A review that cannot be read holds up no letter about the others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.letters import templates
from history.unreadable import Unreadable
from projections.letters.telling import Tidings
from projections.reader import Behind
from tests.letters.conftest import Post
from tests.projections.test_left_out import damage

pytestmark = pytest.mark.anyio


async def asked(post: Post) -> None:
    """A juror with an address is asked for two reviews, and it is noted; no letter is written yet."""
    season = await post.season.begin()
    await post.confirm("juror")
    for part in (season.apply, season.close, season.assign):
        await part()
    await post.write()
    assert await post.kinds() == []


async def test_of_two_reviews_the_other_is_told(post: Post) -> None:
    await asked(post)
    await damage(post.season, post.season.reviews["juror", "application1"])
    post.office.now += timedelta(minutes=10)
    await post.write()
    (letter,) = await post.letters("juror")
    assert f"/reviews/{post.season.reviews['juror', 'application2']}\n" in letter.text


async def test_a_letter_about_two_is_sent_because_of_the_other(post: Post) -> None:
    await asked(post)
    post.office.now += timedelta(minutes=10)
    await post.write()
    ((key,),) = post.rows("SELECT notice FROM accounts.outbox")
    assert isinstance(key, bytes)
    reviews = [post.season.reviews["juror", f"application{number}"] for number in (1, 2)]
    ((led,),) = post.rows("SELECT about FROM accounts.notices n JOIN accounts.outbox USING (notice)")
    for each in sorted(reviews, key=lambda review: review != led):
        assert await post.wired.reaction.still_told(key)
        await damage(post.season, each)
    with pytest.raises(Unreadable):
        await post.wired.reaction.still_told(key)


async def test_the_others_of_the_jury_are_told_that_the_panel_is_open(post: Post) -> None:
    season = await post.season.begin()
    for part in (season.apply, season.close, season.assign, season.judge, season.open_panel):
        await part()
    await damage(season, season.reviews["third_juror", "application1"])
    await post.write()
    assert "panel-opened" in await post.news("juror")
    assert "panel-opened" not in await post.news("third_juror")


async def test_the_others_are_reminded_of_a_date_that_is_set(post: Post) -> None:
    season = await post.season.begin()
    for part in (season.apply, season.close, season.assign):
        await part()
    await post.write()
    await damage(season, season.reviews["juror", "application1"])
    due = post.office.now + timedelta(days=9)
    await season.run(
        "round.set_reviews_due", season.officer, round=season.round, due_at=due.replace(tzinfo=None)
    )
    await post.write()
    reminded = post.rows("SELECT about FROM accounts.notices WHERE kind = 'review-due'")
    assert {about for (about,) in reminded} == {
        review for key, review in season.reviews.items() if key != ("juror", "application1")
    }


async def test_what_one_letter_tells_is_asked_once_for_each_of_them(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if an initiative's text cannot be filled, and so none is written for a while."""
    asked_of = []
    tidings = type(post.wired.reaction).tidings

    async def counted(reaction: object, each: object) -> Tidings | None:
        asked_of.append(each)
        return await tidings(reaction, each)  # type: ignore[arg-type]

    await asked(post)
    monkeypatch.setattr(type(post.wired.reaction), "tidings", counted)
    own = {"initiative": post.season.initiative, "letter": "review-asked", "language": "en"}
    with monkeypatch.context() as formerly:
        formerly.setattr(templates, "unknown_in", lambda *_: [])
        await post.office.say("initiative.write_letter", post.season.officer, **own, text="{former}")
    post.office.now += timedelta(minutes=10)
    await post.write()
    assert (await post.kinds(), len(asked_of)) == ([], 2)
    await post.office.say("initiative.reset_letter", post.season.officer, **own)
    post.office.now += timedelta(hours=1)
    await post.write()
    assert (await post.kinds(), len(asked_of)) == (["review-asked"], 4)


async def test_a_letter_that_work_waits_is_not_taken_for_over_while_it_is_counted_anew(post: Post) -> None:
    season = await post.season.begin()
    await post.confirm("chair")
    for part in (season.apply, season.close, season.assign, season.judge, season.open_panel):
        await part()
    post.season.project()
    await post.write()
    post.office.now += timedelta(minutes=11)
    await post.write()
    ((key,),) = post.rows("SELECT notice FROM accounts.outbox WHERE name = 'work-waits'")
    assert isinstance(key, bytes)
    assert await post.wired.reaction.still_told(key)
    # A fact that the read models do not know yet.
    await season.run(
        "initiative.remove_member", season.administrator, initiative=season.initiative, person=season.juror
    )
    with pytest.raises(Behind):
        await post.wired.reaction.still_told(key)
