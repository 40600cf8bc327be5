"""Signing in by e-mail: a letter works once and for ten minutes, tells nobody whether an address is known, and nothing of the
address is readable in the database."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest

from api.accounts.asked_addresses import asked_by
from api.accounts.email import CODE_TRIES, Answered
from api.accounts.sessions import BegunBy, SignedIn
from api.app import make_app
from api.locales import ENGLISH
from api.run.setting_values import MailServer
from api.run.wiring import Wiring
from domain.commands.persons import ErasePerson, RegisterPerson
from domain.refusals import Invalid, Refused
from domain.values import SYSTEM, Channel
from history.requests import Request
from tests.accounts.test_sessions import anyio_backend, wired

__all__ = ["anyio_backend", "wired"]

pytestmark = pytest.mark.anyio

ADDRESS = "marker.anna@example.org"


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def change(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute(statement.encode()).rowcount


class Mailbox:
    """Reads the newest letter to an address."""

    def __init__(self, wired: Wiring) -> None:
        self.wired = wired

    async def newest(self, to: str = ADDRESS) -> str:
        """The text of the newest letter."""
        letters = [each.written for each in await self.wired.outbox.all(opened=True)]
        return next(each.text for each in letters if each is not None and each.to == to)

    async def link(self, to: str = ADDRESS) -> str:
        """The secret of its link."""
        (found,) = re.findall(r"http\S+/sign-in/letter/(\S+)", await self.newest(to))
        return str(found)

    async def code(self, to: str = ADDRESS) -> str:
        """Its code."""
        (found,) = re.findall(r"^(\d{4} \d{4})$", await self.newest(to), re.MULTILINE)
        return str(found)


async def register(wired: Wiring, address: str = ADDRESS, name: str = "Анна") -> str:
    """Somebody who comes by e-mail: their way in."""
    await wired.email.ask(address, locale=ENGLISH)
    answered = await wired.email.by_link(await Mailbox(wired).link(address), None)
    ticket = await wired.email.begin_registering(answered)
    return await wired.email.register(ticket, name=name, language="ru")


async def session_of(wired: Wiring, way: str) -> SignedIn:
    cookie = await wired.sessions.begin_by_way(way)
    assert cookie is not None
    found = await wired.sessions.find(cookie.value)
    assert found is not None
    return found


async def refused(answer: Any) -> str:
    """The sentence with which an answer is refused."""
    with pytest.raises((Refused, Invalid)) as turned:
        await answer
    error = turned.value
    return str(error.errors[0].detail if isinstance(error, Invalid) else error.detail)


class TestALetter:
    async def test_its_link_works_once(self, wired: Wiring) -> None:
        await wired.email.ask(ADDRESS, locale=ENGLISH)
        link = await Mailbox(wired).link()
        answered = await wired.email.by_link(link, None)
        assert answered == Answered(ADDRESS, wired.email.lookup(ADDRESS), None)
        assert "was used before" in await refused(wired.email.by_link(link, None))

    async def test_its_code_works_once_in_the_browser_that_asked(self, wired: Wiring) -> None:
        browser = await wired.email.ask(ADDRESS, locale=ENGLISH)
        other = await wired.email.ask("other@example.org", locale=ENGLISH)
        code = await Mailbox(wired).code()
        await refused(wired.email.by_code(other, code, None))
        assert (await wired.email.by_code(browser, f" {code}\n", None)).address == ADDRESS
        assert "cannot be used any more" in await refused(wired.email.by_code(browser, code, None))

    async def test_link_and_code_end_together(self, wired: Wiring) -> None:
        browser = await wired.email.ask(ADDRESS, locale=ENGLISH)
        await wired.email.by_code(browser, await Mailbox(wired).code(), None)
        await refused(wired.email.by_link(await Mailbox(wired).link(), None))

    async def test_a_code_is_tried_a_few_times_only(self, wired: Wiring) -> None:
        browser = await wired.email.ask(ADDRESS, locale=ENGLISH)
        code = await Mailbox(wired).code()
        wrong = "0000 0001" if code != "0000 0001" else "0000 0002"
        for _ in range(CODE_TRIES - 1):
            assert "Look at it again" in await refused(wired.email.by_code(browser, wrong, None))
        assert "it was the last try" in await refused(wired.email.by_code(browser, wrong, None))
        assert "cannot be used any more" in await refused(wired.email.by_code(browser, code, None))

    async def test_an_empty_code_is_no_try(self, wired: Wiring) -> None:
        browser = await wired.email.ask(ADDRESS, locale=ENGLISH)
        code = await Mailbox(wired).code()
        for _ in range(CODE_TRIES):
            assert "Type the code" in await refused(wired.email.by_code(browser, " ", None))
        assert (await wired.email.by_code(browser, code, None)).address == ADDRESS

    async def test_only_the_browser_that_asked_is_told_where_the_letter_went(self, wired: Wiring) -> None:
        browser = await wired.email.ask(ADDRESS, locale=ENGLISH)
        other = await wired.email.ask("other@example.org", locale=ENGLISH)
        assert await asked_by(wired.history, browser) == ADDRESS
        assert await asked_by(wired.history, other) == "other@example.org"
        assert await asked_by(wired.history, "x" * 43) is None
        await wired.email.by_code(browser, await Mailbox(wired).code(), None)
        assert await asked_by(wired.history, browser) is None

    async def test_it_ends_after_ten_minutes(self, wired: Wiring, database_url: str) -> None:
        browser = await wired.email.ask(ADDRESS, locale=ENGLISH)
        link, code = await Mailbox(wired).link(), await Mailbox(wired).code()
        change(
            database_url, "UPDATE accounts.letters_asked SET expires_at = expires_at - interval '10 minutes'"
        )
        await refused(wired.email.by_link(link, None))
        await refused(wired.email.by_code(browser, code, None))
        await wired.email.sweep()
        assert rows(database_url, "SELECT count(*) FROM accounts.letters_asked") == [(0,)]

    @pytest.mark.parametrize("link", ["", "x", "x" * 43, "ж" * 43])
    async def test_no_other_link_works(self, wired: Wiring, link: str) -> None:
        await wired.email.ask(ADDRESS, locale=ENGLISH)
        await refused(wired.email.by_link(link, None))

    @pytest.mark.parametrize("address", ["", " ", "x", "a@b@c", "a@example.org, b@example.org"])
    async def test_nothing_is_sent_to_what_is_no_address(
        self, wired: Wiring, database_url: str, address: str
    ) -> None:
        await refused(wired.email.ask(address, locale=ENGLISH))
        assert rows(database_url, "SELECT count(*) FROM accounts.outbox") == [(0,)]


class TestWhetherAnAddressIsKnown:
    async def test_asking_takes_the_same_statements(
        self, wired: Wiring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await register(wired)
        command = RegisterPerson(name="Registered", email="registered@example.org", language="en")
        await wired.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
        asked: list[str] = []
        this = asyncio.current_task()
        execute = psycopg.AsyncConnection.execute

        async def noting(connection: Any, query: Any, *arguments: Any, **more: Any) -> Any:
            if asyncio.current_task() is this:  # not what sweeps in the background
                asked.append(str(query))
            return await execute(connection, query, *arguments, **more)

        monkeypatch.setattr(psycopg.AsyncConnection, "execute", noting)
        seen = []
        for address in (ADDRESS, "registered@example.org", "unknown@example.org"):
            asked.clear()
            await wired.email.ask(address, locale=ENGLISH)
            seen.append(tuple(asked))
        assert len(set(seen)) == 1
        assert len(seen[0]) >= 2

    async def test_asking_by_json_takes_the_same_statements_and_gets_the_same_answer(
        self, wired: Wiring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await register(wired)
        server = MailServer("mail.example", 465, tls=True)
        settings = replace(wired.settings, smtp=server, mail_from="post@overwinter.example")
        app = make_app(replace(wired, settings=settings))
        asked: list[str] = []
        this = asyncio.current_task()
        execute = psycopg.AsyncConnection.execute

        async def noting(connection: Any, query: Any, *arguments: Any, **more: Any) -> Any:
            if asyncio.current_task() is this:  # not what sweeps in the background
                asked.append(str(query))
            return await execute(connection, query, *arguments, **more)

        monkeypatch.setattr(psycopg.AsyncConnection, "execute", noting)
        seen = set()
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000"
        ) as client:
            for address in (ADDRESS, "unknown@example.org"):
                asked.clear()
                answer = await client.post("/api/sign-in/letters", json={"email": address})
                told = {name: len(str(value)) for name, value in answer.json().items()}
                seen.add((answer.status_code, str(told), tuple(asked)))
        assert len(seen) == 1
        ((status, _, statements),) = seen
        assert (status, len(statements) >= 3) == (200, True)

    async def test_the_letters_say_the_same(self, wired: Wiring) -> None:
        await register(wired)
        for address in (ADDRESS, "unknown@example.org"):
            await wired.email.ask(address, locale=ENGLISH)
        texts = [
            re.sub(r"letter/\S+|\d{4} \d{4}", "…", await Mailbox(wired).newest(address))
            for address in (ADDRESS, "unknown@example.org")
        ]
        assert texts[0] == texts[1]


class TestSomebodyWhoComesByEmail:
    async def test_is_registered_once_and_signs_in_with_any_spelling(self, wired: Wiring) -> None:
        way = await register(wired)
        signed_in = await session_of(wired, way)
        assert signed_in.begun_by is BegunBy.EMAIL
        await wired.email.ask("Marker.Anna@EXAMPLE.org", locale=ENGLISH)
        answered = await wired.email.by_link(await Mailbox(wired).link("Marker.Anna@example.org"), None)
        assert await wired.email.way_of(answered) == way
        assert await wired.email.address_of(signed_in.person) == ADDRESS

    async def test_the_form_for_their_name_can_be_sent_twice(self, wired: Wiring, database_url: str) -> None:
        await wired.email.ask(ADDRESS, locale=ENGLISH)
        ticket = await wired.email.begin_registering(
            await wired.email.by_link(await Mailbox(wired).link(), None)
        )
        await refused(wired.email.register(ticket, name=" ", language="ru"))
        first = await wired.email.register(ticket, name="Анна", language="ru")
        assert await wired.email.register(ticket, name="Анна", language="ru") == first
        assert rows(database_url, "SELECT count(*) FROM accounts.ways_in") == [(1,)]

    async def test_a_link_is_no_ticket_and_a_ticket_no_link(self, wired: Wiring) -> None:
        await wired.email.ask(ADDRESS, locale=ENGLISH)
        link = await Mailbox(wired).link()
        await refused(wired.email.register(link, name="Анна", language="ru"))
        ticket = await wired.email.begin_registering(await wired.email.by_link(link, None))
        await refused(wired.email.by_link(ticket, None))

    async def test_nothing_readable_is_kept_of_the_address(self, wired: Wiring, database_url: str) -> None:
        await register(wired)
        await wired.email.ask(ADDRESS, locale=ENGLISH)
        stored = "".join(
            str(rows(database_url, f"SELECT t::text FROM {table} t"))
            for table in (
                "accounts.addresses",
                "accounts.letters_asked",
                "accounts.outbox",
                "accounts.ways_in",
                "history.facts",
                "history.unique_names",
            )
        )
        for marker in ("marker", "anna", b"marker".hex(), "example"):
            assert marker not in stored.lower()

    async def test_nothing_is_left_when_they_are_erased(self, wired: Wiring, database_url: str) -> None:
        signed_in = await session_of(wired, await register(wired))
        command = ErasePerson(person=signed_in.person, reason="asked_by_person")
        await wired.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
        await wired.forget_accounts(signed_in.person)
        assert rows(database_url, "SELECT count(*) FROM accounts.addresses") == [(0,)]
        await register(wired)


class TestSomebodyWhoIsSignedIn:
    async def test_adds_an_address_and_the_former_one_is_told(self, wired: Wiring) -> None:
        way = await register(wired)
        signed_in = await session_of(wired, way)
        browser = await wired.email.ask("new@example.org", locale=ENGLISH, signed_in=signed_in)
        answered = await wired.email.by_code(browser, await Mailbox(wired).code("new@example.org"), signed_in)
        await wired.email.add(signed_in, answered, locale=ENGLISH)
        assert await wired.email.address_of(signed_in.person) == "new@example.org"
        assert "with another address from now on" in await Mailbox(wired).newest()
        old = Answered(ADDRESS, wired.email.lookup(ADDRESS), None)
        assert await wired.email.way_of(old) is None
        assert await wired.sessions.begin_by_way(way) is None

    async def test_nobody_else_answers_that_letter(self, wired: Wiring) -> None:
        """Or somebody could be talked into signing in to another person's account by their own address."""
        signed_in = await session_of(wired, await register(wired))
        other = await session_of(wired, await register(wired, "other@example.org"))
        browser = await wired.email.ask("victim@example.org", locale=ENGLISH, signed_in=signed_in)
        link, code = (
            (await Mailbox(wired).link("victim@example.org")),
            await Mailbox(wired).code("victim@example.org"),
        )
        for somebody in (None, other):
            assert "for somebody who is signed in" in await refused(wired.email.by_link(link, somebody))
            await refused(wired.email.by_code(browser, code, somebody))
        assert (await wired.email.by_link(link, signed_in)).person == signed_in.person

    async def test_does_not_take_over_another_account_s_address(self, wired: Wiring) -> None:
        signed_in = await session_of(wired, await register(wired))
        await register(wired, "other@example.org")
        browser = await wired.email.ask("other@example.org", locale=ENGLISH, signed_in=signed_in)
        answered = await wired.email.by_code(
            browser, await Mailbox(wired).code("other@example.org"), signed_in
        )
        assert "Another account" in await refused(wired.email.add(signed_in, answered, locale=ENGLISH))
        assert await wired.email.address_of(signed_in.person) == ADDRESS

    async def test_removes_the_address_if_there_is_another_way_in(self, wired: Wiring) -> None:
        way = await register(wired)
        signed_in = await session_of(wired, way)
        assert "only way" in await refused(wired.email.remove(signed_in, way, locale=ENGLISH))
        await wired.ways_in.make_words(signed_in, key="k")
        await wired.email.remove(signed_in, way, locale=ENGLISH)
        assert await wired.email.address_of(signed_in.person) is None
        assert "You no longer sign in with this address." in await Mailbox(wired).newest()
