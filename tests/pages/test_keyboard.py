"""By keyboard alone: everything that can be pressed or filled in is reached, is seen to be reached, and works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.pages.browsing import NOBODY, signed_in
from tests.pages.conftest import Stage

MOST_STEPS = 400
DATE_STOPS = 8
"""More than the parts of a field for day and time, each of which is a stop."""
REACHED = """() => {
    const at = document.activeElement;
    const style = getComputedStyle(at);
    const box = at.getBoundingClientRect();
    if (at === document.body) return null;
    at.dataset.reached = 'yes';
    return {
        place: [...document.querySelectorAll('*')].indexOf(at),
        name: at.tagName + ' ' + (at.name || at.id || at.textContent.trim().slice(0, 30)),
        seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        shown: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
}"""
MISSED = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
    .filter(each => !each.dataset.reached && !each.disabled && each.tabIndex >= 0 && each.type !== 'hidden' && each.checkVisibility()
        && !(each.type === 'radio' && document.querySelector(`[name="${each.name}"][data-reached]`)))
    .map(each => each.tagName + ' ' + (each.name || each.id || each.textContent.trim().slice(0, 30)))"""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """The system's Chromium, for this module alone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


def step_through(page: Page) -> list[str]:
    """Press Tab until the page is over; gives what was not reached, or not seen to be."""
    found, places = [], []
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        at = page.evaluate(REACHED)
        if at is None:
            break
        places.append(at["place"])
        assert len(set(places[-DATE_STOPS:])) > 1 or len(places) < DATE_STOPS, f"it is stuck at {at['name']}"
        if not at["seen"]:
            found.append(f"{at['name']} has no outline when it is reached")
        if not at["shown"]:
            found.append(f"{at['name']} is reached out of sight")
    return [*found, *(f"{each} is not reached" for each in page.evaluate(MISSED))]


def test_everything_is_reached_and_seen_to_be(stage: Stage, browser: Browser) -> None:
    """At 400 %, as a window of 1280 by 1024 pixels is then: also what is unfolded."""
    faults = []
    for role, path in (
        (NOBODY, "/sign-in"),
        ("newcomer", f"/calls/{stage.call}/apply"),
        ("officer", f"/calls/{stage.call}"),
        ("juror", "/reviews"),
        ("finance", "/me"),
    ):
        context = signed_in(browser, stage, role)
        page = context.new_page()
        page.set_viewport_size({"width": 320, "height": 256})
        page.goto(stage.address + path)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        faults += [f"{path}: {fault}" for fault in step_through(page)]
        context.close()
    assert faults == [], "\n".join(faults)


def test_somebody_goes_past_the_navigation_and_signs_out_by_keys(stage: Stage, browser: Browser) -> None:
    context = signed_in(browser, stage, "newcomer")
    page = context.new_page()
    page.goto(stage.address + "/me")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{stage.address}/sign-in?show=signed-out")
    context.close()
