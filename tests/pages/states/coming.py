"""What people do on the pages on which they register and sign in."""

from __future__ import annotations

import time
from base64 import b32decode

from playwright.sync_api import Page

from api.accounts.totp import SECONDS, code_of
from tests.pages.states.acting import press


def registers(page: Page) -> None:
    """Somebody registers with nine words, which are shown. The browser forgets it, for the next view."""
    page.locator("#name").fill("Invented Newcomer")
    press(page.locator("#register p.send button"))
    page.context.clear_cookies()


def registers_without_a_name(page: Page) -> None:
    press(page.locator("#register p.send button"))


def mistyped_words(page: Page) -> None:
    page.locator("#words").fill("acid bath xyzzy acid bath acid bath acid bath")
    press(page.locator("button[value=words]"))


def asks_for_a_letter(page: Page) -> None:
    page.locator("#email").fill("invented.newcomer@example.org")
    press(page.locator("button[value=email]"))


def types_a_wrong_code(page: Page) -> None:
    asks_for_a_letter(page)
    page.locator("#code").fill("1")
    press(page.locator("main form p.send button"))


def presses_the_button(page: Page) -> None:
    press(page.locator("main form p.send button"))


def writes_a_wrong_letter(page: Page) -> None:
    """On the page of one letter of an initiative."""
    page.locator("#initiative-write_letter-ru-text").fill("Здравствуйте, {name}!")
    press(page.locator("form#initiative-write_letter-ru p.send button").first)


def types_no_address(page: Page) -> None:
    """On the page of one's access."""
    page.locator("details:has(#email) > summary").click()
    page.locator("#email").fill("no address")
    press(page.locator("form:has(#email) p.send button"))


def makes_a_key_without_a_name(page: Page) -> None:
    """On the page of one's access."""
    page.locator("details:has(#label) > summary").click()
    page.locator("#label").fill("Not a Label")
    press(page.locator("form#token p.send button"))


def types_a_wrong_app_code(page: Page) -> None:
    page.locator("#code").fill("000000")
    press(page.locator("form#app p.send button"))


def sets_up_an_app(page: Page) -> list[str]:
    """Somebody registers with nine words and sets up an app; its recovery codes are shown. Returns the words."""
    page.locator("#name").fill("Invented Newcomer")
    press(page.locator("#register p.send button"))
    words = page.locator(".words li").all_inner_texts()
    site = page.url.removesuffix("/register")
    page.goto(f"{site}/me/second-factor/app")
    plain = page.locator("code.secret").inner_text().replace(" ", "")
    secret = b32decode(plain + "=" * (-len(plain) % 8))
    page.locator("#code").fill(code_of(secret, int(time.time()) // SECONDS))
    press(page.locator("form#app p.send button"))
    return words


def is_shown_recovery_codes(page: Page) -> None:
    sets_up_an_app(page)
    page.context.clear_cookies()


def sees_an_app(page: Page) -> None:
    sets_up_an_app(page)
    press(page.locator("main a.button"))
    page.context.clear_cookies()


def is_asked_for_a_second_factor(page: Page) -> None:
    words = sets_up_an_app(page)
    page.context.clear_cookies()
    page.goto(page.url.partition("/me/")[0] + "/sign-in")
    page.locator("#words").fill(" ".join(words))
    press(page.locator("button[value=words]"))


def types_a_wrong_second_factor(page: Page) -> None:
    is_asked_for_a_second_factor(page)
    page.locator("#code").fill("000000")
    press(page.locator("form#second p.send button"))
    page.context.clear_cookies()
