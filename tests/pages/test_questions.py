"""Every kind of question on the pages: asked, given back after a mistake, shown, and the start of a change."""

from __future__ import annotations

import html
import re

from tests.pages.conftest import Stage
from tests.pages.test_over_http import ANSWERS

MORE = {
    "answers.themes.home": "yes",
    "answers.themes.sea": "yes",
    "answers.months": " 12 ",
    "answers.work": "https://example.org/sound",
    "answers.terms": "yes",
}


def ticked(page: str) -> set[str]:
    """The names of the ticked boxes of a page."""
    return set(re.findall(r'<input type="checkbox"[^>]* name="([^"]+)" value="yes" checked', page))


def test_every_kind_of_question_is_asked_kept_shown_and_changed(stage: Stage) -> None:
    """Options are kept in the order of the form; a number as a plain one."""
    artist = stage.visitor("second applicant")
    apply = f"/calls/{stage.call}/apply"
    wrong = artist.send(
        apply, artist.form(apply, "application-submit") | ANSWERS | MORE | {"answers.months": "37"}
    )
    assert wrong.status_code == 422
    assert "Write a whole number from 1 to 36; this is 37." in wrong.text
    boxes = {"answers.themes.sea", "answers.themes.home", "answers.terms"}
    assert ticked(wrong.text) == boxes
    assert 'value="https://example.org/sound"' in html.unescape(wrong.text)

    sent = artist.send(apply, artist.form(apply, "application-submit") | ANSWERS | MORE)
    application = sent.headers["location"]
    shown = html.unescape(re.sub(r"<[^>]+>", " ", artist.open(application).text))
    for words in ("The sea", "Home", "https://example.org/sound", "Agreed"):
        assert words in shown, words
    assert "Snow" not in shown
    answers = stage.speaking("second applicant").get(f"/api{application}")["answers"]
    assert {name: answers[name] for name in ("themes", "months", "work", "terms")} == {
        "themes": ["sea", "home"],
        "months": "12",
        "work": "https://example.org/sound",
        "terms": True,
    }
    change = artist.open(f"{application}/change").text
    assert ticked(change) == boxes


def test_a_link_to_a_work_is_shown_as_text_alone(stage: Stage) -> None:
    """A page of an applicant's own would learn who opens it, and when."""
    artist = stage.visitor("newcomer")
    apply = f"/calls/{stage.call}/apply"
    sent = artist.send(apply, artist.form(apply, "application-submit") | ANSWERS | MORE)
    page = html.unescape(stage.visitor("officer").open(sent.headers["location"]).text)
    assert "https://example.org/sound" in page
    assert 'href="https://example.org' not in page
