"""Nine words: enough of them, typed in any way, and stored so that nobody can read them or use them for another account."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import psycopg
import pytest

from api.accounts.nine_words import COUNT, typed_words, unknown_words, word_list, words_from
from api.accounts.sessions import BegunBy, SignedIn
from api.accounts.ways_in import MadeWords
from api.run.wiring import Wiring
from domain.commands.persons import ErasePerson
from domain.refusals import Invalid, Refused
from domain.values import SYSTEM, Channel
from history.requests import KeyReused, Request
from tests.accounts.test_sessions import anyio_backend, whose, wired

__all__ = ["anyio_backend", "wired"]

pytestmark = pytest.mark.anyio


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


async def registered(wired: Wiring, secret: str = "a browser's") -> MadeWords:
    return await wired.ways_in.register_with_words(name="Анна", language="ru", form_secret=secret)


async def session_of(wired: Wiring, way: str) -> tuple[str, SignedIn]:
    """A session begun by a way in: the cookie's value, and who is signed in."""
    cookie = await wired.sessions.begin_by_way(way)
    assert cookie is not None
    found = await wired.sessions.find(cookie.value)
    assert found is not None
    return str(cookie.value), found


def test_the_list_is_long_enough_and_its_words_are_easy_to_type() -> None:
    words = word_list()
    assert len(words) >= 7600
    assert len(set(words)) == len(words)
    assert COUNT * math.log2(len(words)) >= 112
    assert all(word.isascii() and word.islower() and word.isalpha() for word in words)


def test_each_seed_has_its_words() -> None:
    first, second = words_from(b"\x01" * 32), words_from(b"\x02" * 32)
    assert len(first) == COUNT
    assert first == words_from(b"\x01" * 32)
    assert not set(first) & set(second)


@pytest.mark.parametrize(
    "typed",
    [
        "acid bath cat",
        "  Acid\n\tBATH,cat. ",
        "1. acid\n2. bath\n3. cat",
        "acid-bath-cat",
        "ａｃｉｄ bath\u00a0cat",
    ],
)
def test_they_may_be_typed_in_any_way(typed: str) -> None:
    assert typed_words(typed) == ("acid", "bath", "cat")


def test_mistyped_words_are_named() -> None:
    assert unknown_words(("acid", "acidd", "ж", "acidd")) == ("acidd", "ж")


class TestSomebodyWhoComesByThemselves:
    async def test_is_registered_and_signs_in_with_the_words(self, wired: Wiring) -> None:
        made = await registered(wired)
        way = await wired.words.way_of(made.words)
        assert way == made.way
        _, found = await session_of(wired, way)
        assert (found.person, found.begun_by, found.untold, found.no_way_back) == (
            made.person,
            BegunBy.WORDS,
            False,
            False,
        )

    async def test_the_same_form_registers_once_and_shows_the_same_words(
        self, wired: Wiring, database_url: str
    ) -> None:
        first = await registered(wired)
        assert await registered(wired) == first
        assert await registered(wired, "another browser's") != first
        assert rows(database_url, "SELECT count(*) FROM accounts.words") == [(2,)]
        with pytest.raises(KeyReused):
            await wired.ways_in.register_with_words(name="Eva", language="ru", form_secret="a browser's")

    async def test_a_name_is_needed(self, wired: Wiring) -> None:
        with pytest.raises(Invalid):
            await wired.ways_in.register_with_words(name=" ", language="ru", form_secret="x")

    async def test_nothing_in_the_database_tells_the_words(self, wired: Wiring, database_url: str) -> None:
        made = await registered(wired)
        stored = str(rows(database_url, "SELECT w, v FROM accounts.words w, accounts.ways_in v"))
        assert "$argon2id$" in stored
        assert not any(word in stored for word in made.words if len(word) > 4)


class TestWrongWords:
    async def test_sign_nobody_in(self, wired: Wiring) -> None:
        """One wrong word, first or last; or the right ones in another order."""
        words = (await registered(wired)).words
        for wrong in (("acid", *words[1:]), (*words[:-1], "acid"), (*words[:-2], words[-1], words[-2])):
            assert wrong != words
            assert await wired.words.way_of(wrong) is None

    async def test_take_the_same_statements_whether_the_account_exists_or_not(
        self, wired: Wiring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        words = (await registered(wired)).words
        asked: list[object] = []
        this = asyncio.current_task()
        execute = psycopg.AsyncConnection.execute

        async def counting(connection: Any, query: Any, *arguments: Any, **more: Any) -> Any:
            if asyncio.current_task() is this:  # not what sweeps in the background
                asked.append(query)
            return await execute(connection, query, *arguments, **more)

        monkeypatch.setattr(psycopg.AsyncConnection, "execute", counting)
        for wrong in ((*words[:-1], "acid"), ("acid",) * COUNT):
            asked.append("—")
            await wired.words.way_of(wrong)
        _, known, unknown = " ".join(map(str, asked)).split("—")
        assert known.strip() == unknown.strip() != ""

    async def test_a_hash_is_worth_nothing_in_another_account(self, wired: Wiring, database_url: str) -> None:
        """Somebody who can write to the database cannot move their own words to another's account."""
        mine, theirs = await registered(wired), await registered(wired, "another's")
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("DELETE FROM accounts.words WHERE way = %s", (theirs.way,))
            connection.execute("UPDATE accounts.words SET way = %s WHERE way = %s", (theirs.way, mine.way))
        assert await wired.words.way_of(mine.words) is None


class TestNewWords:
    async def test_the_old_ones_end_with_the_sessions_begun_by_them_except_this(self, wired: Wiring) -> None:
        old = await registered(wired)
        there, _ = await session_of(wired, old.way)
        here, signed_in = await session_of(wired, old.way)
        new = await wired.ways_in.make_words(signed_in, key="form 1")
        assert new == await wired.ways_in.make_words(signed_in, key="form 1")
        assert await wired.words.way_of(old.words) is None
        assert await wired.words.way_of(new.words) == new.way
        assert [await whose(wired.sessions, each) for each in (there, here)] == [None, old.person]
        assert [each.way for each in await wired.ways_in.all(old.person)] == [new.way]

    async def test_a_form_that_is_sent_again_later_brings_no_old_words_back(self, wired: Wiring) -> None:
        old = await registered(wired)
        _, signed_in = await session_of(wired, old.way)
        first = await wired.ways_in.make_words(signed_in, key="form 1")
        second = await wired.ways_in.make_words(signed_in, key="form 2")
        with pytest.raises(Refused):
            await wired.ways_in.make_words(signed_in, key="form 1")
        assert await wired.words.way_of(first.words) is None
        assert await wired.words.way_of(second.words) == second.way


class TestRemovingThem:
    async def test_not_the_only_way_to_sign_in(self, wired: Wiring) -> None:
        made = await registered(wired)
        _, signed_in = await session_of(wired, made.way)
        with pytest.raises(Refused, match="your only way to sign in"):
            await wired.ways_in.remove(signed_in, made.way)
        assert await wired.words.way_of(made.words) == made.way

    async def test_with_an_access_key_they_can_go_and_this_session_stays(self, wired: Wiring) -> None:
        made = await registered(wired)
        there, _ = await session_of(wired, made.way)
        here, signed_in = await session_of(wired, made.way)
        await wired.tokens.make(made.person, label="test", made_by=made.person, made_in=signed_in.session)
        await wired.ways_in.remove(signed_in, made.way)
        assert await wired.words.way_of(made.words) is None
        assert [await whose(wired.sessions, each) for each in (there, here)] == [None, made.person]

    async def test_nothing_is_kept_for_the_erased(self, wired: Wiring, database_url: str) -> None:
        made = await registered(wired)
        session, _ = await session_of(wired, made.way)
        command = ErasePerson(person=made.person, reason="asked_by_person")
        await wired.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
        assert await wired.sessions.begin_by_way(made.way) is None
        assert await whose(wired.sessions, session) is None
        await wired.ways_in.sweep()
        for table in ("ways_in", "words", "sessions"):
            assert rows(database_url, f"SELECT count(*) FROM accounts.{table}") == [(0,)]
