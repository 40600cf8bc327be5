"""Second factors in a browser: a passkey with a virtual authenticator, the code of an app without scripts, and an initiative that
requires them."""

from __future__ import annotations

import re
import time
from base64 import b32decode
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect, sync_playwright

from api.accounts.totp import SECONDS, code_of
from tests.pages.conftest import Stage
from tests.pages.test_session_ended import query


def by_name(stage: Stage) -> str:
    """The stage's address with a name, because passkeys do not work at a number."""
    return stage.address.replace("127.0.0.1", "localhost")


def authenticator(page: Page, *, verifies: bool = True) -> tuple[CDPSession, str]:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasUserVerification": True,
                "isUserVerified": verifies,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session, made["authenticatorId"]


def sign_in(page: Page, address: str, token: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("Access key").fill(token)
    page.get_by_role("button", name="Sign in with the key").click()
    page.wait_for_load_state()


@pytest.fixture
def cleared(stage: Stage) -> Iterator[None]:
    """What these tests set up for the stage's people does not stay for the others."""
    yield
    for role in ("third juror", "newcomer"):
        person = stage.people[role]
        for table in ("factors", "recovery_codes", "devices"):
            query(stage, f"DELETE FROM accounts.{table} WHERE person = '{person}'")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.mark.usefixtures("cleared")
def test_a_passkey_lets_its_owner_in_and_nobody_else(stage: Stage, context: BrowserContext) -> None:
    page, address, token = context.new_page(), by_name(stage), stage.tokens["third juror"]
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    session, device = authenticator(page)
    sign_in(page, address, token)
    page.goto(f"{address}/me/second-factor")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    # Signing in asks for it; without the owner's finger it is refused, and nobody is let in.
    context.clear_cookies()
    sign_in(page, address, token)
    assert page.url == f"{address}/sign-in/second"
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.get_by_role("button", name="Use my passkey").click()
    expect(page.locator("#passkey-trouble")).to_be_visible()
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    page.get_by_role("button", name="Use my passkey").click()
    page.wait_for_url("**/me")
    # Losing the device leaves the recovery codes.
    session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})
    context.clear_cookies()
    sign_in(page, address, token)
    page.get_by_label("Code", exact=True).fill(codes[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/me")
    assert {each for each in asked if not each.startswith(address)} == set()
    assert not [each for each in complaints if "Content Security Policy" in each]


@pytest.mark.usefixtures("cleared")
def test_an_app_is_set_up_and_used_without_scripts(stage: Stage, browser: Browser) -> None:
    context = browser.new_context(locale="en-GB", java_script_enabled=False)
    context.set_default_timeout(15_000)
    page, token = context.new_page(), stage.tokens["newcomer"]
    sign_in(page, stage.address, token)
    page.goto(f"{stage.address}/me/access")
    page.get_by_role("link", name="Set up a second factor").click()
    page.get_by_role("link", name="Set up an app").click()
    plain = page.locator("code.secret").inner_text().replace(" ", "")
    secret = b32decode(plain + "=" * (-len(plain) % 8))
    page.get_by_label("Code", exact=True).fill(code_of(secret, int(time.time()) // SECONDS - 1))
    page.get_by_role("button", name="Use this app").click()
    assert page.locator(".codes li").count() == 10
    page.get_by_role("link", name="I have written down the codes").click()
    assert re.search("10 codes are left", page.inner_text("main"))
    context.clear_cookies()
    sign_in(page, stage.address, token)
    page.get_by_label("Code", exact=True).fill(code_of(secret, int(time.time()) // SECONDS))
    # Changing the language keeps what was typed.
    page.get_by_role("button", name="Русский").click()
    expect(page.get_by_label("Код", exact=True)).not_to_have_value("")
    page.locator("form#second button").last.click()
    page.wait_for_url("**/me*")
    context.close()
