"""The form and the criteria of a stage, changed by page: what was written before keeps its version."""

from __future__ import annotations

import html
import re

import pytest

from tests.pages.conftest import CALL, Stage, Visitor, eur, open_call


@pytest.fixture(scope="module")
def call(stage: Stage) -> str:
    """An open call with one application."""
    call, round = open_call(stage, CALL)
    stage.speaking("applicant").post(
        f"/api/calls/{call}/applications",
        round=round,
        title="Work",
        requested=eur("300.00"),
        answers={
            "idea": "Snow",
            "costs": [{"item": "Hall", "amount": "300.00"}],
            "before": False,
            "home": "Here",
        },
    )
    return call


def shown(visitor: Visitor, path: str, form: str) -> dict[str, str]:
    """What a form begins with: its hidden fields, inputs and long texts; nothing is chosen."""

    page = visitor.open(path).text
    found = re.search(rf'<form[^>]* id="{form}".*?</form>', page, re.DOTALL)
    assert found
    inputs = re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', found[0])
    areas = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', found[0], re.DOTALL)
    chosen = re.findall(
        r'<select[^>]* name="([^"]+)"[^>]*>(?:(?!</select>).)*<option value="([^"]*)" selected',
        found[0],
        re.DOTALL,
    )
    return {html.unescape(name): html.unescape(value) for name, value in (*inputs, *areas, *chosen)}


def test_a_question_is_reworded_another_removed_and_one_added(stage: Stage, call: str) -> None:
    officer = stage.visitor("officer")
    page = f"/calls/{call}/stages/main"
    assert '/stages/main"' in officer.open(f"/calls/{call}").text
    sent = shown(officer, page, "call-change_form")
    before = stage.speaking("officer").get(f"/api/calls/{call}")["stages"][0]["form"]
    assert officer.send(page, sent).status_code == 409, "nothing changed"
    done = officer.send(
        page,
        sent
        | {
            "form.questions[0].label.en": "What will you make?",
            "form.questions[3].options": "Film\nDance\n",
            "form.questions[10].keep": "remove",
            "form.questions[11].label.en": "Where can we see it?",
            "form.questions[11].kind": "text",
        },
    )
    assert done.status_code == 303, done.text
    officer.open(page)
    after = stage.speaking("officer").get(f"/api/calls/{call}")["stages"][0]["form"]
    assert after["version"] == 2
    assert [question["id"] for question in after["questions"]] == [
        *(question["id"] for question in before["questions"][:10]),
        "q12",
    ]
    assert after["questions"][0]["label"] == {"en": "What will you make?", "ru": "Ваш замысел"}
    assert [choice["label"]["en"] for choice in after["questions"][3]["choices"]] == [
        "Music",
        "Books",
        "Film",
        "Dance",
    ]
    (line,) = stage.speaking("officer").get(f"/api/calls/{call}/applications")["items"]
    application = f"/applications/{line['id']}"
    artist = stage.visitor("applicant")
    assert "Where do you live?" in artist.open(application).text, "as it was answered"
    assert "Where do you live?" in artist.open(f"{application}/change").text
    new = stage.visitor("second applicant").open(f"/calls/{call}/apply").text
    assert "Where can we see it?" in new
    assert "Where do you live?" not in new


def test_what_is_wrong_is_said_at_its_input_and_what_was_typed_is_kept(stage: Stage, call: str) -> None:
    officer = stage.visitor("officer")
    page = f"/calls/{call}/stages/main"
    sent = shown(officer, page, "call-change_form")
    wrong = officer.send(
        page, sent | {"form.questions[0].max_words": "lots", "form.questions[0].label.en": "Kept?"}
    )
    assert wrong.status_code == 422
    assert "Question 1" in wrong.text
    assert 'value="Kept?"' in wrong.text


def test_the_criteria_are_changed(stage: Stage, call: str) -> None:
    officer = stage.visitor("officer")
    page = f"/calls/{call}/stages/main"
    sent = shown(officer, page, "call-change_rubric")
    more = {
        "rubric.criteria[0].weight": "3",
        "rubric.criteria[1].keep": "remove",
        "rubric.criteria[2].label.en": "Courage",
    }
    assert officer.send(page, sent | more).status_code == 303
    officer.open(page)
    rubric = stage.speaking("officer").get(f"/api/calls/{call}")["stages"][0]["rubric"]
    assert (rubric["version"], [(each["id"], each["weight"]) for each in rubric["criteria"]]) == (
        2,
        [("art", 3), ("c3", 1)],
    )


def test_the_page_is_the_staff_s(stage: Stage, call: str) -> None:
    page = f"/calls/{call}/stages/main"
    assert stage.visitor("applicant").open(page).status_code == 404
    assert stage.visitor("officer").open(f"/calls/{call}/stages/other").status_code == 404
