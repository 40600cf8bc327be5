"""Facts become letters: once for each fact and reader, to nobody without an address, and never more than the pages tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.drafts.drafts import DraftPlace
from api.drafts.keeping import keep_or_delete
from api.letters.ending_drafts import announce_endings
from api.letters.farewell import told_of_erasure
from api.letters.reaction import NAME
from api.locales import ENGLISH
from domain.letters import templates
from domain.refusals import Forbidden
from domain.values import Role
from tests.letters.conftest import Post
from tests.projections.conftest import CANARIES, DEADLINE

pytestmark = pytest.mark.anyio


class TestACallFromTheFirstApplicationToTheLastPayment:
    async def test_everybody_concerned_is_told_once_and_nobody_else(self, post: Post) -> None:
        season = await post.season.begin()
        for name in ("artist1", "artist2", "juror", "officer", "finance", "chair", "funder"):
            await post.confirm(name)
        await season.apply()
        await season.close()
        await season.assign()
        await post.write()
        assert await post.kinds("artist1") == ["application-received"]
        assert await post.kinds("juror") == ["review-asked", "review-asked"]
        await season.judge()
        for part in (season.open_panel,):
            await part()
        await post.write()
        before = await post.kinds()
        # The decision is made and confirmed; nobody is told before it is announced.
        decide = season.run
        announced: list[tuple[str, dict[str, object]]] = []

        async def held(name: str, actor: str, /, **fields: object) -> str:
            if name == "panel.announce":
                announced.append((actor, fields))
                await post.write()
                assert await post.kinds() == before
            return await decide(name, actor, **fields)

        season.run = held  # type: ignore[method-assign]
        await season.decide()
        assert announced
        await post.write()
        assert await post.kinds("artist2") == ["application-decided", "application-received"]
        await season.grant()
        await season.finish()
        # What was over before a letter was written is not told: the offer was accepted, the report accepted, the failed
        # payment made.
        await post.write()
        assert await post.kinds("artist1") == [
            "application-decided",
            "application-received",
            "payee-set",
            "payment-made",
            "payment-made",
        ]
        assert await post.kinds("officer") == await post.kinds("finance") == await post.kinds("chair") == []
        for letter in await post.letters():
            for marker in (*CANARIES, "1400", "Canary"):
                assert marker not in letter.text
            for marker in ("marker", "Marker", "Winter", "Canary"):
                assert marker not in letter.subject
        again = await post.kinds()
        await post.write()
        assert await post.kinds() == again

    async def test_the_first_letter_says_what_the_history_has(self, post: Post) -> None:
        season = await post.season.begin()
        await post.confirm("artist1")
        await season.apply()
        await post.write()
        (letter,) = await post.letters("artist1")
        assert (letter.subject, letter.language) == ("There is news for you", "en")
        assert letter.text == (
            "Your application to “Winter call” was received.\n\n"
            "It was recorded on 1 March 2026, 12:00 UTC. Its state now: submitted. On its page you can read what you sent, and "
            "see what happens next.\n\n"
            f"{post.wired.settings.address}/applications/{season.application1}\n\n"
            "Which letters you get, and what their subjects say, you choose here:\n\n"
            f"{post.wired.settings.address}/me/letters\n"
        )


class TestTheReaction:
    async def test_begins_with_the_facts_that_come_after_its_first_start(self, post: Post) -> None:
        season = await post.season.begin()
        await post.confirm("artist1")
        await season.apply()
        with_history = "DELETE FROM accounts.reactions WHERE reaction = 'letters' RETURNING position"
        assert post.rows(with_history) == [(1,)]
        await post.wired.reaction.begin()
        await post.write()
        assert await post.kinds() == []
        await season.close()
        await post.wired.reaction.begin()
        await season.assign()
        await post.confirm("juror")
        await post.write()
        assert set(await post.kinds()) == {"review-asked"}

    async def test_notes_a_fact_once_whichever_process_was_first(self, post: Post) -> None:
        season = await post.season.begin()
        await season.apply()
        seen = await post.wired.notices.position(NAME)
        assert seen is not None
        newest = await post.wired.history.last_position()
        assert await post.wired.reaction.hear()
        noted = post.rows("SELECT * FROM accounts.notices")
        # Another process read the same facts, and comes later.
        assert not await post.wired.notices.note(NAME, [], seen=seen, position=seen + 1)
        assert await post.wired.notices.position(NAME) == newest
        post.rows("UPDATE accounts.reactions SET position = 1 RETURNING 1")
        assert await post.wired.reaction.hear()
        assert post.rows("SELECT * FROM accounts.notices") == noted

    async def test_writes_a_noted_letter_after_a_crash_once(self, post: Post) -> None:
        season = await post.season.begin()
        await post.confirm("artist1")
        await season.apply()
        await post.wired.reaction.hear()
        # The process ended here; two others take over, and both have read what is due.
        both = [await post.wired.notices.due(), await post.wired.notices.due()]
        for due in both:
            await post.wired.reaction.write_of(due)
        assert await post.kinds() == ["application-received"]

    async def test_leaves_a_letter_unwritten_if_the_outbox_does_not_take_it(
        self, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        season = await post.season.begin()
        await post.confirm("artist1")
        await season.apply()

        async def broken(*_: object, **__: object) -> None:
            raise RuntimeError("no disk")

        with monkeypatch.context() as patched:
            patched.setattr(type(post.wired.outbox), "put", broken)
            await post.write()
        assert await post.kinds() == []
        post.office.now += timedelta(hours=2)
        await post.write()
        assert await post.kinds() == ["application-received"]


class TestNews:
    async def test_waits_for_people_without_an_address_who_get_no_mail(self, post: Post) -> None:
        season = await post.season.begin()
        await season.apply()
        await post.write()
        assert (await post.kinds(), await post.news("artist1")) == ([], ["application-received"])
        # They are not written to about it later, either.
        await post.confirm("artist1")
        await post.write()
        assert await post.kinds() == []

    async def test_is_over_when_it_was_read_and_what_comes_later_is_not(self, post: Post) -> None:
        season = await post.season.begin()
        await season.apply()
        await post.write()
        await post.wired.notices.mark_read(season.artist1, post.office.now)
        assert (await post.news("artist1"), await post.news("artist2")) == ([], ["application-received"])

    async def test_is_all_there_is_for_people_who_want_no_letters(self, post: Post) -> None:
        season = await post.season.begin()
        await post.confirm("artist1")
        chosen = {"letters": "sign_in_only", "subjects": "discreet"}
        await season.run("person.choose_letters", season.artist1, person=season.artist1, **chosen)
        await season.apply()
        await post.write()
        assert (await post.kinds(), await post.news("artist1")) == ([], ["application-received"])


class TestALetterThatWaits:
    async def test_waits_for_the_morning_where_the_call_is(self, post: Post) -> None:
        season = await post.season.begin()
        await post.confirm("artist1")
        post.office.now = datetime(2026, 3, 3, 22, 30, tzinfo=UTC)
        await season.apply()
        await post.write()
        assert await post.kinds() == []
        post.office.now = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
        await post.write()
        assert await post.kinds() == ["application-received"]

    async def test_waits_for_the_morning_where_its_reader_says_that_they_are(self, post: Post) -> None:
        season = await post.season.begin()
        for name in ("artist1", "artist2"):
            await post.confirm(name)
        own = {"person": season.artist1, "name": "Somebody", "language": "en"}
        await season.run("person.change_profile", season.artist1, **own, time_zone="Asia/Tbilisi")
        post.office.now = datetime(2026, 3, 3, 17, 30, tzinfo=UTC)
        await season.apply()
        await post.write()
        assert (await post.kinds("artist1"), await post.kinds("artist2")) == ([], ["application-received"])

    async def test_is_dropped_if_its_reader_may_not_know_any_more(self, post: Post) -> None:
        """A juror was removed between the letter's writing and its sending, and another one before it was written."""
        season = await post.season.begin()
        for name in ("juror", "second_juror"):
            await post.confirm(name)
        await season.apply()
        await season.close()
        await season.assign()
        await post.wired.reaction.hear()
        house = {"initiative": season.initiative}
        await season.run(
            "initiative.remove_member", season.administrator, person=season.second_juror, **house
        )
        await post.write()
        assert (await post.kinds("juror"), await post.kinds("second_juror")) == (["review-asked"] * 2, [])
        (key, other) = [row[0] for row in post.rows("SELECT notice FROM accounts.outbox")]
        assert isinstance(key, bytes)
        assert await post.wired.reaction.still_told(key)
        await season.run("initiative.remove_member", season.administrator, person=season.juror, **house)
        assert not await post.wired.reaction.still_told(key)
        await season.run(
            "initiative.add_member",
            season.administrator,
            person=season.juror,
            roles=(Role.JUROR,),
            **house,
        )
        assert await post.wired.reaction.still_told(key)
        assert isinstance(other, bytes)

    async def test_is_gone_with_its_reader(self, post: Post) -> None:
        season = await post.season.begin()
        await post.confirm("artist1")
        await season.apply()
        await post.wired.reaction.hear()
        await season.run(
            "person.erase", season.administrator, person=season.artist1, reason="asked_by_person"
        )
        await post.write()
        assert await post.kinds() == []
        await post.wired.notices.sweep()
        assert post.rows(f"SELECT * FROM accounts.notices WHERE person = '{season.artist1}'") == []

    async def test_leaves_nothing_readable_in_the_database(self, post: Post) -> None:
        season = await post.season.begin()
        await post.confirm("artist1")
        await season.apply()
        await post.write()
        assert await post.kinds() == ["application-received"]
        stored = str(post.rows("SELECT o::text, sealed FROM accounts.outbox o"))
        stored += str(post.rows("SELECT n::text FROM accounts.notices n"))
        assert "application-received" in stored  # the search finds what is in the clear
        for marker in (*CANARIES, "marker", "Marker", "Winter", "was received", "6d61726b6572"):
            assert marker not in stored


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
        await post.wired.shared_drafts.end(draft, season.artist2)
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


class TestAnInitiativesOwnText:
    async def test_is_sent_in_its_language_with_its_placeholders_filled(self, post: Post) -> None:
        season = await post.season.begin()
        await post.confirm("artist1")
        own = {"initiative": season.initiative, "letter": "application-received", "language": "en"}
        await post.office.say(
            "initiative.write_letter",
            season.officer,
            **own,
            subject="{call}: here",
            text="We have it.\n\nYours, {initiative} {status}",
        )
        chosen = {"letters": "all", "subjects": "telling"}
        await season.run("person.choose_letters", season.artist1, person=season.artist1, **chosen)
        await season.apply()
        await post.write()
        (letter,) = await post.letters("artist1")
        assert letter.subject == "Winter call: here"
        assert letter.text.startswith("We have it.\n\nYours, Marker Initiative submitted\n\nhttp")

    async def test_stops_the_whole_batch_if_it_cannot_be_filled(
        self, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The text was stored when the program still knew the placeholder. Also readers of other languages get no letter."""
        season = await post.season.begin()
        for name in ("artist1", "artist2"):
            await post.confirm(name)
        own = {"initiative": season.initiative, "letter": "application-received", "language": "ru"}
        with monkeypatch.context() as formerly:
            formerly.setattr(templates, "unknown_in", lambda *_: [])
            await post.office.say("initiative.write_letter", season.officer, **own, text="Сумма: {former}")
        await season.apply()
        await post.write()
        assert await post.kinds() == []
        await post.office.say("initiative.reset_letter", season.officer, **own)
        post.office.now += timedelta(hours=1)
        await post.write()
        assert await post.kinds() == ["application-received", "application-received"]


class TestTheLastLetter:
    async def test_says_that_somebody_was_erased_and_holds_the_address_until_it_is_sent(
        self, post: Post
    ) -> None:
        season = await post.season.begin()
        address = await post.confirm("artist1")
        await season.apply()
        await post.write()
        command = {"person": season.artist1, "reason": "asked_by_person"}
        with pytest.raises(Forbidden):
            async with told_of_erasure(post.wired, season.artist1):
                await season.run("person.erase", season.officer, **command)
        assert await post.kinds() == ["application-received"]
        async with told_of_erasure(post.wired, season.artist1):
            await season.run("person.erase", season.administrator, **command)
        await post.wired.forget_accounts(season.artist1)
        (letter,) = await post.letters()
        assert (letter.to, letter.subject) == (address, "Your data was erased")
        stored = str(post.rows("SELECT o::text, sealed FROM accounts.outbox o")) + str(
            post.rows("SELECT * FROM accounts.notices")
        )
        assert "erased" in stored
        for marker in ("marker", "6d61726b6572", season.artist1):
            assert marker not in stored
        # Nobody is told twice, nor is anybody who has no address.
        async with told_of_erasure(post.wired, season.artist1):
            pass
        async with told_of_erasure(post.wired, season.artist2):
            pass
        assert await post.kinds() == ["erased"]
