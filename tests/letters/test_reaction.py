"""Facts become letters: once for each fact and reader, to nobody without an address, and never more than the pages tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.letters.farewell import told_of_erasure
from api.letters.reaction import NAME
from domain.letters import templates
from domain.refusals import Forbidden
from domain.values import Role
from tests.letters.conftest import Post
from tests.projections.conftest import CANARIES
from tests.projections.test_judging_staff import holds

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
        assert await post.kinds("artist1") == ["application-eligible", "application-received"]
        assert await post.news("juror") == ["review-asked", "review-asked"]
        assert await post.kinds("juror") == []
        # What one is asked for at about the same time is in one letter.
        post.office.now += timedelta(minutes=10)
        await post.write()
        assert await post.kinds("juror") == ["review-asked"]
        for letter in await post.letters("juror"):
            assert "You are asked for 2 reviews. You find all of them here:" in letter.text
            assert f"{post.wired.settings.address}/reviews\n" in letter.text
            assert "No date is set. Reviews count until the panel opens." in letter.text
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
        assert await post.kinds("artist2") == [
            "application-decided",
            "application-eligible",
            "application-received",
        ]
        await season.grant()
        await season.finish()
        # What was over before a letter was written is not told: the offer was accepted, the failed payment made.
        await post.write()
        assert await post.kinds("artist1") == [
            "application-decided",
            "application-eligible",
            "application-received",
            "grant-scheduled",
            "payee-confirmed",
            "payee-set",
            "payment-made",
            "payment-made",
            "report-accepted",
        ]
        assert await post.kinds("officer") == await post.kinds("finance") == await post.kinds("chair") == []
        for letter in await post.letters():
            for marker in (*CANARIES, "1,400", "1400.", "Canary"):
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
        # A locked telephone shows the first line, so it names nothing.
        assert letter.text == (
            "On a site on which you have an account, there is something new for you. It is written below.\n\n"
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
        post.office.now += timedelta(minutes=10)
        await post.write()
        assert set(await post.kinds()) == {"review-asked", "application-eligible"}

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
        post.office.now += timedelta(minutes=10)
        await post.write()
        assert (await post.kinds("juror"), await post.kinds("second_juror")) == (["review-asked"], [])
        ((key,),) = post.rows("SELECT notice FROM accounts.outbox")
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
        # It tells of two reviews, and is sent as long as one of them is wanted.
        for application, told in (("application1", True), ("application2", False)):
            await season.run(
                "review.declare_conflict",
                season.juror,
                review=season.reviews["juror", application],
                reason="friendship",
            )
            assert await post.wired.reaction.still_told(key) is told

    async def test_that_the_panel_is_open_is_for_jurors_to_whom_its_ranking_is_shown(
        self, post: Post
    ) -> None:
        season = await post.season.begin()
        people = ("juror", "second_juror", "third_juror", "chair", "officer", "artist1")
        for name in people:
            await post.confirm(name)
        for part in (season.apply, season.close, season.assign, season.judge, season.open_panel):
            await part()
        await season.run(
            "initiative.remove_member",
            season.administrator,
            initiative=season.initiative,
            person=season.third_juror,
        )
        # A juror who is also an officer is still one of the jury.
        await holds(season, "second_juror", Role.OFFICER, Role.JUROR)
        await post.write()
        told = {name for name in people if "panel-opened" in await post.kinds(name)}
        assert told == {"juror", "second_juror"}
        (letter,) = [each for each in await post.letters("juror") if "ranking" in each.text]
        assert "reviews can no longer be written or changed" in letter.text
        assert f"/rounds/{season.round}/ranking" in letter.text
        # Once it is closed, nobody is told that it is open.
        ((key, *_), *_) = post.rows("SELECT notice FROM accounts.outbox WHERE name = 'panel-opened'")
        assert isinstance(key, bytes)
        await season.decide()
        assert not await post.wired.reaction.still_told(key)

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
