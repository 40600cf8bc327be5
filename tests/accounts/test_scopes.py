"""What a token can do: only read, work without anything grave, or everything."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.accounts.access_tokens import TokenScope
from api.app import make_app
from api.run.wiring import Wiring
from tests.accounts.test_second_factors import person
from tests.accounts.test_sessions import anyio_backend, signed_in, wired
from tests.accounts.test_signing_in_again import Person
from tests.pages.conftest import hidden

__all__ = ["anyio_backend", "person", "wired"]

pytestmark = pytest.mark.anyio


async def test_a_token_does_what_its_scope_says_and_makes_no_mightier_one(wired: Wiring) -> None:
    person, _, _ = await signed_in(wired)
    transport = httpx.ASGITransport(app=make_app(wired))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:

        async def send(scope: TokenScope, path: str, body: dict[str, Any] | None = None) -> int:
            token = await wired.tokens.make(person, label="test", made_by=person, scope=scope)
            headers = {"Authorization": f"Bearer {token}"}
            if body is None:
                return (await client.get(path, headers=headers)).status_code
            answer = await client.post(path, headers=headers, json=body)
            if answer.status_code == 403:
                assert "This access key can" in answer.json()["detail"]
            return answer.status_code

        organisation = {"name": "Winter Choir"}
        grave = f"/api/organisations/organisation-{'1' * 32}/close"
        tokens = f"/api/persons/{person}/tokens"
        expected = {
            TokenScope.READ: (200, 403, 403, 403),
            TokenScope.WORK: (200, 201, 403, 403),
            TokenScope.ALL: (200, 201, 404, 201),
        }
        for scope, statuses in expected.items():
            assert (
                await send(scope, tokens),
                await send(scope, "/api/organisations", organisation),
                await send(scope, grave, {}),
                await send(scope, tokens, {"scope": "all"}),
            ) == statuses, scope


async def test_one_that_cannot_do_everything_opens_no_page(wired: Wiring) -> None:
    person, _, _ = await signed_in(wired)
    for scope in TokenScope:
        token = await wired.tokens.make(person, label="test", made_by=person, scope=scope)
        assert (await wired.sessions.begin(token) is not None) is (scope is TokenScope.ALL)


async def test_its_owner_makes_one_by_page_with_a_name_a_scope_and_an_end(
    wired: Wiring, person: Person
) -> None:
    page = (await person.client.get("/me/access")).text
    sent = {
        "_do": "make",
        "_key": hidden(page, "_key"),
        "label": "Monthly Report",
        "scope": "work",
        "days": "7",
    }
    wrong = await person.send("/me/access", **sent)
    assert (wrong.status_code, 'id="label-error"' in wrong.text) == (422, True)
    assert 'value="Monthly Report"' in wrong.text
    sent["label"] = "monthly-report"
    made = await person.send("/me/access", **sent)
    text = made.text.split('<code class="secret">')[1].split("<")[0]
    holder = await wired.tokens.holder(text)
    assert holder == (person.id, TokenScope.WORK)
    assert (await person.send("/me/access", **sent)).text.count(text) == 1  # the same form, the same key
    shown, _ = await wired.tokens.all(person.id)
    assert (shown.label, shown.scope, (shown.expires_at - shown.created_at).days) == (
        "monthly-report",
        "work",
        7,
    )
    assert text not in (await person.client.get("/me/access")).text
    for bad in ({"scope": "more"}, {"days": "36500"}):
        assert (await person.send("/me/access", **(sent | bad))).status_code == 400
