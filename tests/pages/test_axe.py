"""axe-core finds nothing to complain about: no input without a label, no text of too little contrast, no broken structure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle, groupby, product
from typing import Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from api.locales import LANGUAGES
from tests.pages.browsing import NOBODY, is_file, kind_of, signed_in
from tests.pages.conftest import Stage, set_stage
from tests.pages.states import View, every_state, opened, with_mistakes, wrong_key
from tests.pages.states.coming import (
    mistyped_words,
    presses_the_button,
    registers_without_a_name,
    types_a_wrong_code,
    types_no_address,
)

SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
BEGINNINGS: Final = (
    "/",
    "/calls",
    "/me",
    "/me/access",
    "/applications",
    "/reviews",
    "/grants",
    "/organisations",
)
AXE: Final = Axe()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """The system's Chromium, for all tests of this module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


def complaints(page: Page, rules: Sequence[str] = (), *, without: Sequence[str] = ()) -> list[str]:
    """What axe complains about on a page as it stands, by all of its rules or by these alone, and not by those `without`."""
    only = {"runOnly": list(rules)} if rules else {}
    off = {"rules": {each: {"enabled": False} for each in without}} if without else {}
    found = AXE.run(page, options={"resultTypes": ["violations"], **only, **off}).response["violations"]
    return [
        f"{page.url}: {each['help']} ({each['id']}): {node['html'][:200]} {node['any'][0]['message'] if node['any'] else ''}"
        for each in found
        for node in each["nodes"]
    ]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "role",
    [
        "officer",
        "juror",
        "applicant",
        *[pytest.param(each, marks=pytest.mark.long) for each in (NOBODY, "finance", "funder")],
    ],
)
def test_axe_finds_nothing_on_any_page(browser: Browser, stage: Stage, role: str) -> None:
    """One page of each kind that somebody finds by following links, with all that is folded opened: one after another in
    another language and colour. Contrast takes half of the time, and all pages share their colours; so on the officer's many
    pages it is left to the test of every state."""
    costly = ("color-contrast",) if role == "officer" else ()
    context = signed_in(browser, stage, role)
    page = context.new_page()
    todo, seen, found = (
        [
            *BEGINNINGS,
            *(("/sign-in", "/claim", "/register", "/outbox", "/sign-in/letter/x") if role == NOBODY else ()),
            f"/calls/{stage.call}",
            f"/calls/{stage.call}/apply",
        ],
        set[str](),
        list[str](),
    )
    ways = cycle(product(LANGUAGES, SCHEMES))
    while todo:
        path = todo.pop(0).partition("#")[0]
        kind = kind_of(path)
        if kind in seen or is_file(path):
            continue
        seen.add(kind)
        language, scheme = next(ways)
        page.emulate_media(color_scheme=scheme)
        answer = page.goto(f"{stage.address}{path.partition('?')[0]}?lang={language}")
        assert answer is not None
        if page.url.startswith(f"{stage.address}/sign-in?") and role == NOBODY:
            continue
        assert answer.status == 200, path
        opened(page)
        found += complaints(page, without=costly)
        links = page.locator("main a[href^='/']:not([download])").evaluate_all(
            "all => all.map(each => each.getAttribute('href'))"
        )
        todo += [str(link) for link in links]
    context.close()
    assert found == [], "\n".join(found)
    assert len(seen) > 6


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_nor_on_a_form_that_came_back_or_a_page_that_tells_a_problem(
    browser: Browser, stage: Stage, scheme: Literal["light", "dark"]
) -> None:
    found = []
    for view in (
        View("apply-wrong", "newcomer", f"/calls/{stage.call}/apply", with_mistakes),
        View("sign-in-wrong", NOBODY, "/sign-in", wrong_key),
        View("claim-wrong", NOBODY, "/claim", wrong_key),
        View("sign-in-mistyped", NOBODY, "/sign-in", mistyped_words),
        View("letter-wrong-code", NOBODY, "/sign-in", types_a_wrong_code),
        View("letter-link-used", NOBODY, "/sign-in/letter/x", presses_the_button),
        View("register-wrong", NOBODY, "/register", registers_without_a_name),
        View("access-wrong-address", "newcomer", "/me/access", types_no_address),
        View("not-found", NOBODY, "/nowhere"),
    ):
        context = signed_in(browser, stage, view.role)
        page = context.new_page()
        page.emulate_media(color_scheme=scheme)
        page.goto(stage.address + view.path)
        if view.then is not None:
            view.then(page)
            expect(page.locator("[role=alert]")).to_have_count(1)
        found += complaints(page)
        context.close()
    assert found == [], "\n".join(found)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_nor_in_any_state_in_any_language_in_light_or_dark(browser: Browser) -> None:
    """Every view of `tests.pages.states`. The colours of the dark scheme are looked at for their contrast alone."""
    found = []
    with set_stage() as stage:
        views = sorted(every_state(stage).views, key=lambda view: view.role)
        for role, of_role in groupby(views, key=lambda view: view.role):
            context = signed_in(browser, stage, role)
            cookies = context.cookies()
            page = context.new_page()
            for view, language in product(of_role, LANGUAGES):
                page.emulate_media(color_scheme="light")
                page.goto(f"{stage.address}{view.path}?lang={language}")
                if view.then is not None:
                    view.then(page)
                found += complaints(page)
                page.emulate_media(color_scheme="dark")
                found += complaints(page, ["color-contrast"])
                context.add_cookies(cookies)
            context.close()
    assert found == [], "\n".join(dict.fromkeys(found))
