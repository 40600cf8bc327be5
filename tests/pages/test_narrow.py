"""What fits on a phone: nothing is wider than the screen, so nothing has to be looked for at its right edge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.pages.conftest import Stage

WIDTH = 375


@pytest.fixture
def phone(chromium: str) -> Iterator[Page]:
    """A page of the width of a small phone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": WIDTH, "height": 800}, locale="en-GB")
        browser.close()


def too_wide(page: Page) -> list[str]:
    """The elements that reach beyond the screen, but for those that are only for whoever hears the page."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('body *')]
            .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
            .map(each => each.tagName + ' ' + each.textContent.slice(0, 40))"""
    )
    return found


def test_the_description_of_the_api(phone: Page, stage: Stage) -> None:
    """Long addresses break, and its tables become lists."""
    phone.goto(stage.address + "/schema")
    assert too_wide(phone) == []
    assert phone.inner_text("caption").startswith("What can be asked")


def test_a_funds_tables_become_lists(phone: Page, stage: Stage) -> None:
    """Each sum is named where its column's heading is not shown."""
    officer = stage.speaking("officer")
    initiative = officer.get("/api/me")["initiatives"][0]["initiative"]
    fund = officer.get(f"/api/initiatives/{initiative}/funds")["items"][0]["id"]
    phone.goto(stage.address + "/me")
    phone.get_by_label("Token").fill(stage.tokens["funder"])
    phone.get_by_role("button", name="Sign in").click()
    phone.wait_for_url("**/me")
    phone.goto(f"{stage.address}/funds/{fund}")
    assert phone.locator("table").count() == 3
    assert too_wide(phone) == []
    unnamed = phone.evaluate(
        """() => [...document.querySelectorAll('td.number')]
            .filter(each => each.textContent.trim())
            .filter(each => !getComputedStyle(each, '::before').content.includes(': '))
            .map(each => each.textContent)"""
    )
    assert unnamed == []


def test_a_claim_is_exchanged_and_its_pages_fit(phone: Page, stage: Stage) -> None:
    """On the smallest of phones: the token is whole, and the tables of ways in and of roles become lists."""
    phone.set_viewport_size({"width": 320, "height": 700})
    administrator = stage.running.person(stage.running.token)
    finance = stage.people["finance"]
    claim = administrator.post(f"/api/persons/{finance}/claims")["text"]
    phone.goto(stage.address + "/sign-in")
    phone.get_by_role("link", name="Exchange it for a token of your own.").click()
    phone.get_by_label("Claim").fill(claim)
    phone.get_by_role("button", name="Exchange it").click()
    assert phone.locator("code").inner_text().startswith("ow_")
    assert too_wide(phone) == []
    phone.get_by_role("link", name="To your page").click()
    phone.get_by_role("link", name="Ways in to your account").click()
    assert phone.locator("caption").count() == 2
    assert too_wide(phone) == []
    phone.get_by_role("link", name="Your page").last.click()
    phone.get_by_role("link", name="Who gave which role to whom").click()
    assert phone.get_by_text("A claim was exchanged for a way in.").count() == 1
    assert too_wide(phone) == []
