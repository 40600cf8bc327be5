"""Small things that people read on pages: languages of hints, sums in inputs, scores, names of pledges, what lacks reviews."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from tests.pages.conftest import CALL, Stage, eur, open_call, said, set_stage
from tests.pages.test_judging import Round, closed_round
from tests.staging import with_stage


@pytest.fixture(scope="module")
def judging() -> Iterator[Round]:
    """A closed round of three applications without reviews."""
    with set_stage() as stage:
        yield closed_round(stage)


def test_a_hint_of_these_pages_is_not_marked_as_in_the_language_of_the_question(stage: Stage) -> None:
    questions = [
        {
            "id": "idea",
            "kind": "long_text",
            "label": {"ru": "Замысел"},
            "help": {"ru": "Коротко."},
            "max_words": 50,
        }
    ]
    call, _ = open_call(stage, with_stage(CALL, form={"questions": questions}))
    page = stage.visitor("applicant").open(f"/calls/{call}/apply").text
    found = re.search(r'<p class="hint" id="application-submit-answers.idea-hint"(.*?)</p>', page)
    assert found
    assert found[1] == '><span lang="ru">Коротко.</span> At most 50 words.'


def test_a_sum_in_an_input_is_written_as_the_hint_beside_it_says(stage: Stage) -> None:
    call, round = open_call(stage, CALL)
    artist = stage.speaking("applicant")
    application = artist.post(
        f"/api/calls/{call}/applications",
        round=round,
        title="Work",
        requested=eur("2500.00"),
        answers={
            "idea": "Snow",
            "costs": [{"item": "Hall", "amount": "2500.00"}],
            "before": False,
            "other": "1500.00",
        },
    )["id"]
    visitor = stage.visitor("applicant")
    page = f"/applications/{application}/change"
    assert "Write it like 1250.00." in visitor.open(page).text
    written = re.findall(r'<input[^>]* value="([\d,.]+)"[^>]* inputmode="decimal"', visitor.open(page).text)
    assert written[:3] == ["2500.00", "2500.00", "1500.00"]


def test_what_lacks_reviews_is_named_where_the_panel_cannot_open_yet(judging: Round) -> None:
    stage, ranking = judging.stage, f"/rounds/{judging.round}/ranking"
    judging.caught_up()
    page = stage.visitor("officer").open(ranking).text
    found = re.search(r'<p class="note">(3 applications need more reviews:.*?)</p>', page)
    assert found
    assert set(re.findall(r'href="/applications/([^"]+)"', found[1])) == set(judging.applications)
    assert f"/rounds/{judging.round}/reviews" in found[1]


@pytest.mark.parametrize("role", ["juror", "chair"])
def test_the_jury_is_told_at_once_that_the_ranking_is_not_shown_yet(judging: Round, role: str) -> None:
    """And is not led to a button that ends in the same sentence."""
    judging.caught_up()
    page = judging.stage.visitor(role).open(f"/rounds/{judging.round}/ranking")
    assert page.status_code == 403
    assert said(page) == "The ranking is shown once the panel is open, so that it influences no review."


def test_a_pledge_has_the_name_of_its_funder_for_those_who_may_know_it(stage: Stage) -> None:
    officer = stage.speaking("officer")
    fund = officer.get(f"/api/calls/{stage.call}")["fund"]
    first = {
        role: html.unescape(re.findall(r'<tr><th scope="row">(.*?)</th>', stage.visitor(role).open(f"/funds/{fund}").text)[0])
        for role in ("officer", "finance", "funder")
    }  # fmt: skip
    assert first == {
        "officer": "<bdi>Funder One</bdi>",
        "finance": "<bdi>Funder One</bdi>",
        "funder": "Yours",
    }


def test_the_ledger_says_whose_money_it_was_and_when_it_was_recorded(stage: Stage) -> None:
    funder, finance = stage.speaking("funder"), stage.speaking("finance")
    fund = finance.get(f"/api/calls/{stage.call}")["fund"]
    person = stage.people["funder"]
    funder.post(f"/api/funds/{fund}/pledges", funder=person, amount=eur("7.00"))
    pledges = finance.get(f"/api/funds/{fund}", position=funder.position)["pledges"]
    pledge = next(each["id"] for each in pledges if each["amount"] == eur("7.00"))
    paid = {"pledge": pledge, "amount": eur("7.00"), "received_on": "2026-01-02"}
    finance.post(f"/api/funds/{fund}/receipts", **paid)
    entry = finance.get(f"/api/funds/{fund}/ledger", position=finance.position, limit=100)["entries"][
        "items"
    ][-1]
    assert (entry["pledge"], entry["booked_on"]) == (pledge, "2026-01-02")
    assert entry["recorded_on"] > entry["booked_on"]
    for role, whose in (("finance", "<bdi>Funder One</bdi>"), ("funder", "Yours")):
        page = html.unescape(stage.visitor(role).open(f"/funds/{fund}").text)
        assert "Entries, in the order of recording" in page
        (row,) = [each for each in page.split("<tr>") if "recorded on" in each and "2 January 2026" in each]
        assert whose in row, role


def test_people_are_called_around_a_timeline_as_in_it(stage: Stage) -> None:
    """The staff read a juror's name beside the letter of the timeline; nobody reads a code beside it."""
    officer = stage.speaking("officer")
    initiative = officer.get("/api/me")["initiatives"][0]["initiative"]
    calls = officer.get(f"/api/initiatives/{initiative}/calls")["items"]
    call = next(each["id"] for each in calls if each["title"]["en"] == "Books of the winter")
    (line,) = [
        each
        for each in officer.get(f"/api/calls/{call}/applications")["items"]
        if each["status"] == "awarded"
    ]
    page = stage.visitor("officer").open(f"/applications/{line['id']}").text
    found = re.findall(r'<bdi>(\w+ \w+)</bdi></a><br><span class="quiet small">(.*?)</span>', page)
    assert sorted(letter for _, letter in found) == ["Chair 1", "Juror A", "Juror B", "Juror C"]
    assert all(f"{letter} " in page for _, letter in found)


def test_an_applicant_reads_the_decision_first(stage: Stage) -> None:
    artist = stage.visitor("second applicant")
    mine = stage.speaking("second applicant").get("/api/applications")["items"]
    (declined,) = [each for each in mine if each["status"] == "declined"]
    page = artist.open(f"/applications/{declined['id']}").text
    found = re.search(r'<p class="note" id="decision"><strong>(.*?)</strong>', page)
    assert found
    assert found[1] == "The application is declined."
    assert 'id="decision"' not in stage.visitor("officer").open(f"/applications/{declined['id']}").text
