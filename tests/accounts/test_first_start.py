"""The first start: the operator sets up an empty installation by page, once, and a stranger who was first cannot."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.accounts.founded import unfounded
from api.app import make_app
from api.cli.first_start import tell_operator
from api.locales import Locale
from api.run.settings import read_settings
from api.run.wiring import Wiring, all_migrations, wire
from domain.initiatives.facts import InitiativeFounded
from domain.initiatives.state import INITIATIVE
from domain.messages import msg
from domain.values import Role
from history.documents import read
from history.migrate import migrate
from projections.projector import Projector
from projections.register import PROJECTIONS
from tests.accounts.test_email import ADDRESS, Mailbox
from tests.accounts.test_sessions import anyio_backend, wired
from tests.pages.conftest import hidden
from tests.projections.conftest import take_lead

__all__ = ["anyio_backend", "wired"]

pytestmark = pytest.mark.anyio

TYPED = {"initiative": "Зима", "name": "Vera", "language": "ru", "way": "words"}


@pytest.fixture
async def browser(wired: Wiring) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=make_app(wired))
    headers = {"Accept": "text/html", "Accept-Language": "en"}
    async with httpx.AsyncClient(
        transport=transport, base_url="https://127.0.0.1:8000", headers=headers
    ) as client:
        yield client


async def send(browser: httpx.AsyncClient, **typed: str) -> httpx.Response:
    secret = hidden((await browser.get("/first-start")).text, "_secret")
    return await browser.post("/first-start", data={"_secret": secret} | TYPED | typed)


async def founded(wired: Wiring) -> list[InitiativeFounded]:
    rows = await wired.history.at(range(1, await wired.history.last_position() + 1))
    facts = [read(row.topic, row.document, history=wired.history.id).fact for row in rows]
    return [fact for fact in facts if isinstance(fact, InitiativeFounded)]


async def test_the_operator_becomes_administrator_of_a_new_initiative_and_the_page_is_gone(
    wired: Wiring, browser: httpx.AsyncClient
) -> None:
    assert "/first-start" in (await browser.get("/")).text
    answer = await send(browser, key=f" {wired.first_start.key()}\n")
    assert answer.status_code == 200, answer.text
    words = re.findall(r"<li>([a-z]+)</li>", answer.text)
    assert len(words) == 9
    (initiative,) = await founded(wired)
    assert initiative.name == TYPED["initiative"]
    assert (await wired.installation()).administrators == {initiative.founder}
    assert (await browser.get("/me")).status_code == 200
    # It can be done by nobody again, not even with the key.
    for response in (
        await browser.get("/first-start"),
        await browser.post("/first-start", data={"_secret": "x", "key": wired.first_start.key()} | TYPED),
    ):
        assert response.status_code in {403, 404}
    assert "/first-start" not in (await browser.get("/")).text
    # The words are a way in of their own, without the key.
    assert await wired.words.way_of(tuple(words)) is not None
    assert [each.kind for each in await wired.ways_in.all(initiative.founder)] == ["words"]


async def test_a_stranger_who_found_the_server_first_cannot_set_it_up(
    wired: Wiring, browser: httpx.AsyncClient
) -> None:
    for key in ("", "owf_", wired.first_start.key()[:-1], "ключ"):
        answer = await send(browser, key=key)
        assert (answer.status_code, 'id="key-error"' in answer.text) == (422, True)
        assert all(f'value="{TYPED[name]}"' in answer.text for name in ("initiative", "name"))
    assert not (await wired.installation()).administrators
    assert await founded(wired) == []


async def test_a_mistake_and_a_change_of_language_keep_what_was_typed(
    wired: Wiring, browser: httpx.AsyncClient
) -> None:
    answer = await send(browser, key=wired.first_start.key(), initiative=" ")
    assert (answer.status_code, 'id="initiative-error"' in answer.text) == (422, True)
    assert 'value="Vera"' in answer.text
    changed = await send(browser, _language="ru")
    assert (changed.headers["content-language"], 'value="Vera"' in changed.text) == ("ru", True)
    assert not (await wired.installation()).administrators


async def test_the_founder_leads_the_initiative_and_their_access_has_a_fact(
    wired: Wiring, browser: httpx.AsyncClient, database_url: str
) -> None:
    await send(browser, key=wired.first_start.key())
    (initiative,) = await founded(wired)
    state = await wired.reader.the(INITIATIVE, initiative.initiative)
    assert state.roles(initiative.founder) == {Role.ADMINISTRATOR}
    assert unfounded(database_url) == []


async def test_the_key_is_printed_on_a_terminal_and_never_logged(
    wired: Wiring,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        await tell_operator(wired)
    assert "overwinter first-start" in caplog.text
    assert wired.first_start.key() not in caplog.text + capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    await tell_operator(wired)
    assert wired.first_start.key() in capsys.readouterr().out


@pytest.fixture
async def writing(database_url: str, tmp_path: Path) -> AsyncIterator[Wiring]:
    """An installation that sends letters."""
    migrate(database_url, all_migrations())
    settings = read_settings(
        {
            "DATABASE_URL": database_url,
            "DATA_DIR": str(tmp_path / "data"),
            "OVERWINTER_SMTP": "smtp://127.0.0.1:1",
            "OVERWINTER_MAIL_FROM": "grants@example.org",
            "OVERWINTER_PUBLIC_URL": "https://grants.example.org",
        }
    )
    async with wire(settings, database_url, connections=2) as wiring:
        yield wiring


async def test_the_operator_can_sign_in_by_e_mail_and_again_by_the_link_of_a_letter(writing: Wiring) -> None:
    transport = httpx.ASGITransport(app=make_app(writing))
    box = Mailbox(writing)
    async with httpx.AsyncClient(
        transport=transport, base_url="https://grants.example.org", headers={"Accept": "text/html"}
    ) as browser:
        wrong = await send(browser, key=writing.first_start.key(), way="email", email="no address")
        assert (wrong.status_code, 'id="email-error"' in wrong.text) == (422, True)
        answer = await send(browser, key=writing.first_start.key(), way="email", email=ADDRESS)
        assert answer.headers["location"] == "/sign-in/letter"
        warning = Locale("ru").say(msg("You have not yet chosen how to sign in again."))
        assert warning in (await browser.get("/calls")).text
        page = (await browser.get("/sign-in/letter")).text
        assert warning not in page, "they are choosing it here"
        code = {"_secret": hidden(page, "_secret"), "code": await box.code()}
        added = await browser.post("/sign-in/letter", data=code)
        assert added.headers["location"] == "/me/access?show=address-added"
        (initiative,) = await founded(writing)
        assert [each.kind for each in await writing.ways_in.all(initiative.founder)] == ["email"]
        # The link of a later letter leads to where the browser wanted to go.
        page = (await browser.get("/sign-in?next=/organisations")).text
        asked = {
            "_secret": hidden(page, "_secret"),
            "_next": "/organisations",
            "_do": "email",
            "email": ADDRESS,
        }
        await browser.post("/sign-in", data=asked)
        link = f"/sign-in/letter/{await box.link()}"
        pressed = {"_secret": hidden((await browser.get(link)).text, "_secret")}
        assert (await browser.post(link, data=pressed)).headers["location"] == "/organisations"


async def test_the_founder_is_led_to_each_next_step(
    wired: Wiring, browser: httpx.AsyncClient, database_url: str
) -> None:
    def project() -> None:
        with Projector(database_url, PROJECTIONS) as projector:
            take_lead(projector)
            while projector.reach()[0] < projector.reach()[1]:
                projector.step()

    await send(browser, key=wired.first_start.key(), language="en")
    (initiative,) = await founded(wired)
    house, founder = initiative.initiative, initiative.founder

    async def press(path: str, form: str, **typed: str) -> None:
        project()
        page = (await browser.get(path)).text
        found = re.search(rf'<form[^>]* id="{form}".*?</form>', page, re.DOTALL)
        assert found, f"no {form} on {path}"
        hidden_fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[0])
        fields = {name: html.unescape(value) for name, value in hidden_fields}
        sent = await browser.post(path, data=fields | typed)
        assert sent.status_code == 303, sent.text

    async def next_step() -> str:
        project()
        page = (await browser.get("/me")).text
        (words,) = re.findall(r'<ul class="todo">\s*<li><span><a href="([^"]+)">', page)
        return html.unescape(words)

    assert await next_step() == f"/initiatives/{house}/people"
    roles = {"roles.administrator": "yes", "roles.officer": "yes"}
    await press(f"/initiatives/{house}/people", f"initiative-add_member-{founder}", **roles)
    assert (await wired.reader.the(INITIATIVE, house)).roles(founder) == {Role.ADMINISTRATOR, Role.OFFICER}
    assert await next_step() == f"/initiatives/{house}"
    assert (
        "You are the only administrator of this site."
        in (await browser.get(f"/initiatives/{house}/members")).text
    )
