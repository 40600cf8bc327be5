"""A call with eligibility questions, by page and by JSON: they come before the form, and nothing of them is stored."""

from __future__ import annotations

import pytest

from tests.pages.conftest import CALL, Stage, open_call, said
from tests.pages.test_over_http import ANSWERS

QUESTION = {
    "id": "exile",
    "label": {"en": "Do you live in exile?", "ru": "Вы живёте в изгнании?"},
    "refusal": {
        "en": "This call is for people in exile.",
        "ru": "Этот конкурс для тех, кто живёт в изгнании.",
    },
}


@pytest.fixture(scope="module")
def call(stage: Stage) -> str:
    """A call that takes one application from each applicant in exile."""
    return open_call(stage, CALL | {"eligibility": [QUESTION], "applications_per_applicant": "one"})[0]


def test_the_questions_come_first_and_a_wrong_answer_says_at_once_whom_the_call_is_for(
    stage: Stage, call: str
) -> None:
    visitor = stage.visitor("second applicant")
    assert "Do you live in exile?" in visitor.open(f"/calls/{call}").text
    apply = f"/calls/{call}/apply"
    first = visitor.open(apply).text
    assert "Do you live in exile?" in first
    assert "What your project is called" not in first
    assert "This call is for people in exile." not in first
    step = visitor.form(apply, "application-submit") | {"_step": "form"}
    refused = visitor.send(apply, step | {"eligibility.exile": "no"})
    assert refused.status_code == 200
    assert "This call is for people in exile." in refused.text
    assert "What your project is called" not in refused.text
    form = visitor.send(apply, step | {"eligibility.exile": "yes"}).text
    assert "What your project is called" in form
    assert '<input type="hidden" name="eligibility.exile" value="yes">' in form
    russian = visitor.send(f"{apply}?lang=ru", step | {"eligibility.exile": "no"}).text
    assert "Этот конкурс для тех, кто живёт в изгнании." in russian


def test_whoever_reads_the_questions_in_another_language_is_not_told_to_answer_them(
    stage: Stage, call: str
) -> None:
    """Nothing was sent yet; but whoever goes on without an answer is told."""
    visitor = stage.visitor("second applicant")
    apply = f"/calls/{call}/apply"
    empty = visitor.form(apply, "application-submit") | {"eligibility.exile": ""}
    switched = visitor.send(apply, empty | {"_language": "ru"})
    page = visitor.open(switched.headers["location"]).text
    assert "Вы живёте в изгнании?" in page
    assert 'role="alert"' not in page
    assert 'role="alert"' in visitor.send(f"{apply}?lang=en", empty | {"_step": "form"}).text
    assert visitor.send(apply, empty | {"_away": "1"}).status_code == 303
    visitor.open(f"{apply}?lang=en")


def test_the_form_brings_the_answers_along_and_is_refused_without_them(stage: Stage, call: str) -> None:
    visitor = stage.visitor("applicant")
    apply = f"/calls/{call}/apply"
    sent = (
        visitor.form(apply, "application-submit")
        | ANSWERS
        | {
            "requested.currency": "EUR",
            "round": stage.speaking("officer").get(f"/api/calls/{call}")["rounds"][0]["id"],
        }
    )
    without = visitor.send(apply, sent | {"eligibility.exile": ""})
    assert without.status_code == 422
    assert "Do you live in exile?" in without.text
    done = visitor.send(apply, sent | {"eligibility.exile": "yes"})
    assert done.status_code == 303, said(done)
    assert done.headers["location"].startswith("/applications/")
    shown = stage.speaking("applicant").get(f"/api{done.headers['location']}")
    assert "eligibility" not in str(shown)
    visitor.open(apply)
    again = visitor.send(
        apply, sent | visitor.form(apply, "application-submit") | {"eligibility.exile": "yes"}
    )
    assert again.status_code == 409
    assert "This call takes one application from each applicant" in again.text


def test_by_json_the_answers_are_part_of_the_submission(stage: Stage, call: str) -> None:
    person = stage.speaking("second applicant")
    body = {
        "round": person.get(f"/api/calls/{call}")["rounds"][0]["id"],
        "title": "Work",
        "requested": {"amount": "300.00", "currency": "EUR"},
        "answers": {"idea": "Work", "costs": [{"item": "Hall", "amount": "300.00"}], "before": False},
    }
    wrong = person.post(f"/api/calls/{call}/applications", 422, **body, eligibility={"exile": False})
    assert wrong["errors"] == [{"field": "eligibility.exile", "detail": "This call is for people in exile."}]
    person.post(f"/api/calls/{call}/applications", **body, eligibility={"exile": True})


def test_the_questions_are_not_asked_again_when_an_application_is_changed(stage: Stage, call: str) -> None:
    visitor = stage.visitor("newcomer")
    apply = f"/calls/{call}/apply"
    round = stage.speaking("officer").get(f"/api/calls/{call}")["rounds"][0]["id"]
    sent = ANSWERS | {"requested.currency": "EUR", "round": round, "eligibility.exile": "yes"}
    done = visitor.send(apply, visitor.form(apply, "application-submit") | sent)
    change = f"{done.headers['location']}/change"
    form = visitor.form(change, "application-change")
    assert "Do you live in exile?" not in visitor.open(change).text
    changed = visitor.send(change, form | ANSWERS | {"title": "A better project"})
    assert changed.status_code == 303, said(changed)
    assert "A better project" in visitor.open(changed.headers["location"]).text
