"""What goes wrong at a browser: the connection drops, a form is open twice, somebody goes back or presses twice.
Nothing that was typed is lost, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.pages.conftest import CALL, Stage, open_call

TITLE = "Songs of the wide sea"
ANSWERS = {
    "title": TITLE,
    "requested.amount": "300",
    "answers.idea": "Three concerts by the sea.",
    "answers.costs[0].item": "Hall",
    "answers.costs[0].amount": "300",
}
SUBMIT = "Submit the application"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """The system's Chromium, for this module alone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


Open = Callable[..., list[Page]]


@pytest.fixture(scope="module")
def apply(stage: Stage) -> str:
    """The page for applying to a call that takes one application of each applicant."""
    call, _ = open_call(stage, CALL | {"applications_per_applicant": "one"})
    return f"{stage.address}/calls/{call}/apply"


@pytest.fixture
def own_words() -> list[str]:
    """The nine words of whoever registered last."""
    return []


@pytest.fixture
def form_opened(stage: Stage, browser: Browser, apply: str, own_words: list[str]) -> Iterator[Open]:
    """Opens the form for applying as somebody who has just registered, in one tab or several."""
    contexts = []

    def opened(*, scripts: bool, tabs: int = 1) -> list[Page]:
        context = browser.new_context(java_script_enabled=scripts, locale="en-GB")
        contexts.append(context)
        pages = [context.new_page() for _ in range(tabs)]
        pages[0].goto(f"{stage.address}/register")
        pages[0].get_by_label("What should we call you?").fill("Nora Lind")
        pages[0].get_by_role("button", name="Register and see my nine words").click()
        own_words[:] = pages[0].locator("ol[lang=en] li").all_inner_texts()
        for page in pages:
            page.goto(apply)
        return pages

    yield opened
    for context in contexts:
        context.close()


def type_answers(page: Page, **other: str) -> None:
    """Fill in the form."""
    for name, value in (ANSWERS | other).items():
        page.locator(f'[name="{name}"]').fill(value)
    page.locator('[name="answers.before"]').select_option("no")


def press(page: Page, button: str = SUBMIT) -> None:
    """Press the button that sends the form."""
    page.locator("form#application-submit").get_by_role("button", name=button, exact=True).click()


def applications(stage: Stage, page: Page) -> int:
    """How many applications somebody has."""
    stage.running.caught_up()
    page.goto(f"{stage.address}/applications")
    return page.locator("tbody tr").count()


def dropped(route: Route) -> None:
    """The form arrives, and the answer is lost."""
    if route.request.method == "POST" and route.request.is_navigation_request():
        route.fetch(max_redirects=0)
        route.abort("connectionreset")
    else:
        route.continue_()


def test_without_a_connection_the_page_stays_with_all_that_was_typed(stage: Stage, form_opened: Open) -> None:
    (page,) = form_opened(scripts=True)
    type_answers(page)
    page.context.set_offline(True)
    press(page)
    expect(page.locator("#draft-status")).to_contain_text("Not saved: no connection.")
    assert page.locator('[name="title"]').input_value() == TITLE
    page.context.set_offline(False)
    press(page)
    page.wait_for_url("**/applications/**")
    assert applications(stage, page) == 1


@pytest.mark.parametrize("scripts", [True, False])
def test_an_answer_that_was_lost_is_given_again_when_the_page_is_loaded_again(
    stage: Stage, form_opened: Open, scripts: bool
) -> None:
    """The browser shows a page of its own; loading it again sends the same form again."""
    (page,) = form_opened(scripts=scripts)
    type_answers(page)
    if scripts:
        expect(page.locator("#draft-status")).to_contain_text("Draft saved on", timeout=20_000)
    page.route("**/apply", dropped)
    with page.expect_event("requestfailed"):
        press(page)
    page.unroute("**/apply")
    page.reload()
    page.wait_for_url("**/applications/**")
    assert TITLE in page.inner_text("h1")
    assert applications(stage, page) == 1


@pytest.mark.parametrize("scripts", [True, False])
def test_going_back_after_submitting_and_pressing_again_does_nothing_twice(
    stage: Stage, form_opened: Open, scripts: bool
) -> None:
    (page,) = form_opened(scripts=scripts)
    type_answers(page)
    press(page)
    page.wait_for_url("**/applications/**")
    page.go_back()
    if page.locator("form#application-submit").count():
        type_answers(page, title="Written once more")
        press(page)
        expect(page.locator(".trouble")).to_be_visible()
        assert "Written once more" in page.content(), "it can be copied"
    assert applications(stage, page) == 1


def test_the_same_form_in_two_tabs_is_submitted_once_and_no_text_is_lost(
    stage: Stage, form_opened: Open
) -> None:
    first, second = form_opened(scripts=False, tabs=2)
    for page in (first, second):
        type_answers(page, title=f"{TITLE} {'twice' if page is second else ''}")
        press(page)
    expect(second.locator(".trouble")).to_be_visible()
    assert f"{TITLE} twice" in second.content(), "it can be copied"
    assert applications(stage, first) == 1


def test_pressing_twice_submits_once(stage: Stage, form_opened: Open) -> None:
    (page,) = form_opened(scripts=True)
    type_answers(page)
    button = page.locator("form#application-submit").get_by_role("button", name=SUBMIT, exact=True)
    button.evaluate("button => { button.click(); button.click(); }")
    page.wait_for_url("**/applications/**")
    assert applications(stage, page) == 1


def test_signed_out_in_another_tab_a_long_answer_is_kept(
    stage: Stage, form_opened: Open, own_words: list[str]
) -> None:
    """The script says that it is not saved by itself any more; the button keeps it for whoever wrote it, and signing in again
    shows it."""
    page, other = form_opened(scripts=True, tabs=2)
    page.locator('[name="title"]').fill(TITLE)
    expect(page.locator("#draft-status")).to_contain_text("Draft saved on", timeout=20_000)
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/sign-in?show=signed-out")
    page.locator('[name="answers.idea"]').fill("A long answer. " * 5)
    expect(page.locator("#draft-status")).to_contain_text("session has expired", timeout=20_000)
    with page.expect_navigation():
        press(page, "Save the draft")
    expect(page.locator("main")).to_contain_text("you typed is kept")
    assert "A long answer." not in page.content()
    page.locator("#words").fill(" ".join(own_words))
    page.get_by_role("button", name="Sign in with the words").click()
    expect(page.locator('[name="answers.idea"]')).to_have_value("A long answer. " * 5)
