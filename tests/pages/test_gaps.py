"""The style sheet alone, on small pieces of pages: what stands side by side or one above the other keeps a gap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

import api.pages

STYLE = (Path(api.pages.__file__).parent / "templates" / "style.css").read_text()
LEAST = 8
"""The smallest gap, in pixels."""


@pytest.fixture(scope="module")
def sheet(chromium: str) -> Iterator[Page]:
    """A blank page of the width of a desk's screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1280, "height": 800})
        browser.close()


def show(page: Page, markup: str) -> None:
    """Put a piece of a page on the sheet."""
    page.set_content(f"<!doctype html><style>{STYLE}</style><main class='page'>{markup}</main>")


@pytest.mark.parametrize(
    "markup",
    [
        "<div class='sheet'><form><p class='send'><button class='a'>Send</button></p><details class='b'></details></form></div>",
        "<div class='sheet'><form class='a'><button>Send</button></form><p class='b'>More</p></div>",
        "<dl class='facts'><dt>One</dt><dd><form class='inline a'><button>Make</button></form></dd><dt class='b'>Two</dt></dl>",
        "<ul class='links'><li><b class='a'>Until then</b><br><form class='inline b'><button>Withdraw</button></form></li></ul>",
        "<table><tr><td><b class='a'>Until then</b><br><form class='inline b'><button>Revoke</button></form></td></tr></table>",
        "<div class='sheet a'>One</div><p class='b'>Two</p>",
        "<div class='sheet'><ol class='timeline a'><li>One</li></ol><p class='b'>Next page</p></div>",
        "<div class='sheet'><code class='secret a'>One</code><p class='b'>Two</p></div>",
        "<div class='sheet'><dl class='facts a'><dt>One</dt></dl><h2 class='b'>Two</h2></div>",
    ],
)
def test_what_stands_below_keeps_a_gap(sheet: Page, markup: str) -> None:
    show(sheet, markup)
    bottom = sheet.locator(".a").evaluate("each => each.getBoundingClientRect().bottom")
    top = sheet.locator(".b").evaluate("each => each.getBoundingClientRect().top")
    assert top - bottom >= LEAST


def test_what_follows_a_column_of_numbers_keeps_a_wide_gap(sheet: Page) -> None:
    show(
        sheet,
        "<table><tr><td class='number'><b>200.00 EUR</b></td><td><i>13 December 2026</i></td></tr></table>",
    )
    number = sheet.locator("b").evaluate("each => each.getBoundingClientRect().right")
    text = sheet.locator("i").evaluate("each => each.getBoundingClientRect().left")
    assert text - number >= 24


@pytest.mark.parametrize(("tabs", "shown"), [(1, False), (2, True)])
def test_a_bar_with_a_single_tab_is_not_shown(sheet: Page, tabs: int, shown: bool) -> None:
    show(sheet, f"<nav class='tabs'><ul>{'<li><a href=#>Timeline</a></li>' * tabs}</ul></nav>")
    assert sheet.locator("nav").is_visible() is shown


def test_a_chip_stands_on_the_line_of_the_text_beside_it(sheet: Page) -> None:
    """Its words and the words after it have one baseline."""
    show(
        sheet,
        "<p><span class='chip'><svg viewBox='0 0 16 16'></svg>Award<i></i></span> 300.00 EUR<b></b></p>"
        "<style>i, b { display: inline-block; width: 1px; height: 0; }</style>",
    )
    inside, beside = (
        sheet.locator(each).evaluate("each => each.getBoundingClientRect().bottom") for each in ("i", "b")
    )
    assert abs(inside - beside) < 1
