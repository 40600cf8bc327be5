"""A test run: an officer fills in the form of a call, reads and scores that as a juror would, and nothing at all is
left of it."""

from __future__ import annotations

import copy
import html
import re
from typing import Any

import pytest

from tests.pages.conftest import CALL, Stage, Visitor
from tests.pages.test_groups import words
from tests.pages.test_over_http import ANSWERS

MARKER = "Marker of a test run"


@pytest.fixture(scope="module")
def draft(stage: Stage) -> str:
    """A call that is not published, asks who can apply, and has a summary."""
    officer = stage.speaking("officer")
    house = officer.get("/api/me")["initiatives"][0]["initiative"]
    funds = officer.get(f"/api/initiatives/{house}/funds")["items"]
    body: dict[str, Any] = copy.deepcopy(CALL)
    form = body["stages"][0]["form"]
    form["title_in_summary"] = True
    form["questions"][0]["in_summary"] = True
    in_exile = {
        "id": "exile",
        "label": {"en": "In exile?"},
        "needed": "yes",
        "refusal": {"en": "For exiles only."},
    }
    fund = next(each["id"] for each in funds if each["currency"] == "EUR")
    made: str = officer.post("/api/calls", fund=fund, eligibility=[in_exile], **body)["id"]
    return made


class Run:
    """An officer on the page of the test run."""

    def __init__(self, officer: Visitor, call: str) -> None:
        self.officer, self.path = officer, f"/calls/{call}/stages/main/test-run"
        self.page = officer.open(self.path).text

    def press(self, form: str, step: str, status: int = 200, **typed: str) -> str:
        """Press a button of a form as it is shown, with something typed; gives what can be read then."""
        found = re.search(rf'<form[^>]* id="{form}".*?</form>', self.page, re.DOTALL)
        assert found, f"no {form}: {words(self.page)}"
        inputs = re.findall(r'<input(?![^>]*checkbox)[^>]* name="([^"]+)"[^>]* value="([^"]*)"', found[0])
        inputs += re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', found[0], re.DOTALL)
        inputs += re.findall(
            r'<select[^>]* name="([^"]+)"[^>]*>(?:(?!</select>).)*<option value="([^"]*)" selected',
            found[0],
            re.DOTALL,
        )
        fields = {html.unescape(name): html.unescape(value) for name, value in inputs}
        sent = self.officer.send(self.path, fields | typed | {"_step": step})
        assert sent.status_code == status, words(sent.text)
        self.page = sent.text
        assert "This is a test run, step" in words(self.page), "every page says so"
        return words(self.page)


def everything(stage: Stage) -> list[tuple[Any, ...]]:
    """How many rows each table of the installation has. What reactions write follows from facts, a while later, so that other
    tests' facts could count."""
    tables = stage.running.rows_of(
        "SELECT schemaname || '.' || tablename FROM pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
    )
    counted = [
        f"SELECT '{name}', count(*) FROM {name}" for (name,) in tables if not re.search("outbox|notice", name)
    ]
    return stage.running.rows_of(" UNION ALL ".join(counted))


def test_from_the_first_question_to_the_scores_with_the_real_checks(stage: Stage, draft: str) -> None:
    officer = stage.visitor("officer")
    assert "Make a test run" in officer.open(f"/calls/{draft}/stages/main").text
    before = stage.facts()
    run = Run(officer, draft)
    assert "step 1 of 6: Whom this call is for" in words(run.page)
    assert "For exiles only." in run.press("application-submit", "form", **{"eligibility.exile": "no"})
    assert "step 2 of 6: The form" in run.press("application-submit", "form", **{"eligibility.exile": "yes"})

    wrong = run.press("application-submit", "submit", **ANSWERS | {"requested.amount": "30.00"})
    assert "An applicant would be asked to correct 1 answer." in wrong
    assert "This call awards from 100.00 EUR to 5,000.00 EUR; you ask for 30.00 EUR." in wrong.replace(
        "\xa0", " "
    )
    told = {
        "requested.amount": "300",
        "answers.idea": MARKER,
        "answers.home": "A village",
        "answers.works.entries[0].title": "Snow",
    }
    sent = run.press("application-submit", "submit", **told)
    assert "step 3 of 6: What was submitted" in sent
    assert MARKER in sent
    assert "A village" in sent
    assert "What was it called? Snow" in sent

    asked = run.press("test-run", "read")
    assert "step 4 of 6: The question about conflicts of interest" in asked
    assert MARKER in asked, "the summary"
    assert "Snow" not in asked
    reading = run.press("test-run", "declared")
    assert "What was it called? Snow" in reading
    assert "A village" not in reading, "a blind jury does not read it"
    assert 'value="A village"' in run.page, "but it goes along"
    assert "This cannot be left empty." not in reading
    incomplete = run.press("review-submit", "score", **{"scores.art": "7"})
    assert "Choose points, or “No basis to judge”." in incomplete
    done = run.press(
        "review-submit", "score", **{"scores.art": "7", "scores.need": "none", "comment_jury": "Good"}
    )
    assert "step 6 of 6: The submitted review" in done
    assert "70" in done
    assert "7 of 10" in done
    assert "Good" in done
    again = run.press("test-run", "change")
    assert "step 2 of 6: The form" in again
    assert MARKER in run.page, "nothing that was typed is lost"
    assert stage.facts() == before


def test_nothing_is_stored_anywhere(stage: Stage, draft: str) -> None:
    """No table has a new row, so there is no fact, draft or letter, and lists and exports show nothing."""
    officer = stage.visitor("officer")
    run = Run(officer, draft)
    before = everything(stage)
    run.press("application-submit", "form", **{"eligibility.exile": "yes"})
    run.press("application-submit", "submit", **ANSWERS | {"answers.idea": MARKER})
    run.press("test-run", "read")
    run.press("test-run", "declared")
    run.press("review-submit", "score", **{"scores.art": "7", "scores.need": "3"})
    assert everything(stage) == before
    assert MARKER not in officer.open(run.path).text, "opened again, it begins anew"


def test_only_the_officers_of_the_call_can_make_one(stage: Stage, draft: str) -> None:
    for role in ("applicant", "juror", "funder", "finance"):
        assert stage.visitor(role).open(f"/calls/{draft}/stages/main/test-run").status_code == 404, role
