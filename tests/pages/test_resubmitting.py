"""An application that is changed, returned with questions and submitted again: by page, and as JSON then tells it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.pages.conftest import Stage, Visitor
from tests.pages.test_over_http import ANSWERS

QUESTIONS = "What does the hall cost? Спросите хозяина."


@pytest.fixture
def applicant(stage: Stage) -> Visitor:
    """Somebody who may apply."""
    return stage.visitor("second applicant")


@pytest.fixture
def application(stage: Stage, applicant: Visitor) -> str:
    """The address of the page of an application that was submitted."""
    form = applicant.form(f"/calls/{stage.call}/apply", "application-submit")
    return applicant.send(f"/calls/{stage.call}/apply", form | ANSWERS).headers["location"]


def returned(stage: Stage, application: str) -> None:
    """The officer returns it by page."""
    officer = stage.visitor("officer")
    by = (datetime.now(UTC) + timedelta(days=9)).strftime("%Y-%m-%dT12:30")
    sent = officer.form(application, "application-return") | {"questions": QUESTIONS, "resubmit_by": by}
    assert officer.send(application, sent).headers["location"] == application
    assert (
        "The application is returned to the applicant with your questions." in officer.open(application).text
    )


def test_the_form_begins_with_what_was_submitted_and_a_change_shows(
    stage: Stage, applicant: Visitor, application: str
) -> None:
    change = f"{application}/change"
    page = applicant.open(change).text
    for kept in (
        'value="A sound project"',
        'value="300.00"',
        'value="Hall"',
        'value="Paper"',
        "Four concerts.</textarea>",
        '<option value="no" selected>',
        'value="2027-01-31"',
        "The jury reads only the newest version; the staff can still read what stood here before.",
    ):
        assert kept in page, kept
    sent = applicant.form(change, "application-change") | ANSWERS | {"title": "A better project"}
    assert applicant.send(change, sent).headers["location"] == application
    assert "A better project" in applicant.open(application).text
    shown = stage.speaking("officer").get(f"/api{application}")
    assert (shown["title"], shown["status"]) == ("A better project", "submitted")
    lines = stage.speaking("second applicant").get(f"/api{application}/timeline")["items"]
    assert [line["what"] for line in lines] == [
        "The applicant submitted “A better project” and asked for 300.00\u00a0EUR.",
        "The applicant changed “A better project” and asks for 300.00\u00a0EUR.",
    ]


def test_what_is_wrong_comes_back_with_all_that_was_typed(applicant: Visitor, application: str) -> None:
    change = f"{application}/change"
    sent = (
        applicant.form(change, "application-change") | ANSWERS | {"title": "", "answers.idea": "Kept words"}
    )
    page = applicant.send(change, sent)
    assert page.status_code == 422
    assert "Kept words</textarea>" in page.text


def test_it_is_returned_with_questions_answered_and_found_in_lists(
    stage: Stage, applicant: Visitor, application: str
) -> None:
    returned(stage, application)
    page = applicant.open(application).text
    assert QUESTIONS in page.split('id="questions"')[1].split("</div>")[0]
    assert "Answer and submit again" in page
    start = applicant.open("/me").text
    assert "Answer the questions about" in start
    assert f'href="{application}"' in start
    shown = stage.speaking("second applicant").get(f"/api{application}")
    assert (shown["status"], shown["explanation"]) == ("returned", QUESTIONS)
    assert shown["awaited_until"] is not None
    in_list = stage.visitor("officer").open(f"/calls/{stage.call}/applications?status=returned").text
    assert application in in_list
    ranking = stage.speaking("officer").get(f"/api/rounds/{stage.round}/ranking")
    assert ranking["unsettled"]["returned"] == 1
    assert "returned with questions and not submitted again yet" in (
        stage.visitor("officer").open(f"/rounds/{stage.round}/ranking").text
    )
    change = f"{application}/change"
    assert QUESTIONS in applicant.open(change).text, "above the form in which they are answered"
    sent = applicant.form(change, "application-resubmit") | ANSWERS | {"answers.idea": "The hall costs 200."}
    assert applicant.send(change, sent).headers["location"] == application
    # The page waits until the read models have seen what was sent.
    page = applicant.open(application).text
    assert 'id="questions"' not in page
    assert QUESTIONS in page.split('id="asked"')[1], "they can still be read, with the days"
    again = stage.speaking("officer").get(f"/api{application}")
    assert (again["status"], again["answers"]["idea"], again["explanation"], again["awaited_until"]) == (
        "submitted",
        "The hall costs 200.",
        None,
        None,
    )
    assert QUESTIONS not in stage.speaking("officer").client.get(f"/api{application}/timeline").text
    # The staff see what was different; the applicant, as the jury, what stands in it now.
    assert again["before"]["answers"]["idea"] == "Four concerts."
    shown = stage.visitor("officer").open(application).text
    assert "Came back on" in shown.split('id="changed"')[1].split("</div>")[0]
    earlier = shown.split('<details class="earlier">')
    assert len(earlier) == 2, "one answer was changed"
    assert "Four concerts." in earlier[1].split("</details>")[0]
    assert 'class="earlier"' not in page
    assert "Came back on" in stage.visitor("officer").open(f"/calls/{stage.call}/applications").text


def test_questions_that_nobody_answered_stay_on_the_page(
    stage: Stage, applicant: Visitor, application: str
) -> None:
    returned(stage, application)
    assert 'id="asked"' not in applicant.open(application).text, "those that wait stand above"
    withdraw = applicant.form(application, "application-withdraw") | {"reason": "other"}
    assert applicant.send(application, withdraw).headers["location"] == application
    for visitor in (applicant, stage.visitor("officer")):
        asked = visitor.open(application).text.split('id="asked"')[1].split("</section>")[0]
        assert QUESTIONS in asked
        assert "Not answered" in asked


def test_by_json_the_same(stage: Stage, application: str) -> None:
    officer, artist = stage.speaking("officer"), stage.speaking("second applicant")
    by = (datetime.now(UTC) + timedelta(days=9)).replace(microsecond=0, tzinfo=None).isoformat()
    officer.post(f"/api{application}/return", questions=QUESTIONS, resubmit_by=by)
    text = {
        "title": "By JSON",
        "requested": {"amount": "300.00", "currency": "EUR"},
        "answers": {"idea": "Four concerts.", "costs": [{"item": "Hall", "amount": "300"}], "before": False},
    }
    artist.post(f"/api{application}/resubmit", **text)
    artist.post(f"/api{application}/change", **(text | {"title": "By JSON again"}))
    artist.get(f"/api{application}", position=artist.position)
    assert artist.get(f"/api{application}")["title"] == "By JSON again"
    old = artist.get(f"/api{application}", as_of=officer.position)
    assert (old["title"], old["status"], old["explanation"]) == ("A sound project", "returned", QUESTIONS)


def test_nobody_else_sees_the_form(stage: Stage, application: str) -> None:
    assert stage.visitor("officer").open(f"{application}/change").status_code == 404
    assert stage.visitor("applicant").open(f"{application}/change").status_code == 404
