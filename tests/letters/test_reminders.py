"""People are reminded of dates: once, before the date, and only those who still have something to do until then."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from api.drafts.drafts import DraftPlace
from api.drafts.keeping import keep_or_delete
from api.drafts.sharing import REPORT
from api.letters.ending_drafts import announce_endings
from api.locales import ENGLISH
from domain.values import Role
from tests.letters.conftest import Post
from tests.projections.conftest import DEADLINE
from tests.projections.test_joining import applied, joins

pytestmark = pytest.mark.anyio


class TestReminders:
    async def test_of_an_offer_comes_two_days_before_it_lapses_and_not_if_it_is_answered(
        self, post: Post
    ) -> None:
        season = await post.season.begin()
        await post.confirm("artist1")
        for part in (season.apply, season.close, season.assign, season.judge, season.decide):
            await part()
        lapses = DEADLINE + timedelta(days=30)
        grant = await season.run(
            "grant.offer", season.officer, application=season.application1, respond_by=lapses
        )
        await post.write()
        assert "grant-offered" in await post.kinds()
        post.office.now = lapses - timedelta(days=2, minutes=1)
        await post.write()
        assert "offer-lapsing" not in await post.kinds()
        post.office.now = lapses - timedelta(days=2)
        await post.write()
        await post.write()
        assert (await post.kinds()).count("offer-lapsing") == 1
        ((key,),) = post.rows("SELECT notice FROM accounts.outbox WHERE name = 'offer-lapsing'")
        assert isinstance(key, bytes)
        assert await post.wired.reaction.still_told(key)
        await season.run("grant.accept", season.artist1, grant=grant)
        assert not await post.wired.reaction.still_told(key)

    async def test_of_a_deadline_is_for_those_with_a_draft_and_moves_with_it(self, post: Post) -> None:
        season = await post.season.begin()
        for name in ("artist1", "artist2"):
            await post.confirm(name)
        place = DraftPlace(season.artist1, season.call, "application.submit")
        kept = DEADLINE + timedelta(days=30)
        await post.wired.drafts.save(place, {"title": "Canary"}, seen=0, kept_until=kept)
        post.office.now = DEADLINE - timedelta(days=2)
        await post.wired.reaction.remind()
        # Extended before the letter was written: the reminder is not of the former deadline.
        later = DEADLINE + timedelta(days=9)
        await season.run(
            "round.extend",
            season.officer,
            round=season.round,
            closes_at=later.replace(tzinfo=None),
            reason="events",
        )
        await post.write()
        assert await post.kinds() == []
        post.office.now = later - timedelta(days=1)
        await post.write()
        assert (await post.kinds("artist1"), await post.kinds("artist2")) == (["deadline-near"], [])
        (letter,) = await post.letters("artist1")
        assert f"/calls/{season.call}/apply" in letter.text
        assert "20 March 2026" in letter.text
        ((key,),) = post.rows("SELECT notice FROM accounts.outbox")
        assert isinstance(key, bytes)
        await post.wired.drafts.discard(place)
        assert not await post.wired.reaction.still_told(key)

    async def test_of_a_draft_that_is_deleted_soon_is_for_all_who_write_in_it_once(self, post: Post) -> None:
        season = await post.season.begin()
        for name in ("artist1", "artist2"):
            await post.confirm(name)
        drafts, closes = post.wired.drafts, DEADLINE
        place = DraftPlace(season.artist1, season.call, "application.submit")
        kept = DEADLINE + timedelta(days=30)
        draft = await drafts.save(place, {"title": "Canary"}, seen=0, kept_until=kept)
        link = await post.wired.shared_drafts.invite(draft, email="", note="", locale=ENGLISH)
        assert link is not None
        await post.wired.shared_drafts.accept(link.rpartition("/")[2], season.artist2)

        async def closing(_: DraftPlace) -> datetime:
            return closes

        async def sweep(now: datetime) -> None:
            post.office.now = now
            wired = post.wired
            await announce_endings(wired.history, drafts, wired.notices, closing, now=now)
            await keep_or_delete(drafts, closing)
            await wired.reaction.write()

        await sweep(kept - timedelta(days=8))
        assert await post.kinds() == []
        for _ in range(2):
            await sweep(kept - timedelta(days=6))
        assert await post.kinds() == ["draft-ending", "draft-ending"]
        (letter,) = await post.letters("artist2")
        assert f"/drafts/{draft.id}" in letter.text
        assert "Canary" not in letter.text + letter.subject
        keys = dict(post.rows("SELECT person, notice FROM accounts.notices WHERE kind = 'draft-ending'"))
        await post.wired.shared_drafts.end(draft.id, season.artist2)
        told = [await post.wired.reaction.still_told(keys[who]) for who in (season.artist1, season.artist2)]
        assert told == [True, False]
        # A deadline that was extended keeps it, and what was told is no longer so.
        closes = DEADLINE + timedelta(days=20)
        await sweep(kept + timedelta(days=1))
        assert not await post.wired.reaction.still_told(keys[season.artist1])
        # Nothing could be told in time, so it is kept until people had some days to read of it.
        late = closes + timedelta(days=60)
        await sweep(late)
        assert await drafts.find(place) is not None
        assert await post.kinds("artist1") == ["draft-ending", "draft-ending"]
        await sweep(late + timedelta(days=4))
        assert await drafts.find(place) is None

    async def test_of_a_draft_is_not_for_helpers_who_may_not_read_it_any_more(self, post: Post) -> None:
        season = await (await post.season.begin()).apply()
        await post.confirm("artist2")
        await post.write()
        # Who applied, too, and has read nothing of others, can help.
        place = DraftPlace(season.artist1, season.application1, "application.change")
        kept = DEADLINE + timedelta(days=30)
        draft = await post.wired.drafts.save(place, {"title": "Canary"}, seen=0, kept_until=kept)
        link = await post.wired.shared_drafts.invite(draft, email="", note="", locale=ENGLISH)
        assert link is not None
        await post.wired.shared_drafts.accept(link.rpartition("/")[2], season.artist2)
        await self.announced(post, kept - timedelta(days=6))
        ((key,),) = post.rows("SELECT notice FROM accounts.outbox WHERE name = 'draft-ending'")
        assert isinstance(key, bytes)
        assert await post.wired.reaction.still_told(key)
        await season.run(
            "initiative.add_member",
            season.administrator,
            initiative=season.initiative,
            person=season.artist2,
            roles=(Role.OFFICER,),
        )
        assert not await post.wired.reaction.still_told(key)

    async def test_of_a_report_says_that_it_can_be_submitted_and_is_for_those_who_act_for_the_recipient(
        self, post: Post
    ) -> None:
        season = await applied(post.season)
        season.people["artist3"] = await season.office.person("Canary Artist Three")
        await joins(season, season.artist3)
        await season.decide()
        respond_by = DEADLINE + timedelta(days=30)
        offered = {"application": season.application1, "respond_by": respond_by}
        grant = await season.run("grant.offer", season.officer, **offered)
        await season.run("grant.accept", season.artist1, grant=grant)
        await post.confirm("artist3")
        place = DraftPlace(season.artist3, grant, REPORT)
        kept = DEADLINE + timedelta(days=400)
        await post.wired.drafts.save(place, {"text": "Canary"}, seen=0, kept_until=kept)
        await post.write()
        await self.announced(post, kept - timedelta(days=6))
        (letter,) = [each for each in await post.letters("artist3") if "deleted" in each.text]
        assert "While the grant runs, you can still finish and submit it." in letter.text
        assert "its form is closed" not in letter.text
        assert f"/grants/{grant}" in letter.text
        ((key,),) = post.rows("SELECT notice FROM accounts.outbox WHERE name = 'report-draft-ending'")
        assert isinstance(key, bytes)
        assert await post.wired.reaction.still_told(key)
        member = {"organisation": season.organisation, "person": season.artist3}
        await season.run("organisation.remove_member", season.artist1, **member)
        assert not await post.wired.reaction.still_told(key)
        # Nor does their start page lead to it.
        assert not await post.wired.shared_drafts.may_open(place, season.artist3)

    async def announced(self, post: Post, now: datetime) -> None:
        """The ends of drafts are announced, and letters are written of them."""

        async def closing(_: DraftPlace) -> datetime | None:
            return None

        post.office.now = now
        wired = post.wired
        await announce_endings(wired.history, wired.drafts, wired.notices, closing, now=now)
        await wired.reaction.write()

    async def test_of_a_review_is_for_those_who_owe_one_also_if_they_were_asked_later(
        self, post: Post
    ) -> None:
        season = await post.season.begin()
        for name in ("juror", "second_juror", "third_juror"):
            await post.confirm(name)
        await season.apply()
        await season.close()
        await season.assign()
        first = DEADLINE + timedelta(days=5)
        due = {"round": season.round, "due_at": first.replace(tzinfo=None)}
        await season.run("round.set_reviews_due", season.officer, **due)
        await post.write()
        moved = first + timedelta(days=5)
        await season.run(
            "round.set_reviews_due", season.officer, **due | {"due_at": moved.replace(tzinfo=None)}
        )
        await post.write()
        # Two reviews are submitted, and a third juror is asked in another's place.
        await season.judge()
        post.office.now = first - timedelta(days=2)
        await post.write()
        assert "review-due" not in await post.kinds()
        late = await season.run(
            "review.assign", season.officer, application=season.application2, juror=season.third_juror
        )
        await post.write()
        assert await post.news("third_juror") == ["review-asked", "review-asked"]
        post.office.now = moved - timedelta(days=2)
        await post.write()
        await post.write()
        due_letters = [
            each.text
            for each in await post.letters()
            if f"/reviews/{late}" in each.text and "wanted" in each.text
        ]
        assert [kind for kind in await post.kinds() if kind == "review-due"] == ["review-due"]
        assert len(due_letters) == 1
        assert await post.news("third_juror") == ["review-asked", "review-asked", "review-due"]
