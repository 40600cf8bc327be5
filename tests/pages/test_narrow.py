"""What fits on a small phone: nothing is wider than the screen and nothing is cut off, whatever people wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.pages.browsing import is_file, kind_of
from tests.pages.conftest import Stage

WIDTH = 320
LONG = "Ж" * 200
"""A word without a place to break it."""
BEGINNINGS = ("/calls", "/me", "/applications", "/reviews", "/grants")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """The system's Chromium, for all tests of this module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page of the width of a small phone."""
    context = browser.new_context(viewport={"width": WIDTH, "height": 800}, locale="en-GB")
    yield context.new_page()
    context.close()


def too_wide(page: Page) -> list[str]:
    """The elements that reach beyond the screen, or whose content does not fit into them, but for those that are only for
    whoever hears the page, and fields, in which one moves while one types."""
    found: list[str] = page.evaluate(
        """() => {
            const heard = each => each.closest('.hidden, .skip, thead');
            const all = [...document.querySelectorAll('body *')].filter(each => !heard(each));
            const fields = ['INPUT', 'TEXTAREA', 'SELECT', 'OPTION'];
            const beyond = all.filter(each => {
                const box = each.getBoundingClientRect();
                return box.right > innerWidth + 1 || box.left < -1;
            });
            const cut = all.filter(each =>
                !fields.includes(each.tagName) && each.clientWidth > 0 && each.scrollWidth > each.clientWidth + 1);
            const named = each => each.tagName + '.' + each.className + ' ' + each.textContent.trim().slice(0, 40);
            const sideways = document.documentElement.scrollWidth > innerWidth ? ['the page scrolls sideways'] : [];
            return [...sideways, ...beyond.map(each => 'beyond: ' + named(each)), ...cut.map(each => 'cut: ' + named(each))];
        }"""
    )
    return found


def with_long_words(page: Page) -> None:
    """Open all that can be opened, and put a long word in every place where a text of somebody's may stand."""
    page.evaluate(
        """long => {
            document.querySelectorAll('details').forEach(each => { each.open = true; });
            const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
            while (texts.nextNode()) {
                const text = texts.currentNode;
                if (text.data.trim() && !text.parentElement.closest('button, option, caption, time, thead')) text.data = long;
            }
        }""",
        LONG,
    )


def sign_in(page: Page, stage: Stage, role: str) -> None:
    """Sign in by the page for it."""
    page.goto(stage.address + "/me")
    page.get_by_label("Access key").fill(stage.tokens[role])
    page.get_by_role("button", name="Sign in with the key").click()
    page.wait_for_url("**/me")


@pytest.mark.parametrize(
    "role",
    [
        "officer",
        "applicant",
        *[pytest.param(each, marks=pytest.mark.long) for each in ("chair", "juror", "finance", "funder")],
    ],
)
def test_every_kind_of_page_fits_whatever_people_wrote(phone: Page, stage: Stage, role: str) -> None:
    """Each is measured as it is, and once more with a word of 200 letters in every place for a text: names, titles,
    references, tables and all."""
    sign_in(phone, stage, role)
    todo, seen, faults = (
        [*BEGINNINGS, f"/calls/{stage.call}", f"/calls/{stage.call}/apply"],
        set[str](),
        list[str](),
    )
    while todo:
        path = todo.pop()
        kind = kind_of(path)
        if kind in seen or is_file(path):
            continue
        seen.add(kind)
        phone.goto(stage.address + path)
        todo += phone.evaluate(
            "() => [...document.querySelectorAll('main a:not([download])')].map(each => each.getAttribute('href'))"
        )
        todo = [each for each in todo if each.startswith("/")]
        faults += [f"{kind}: {each}" for each in too_wide(phone)]
        with_long_words(phone)
        faults += [f"{kind}, with long words: {each}" for each in too_wide(phone)]
    assert faults == [], "\n".join(faults)
    assert len(seen) > 6


def test_a_form_that_comes_back_fits(phone: Page, stage: Stage) -> None:
    """With a long title in it, and the sentences beside its fields."""
    sign_in(phone, stage, "newcomer")
    phone.goto(f"{stage.address}/calls/{stage.call}/apply")
    phone.get_by_label("Title").fill(LONG)
    phone.get_by_label("Amount you ask for").fill("1.250")
    phone.get_by_role("button", name="Submit the application").click()
    expect(phone.locator("main")).to_contain_text("Is this 1250.00 or 1.25?")
    assert phone.get_by_label("Title").input_value() == LONG
    assert too_wide(phone) == []


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
    sign_in(phone, stage, "funder")
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
    """On the smallest of phones: the tables of access and of roles become lists."""
    phone.set_viewport_size({"width": 320, "height": 700})
    administrator = stage.running.person(stage.running.token)
    finance = stage.people["finance"]
    claim = administrator.post(f"/api/persons/{finance}/claims")["text"]
    phone.goto(stage.address + "/sign-in")
    phone.get_by_role("link", name="Use it here.").click()
    phone.get_by_label("One-time key").fill(claim)
    phone.get_by_role("button", name="Sign in once with it").click()
    expect(phone.get_by_role("heading", name="Your access")).to_be_visible()
    assert too_wide(phone) == []
    phone.goto(stage.address + "/me")
    phone.get_by_role("link", name="Your access").click()
    assert phone.locator("caption").count() >= 2
    assert too_wide(phone) == []
    phone.locator(".where a").first.click()
    phone.get_by_role("link", name="Members and their roles").click()
    assert phone.get_by_text("A one-time key was exchanged for access.").count() >= 1
    assert too_wide(phone) == []
