"""Claims by JSON: an administrator cannot make themselves access as another person, and what was done is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest

from api.accounts.claims import UsedClaim
from api.app import make_app
from api.run.wiring import Wiring
from domain.commands.initiatives import AppointAdministrator
from domain.commands.persons import ErasePerson, MakeClaim, RegisterPerson
from domain.deciding import Command
from domain.refusals import Refused
from domain.values import SYSTEM, Channel
from history.requests import Request
from tests.accounts.test_sessions import anyio_backend, wired

__all__ = ["anyio_backend", "wired"]

pytestmark = pytest.mark.anyio


@dataclass
class House:
    """An installation that is no demonstration, its administrator, and somebody who handles money."""

    wired: Wiring
    client: httpx.AsyncClient
    administrator: str
    token: str
    finance: str

    async def send(self, path: str, token: str | None, /, *, key: str = "", **body: Any) -> httpx.Response:
        """Send a request in the name of whoever has the token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if key:
            headers["Idempotency-Key"] = key
        return await self.client.post(path, json=body, headers=headers)

    async def claim(self, **body: Any) -> dict[str, Any]:
        """A claim to the account of finance, made by the administrator."""
        answer = await self.send(f"/api/persons/{self.finance}/claims", self.token, **body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def exchange(self, text: str, **more: Any) -> httpx.Response:
        """Bring a claim."""
        return await self.send("/api/claims", None, claim=text, **more)


async def run(wired: Wiring, command: Command) -> str:
    request = Request(command=command, actor=SYSTEM, channel=Channel.CLI)
    return (await wired.runner.run(request)).stream


@pytest.fixture
async def house(wired: Wiring) -> AsyncIterator[House]:
    administrator = await run(wired, RegisterPerson(name="Administrator"))
    await run(wired, AppointAdministrator(person=administrator))
    finance = await run(wired, RegisterPerson(name="Finance One"))
    made = await wired.claims.make(MakeClaim(person=administrator), actor=SYSTEM, channel=Channel.CLI)
    exchanged = await wired.claims.exchange(made.text, channel=Channel.CLI, label="test")
    transport = httpx.ASGITransport(app=make_app(wired))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield House(wired, client, administrator, exchanged.token, finance)


def rows(database_url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(query.encode()).fetchall()


def change(database_url: str, statement: str) -> None:
    """Change what lies in the database, behind the program's back."""
    with psycopg.connect(database_url) as connection:
        assert connection.execute(statement.encode()).rowcount


async def test_an_administrator_makes_nobody_else_a_token(house: House) -> None:
    """Whether the person is there or not."""
    for person in (house.finance, "person-" + "0" * 32):
        answer = await house.send(f"/api/persons/{person}/tokens", house.token, label="api")
        assert (answer.status_code, answer.json()["detail"]) == (
            403,
            "Only the person can make, see and revoke the tokens of their own account; an administrator can make them a claim.",
        )
    headers = {"Authorization": f"Bearer {house.token}"}
    listed = await house.client.get(f"/api/persons/{house.finance}/tokens", headers=headers)
    assert listed.status_code == 403
    (shown,) = await house.wired.tokens.all(house.administrator)
    elsewhere = f"/api/persons/{house.finance}/tokens/{shown.id}/revoke"
    assert (await house.send(elsewhere, house.token)).status_code == 403


async def test_the_person_exchanges_the_claim_once_and_makes_further_tokens(
    house: House, database_url: str
) -> None:
    """Each token goes back to the fact of the claim; neither the claim's text nor a token is stored."""
    claim = await house.claim(days=2)
    answer = await house.exchange(claim["text"], label="laptop")
    assert answer.status_code == 201
    token = answer.json()["token"]
    assert answer.json() == {"person": house.finance, "token": token}
    again = await house.exchange(claim["text"])
    assert (again.status_code, again.json()["detail"].partition(" on ")[0]) == (
        409,
        "This one-time key was used",
    )

    own = f"/api/persons/{house.finance}/tokens"
    further = await house.send(own, token, label="backup")
    assert further.status_code == 201
    stored = rows(
        database_url, f"SELECT claim, made_by, label FROM accounts.tokens WHERE person = '{house.finance}'"
    )
    assert sorted(stored) == [
        (claim["id"], house.finance, "backup"),
        (claim["id"], house.finance, "laptop"),
    ]
    everything = str(rows(database_url, "SELECT c, t FROM accounts.claims c, accounts.tokens t"))
    assert claim["id"] in everything
    for secret in (claim["text"], token, further.json()["token"]):
        assert secret not in everything

    headers = {"Authorization": f"Bearer {token}"}
    listed = (await house.client.get(own, headers=headers)).json()["items"]
    (laptop,) = (each["id"] for each in listed if each["label"] == "laptop")
    assert (await house.send(f"{own}/{laptop}/revoke", token)).json() == {"id": laptop}
    assert (await house.client.get("/api/me", headers=headers)).status_code == 401


async def test_the_person_reads_every_claim_to_their_account(house: House) -> None:
    first = await house.claim()
    token = (await house.exchange(first["text"])).json()["token"]
    second = await house.claim()
    me = (await house.client.get("/api/me", headers={"Authorization": f"Bearer {token}"})).json()
    assert [
        (each["id"], each["made_by"], each["another"], each["used_at"] is None) for each in me["claims"]
    ] == [
        (first["id"], house.administrator, False, False),
        (second["id"], house.administrator, True, True),
    ]
    path = f"/api/persons/{house.finance}/claims/{second['id']}/withdraw"
    assert (await house.send(path, token)).status_code == 200
    assert (await house.exchange(second["text"])).status_code == 409


async def test_a_claim_asked_for_again_with_its_key_is_the_same(house: House) -> None:
    claim = await house.claim(key="once")
    assert await house.claim(key="once") == claim


async def test_a_key_that_was_forgotten_makes_another_claim_that_works(
    house: House, database_url: str
) -> None:
    """Keys are remembered for thirty days; a claim made with an older one has a secret of its own."""
    first = await house.claim(key="monthly")
    old = (await house.exchange(first["text"])).json()["token"]
    change(database_url, "DELETE FROM history.commands")
    second = await house.claim(key="monthly")
    assert second["text"] != first["text"]
    answer = await house.exchange(second["text"])
    assert (answer.status_code, answer.json()["token"] == old) == (201, False)


async def test_an_expired_token_is_not_told_again(house: House, database_url: str) -> None:
    token = (await house.exchange((await house.claim())["text"])).json()["token"]
    own = f"/api/persons/{house.finance}/tokens"
    first = await house.send(own, token, key="mine", label="short", days=1)
    assert (await house.send(own, token, key="mine", label="short", days=1)).json() == first.json()
    change(
        database_url,
        "UPDATE accounts.tokens SET created_at = created_at - interval '2 days', "
        "expires_at = expires_at - interval '2 days' WHERE label = 'short'",
    )
    again = await house.send(own, token, key="mine", label="short", days=1)
    assert (again.status_code, "token" in again.json()) == (422, False)


async def test_whoever_knows_claim_and_key_is_not_told_the_token_again(house: House) -> None:
    """Whoever made the claim knows its text, and may guess the key that a script always sends. Whichever of the two comes
    first, the other is told that the claim was used."""
    claim = await house.claim()
    first = await house.exchange(claim["text"], key="import-2026")
    second = await house.exchange(claim["text"], key="import-2026")
    assert first.status_code == 201
    assert (second.status_code, "was used on" in second.json()["detail"]) == (409, True)
    assert first.json()["token"] not in second.text
    assert len(await house.wired.tokens.all(house.finance)) == 1


async def test_the_same_form_uses_the_claim_again_and_another_does_not(house: House) -> None:
    """As when the answer was lost after the claim was noted as used."""
    claim = await house.claim()

    async def bring(form_secret: str) -> UsedClaim:
        return await house.wired.claims.use(claim["text"], channel=Channel.PAGE, form_secret=form_secret)

    first = await bring("of this browser")
    assert first == UsedClaim(house.finance, claim["id"])
    assert await bring("of this browser") == first
    with pytest.raises(Refused):
        await bring("of another")


class TestWhatAWayInIsTold:
    async def untold(self, house: House, token: str) -> bool:
        """Whether somebody who signs in with a token is told that a claim was made, used or withdrawn."""
        cookie = await house.wired.sessions.begin(token)
        assert cookie is not None
        signed_in = await house.wired.sessions.find(cookie.value)
        assert signed_in is not None
        return signed_in.untold

    async def test_of_its_own_claim_nothing(self, house: House) -> None:
        token = (await house.exchange((await house.claim())["text"])).json()["token"]
        assert not await self.untold(house, token)

    async def test_a_token_made_with_another_has_been_told_as_much(self, house: House) -> None:
        """Somebody with JSON is shown no pages; their next token must not lose what they were not told."""
        token = (await house.exchange((await house.claim())["text"])).json()["token"]
        own = f"/api/persons/{house.finance}/tokens"
        before = (await house.send(own, token, label="before")).json()["token"]
        await house.claim()
        after = (await house.send(own, token, label="after")).json()["token"]
        for each in (token, before, after):
            assert await self.untold(house, each)

    async def test_whoever_comes_by_a_second_claim_is_told_of_the_first(self, house: House) -> None:
        """It was used before they came, and that was not them."""
        await house.exchange((await house.claim())["text"])
        token = (await house.exchange((await house.claim())["text"])).json()["token"]
        assert await self.untold(house, token)

    async def test_until_they_say_that_they_have_seen_it(self, house: House) -> None:
        await house.exchange((await house.claim())["text"])
        token = (await house.exchange((await house.claim())["text"])).json()["token"]
        cookie = await house.wired.sessions.begin(token)
        assert cookie is not None
        signed_in = await house.wired.sessions.find(cookie.value)
        assert signed_in is not None
        await house.wired.sessions.note_told(signed_in, await house.wired.sessions.latest_change(signed_in))
        assert not await self.untold(house, token)


async def test_of_two_who_bring_a_claim_at_once_one_gets_in(house: House) -> None:
    claim = await house.claim()
    answers = await asyncio.gather(*(house.exchange(claim["text"]) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert len(await house.wired.tokens.all(house.finance)) == 1


async def test_a_claim_has_an_end(house: House) -> None:
    assert (await house.send(f"/api/persons/{house.finance}/claims", house.token, days=31)).json()[
        "errors"
    ] == [{"field": "days", "detail": "A one-time key can be used for 1 to 30 days; this is 31."}]
    await house.claim()
    again = await house.send(f"/api/persons/{house.finance}/claims", house.token)
    assert (again.status_code, "withdraw it first" in again.json()["detail"]) == (409, True)


async def test_nothing_is_kept_for_the_erased(house: House, database_url: str) -> None:
    claim = await house.claim()
    command = ErasePerson(person=house.finance, reason="safety")
    await house.wired.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
    assert (await house.exchange(claim["text"])).status_code == 422
    await house.wired.claims.sweep()
    assert rows(database_url, f"SELECT FROM accounts.claims WHERE person = '{house.finance}'") == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"claim": ""}, "claim"),
        ({"claim": "owc_" + "x" * 43}, "claim"),
        ({"claim": "ж" * 100_000}, "claim"),
        ({}, "claim"),
        ({"claim": 1}, "claim"),
        ({"claim": "owc_" + "x" * 43, "label": "Not A Label"}, "label"),
        ({"claim": "owc_" + "x" * 43, "days": 0}, "days"),
    ],
)
async def test_what_is_wrong_is_named(house: House, body: dict[str, Any], field: str) -> None:
    answer = await house.client.post("/api/claims", json=body)
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, [field])
