"""Letters about messages, about an invitation that nobody has answered, and about a recovery that somebody asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.drafts.drafts import DraftPlace
from domain.values import Role
from tests.letters.conftest import Post
from tests.projections.test_two_stages import LATER, first_stage_decided

pytestmark = pytest.mark.anyio

TEXT = "Canary message"


async def told(post: Post, who: str) -> list[str]:
    """The kinds of what somebody's start page tells them."""
    found = await post.wired.notices.news(post.season.people[who])
    return [each.notice.kind.value for each in found if await post.wired.reaction.tidings(each) is not None]


async def message(post: Post, who: str) -> None:
    season = post.season
    await season.run(
        "application.write_message",
        season.people[who],
        application=season.application1,
        text=TEXT,
    )


class TestAMessage:
    async def test_is_told_to_the_staff_once_until_they_answer_and_to_nobody_who_may_not_read_it(
        self, post: Post
    ) -> None:
        season = await post.season.begin()
        await season.member("colleague", Role.OFFICER)
        await season.apply()
        await season.run(
            "person.exclude_reader",
            season.artist1,
            person=season.artist1,
            reader=season.colleague,
            named="colleague",
        )
        await post.write()
        for name in ("artist1", "artist2", "officer", "colleague", "juror", "chair", "funder"):
            await post.confirm(name)
        for _ in range(2):
            await message(post, "artist1")
        await post.write()
        assert await post.kinds("officer") == ["message-to-staff"]
        assert await told(post, "officer") == ["message-to-staff"]
        (letter,) = await post.letters("officer")
        assert letter.subject == "There is news for you"
        assert f"/applications/{season.application1}/messages" in letter.text
        for marker in (TEXT, "Canary"):
            assert marker not in letter.text
        # While it waits, an administrator is not shown to whom and about what it is.
        shown = await post.wired.outbox.all(secrets_too=False)
        assert [each.written for each in shown if each.name == "message-to-staff"] == [None]
        await message(post, "officer")
        assert await told(post, "officer") == []
        await message(post, "artist1")
        await post.write()
        assert await post.kinds("officer") == ["message-to-staff"] * 2
        for name in ("artist2", "colleague", "juror", "chair", "funder"):
            assert "message-to-staff" not in [*await post.kinds(name), *await told(post, name)]

    async def test_is_told_to_the_applicant_in_the_morning_without_a_word_of_it_and_not_once_it_is_read(
        self, post: Post
    ) -> None:
        season = await post.season.begin()
        await season.apply()
        await post.write()
        await post.confirm("artist1")
        post.office.now = datetime(2026, 3, 3, 22, 30, tzinfo=UTC)
        await message(post, "officer")
        await post.write()
        assert await post.kinds() == []
        post.office.now = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
        await post.write()
        (letter,) = await post.letters("artist1")
        assert letter.subject == "There is news for you"
        for marker in (TEXT, "Canary"):
            assert marker not in letter.text + letter.subject
        ((key,),) = post.rows("SELECT notice FROM accounts.outbox")
        assert isinstance(key, bytes)
        assert await post.wired.reaction.still_told(key)
        await season.run(
            "application.settle_messages",
            season.artist1,
            application=season.application1,
            read_until=post.office.now,
        )
        assert not await post.wired.reaction.still_told(key)
        # People without an address find it on their start page.
        await season.run(
            "application.write_message", season.officer, application=season.application2, text=TEXT
        )
        await post.write()
        assert "message-received" in await told(post, "artist2")


async def test_whoever_is_invited_and_has_begun_nothing_is_reminded_of_the_deadline(post: Post) -> None:
    season = post.season
    await first_stage_decided(season)
    await season.run(
        "application.withdraw", season.artist2, application=season.application2, reason="no_longer_possible"
    )
    await post.write()
    for name in ("artist1", "artist2"):
        await post.confirm(name)
    post.office.now = LATER - timedelta(days=2, hours=4)
    await post.write()
    assert "invitation-due" not in await post.kinds()
    post.office.now = LATER - timedelta(days=2)
    for _ in range(2):
        await post.write()
    assert (await post.kinds("artist1")).count("invitation-due") == 1
    assert "invitation-due" not in await post.kinds("artist2")
    ((key,),) = post.rows("SELECT notice FROM accounts.outbox WHERE name = 'invitation-due'")
    assert isinstance(key, bytes)
    assert await post.wired.reaction.still_told(key)
    place = DraftPlace(season.artist1, season.application1, "application.continue")
    await post.wired.drafts.save(place, {"title": "Canary"}, seen=0, kept_until=LATER + timedelta(days=30))
    assert not await post.wired.reaction.still_told(key)
    await post.write()
    assert "deadline-near" in await post.kinds("artist1")


async def test_a_person_is_told_at_any_hour_that_somebody_asked_to_remove_their_second_factors(
    post: Post,
) -> None:
    season = await post.season.begin()
    await post.confirm("officer")
    chosen = {"letters": "sign_in_only", "subjects": "telling"}
    await season.run("person.choose_letters", season.officer, person=season.officer, **chosen)
    await season.run("person.add_factor", season.officer, person=season.officer, kind="totp")
    post.office.now = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
    await season.run("person.ask_recovery", season.administrator, person=season.officer)
    await post.wired.reaction.hear()
    await post.write()
    assert await post.kinds() == ["recovery-asked"]
    (letter,) = await post.letters("officer")
    assert letter.subject == "Somebody asked that all your second factors be removed."
    assert "/me/second-factor" in letter.text
    ((key,),) = post.rows("SELECT notice FROM accounts.outbox")
    assert isinstance(key, bytes)
    await season.run("person.cancel_recovery", season.officer, person=season.officer)
    assert not await post.wired.reaction.still_told(key)
