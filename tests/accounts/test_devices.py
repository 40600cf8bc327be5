"""A sign-in in a browser in which somebody had not been before is told to them; a browser is known by its own cookie alone."""

from __future__ import annotations

import html
import re

import psycopg
import pytest

from api.accounts.email import Answered
from api.locales import ENGLISH
from api.run.wiring import Wiring
from tests.accounts.test_second_factors import person, set_up, show
from tests.accounts.test_second_factors import sign_in as sign_in_half
from tests.accounts.test_sessions import anyio_backend, wired
from tests.accounts.test_signing_in_again import Person
from tests.pages.conftest import hidden

__all__ = ["anyio_backend", "person", "wired"]

pytestmark = pytest.mark.anyio

ADDRESS = "marker.anna@example.org"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def sign_in(person: Person, device: str | None) -> str:
    """Sign in in the browser with this cookie, or in a new one; returns its cookie."""
    name = person.wired.devices.cookie_name
    person.client.cookies.clear()
    if device is not None:
        person.client.cookies.set(name, device, domain="127.0.0.1", path="/")
    page = (await person.client.get("/sign-in")).text
    sent = {"_secret": hidden(page, "_secret"), "_next": "/me", "_do": "token", "token": person.token}
    answer = await person.client.post("/sign-in", data=sent, headers={"User-Agent": FIREFOX})
    return answer.cookies[name]


async def subjects(wired: Wiring) -> list[str]:
    written = [each.written for each in await wired.outbox.all(opened=True)]
    return sorted(each.subject for each in written if each is not None and each.to == ADDRESS)


async def letters(wired: Wiring) -> list[str]:
    written = [each.written for each in await wired.outbox.all(opened=True)]
    return [
        each.text
        for each in written
        if each is not None and each.subject == "You signed in on another device"
    ]


async def add_address(wired: Wiring, person: Person) -> None:
    signed_in = await person.session()
    await wired.email.add(
        signed_in, Answered(ADDRESS, wired.email.lookup(ADDRESS), person.id), locale=ENGLISH
    )


async def test_a_new_browser_is_told_by_a_letter_and_in_the_list_of_sessions(
    wired: Wiring, person: Person, database_url: str
) -> None:
    await add_address(wired, person)
    first = await sign_in(person, None)
    assert await sign_in(person, first) == first
    assert await letters(wired) == []  # there was none before, and then it was known
    assert "First time in this browser" not in html.unescape((await person.client.get("/me/access")).text)
    second = await sign_in(person, None)
    assert second != first
    (letter,) = await letters(wired)
    assert "Firefox on Linux" in letter
    assert "First time in this browser" in html.unescape((await person.client.get("/me/access")).text)
    await sign_in(person, second)
    assert len(await letters(wired)) == 1
    # A cookie that no browser of ours had is replaced; it is stored nowhere in the clear.
    third = await sign_in(person, "x")
    with psycopg.connect(database_url) as connection:
        told = str(connection.execute("SELECT d::text FROM accounts.devices d").fetchall())
    assert all(each not in told for each in (first, second, third))


async def test_without_an_address_only_the_list_tells(wired: Wiring, person: Person) -> None:
    await sign_in(person, None)
    await sign_in(person, None)
    assert await letters(wired) == []
    assert (await wired.sessions.all(person.id))[0].new_device


async def test_changes_of_second_factors_are_told_by_letter(wired: Wiring, person: Person) -> None:
    await add_address(wired, person)
    await set_up(person)
    page = (await person.client.get("/me/second-factor")).text
    made = await person.send("/me/second-factor", _do="codes", _key=hidden(page, "_key"))
    code = re.findall(r"<li>([2-9a-z-]{14})</li>", made.text)[0]
    await sign_in_half(person)
    assert (await show(person, code)).status_code == 303
    (factor,) = await wired.factors.all(person.id)
    await person.send("/me/second-factor", _do="remove", factor=factor.factor)
    assert await subjects(wired) == [
        "A recovery code was used",
        "A second factor was added",
        "A second factor was removed",
        "New recovery codes were made",
    ]
