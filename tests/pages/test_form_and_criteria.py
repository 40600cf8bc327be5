"""The form and the criteria of a stage, changed by page: what was written before keeps its version."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pytest

from tests.pages.conftest import CALL, Stage, Visitor, eur, open_call, said


@pytest.fixture
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


@pytest.fixture
def draft(stage: Stage) -> str:
    """A draft in which nothing is asked yet."""
    officer = stage.speaking("officer")
    house = officer.get("/api/me")["initiatives"][0]["initiative"]
    fund = officer.get(f"/api/initiatives/{house}/funds")["items"][0]["id"]
    made: str = officer.post("/api/calls", fund=fund, title={"en": "A draft", "ru": "Черновик"})["id"]
    return made


def shown(visitor: Visitor, path: str, form: str) -> dict[str, str]:
    """What a form begins with: its hidden fields, inputs, long texts, and what is chosen."""
    page = visitor.open(path).text
    found = re.search(rf'<form[^>]* id="{form}".*?</form>', page, re.DOTALL)
    assert found, f"no {form} on {path}"
    inputs = re.findall(r'<input(?![^>]*checkbox)[^>]* name="([^"]+)"[^>]* value="([^"]*)"', found[0])
    areas = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', found[0], re.DOTALL)
    chosen = re.findall(
        r'<select[^>]* name="([^"]+)"[^>]*>(?:(?!</select>).)*<option value="([^"]*)" selected',
        found[0],
        re.DOTALL,
    )
    return {html.unescape(name): html.unescape(value) for name, value in (*inputs, *areas, *chosen)}


def change(visitor: Visitor, path: str, form: str, **typed: str) -> httpx.Response:
    """Send a form as it is shown, with something else typed."""
    return visitor.send(path, shown(visitor, path, form) | typed)


def form_of(stage: Stage, call: str) -> dict[str, Any]:
    found: dict[str, Any] = stage.speaking("officer").get(f"/api/calls/{call}")["stages"][0]["form"]
    return found


def asked(stage: Stage, call: str, *labels: str) -> None:
    """Ask questions of a draft."""
    questions = [
        {"id": f"q{number}", "kind": "text", "label": {"en": label}} for number, label in enumerate(labels, 1)
    ]
    stage.speaking("officer").post(
        f"/api/calls/{call}/form/prepare", stage="main", form={"questions": questions}
    )


def order(stage: Stage, call: str) -> list[str]:
    return [question["label"]["en"] for question in form_of(stage, call)["questions"]]


SAVED = 303


class TestTheFormOfAPublishedCall:
    def test_changes_for_applicants_once_the_new_version_is_published(self, stage: Stage, call: str) -> None:
        officer = stage.visitor("officer")
        page = f"/calls/{call}/stages/main"
        assert '/stages/main"' in officer.open(f"/calls/{call}").text
        reworded = {"label.en": "What will you make?"}
        done = change(officer, f"{page}/questions/idea", "call-prepare_form", **reworded)
        assert (done.status_code, done.headers["location"]) == (SAVED, page)
        more = {"options[2].en": "Film", "options[3].en": "Dance", "options[3].ru": "Танец"}
        assert change(officer, f"{page}/questions/field", "call-prepare_form", **more).status_code == SAVED
        removed = change(officer, page, "call-prepare_form-home", move="remove 10")
        assert removed.status_code == SAVED
        new = {"label.en": "Where can we see it?", "required": "no"}
        added = change(officer, f"{page}/add/terms/text", "call-prepare_form", **new)
        assert added.status_code == SAVED
        assert "The changed form is not published yet." in officer.open(page).text

        before = form_of(stage, call)
        assert before["version"] == 1
        assert (
            "What will you make?" not in stage.visitor("second applicant").open(f"/calls/{call}/apply").text
        )
        assert change(officer, page, "call-change_form").status_code == SAVED
        assert "is not published yet" not in officer.open(page).text

        after = form_of(stage, call)
        assert after["version"] == 2
        assert [question["id"] for question in after["questions"]] == [
            *(question["id"] for question in before["questions"][:10]),
            "q13",
            "works",
        ]
        assert after["questions"][0]["label"] == {"en": "What will you make?", "ru": "Ваш замысел"}
        assert [choice["label"] for choice in after["questions"][3]["choices"]] == [
            {"en": "Music"},
            {"en": "Books"},
            {"en": "Film"},
            {"en": "Dance", "ru": "Танец"},
        ]
        (line,) = stage.speaking("officer").get(f"/api/calls/{call}/applications")["items"]
        application = f"/applications/{line['id']}"
        artist = stage.visitor("applicant")
        assert "Where do you live?" in artist.open(application).text, "as it was answered"
        assert "Where do you live?" in artist.open(f"{application}/change").text
        newcomer = stage.visitor("second applicant").open(f"/calls/{call}/apply").text
        assert "Where can we see it?" in newcomer
        assert "Where do you live?" not in newcomer

    def test_stays_if_the_changes_are_thrown_away(self, stage: Stage, call: str) -> None:
        officer = stage.visitor("officer")
        page = f"/calls/{call}/stages/main"
        assert change(officer, page, "call-prepare_form-home", move="remove 10").status_code == SAVED
        assert change(officer, page, "call-prepare_form-newest", move="newest").status_code == SAVED
        assert "is not published yet" not in officer.open(page).text
        assert stage.speaking("officer").get(f"/api/calls/{call}")["preparation"]["forms"] == {}

    def test_is_being_prepared_for_the_staff_alone(self, stage: Stage, call: str) -> None:
        officer, applicant = stage.speaking("officer"), stage.speaking("applicant")
        told = applicant.get(f"/api/calls/{call}")
        change(
            stage.visitor("officer"), f"/calls/{call}/stages/main", "call-prepare_form-home", move="remove 10"
        )
        assert officer.get(f"/api/calls/{call}")["preparation"]["forms"].keys() == {"main"}
        # The version rises, so that two officers do not overwrite each other; it tells nothing of what is prepared.
        unchanged = applicant.get(f"/api/calls/{call}") | {"version": told["version"]}
        assert unchanged == told
        assert told["preparation"] is None


class TestAQuestion:
    def test_that_is_wrong_is_told_at_its_input_and_what_was_typed_is_kept(
        self, stage: Stage, call: str
    ) -> None:
        officer = stage.visitor("officer")
        wrong = change(
            officer,
            f"/calls/{call}/stages/main/questions/idea",
            "call-prepare_form",
            **{"max_words": "lots", "label.en": "Kept?"},
        )
        assert wrong.status_code == 422
        assert 'href="#call-prepare_form-max_words">At most how many words' in wrong.text
        assert 'value="Kept?"' in wrong.text

    def test_without_options_is_told_where_they_are_written(self, stage: Stage, draft: str) -> None:
        officer = stage.visitor("officer")
        page = f"/calls/{draft}/stages/main/add/start/choice"
        wrong = change(officer, page, "call-prepare_form", **{"label.en": "Which?"})
        assert wrong.status_code == 422
        assert 'href="#call-prepare_form-choices">Options' in wrong.text
        assert 'id="call-prepare_form-choices"' in wrong.text

    def test_of_two_officers_is_not_overwritten(self, stage: Stage, draft: str) -> None:
        asked(stage, draft, "One", "Two")
        first, second = stage.visitor("officer"), stage.visitor("officer")
        page = f"/calls/{draft}/stages/main/questions"
        theirs = shown(second, f"{page}/q1", "call-prepare_form")
        assert change(first, f"{page}/q1", "call-prepare_form", **{"label.en": "By the first"}).is_redirect
        late = second.send(f"{page}/q1", theirs | {"label.en": "By the second"})
        assert late.status_code == 412
        assert "Somebody changed this while you were looking at it" in said(late)
        assert 'value="By the second"' in late.text
        assert order(stage, draft) == ["By the first", "Two"]

    def test_moves_is_repeated_and_goes(self, stage: Stage, draft: str) -> None:
        asked(stage, draft, "One", "Two", "Three")
        officer = stage.visitor("officer")
        page = f"/calls/{draft}/stages/main"
        for question, move, then in (
            ("q1", "down 0", ["Two", "One", "Three"]),
            ("q3", "up 2", ["Two", "Three", "One"]),
            ("q2", "copy 0", ["Two", "Two", "Three", "One"]),
            ("q3", "remove 2", ["Two", "Two", "One"]),
        ):
            assert change(officer, page, f"call-prepare_form-{question}", move=move).status_code == SAVED
            assert order(stage, draft) == then
        assert [each["id"] for each in form_of(stage, draft)["questions"]] == ["q2", "q4", "q1"]

    def test_is_inserted_after_another(self, stage: Stage, draft: str) -> None:
        asked(stage, draft, "One", "Two")
        officer = stage.visitor("officer")
        assert "add/q1/link" in html.unescape(officer.open(f"/calls/{draft}/stages/main/add/q1").text)
        page = f"/calls/{draft}/stages/main/add/q1/link"
        assert change(officer, page, "call-prepare_form", **{"label.en": "Between"}).status_code == SAVED
        assert order(stage, draft) == ["One", "Between", "Two"]

    def test_that_is_not_there_is_not_found(self, stage: Stage, draft: str) -> None:
        officer = stage.visitor("officer")
        for path in ("questions/q9", "add/q9", "add/start/riddle", "questions/Q%201"):
            assert officer.open(f"/calls/{draft}/stages/main/{path}").status_code == 404, path


class TestSections:
    def test_take_questions_in_and_give_them_back(self, stage: Stage, draft: str) -> None:
        asked(stage, draft, "One", "Two")
        officer = stage.visitor("officer")
        page = f"/calls/{draft}/stages/main"
        for number, title in enumerate(("First part", "Second part")):
            place = f"form.sections[{number}].title.en"
            assert change(officer, f"{page}/sections", "call-prepare_form", **{place: title}).is_redirect
        assert change(officer, page, "call-prepare_form-q2", move="down 1").status_code == SAVED
        assert change(officer, page, "call-prepare_form-q2", move="down 1").status_code == SAVED
        questions = form_of(stage, draft)["questions"]
        assert [(each["id"], each["section"]) for each in questions] == [("q1", None), ("q2", "s4")]
        applicant = officer.open(f"{page}/preview").text
        assert "Second part" in applicant
        assert "First part" not in applicant, "a section without questions is not shown"
        assert change(officer, f"{page}/sections", "call-prepare_form", move="remove 1").status_code == SAVED
        assert [each["section"] for each in form_of(stage, draft)["questions"]] == [None, "s3"]


class TestTheCriteria:
    def test_change_for_jurors_once_they_are_published(self, stage: Stage, call: str) -> None:
        officer = stage.visitor("officer")
        page = f"/calls/{call}/stages/main"
        more = {
            "rubric.criteria[0].weight": "3",
            "rubric.criteria[0].guidance.en": "Look closely.",
            "rubric.criteria[2].label.en": "Courage",
            "move": "remove 1",
        }
        assert change(officer, f"{page}/criteria", "call-prepare_rubric", **more).status_code == SAVED
        assert "The changed criteria are not published yet." in officer.open(page).text
        assert change(officer, page, "call-change_rubric").status_code == SAVED
        officer.open(page)
        rubric = stage.speaking("officer").get(f"/api/calls/{call}")["stages"][0]["rubric"]
        assert (rubric["version"], [(each["id"], each["weight"]) for each in rubric["criteria"]]) == (
            2,
            [("art", 3), ("c3", 1)],
        )
        assert rubric["criteria"][0]["guidance"] == {"en": "Look closely."}

    def test_are_told_at_the_wrong_one(self, stage: Stage, draft: str) -> None:
        officer = stage.visitor("officer")
        page = f"/calls/{draft}/stages/main/criteria"
        new = {"rubric.criteria[0].label.en": "Art", "rubric.criteria[0].scale": "1000"}
        wrong = change(officer, page, "call-prepare_rubric", **new)
        assert wrong.status_code == 422
        assert 'href="#call-prepare_rubric-rubric.criteria[0].scale">Criterion 1' in wrong.text


class TestARepeatingGroup:
    def test_is_written_question_by_question_and_its_questions_move(self, stage: Stage, draft: str) -> None:
        officer, page = stage.visitor("officer"), f"/calls/{draft}/stages/main"
        group = {"label.en": "Earlier works", "required": "no", "most_entries": "4"}
        assert change(officer, f"{page}/add/start/group", "call-prepare_form", **group).status_code == SAVED
        assert "This group asks nothing yet." in officer.open(page).text
        assert (
            "Ask at least one question in each repeating group" in officer.open(f"/calls/{draft}/setup").text
        )
        add = f"{page}/questions/q1/add"
        assert "Every entry of the group answers it." in officer.open(add).text
        assert officer.open(f"{add}/budget").status_code == 404, "a group has questions of the simple kinds"
        choice = {"label.en": "Kind", "options[0].en": "Song", "options[1].en": "Film"}
        for kind, typed in (("text", {"label.en": "Title"}), ("choice", choice)):
            assert change(officer, f"{add}/{kind}", "call-prepare_form", **typed).status_code == SAVED
        edited = change(
            officer,
            f"{page}/questions/q1/parts/q2",
            "call-prepare_form",
            **{"label.en": "Its kind", "identifying": "yes"},
        )
        assert edited.status_code == SAVED
        move = officer.form(page, "call-prepare_form-q1-q2") | {"move": "up 1"}
        assert officer.send(page, move).status_code == SAVED
        (asked,) = form_of(stage, draft)["questions"]
        assert (asked["kind"], asked["required"], asked["most_entries"]) == ("group", False, 4)
        assert [(each["id"], each["label"]["en"], each["identifying"]) for each in asked["questions"]] == [
            ("q2", "Its kind", True),
            ("q1", "Title", False),
        ]
        # The group's own page leaves its questions alone.
        kept = change(officer, f"{page}/questions/q1", "call-prepare_form", **{"label.en": "Works"})
        assert kept.status_code == SAVED
        assert len(form_of(stage, draft)["questions"][0]["questions"]) == 2
        remove = officer.form(page, "call-prepare_form-q1-q1") | {"move": "remove 1"}
        assert officer.send(page, remove).status_code == SAVED
        assert [each["id"] for each in form_of(stage, draft)["questions"][0]["questions"]] == ["q2"]
        wrong = change(officer, f"{add}/number", "call-prepare_form", **{"label.en": "Year", "minimum": "x"})
        assert wrong.status_code == 422
        assert 'id="call-prepare_form-minimum-error"' in wrong.text

    def test_options_are_moved_before_they_are_saved(self, stage: Stage, call: str) -> None:
        officer, page = stage.visitor("officer"), f"/calls/{call}/stages/main/questions/field"
        moved = change(officer, page, "call-prepare_form", _rows="up options 1", **{"options[2].en": "Film"})
        assert moved.status_code == 200
        shown = re.findall(r'name="(options\[[0-9]\]\.(?:en|id))" value="([^"]*)"', moved.text)
        assert shown[:5] == [
            ("options[0].id", "books"),
            ("options[0].en", "Books"),
            ("options[1].id", "music"),
            ("options[1].en", "Music"),
            ("options[2].en", "Film"),
        ]
        assert form_of(stage, call)["questions"][3]["choices"][0]["id"] == "music", "nothing is saved yet"


class TestThePreview:
    def test_is_the_real_form_and_tries_answers(self, stage: Stage, draft: str) -> None:
        asked(stage, draft, "What will you make?")
        officer = stage.visitor("officer")
        page = f"/calls/{draft}/stages/main/preview"
        before = stage.facts()
        empty = change(officer, page, "application-submit", _step="try")
        assert empty.status_code == 200
        assert "An applicant would be asked to correct 3 answers." in empty.text
        assert 'id="application-submit-answers.q1-error"' in empty.text
        answers = {"title": "Snow", "requested.amount": "300", "answers.q1": "A song"}
        good = change(officer, page, "application-submit", _step="try", **answers)
        assert "These answers would be accepted." in good.text
        assert stage.facts() == before, "nothing is written"

    def test_of_a_review_shows_an_invented_application(self, stage: Stage, call: str) -> None:
        officer = stage.visitor("officer")
        before = stage.facts()
        page = officer.open(f"/calls/{call}/stages/main/preview-review")
        assert page.status_code == 200
        assert "An invented project" in page.text
        assert "Not shown to jurors in this call." in page.text
        tried = change(officer, f"/calls/{call}/stages/main/preview-review", "review-submit", _step="try")
        assert (tried.status_code, stage.facts()) == (200, before)

    def test_cannot_be_sent_as_an_application(self, stage: Stage, call: str) -> None:
        officer = stage.visitor("officer")
        sent = change(officer, f"/calls/{call}/stages/main/preview", "application-submit")
        assert sent.status_code == 400


def test_the_pages_are_the_officers(stage: Stage, call: str) -> None:
    base = f"/calls/{call}/stages/main"
    for visitor in (stage.visitor("applicant"), stage.visitor("juror"), stage.visitor("funder")):
        for path in (
            base,
            f"{base}/sections",
            f"{base}/criteria",
            f"{base}/questions/idea",
            f"{base}/add/idea",
            f"{base}/add/idea/text",
            f"{base}/preview",
            f"{base}/preview-review",
            f"/calls/{call}/setup",
            f"/calls/{call}/setup/texts",
            f"/calls/{call}/setup/money",
            f"/calls/{call}/setup/dates",
            f"/calls/{call}/setup/eligibility",
            f"/calls/{call}/setup/stages",
        ):
            assert visitor.open(path).status_code == 404, path
    assert stage.visitor("officer").open(f"/calls/{call}/stages/other").status_code == 404
