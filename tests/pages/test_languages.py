"""Changing the language of the pages keeps the place and what was typed; the choice is kept by the browser."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.pages.conftest import Stage, Visitor, hidden
from tests.pages.test_narrow import sign_in
from tests.pages.test_over_http import filled
from tests.pages.test_session_ended import query


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """The system's Chromium, for all tests of this module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser without scripts that asks for English."""
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    yield context.new_page()
    context.close()


def language_of(visitor: Visitor, path: str, **headers: str) -> str:
    """The language in which a page comes."""
    found = re.search(r'<html lang="(\w+)">', visitor.client.get(path, headers=headers).text)
    assert found
    return found[1]


def test_a_choice_is_kept_and_wins_over_the_browsers_wish(stage: Stage) -> None:
    visitor = stage.visitor()
    assert language_of(visitor, "/calls") == "en"
    answer = visitor.open("/calls?lang=ru")
    (cookie,) = answer.headers.get_list("set-cookie")
    assert cookie.startswith("overwinter-language=ru;")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert language_of(visitor, "/calls", **{"Accept-Language": "en"}) == "ru"
    assert language_of(visitor, "/nowhere") == "ru"
    assert "set-cookie" not in visitor.open("/calls?lang=ru").headers, "it is kept already"
    assert language_of(visitor, "/calls?lang=en") == "en"
    assert language_of(visitor, "/calls") == "en"


@pytest.mark.parametrize("value", ["de", "xx", "<b>", "r" * 3000])
def test_what_is_no_language_of_the_pages_is_not_kept(stage: Stage, value: str) -> None:
    visitor = stage.visitor()
    answer = visitor.client.get("/calls", params={"lang": value[:200]})
    assert "set-cookie" not in answer.headers
    visitor.client.cookies.set("overwinter-language", value)
    assert language_of(visitor, "/calls") == "en"


def test_whoever_asks_for_no_language_of_the_pages_reads_the_one_they_are_registered_with(
    stage: Stage,
) -> None:
    """In the demonstration, the first applicant is registered with Russian."""
    applicant = stage.visitor("applicant")
    assert language_of(applicant, "/calls", **{"Accept-Language": "de"}) == "ru"
    assert language_of(applicant, "/calls", **{"Accept-Language": "en"}) == "en"


def test_the_other_language_is_a_link_to_the_same_place(stage: Stage) -> None:
    """With all that its address asks for."""
    officer = stage.visitor("officer")
    text = html.unescape(officer.open(f"/calls/{stage.call}/timeline?as_of=2199-12-31T23:59").text)
    assert f'<a href="/calls/{stage.call}/timeline?as_of=2199-12-31T23%3A59&lang=ru"' in text
    russian = officer.open(f"/calls/{stage.call}/timeline?as_of=2199-12-31T23:59&lang=ru").text
    assert 'value="2199-12-31T23:59"' in russian
    links = re.findall(r'href="([^"]+)" hreflang="en"', russian)
    assert [html.unescape(link) for link in links] == [
        f"/calls/{stage.call}/timeline?as_of=2199-12-31T23%3A59&lang=en"
    ]


def test_what_was_typed_stays_when_the_language_is_changed(page: Page, stage: Stage) -> None:
    """By a button of the form itself: nothing is sent off, nothing is lost, and the Enter key does not press it."""
    sign_in(page, stage, "newcomer")
    page.goto(f"{stage.address}/calls/{stage.call}/apply")
    before = stage.facts()
    page.get_by_label("Title").fill("Ten kitchens")
    page.get_by_label("Your idea").fill("Twelve songs.\nOne winter.")
    page.get_by_role("button", name="Русский").click()
    assert page.locator("html").get_attribute("lang") == "ru"
    assert page.get_by_label("Название").input_value() == "Ten kitchens"
    assert page.get_by_label("Ваш замысел").input_value() == "Twelve songs.\nOne winter."
    page.get_by_label("Название").press("Enter")
    assert page.locator("html").get_attribute("lang") == "ru"
    page.get_by_role("button", name="Подать заявку").click()
    page.get_by_role("button", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.get_by_label("Title").input_value() == "Ten kitchens"
    assert stage.facts() == before


def test_what_was_typed_into_a_form_that_is_not_on_the_page_that_comes_back_is_shown(stage: Stage) -> None:
    """As a form of another page of a list; one that is there speaks for itself."""
    officer, call = stage.visitor("officer"), f"/calls/{stage.call}"
    sent = officer.form(call, "call-change") | {"title.en": "Words to keep", "_language": "ru"}
    told = "Вы сменили язык страницы"
    for form, lost in ((sent["_form"], False), ("call-change-9", True)):
        back = officer.send(call, sent | {"_form": form}).headers["location"]
        page = officer.open(back).text
        assert ('<dd class="answer" dir="auto">Words to keep</dd>' in page) is lost
        assert (told in page) is lost
        assert ('value="Words to keep"' in page) is not lost
    assert officer.send(call, sent | {"_language": "", "_away": "1"}).status_code == 303
    officer.open(f"{call}?lang=en")


def test_what_was_typed_stays_on_the_page_of_a_problem(stage: Stage) -> None:
    """As when the session was ended elsewhere; ids and field names are not shown."""
    applicant = stage.visitor("second applicant")
    sent = filled(stage, applicant)
    query(stage, f"DELETE FROM accounts.sessions WHERE person = '{stage.people['second applicant']}'")
    apply = f"/calls/{stage.call}/apply"
    problem = applicant.send(apply, sent).text
    assert "Your session has expired" in problem
    assert "answers.costs" not in re.sub(r"<[^>]+>", "", problem)
    assert sent["round"] not in problem
    typed = re.findall(r'<textarea id="typed-\d+" name="([^"]+)"[^>]*>\n([^<]*)</textarea>', problem)
    more = {"_made": hidden(problem, "_made"), "_language": "ru"}
    again = applicant.send(apply, {name: html.unescape(text) for name, text in typed} | more)
    assert '<html lang="ru">' in again.text
    assert "Four concerts.</textarea>" in again.text
