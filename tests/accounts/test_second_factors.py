"""Second factors: whoever has one is let in only with it, a code works once, and losing one leaves the others working."""

from __future__ import annotations

import html
import re
import time
from base64 import b32decode
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import psycopg
import pytest

from api.accounts.founded import unfounded
from api.accounts.totp import SECONDS, code_of, step_of
from api.app import make_app
from api.run.demonstration import DemoPerson, demonstration_people
from api.run.demonstration.entering import save
from api.run.settings import read_settings
from api.run.wiring import Wiring
from domain.commands.factors import AddFactor, AskRecovery, ConfirmRecovery, RequireFactors
from domain.commands.initiatives import AddMember, AppointAdministrator
from domain.commands.persons import ErasePerson, MakeClaim, RegisterPerson
from domain.deciding import Command
from domain.refusals import Refused
from domain.values import SYSTEM, Channel, Role
from history.requests import Request
from tests.accounts.test_sessions import anyio_backend, wired
from tests.accounts.test_signing_in_again import Person
from tests.pages.conftest import hidden

__all__ = ["anyio_backend", "wired"]

pytestmark = pytest.mark.anyio


class TestCodesOfAnApp:
    SECRET = b"12345678901234567890"

    def test_they_are_those_of_the_standard(self) -> None:
        """RFC 6238, appendix B, cut to six digits."""
        for at, code in (
            (59, "287082"),
            (1111111109, "081804"),
            (1111111111, "050471"),
            (1234567890, "005924"),
            (2000000000, "279037"),
            (20000000000, "353130"),
        ):
            assert code_of(self.SECRET, at // SECONDS) == code

    def test_the_neighbouring_periods_are_accepted_and_no_others(self) -> None:
        for step in range(97, 104):
            found = step_of(self.SECRET, code_of(self.SECRET, step), 100 * SECONDS + 3)
            assert found == (step if 99 <= step <= 101 else None)


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


async def set_up(person: Person) -> tuple[bytes, list[str]]:
    """Set up an app by page; returns its secret and the recovery codes."""
    page = (await person.client.get("/me/second-factor/app")).text
    text = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page)
    assert text
    plain = text[1].replace(" ", "")
    secret = b32decode(plain + "=" * (-len(plain) % 8))
    wrong = await person.send("/me/second-factor/app", _key=hidden(page, "_key"), code="000 000")
    assert (wrong.status_code, text[1] in wrong.text) == (422, True)
    # The code of the period before, so that the present one is not used up.
    code = code_of(secret, int(time.time()) // SECONDS - 1)
    answer = await person.send("/me/second-factor/app", _key=hidden(page, "_key"), code=code)
    assert answer.status_code == 200, answer.text
    return secret, re.findall(r"<li>([2-9a-z-]{14})</li>", answer.text)


async def sign_in(person: Person) -> str:
    """Sign in with the token alone; returns where it leads."""
    person.client.cookies.clear()
    page = (await person.client.get("/sign-in")).text
    sent = {
        "_secret": hidden(page, "_secret"),
        "_next": "/organisations",
        "_do": "token",
        "token": person.token,
    }
    return (await person.client.post("/sign-in", data=sent)).headers["location"]


async def show(person: Person, code: str) -> httpx.Response:
    page = (await person.client.get("/sign-in/second?next=/organisations")).text
    sent = {"_csrf": hidden(page, "_csrf"), "_next": hidden(page, "_next"), "_do": "code", "code": code}
    return await person.client.post("/sign-in/second", data=sent)


def now_of(secret: bytes) -> str:
    return code_of(secret, int(time.time()) // SECONDS)


def rows(url: str, query: str) -> str:
    with psycopg.connect(url) as connection:
        return str(connection.execute(query.encode()).fetchall())


async def run(wired: Wiring, command: Command, actor: str = SYSTEM) -> str:
    return (await wired.runner.run(Request(command=command, actor=actor, channel=Channel.CLI))).stream


async def test_whoever_has_one_is_let_in_only_with_it(
    wired: Wiring, person: Person, database_url: str
) -> None:
    secret, codes = await set_up(person)
    assert len(set(codes)) == 10
    assert await sign_in(person) == "/sign-in/second?next=/organisations"
    # Half a session lets nobody in, and is not listed.
    assert (await person.client.get("/me")).headers["location"].startswith("/sign-in")
    half = person.client.cookies[wired.sessions.half_cookie_name]
    assert await wired.sessions.find(half) is None
    assert len(await wired.sessions.all(person.id)) == 1
    # A half session under the name of a whole one does not either.
    person.client.cookies.set(wired.sessions.cookie_name, half, domain="127.0.0.1", path="/")
    assert (await person.client.get("/me")).status_code == 303
    person.client.cookies.delete(wired.sessions.cookie_name)
    wrong = await show(person, "123456")
    assert (wrong.status_code, 'id="code-error"' in wrong.text) == (422, True)
    right = await show(person, now_of(secret))
    assert (right.status_code, right.headers["location"]) == (303, "/organisations")
    assert (await person.client.get("/me")).status_code == 200
    assert await wired.sessions.half(half) is None
    assert [each for each in unfounded(database_url) if each.kind != "token"] == []
    # Neither the secret nor a code stands in the database.
    told = rows(database_url, "SELECT f::text, r::text FROM accounts.factors f, accounts.recovery_codes r")
    assert secret.hex() not in told
    assert all(code not in told for code in codes)


async def test_one_without_a_fact_is_reported(wired: Wiring, person: Person, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO accounts.factors (factor, person, kind, sealed) VALUES ('factor-x', %s, 'totp', 'x')",
            (person.id,),
        )
    assert ("second factor", "factor-x", "no factor") in unfounded(database_url)


async def test_each_code_works_once_and_losing_the_app_leaves_the_recovery_codes(
    wired: Wiring, person: Person
) -> None:
    secret, codes = await set_up(person)
    code = now_of(secret)
    for typed, status in (
        (code, 303),
        (code, 422),
        (codes[0].upper().replace("-", " "), 303),
        (codes[0], 422),
    ):
        await sign_in(person)
        assert (await show(person, typed)).status_code == status, typed
    assert await wired.factors.codes_left(person.id) == 9
    await sign_in(person)
    assert (await show(person, codes[1])).status_code == 303
    page = await person.client.get("/me/second-factor")
    made = await person.send("/me/second-factor", _do="codes", _key=hidden(page.text, "_key"))
    again = re.findall(r"<li>([2-9a-z-]{14})</li>", made.text)
    assert not set(again) & set(codes)
    await sign_in(person)
    assert (await show(person, codes[2])).status_code == 422
    assert (await show(person, again[0])).status_code == 303


async def test_after_too_many_wrong_codes_the_account_waits(person: Person) -> None:
    secret, _ = await set_up(person)
    await sign_in(person)
    answers = [(await show(person, f"{number:06}")).status_code for number in range(16)]
    assert answers == [422] * 15 + [429]
    assert (await show(person, now_of(secret))).status_code == 429


async def test_without_one_nothing_changes_and_removing_the_last_one_ends_it(
    wired: Wiring, person: Person
) -> None:
    assert await sign_in(person) == "/organisations"
    await set_up(person)
    page = (await person.client.get("/me/second-factor")).text
    (factor,) = re.findall(r'name="factor" value="([^"]+)"', page)
    await person.send("/me/second-factor", _do="remove", factor=factor)
    assert await wired.factors.codes_left(person.id) == 0
    assert await sign_in(person) == "/organisations"


async def test_it_is_changed_only_shortly_after_signing_in(wired: Wiring, person: Person) -> None:
    await set_up(person)
    factors = await wired.factors.all(person.id)
    person.leave_the_screen_alone()
    for do in ("remove", "codes"):
        answer = await person.send("/me/second-factor", _do=do, _key="k" * 24, factor=factors[0].factor)
        assert answer.headers["location"] == "/sign-in?next=/me/second-factor&kept=again"
    for path in ("/me/second-factor/app",):
        assert (await person.client.get(path)).headers["location"] == f"/sign-in?next={path}&kept=again"
        assert (await person.send(path, _key="k" * 24)).status_code == 303
    assert await wired.factors.all(person.id) == factors


async def test_a_one_time_key_from_an_administrator_is_no_way_around(wired: Wiring, person: Person) -> None:
    """By JSON it is refused; by page the second factor is asked for."""
    secret, _ = await set_up(person)
    made = await wired.claims.make(MakeClaim(person=person.id), actor=SYSTEM, channel=Channel.CLI)
    with pytest.raises(Refused, match="second factor"):
        await wired.claims.exchange(made.text, channel=Channel.API, label="test")
    person.client.cookies.clear()
    page = (await person.client.get("/claim")).text
    sent = {"_secret": hidden(page, "_secret"), "claim": made.text}
    answer = await person.client.post("/claim", data=sent)
    assert answer.headers["location"] == "/sign-in/second?next=/me/access"
    assert (await person.client.get("/me")).status_code == 303
    assert (await show(person, now_of(secret))).status_code == 303


async def test_two_administrators_let_somebody_in_who_has_lost_all(wired: Wiring, person: Person) -> None:
    await set_up(person)
    administrator = await run(wired, RegisterPerson(name="Administrator"))
    await run(wired, AppointAdministrator(person=administrator))
    await run(wired, AskRecovery(person=person.id), administrator)
    page = html.unescape((await person.client.get("/me")).text)
    assert "An administrator asked to remove your second factors" in page
    await sign_in(person)
    assert (await person.client.get("/sign-in/second")).status_code == 200
    await run(wired, ConfirmRecovery(person=person.id))
    answer = await person.client.get("/sign-in/second?next=/organisations")
    assert (answer.status_code, answer.headers["location"]) == (303, "/organisations")
    assert (await person.client.get("/me")).status_code == 200
    assert await wired.factors.all(person.id) == []


async def test_nothing_is_left_of_those_of_an_erased_person(
    wired: Wiring, person: Person, database_url: str
) -> None:
    await set_up(person)
    await run(wired, ErasePerson(person=person.id, reason="asked_by_person"))
    await wired.factors.sweep()
    await wired.devices.sweep()
    assert rows(database_url, "SELECT person FROM accounts.factors") == "[]"
    assert rows(database_url, "SELECT person FROM accounts.recovery_codes") == "[]"


async def test_json_says_clearly_that_a_role_needs_one(wired: Wiring, person: Person) -> None:
    used = await wired.first_start.set_up(
        wired.first_start.key(), name="Vera", language="en", initiative="Winter House", form_secret="x" * 32
    )
    rows = await wired.history.at(range(1, await wired.history.last_position() + 1))
    initiative = next(row.stream for row in rows if row.stream.startswith("initiative-"))
    await run(wired, AddMember(initiative=initiative, person=person.id, roles=(Role.OFFICER,)), used.person)
    await run(wired, AddFactor(person=used.person, kind="totp"), used.person)
    await run(wired, RequireFactors(initiative=initiative, required=True), used.person)

    async def answers() -> list[httpx.Response]:
        headers = {"Authorization": f"Bearer {person.token}", "Accept": "application/json"}
        address = f"/api/initiatives/{initiative}"
        described = {"contact": "https://example.org"}
        return [
            await person.client.get(address, headers=headers),
            await person.client.post(f"{address}/profile", headers=headers, json=described),
        ]

    for answer in await answers():
        assert (answer.status_code, "requires a second factor" in answer.json()["detail"]) == (403, True)
    banner = html.unescape((await person.client.get("/me/second-factor")).text)
    # The list of one's initiatives follows the history; here nothing does.
    assert "Set up an app" in banner
    await set_up(person)
    assert [answer.status_code for answer in await answers()] == [200, 200]


async def test_a_form_that_is_sent_again_brings_no_removed_one_back(wired: Wiring, person: Person) -> None:
    page = (await person.client.get("/me/second-factor/app")).text
    text = re.findall(r'<code class="secret">([A-Z2-7 ]+)</code>', page)[0].replace(" ", "")
    secret = b32decode(text + "=" * (-len(text) % 8))
    sent = {"_key": hidden(page, "_key"), "code": now_of(secret)}
    assert (await person.send("/me/second-factor/app", **sent)).status_code == 200
    (factor,) = await wired.factors.all(person.id)
    await person.send("/me/second-factor", _do="remove", factor=factor.factor)
    assert (await person.send("/me/second-factor/app", **sent)).status_code == 409
    assert await wired.factors.all(person.id) == []


async def test_nobody_locks_a_person_as_whom_everybody_can_enter_a_demonstration(
    wired: Wiring, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "api.accounts.demonstration_people.demonstration_people", lambda *_: frozenset({person.id})
    )
    page = (await person.client.get("/me/second-factor")).text
    assert "Everybody can enter this demonstration as this person" in page
    assert "/me/second-factor/app" not in page
    for path in ("app", "passkey"):
        assert (await person.client.get(f"/me/second-factor/{path}")).headers[
            "location"
        ] == "/me/second-factor"
        sent = await person.send(f"/me/second-factor/{path}", _key="k" * 24, code="123456")
        assert (sent.status_code, "cannot set up" in sent.text or "can set up" in sent.text) == (409, True)
    (token,) = await wired.tokens.all(person.id)
    revoked = await person.send("/me/access", _do="revoke", token=token.id)
    assert (revoked.status_code, "their access keys stay" in revoked.text) == (409, True)
    bearer = {"Authorization": f"Bearer {person.token}", "Accept": "application/json"}
    person.client.cookies.clear()
    by_json = await person.client.post(
        f"/api/persons/{person.id}/tokens/{token.id}/revoke", headers=bearer, json={}
    )
    assert by_json.status_code == 409, by_json.text
    assert await wired.sessions.begin(person.token) is not None


def test_on_ones_own_machine_a_demonstration_has_none_of_them(tmp_path: Path) -> None:
    people = (DemoPerson(role="administrator", name="A", person="person-1", token="t"),)
    save(tmp_path, "history", people)
    for address, whom in (("", []), ("https://try.example.org", ["person-1"])):
        environment = {"OVERWINTER_DEMO": "1", "DATA_DIR": str(tmp_path), "OVERWINTER_PUBLIC_URL": address}
        settings = read_settings({name: value for name, value in environment.items() if value})
        assert sorted(demonstration_people(replace(settings, demo=True), "history")) == whom
