"""What people do on the pages on which they register and sign in."""

from __future__ import annotations

from playwright.sync_api import Page


def registers(page: Page) -> None:
    """Somebody registers with nine words, which are shown. The browser forgets it, for the next view."""
    page.locator("#name").fill("Invented Newcomer")
    page.locator("#register p.send button").click()
    page.context.clear_cookies()


def registers_without_a_name(page: Page) -> None:
    page.locator("#register p.send button").click()


def mistyped_words(page: Page) -> None:
    page.locator("#words").fill("acid bath xyzzy acid bath acid bath acid bath")
    page.locator("button[value=words]").click()


def asks_for_a_letter(page: Page) -> None:
    page.locator("#email").fill("invented.newcomer@example.org")
    page.locator("button[value=email]").click()


def types_a_wrong_code(page: Page) -> None:
    asks_for_a_letter(page)
    page.locator("#code").fill("1")
    page.locator("main form p.send button").click()


def presses_the_button(page: Page) -> None:
    page.locator("main form p.send button").click()


def writes_a_wrong_letter(page: Page) -> None:
    """On the page of one letter of an initiative."""
    page.locator("#initiative-write_letter-ru-text").fill("Здравствуйте, {name}!")
    page.locator("form#initiative-write_letter-ru p.send button").first.click()


def types_no_address(page: Page) -> None:
    """On the page of one's access."""
    page.locator("details:has(#email) > summary").click()
    page.locator("#email").fill("no address")
    page.locator("form:has(#email) p.send button").click()
