"""Searching on the board of a call by page: what is looked for stands in no address, and statuses count what was found."""

from __future__ import annotations

import re

import pytest

from tests.pages.conftest import CALL, Stage, Visitor, open_call
from tests.pages.test_groups import words
from tests.pages.test_over_http import ANSWERS


@pytest.fixture(scope="module")
def board(stage: Stage) -> str:
    """The board of a call with two applications, one of which was found eligible."""
    call, _ = open_call(stage, CALL)
    for role, title in (("applicant", "A winter song"), ("second applicant", "Winter letters")):
        visitor = stage.visitor(role)
        form = visitor.form(f"/calls/{call}/apply", "application-submit") | ANSWERS | {"title": title}
        assert visitor.send(f"/calls/{call}/apply", form).status_code == 303
    page = f"/calls/{call}/applications"
    officer = stage.visitor("officer")
    (mark, *_) = re.findall(r'id="(application-find_eligible-[^"]+)"', officer.open(page).text)
    assert officer.send(page, officer.form(page, mark)).status_code == 303
    return page


def search(officer: Visitor, board: str, text: str, step: str = "search") -> str:
    """Search for a text; returns the page."""
    sent = officer.send(board, officer.form(board, "call-search") | {"text": text, "_step": step})
    assert sent.status_code == 200
    assert sent.url.query == b"", "what is looked for stands in no address"
    return sent.text


def test_an_officer_finds_applications_by_title_and_applicant(stage: Stage, board: str) -> None:
    officer = stage.visitor("officer")
    both = words(search(officer, board, "WINTER"))
    assert "2 applications found." in both
    one = search(officer, board, "song winter")
    assert "1 application found." in words(one)
    assert "A winter song" in one
    assert "Winter letters" not in one
    name = stage.speaking("applicant").get("/api/me")["name"]
    by_name = words(search(officer, board, name))
    assert "1 application found." in by_name
    assert name in by_name
    assert "0 applications found." in words(search(officer, board, "nobody of this name"))

    eligible = words(search(officer, board, "winter", "search eligible"))
    assert "1 application found." in eligible
    assert "Submitted 1 Eligible 1" in both, "the counts are of what was found"
    assert "Submitted 1 Eligible 1" in eligible, "also with a status chosen"


def test_what_was_typed_stays_and_an_empty_search_says_what_to_do(stage: Stage, board: str) -> None:
    officer = stage.visitor("officer")
    assert 'name="text" value="winter &lt;b&gt;"' in search(officer, board, "winter <b>")
    empty = search(officer, board, " ")
    assert "This cannot be left empty." in empty
    assert "A winter song" in empty, "the whole list is still there"
    fields = officer.form(board, "call-search") | {
        "text": "winter",
        "_at": "search eligible",
        "_language": "ru",
    }
    russian = officer.send(board, fields).text
    assert '<html lang="ru"' in russian
    assert "Winter letters" in russian or "A winter song" in russian
    assert 'value="winter"' in russian


def test_json_searches_without_a_name_in_the_address(stage: Stage, board: str) -> None:
    path = f"/api{board}/search"
    found = stage.speaking("officer").post(path, 200, text="letters")
    assert [each["title"] for each in found["items"]] == ["Winter letters"]
    assert (found["total"], found["searched"], found["complete"]) == (1, 2, True)
    assert found["items"][0]["applicant_name"] == stage.speaking("second applicant").get("/api/me")["name"]
    stage.speaking("juror").post(path, 403, text="letters")
    assert "call-search" not in stage.visitor("funder").open(board).text
