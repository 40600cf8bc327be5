"""Signing in again before a grave act: what was typed comes back to the same person, and nothing is done before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest

from api.accounts.sessions import SignedIn
from api.app import make_app
from api.run.wiring import Wiring
from domain.commands.organisations import RegisterOrganisation
from domain.organisations import ORGANISATION, OrganisationStatus
from domain.values import Channel
from history.requests import Request
from tests.accounts.test_sessions import anyio_backend, signed_in, wired
from tests.pages.conftest import hidden

__all__ = ["anyio_backend", "wired"]

pytestmark = pytest.mark.anyio


class Person:
    """Somebody at a browser, who signs in with a token."""

    def __init__(self, wired: Wiring, client: httpx.AsyncClient, database_url: str) -> None:
        self.wired, self.client, self.url = wired, client, database_url
        self.id = self.token = ""

    async def begin(self) -> None:
        self.id, self.token, session = await signed_in(self.wired)
        self.goes_on_in(session)

    def goes_on_in(self, session: str) -> None:
        name = self.wired.sessions.cookie_name
        self.client.cookies.set(name, session, domain="127.0.0.1", path="/")

    async def session(self) -> SignedIn:
        found = await self.wired.sessions.find(self.client.cookies[self.wired.sessions.cookie_name])
        assert found is not None
        return found

    def leave_the_screen_alone(self, minutes: int = 16) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "UPDATE accounts.sessions SET created_at = now() - make_interval(mins => %s) WHERE person = %s",
                (minutes, self.id),
            )

    async def send(self, path: str, **fields: str) -> httpx.Response:
        return await self.client.post(path, data={"_csrf": (await self.session()).csrf} | fields)

    async def sign_in_again(self, where: str) -> httpx.Response:
        page = await self.client.get(where)
        sent = {name: hidden(page.text, name) for name in ("_secret", "_next", "_kept")}
        return await self.client.post("/sign-in", data=sent | {"_do": "token", "token": self.token})


@pytest.fixture
async def person(wired: Wiring, database_url: str) -> AsyncIterator[Person]:
    transport = httpx.ASGITransport(app=make_app(wired))
    headers = {"Accept": "text/html", "Accept-Language": "en"}
    async with httpx.AsyncClient(
        transport=transport, base_url="https://127.0.0.1:8000", headers=headers
    ) as client:
        person = Person(wired, client, database_url)
        await person.begin()
        yield person


async def status_of(wired: Wiring, organisation: str) -> OrganisationStatus:
    loaded = await wired.runner.states.read_set(bypass_cache=True).load(((ORGANISATION, organisation),))
    state: Any = loaded[organisation].state
    return state.status


async def test_a_grave_command_of_a_page_waits_until_its_person_has_signed_in_again(
    wired: Wiring, person: Person
) -> None:
    command = RegisterOrganisation(name="Winter Choir")
    request = Request(command=command, actor=person.id, channel=Channel.PAGE)
    organisation = (await wired.runner.run(request)).stream
    path = f"/organisations/{organisation}"
    sent = {"_do": "organisation.close", "_form": "organisation-close", "_key": "k" * 24}
    before = await person.session()
    person.leave_the_screen_alone()
    answer = await person.send(path, **sent)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}&kept=again")
    assert await status_of(wired, organisation) is OrganisationStatus.REGISTERED
    assert "Sign in again to go on." in (await person.client.get(answer.headers["location"])).text
    again = await person.sign_in_again(answer.headers["location"])
    assert again.headers["location"] == path
    assert (await person.session()).id != before.id
    assert "You have signed in again." in (await person.client.get(path)).text
    assert (await person.send(path, **sent)).status_code == 303
    assert await status_of(wired, organisation) is OrganisationStatus.CLOSED


async def test_so_does_what_changes_how_somebody_signs_in(wired: Wiring, person: Person) -> None:
    for do in ("words", "remove-way", "address", "make"):
        person.leave_the_screen_alone()
        answer = await person.send("/me/access", _do=do, _key="k" * 24, email="marker@example.org", way="x")
        assert answer.headers["location"] == "/sign-in?next=/me/access&kept=again", do
        assert await wired.ways_in.all(person.id) == []
        assert len(await wired.tokens.all(person.id)) == 1
        await person.sign_in_again(answer.headers["location"])
        page = (await person.client.get("/me/access")).text
        assert "You have signed in again." in page
        assert ('value="marker@example.org"' in page) or not wired.settings.writes_letters


async def test_ending_what_is_not_ones_own_needs_no_signing_in(wired: Wiring, person: Person) -> None:
    """Whoever is alarmed is not held up."""
    await wired.sessions.begin(person.token)
    person.leave_the_screen_alone()
    assert (await person.send("/me/access", _do="end-others")).headers["location"].startswith("/me/access?")
    assert len(await wired.sessions.all(person.id)) == 1


async def test_whoever_cannot_sign_in_again_yet_can_choose_how_all_the_same(
    wired: Wiring, person: Person, database_url: str
) -> None:
    """Somebody who came by a claim, and has taken more time than that."""
    cookie = await wired.sessions.begin_by_claim(person.id, "claim-" + "1" * 32)
    assert cookie is not None
    await wired.tokens.revoke((await wired.tokens.all(person.id))[0].id)
    person.goes_on_in(str(cookie.value))
    person.leave_the_screen_alone()
    assert (await person.send("/me/access", _do="words", _key="k" * 24)).status_code == 200
    assert len(await wired.ways_in.all(person.id)) == 1
