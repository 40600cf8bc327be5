"""A repeating group on the pages: entries are added, removed, kept after a mistake and in a draft, shown, and changed."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from tests.pages.conftest import CALL, Stage, Visitor, hidden, open_call
from tests.pages.test_over_http import ANSWERS
from tests.pages.test_removed_questions import kept

WORKS = "answers.works.entries"


@pytest.fixture(scope="module")
def call(stage: Stage) -> str:
    """An open call of these tests' own."""
    return open_call(stage, CALL)[0]


def entry(row: int, **answers: str) -> dict[str, str]:
    """The inputs of an entry."""
    return {f"{WORKS}[{row}].{name}": text for name, text in answers.items()}


def inputs(page: str) -> dict[str, str]:
    """What the inputs of the group hold, by their names without the table's."""
    found = re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page)
    found += re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n([^<]*)</textarea>', page)
    found += [
        (name, re.search(r'<option value="([^"]*)" selected', options)[1] if " selected" in options else "")  # type: ignore[index]
        for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL)
    ]
    return {name.removeprefix(WORKS): html.unescape(text) for name, text in found if name.startswith(WORKS)}


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def filled(artist: Visitor, call: str, *entries: dict[str, str]) -> dict[str, str]:
    fields = artist.form(f"/calls/{call}/apply", "application-submit") | ANSWERS
    for each in entries:
        fields |= each
    return fields


SONG = {
    "title": "Snow",
    "about": "A song about snow",
    "kind": "song",
    "shown": "yes",
    "year": "2 019",
    "fee": "1 250,50",
}


def test_entries_are_added_and_removed_without_scripts_and_nothing_typed_is_lost(
    stage: Stage, call: str
) -> None:
    artist = stage.visitor("second applicant")
    apply = f"/calls/{call}/apply"
    sent = filled(artist, call, entry(0, **SONG))
    more = artist.send(apply, sent | {"_lines": WORKS}).text
    assert {name[:3] for name in inputs(more)} == {"[0]", "[1]"}
    assert {
        name.partition(".")[2]: text for name, text in inputs(more).items() if name[:3] == "[0]" and text
    } == SONG
    assert "Paper" in more, "the other answers are still there"

    sent |= entry(1, title="Ice") | entry(2, title="Rain", kind="film")
    seen = {"_revision": hidden(more, "_revision")}
    full = artist.send(apply, sent | seen | {"_lines": WORKS}).text
    assert 'name="_lines" value="answers.works.entries"' not in full, "three are the most"
    seen = {"_revision": hidden(full, "_revision")}
    fewer = artist.send(apply, sent | seen | {"_rows": f"remove {WORKS} 1"}).text
    found = {name: text for name, text in inputs(fewer).items() if name.endswith((".title", ".kind"))}
    assert found == {"[0].title": "Snow", "[0].kind": "song", "[1].title": "Rain", "[1].kind": "film"}
    # As a draft, too: the button that adds or removes saves it.
    again = artist.open(apply).text
    assert {name: text for name, text in inputs(again).items() if name in found} == found


def test_what_is_wrong_stands_beside_its_field_in_its_entry(stage: Stage, call: str) -> None:
    artist = stage.visitor("second applicant")
    wrong = entry(0, **SONG) | entry(1, about="One more of my early songs", year="1812")
    page = artist.send(f"/calls/{call}/apply", filled(artist, call, wrong))
    assert page.status_code == 422
    told = {
        name: html.unescape(text)
        for name, text in re.findall(r'id="application-submit-([^"]+)-error">([^<]+)</p>', page.text)
    }
    assert told == {
        f"{WORKS}[1].title": "Please answer this question.",
        f"{WORKS}[1].about": "At most 5 words; this has 6.",
        f"{WORKS}[1].year": "Write a whole number of at least 1,900.",
    }
    assert "Earlier works, entry 2: What was it called?" in words(page.text), "in the summary above"
    assert inputs(page.text)["[1].about"] == "One more of my early songs"


def test_entries_are_previewed_shown_hidden_from_the_jury_and_changed(stage: Stage, call: str) -> None:
    artist = stage.visitor("newcomer")
    apply = f"/calls/{call}/apply"
    sent = filled(artist, call, entry(0, **SONG, **{"with": "A friend"}), entry(2, title="true"))
    preview = words(artist.send(apply, sent | {"_draft": "preview", "_revision": "0"}).text)
    assert "A song about snow" in preview
    assert "A friend" not in preview
    assert "With whom? Not shown to jurors in this call." in preview

    done = artist.send(apply, sent)
    assert done.status_code == 303, words(done.text)
    application = done.headers["location"]
    shown = words(artist.open(application).text)
    for each in (
        "What was it called? Snow",
        "What kind? A song",
        "Was it shown? Yes",
        "What was the fee? 1,250.50",
        "With whom? A friend",
    ):
        assert each in shown, each
    answers: dict[str, Any] = stage.speaking("newcomer").get(f"/api{application}")["answers"]
    nothing = dict.fromkeys(("about", "kind", "shown", "year", "fee", "with"))
    first = SONG | {"shown": True, "year": "2019", "fee": "1250.50", "with": "A friend"}
    assert answers["works"] == {"entries": [first, nothing | {"title": "true"}]}

    change = artist.open(f"{application}/change").text
    assert inputs(change)["[0].shown"] == "yes"
    assert inputs(change)["[1].title"] == "true"
    form = artist.form(f"{application}/change", "application-change") | ANSWERS | entry(0, title="Ice")
    assert artist.send(f"{application}/change", form).status_code == 303
    answers = stage.speaking("newcomer").get(f"/api{application}")["answers"]
    assert [each["title"] for each in answers["works"]["entries"]] == ["Ice"]


def test_what_was_typed_into_a_question_that_the_group_lost_comes_back(stage: Stage) -> None:
    own, _ = open_call(stage, CALL)
    artist = stage.visitor("applicant")
    sent = filled(artist, own, entry(0, title="Snow", about="Of winter", kind="film"))
    officer = stage.speaking("officer")
    (first,) = officer.get(f"/api/calls/{own}")["stages"]
    questions = first["form"]["questions"]
    for each in questions:
        each["questions"] = [part for part in each["questions"] if part["id"] not in ("about", "kind")]
    officer.post(f"/api/calls/{own}/form", stage="main", form={"questions": questions})
    officer.get(f"/api/calls/{own}")
    page = artist.send(f"/calls/{own}/apply", sent)
    assert page.status_code == 422
    assert "Earlier works What was it about?: Of winter What kind?: A film" in kept(page.text)
    assert inputs(page.text)["[0].title"] == "Snow"
