"""A question that the staff removed while somebody was answering it: what was typed comes back."""

from __future__ import annotations

import html
import re

import pytest

from tests.pages.conftest import CALL, Stage, Visitor, open_call

GONE = "These questions no longer exist, so these texts are not submitted. Copy what you want to keep."


@pytest.fixture
def call(stage: Stage) -> str:
    """An open call whose form is about to change."""
    return open_call(stage, CALL)[0]


def answered(artist: Visitor, call: str) -> dict[str, str]:
    """The form to apply, filled in as it was when the page was opened."""
    return artist.form(f"/calls/{call}/apply", "application-submit") | {
        "title": "Work",
        "requested.amount": "300",
        "answers.idea": "Snow",
        "answers.before": "no",
        "answers.costs[0].item": "Hall",
        "answers.costs[0].amount": "300",
        "answers.field": "books",
        "answers.start": "",
        "answers.themes.snow": "yes",
        "answers.home": "A village that nobody else knows",
    }


def remove(stage: Stage, call: str, *questions: str) -> None:
    """Make a new version of the form without these questions."""
    officer = stage.speaking("officer")
    (first,) = officer.get(f"/api/calls/{call}")["stages"]
    left = [each for each in first["form"]["questions"] if each["id"] not in questions]
    officer.post(f"/api/calls/{call}/form", stage="main", form={"questions": left})
    officer.get(f"/api/calls/{call}")


def kept(page: str) -> str:
    """What a page shows of answers to questions that were removed, as one line."""
    found = re.search(r'<section class="removed".*?</section>', page, re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[0])).split()) if found else ""


def test_the_answers_come_back_under_the_old_labels(stage: Stage, call: str) -> None:
    artist = stage.visitor("applicant")
    sent = answered(artist, call)
    remove(stage, call, "home", "field", "themes", "costs", "before")
    page = f"/calls/{call}/apply"
    came_back = artist.send(page, sent)
    assert came_back.status_code == 422
    shown = kept(came_back.text)
    assert GONE in shown
    assert "Where do you live? A village that nobody else knows" in shown
    assert "Field Books" in shown
    assert "Themes Snow" in shown
    assert "Your costs Hall: 300" in shown
    assert "Did you apply before? No" in shown
    assert "answers." not in shown

    earlier = again(came_back.text)
    earlier["_csrf"] = "another session." + earlier["_csrf"].partition(".")[2]
    lost = artist.send(page, earlier)
    assert (lost.status_code, "A village that nobody else knows" in lost.text) == (403, True)

    wrong = artist.send(page, again(came_back.text) | {"title": ""})
    assert wrong.status_code == 422
    assert "A village that nobody else knows" in kept(wrong.text), "it stays until the form is accepted"
    assert artist.send(page, again(wrong.text) | {"title": "Work"}).status_code == 303


def again(page: str) -> dict[str, str]:
    """What a browser sends from the form as it came back."""
    found = re.search(r'<form[^>]* id="application-submit".*?</form>', page, re.DOTALL)
    assert found
    inputs = re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', found[0])
    areas = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', found[0], re.DOTALL)
    sent = {html.unescape(name): html.unescape(value) for name, value in (*inputs, *areas)}
    return {name: value for name, value in sent.items() if not name.startswith("answers.themes.")}


def test_a_removed_question_that_nobody_answered_is_not_mentioned(stage: Stage, call: str) -> None:
    artist = stage.visitor("applicant")
    sent = answered(artist, call)
    remove(stage, call, "start")
    assert artist.send(f"/calls/{call}/apply", sent).status_code == 303


def test_after_the_deadline_what_was_typed_comes_back_with_its_labels(stage: Stage, call: str) -> None:
    artist = stage.visitor("applicant")
    sent = answered(artist, call)
    officer = stage.speaking("officer")
    officer.post(f"/api/calls/{call}/cancel", reason="funds_lost", explanation=None)
    officer.get(f"/api/calls/{call}")
    shown = artist.send(f"/calls/{call}/apply", sent)
    words = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", shown.text)).split())
    words = words.partition("What you typed")[2]
    for labelled in ("Title Work", "Your idea Snow", "line 1 Hall", "Field Books", "Themes Snow"):
        assert labelled in words
    assert "Where do you live? A village that nobody else knows" in words
