"""The staff, the chair and those who pay are told that work waits for them: in one letter a day at most, and only while it waits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.letters.composing import NEWS
from tests.letters.conftest import Post

pytestmark = pytest.mark.anyio

WORK = "work-waits"


async def later(post: Post, **passed: float) -> None:
    """Some time passes, and letters are written."""
    post.season.project()
    post.office.now += timedelta(**passed)
    await post.write()


async def test_each_is_told_once_a_day_what_waits_for_them(post: Post) -> None:
    season = await post.season.begin()
    for name in ("officer", "chair", "finance", "approver", "juror", "artist1"):
        await post.confirm(name)
    await season.apply()
    await season.close()
    await season.assign()
    await season.judge()
    await season.open_panel()
    await later(post, minutes=1)
    assert WORK not in await post.kinds()
    await later(post, minutes=10)
    (letter,) = await post.letters("chair")
    assert letter.subject == "There is news for you"
    assert letter.text.startswith(f"{NEWS}\n\nWork waits for you.\n\nWaiting now: 1 panel to decide in.")
    assert f"{post.wired.settings.address}/me\n" in letter.text
    for name in ("officer", "finance", "approver", "juror", "artist1"):
        assert WORK not in await post.kinds(name)
    # The decision is announced before the next letter, so nobody is told to confirm it.
    await season.decide()
    await later(post, days=1)
    assert (await post.kinds("chair")).count(WORK) == 1
    assert WORK not in await post.kinds("officer")


async def test_what_was_done_in_time_takes_no_letter_from_what_is_added_later_and_who_wants_none_gets_none(
    post: Post,
) -> None:
    season = await post.season.begin()
    for name in ("officer", "chair", "finance"):
        await post.confirm(name)
    await season.run(
        "person.choose_letters",
        season.chair,
        person=season.chair,
        letters="all_but_work",
        subjects="discreet",
    )
    await season.apply()
    await season.close()
    await season.assign()
    await season.judge()
    await season.open_panel()
    await later(post, minutes=30)
    assert WORK not in await post.kinds("chair")
    await season.run(
        "panel.set_outcome",
        season.chair,
        panel=season.panel,
        application=season.application1,
        outcome="decline",
        reason="other",
    )
    await season.run(
        "panel.set_outcome",
        season.chair,
        panel=season.panel,
        application=season.application2,
        outcome="decline",
        reason="other",
    )
    await season.run("panel.close", season.chair, panel=season.panel)
    await later(post, minutes=11)
    (letter,) = await post.letters("officer")
    assert "1 decision of a panel to confirm" in letter.text
