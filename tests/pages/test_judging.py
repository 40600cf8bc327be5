"""Judging over HTTP, by page and by JSON: who is asked, how the ranking reads, and what an applicant learns before it is
decided, which is nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.pages.conftest import CALL, Stage, Visitor, eur, set_stage
from tests.staging import with_stage

ARTISTS = ("applicant", "second applicant", "newcomer")
THREE = {"criteria": [{"id": name, "label": {"en": name.upper()}} for name in ("a", "b", "c")]}


@dataclass
class Round:
    """A closed round of three applications, which need two reviews each."""

    stage: Stage
    round: str
    call: str
    applications: list[str]
    reviews: dict[tuple[str, int], str] = field(default_factory=dict)
    position: str = ""
    """Where the history stood after the latest command by JSON."""

    def caught_up(self) -> None:
        """Wait until the pages show all that was done by JSON."""
        self.stage.speaking("officer").get(f"/api/calls/{self.call}", position=self.position)

    def post(self, role: str, path: str, status: int = 0, /, **body: Any) -> dict[str, Any]:
        """Somebody's command by JSON."""
        person = self.stage.speaking(role)
        answer = person.post(path, status, **body)
        self.position = person.position or self.position
        return answer


def closed_round(stage: Stage) -> Round:
    """A call of this test's own is applied to, closes, and all that came in is found eligible."""
    officer = stage.speaking("officer")
    me = officer.get("/api/me")["initiatives"][0]["initiative"]
    fund = officer.get(f"/api/initiatives/{me}/funds")["items"][0]["id"]
    stage.call = officer.post("/api/calls", fund=fund, **with_stage(CALL, rubric=THREE, quorum=2))["id"]
    officer.post(f"/api/calls/{stage.call}/publish")
    closes = (datetime.now(UTC) + timedelta(days=5)).replace(microsecond=0, tzinfo=None)
    stage.round = officer.post(f"/api/calls/{stage.call}/rounds", closes_at=closes.isoformat())["id"]
    answers = {"idea": "Work", "costs": [{"item": "Hall", "amount": "300.00"}], "before": False}
    made = [
        stage.speaking(artist).post(
            f"/api/calls/{stage.call}/applications",
            round=stage.round,
            title=f"Work of the {artist}",
            requested=eur("300.00"),
            answers=answers,
        )["id"]
        for artist in ARTISTS
    ]
    stage.pass_deadline()
    found = Round(stage, stage.round, stage.call, made)
    for application in made:
        found.post("officer", f"/api/applications/{application}/find-eligible")
    return found


@pytest.fixture(scope="module")
def judging() -> Iterator[Round]:
    """A demonstration of these tests' own, whose clock they move."""
    with set_stage() as stage:
        yield closed_round(stage)


def summary(page: httpx.Response) -> list[tuple[str, str]]:
    """What is named above a form that came back: each input and what is wrong with it."""
    found = re.findall(r'<li><a href="#[^"]+">([^<]+)</a>: ([^<]+)</li>', page.text)
    return [(html.unescape(label), html.unescape(detail)) for label, detail in found]


def cells(page: httpx.Response, label: str) -> list[str]:
    """The cells of a column of the page's table, from the top, without what stands below the first line."""
    found = re.findall(rf'data-label="{label}">([^<\n]*)', page.text)
    return [html.unescape(each).strip() for each in found]


@pytest.mark.parametrize(
    ("juror", "detail", "on_page"),
    [
        ("", "This cannot be left empty.", None),
        (
            "nobody",
            "This is not an id that fits here; one begins with person-.",
            "This code is not complete. Copy it again from where you found it.",
        ),
        ("person-" + "f" * 32, "Choose a member who is a juror or a chair.", None),
    ],
)
def test_a_juror_who_was_not_chosen_is_asked_for(
    judging: Round, juror: str, detail: str, on_page: str | None
) -> None:
    """On the page of the application, on that of its jurors, and by JSON; and nobody says that there is nothing here."""
    judging.caught_up()
    visitor, application = judging.stage.visitor("officer"), judging.applications[0]
    before = judging.stage.facts()
    for path, form in (
        (f"/applications/{application}", "review-assign"),
        (f"/applications/{application}/jury", f"review-assign-{judging.stage.people['chair']}"),
    ):
        page = visitor.send(path, visitor.form(path, form) | {"juror": juror})
        assert (page.status_code, summary(page)) == (422, [("Juror", on_page or detail)]), path
    answer = judging.post("officer", f"/api/applications/{application}/reviews", 422, juror=juror)
    assert answer["errors"] == [{"field": "juror", "detail": detail}]
    assert judging.stage.facts() == before


def test_a_thing_that_a_form_names_and_that_is_not_there_is_named(judging: Round) -> None:
    """A form whose hidden field was emptied or changed."""
    visitor, application = judging.stage.visitor("officer"), judging.applications[0]
    path = f"/calls/{judging.call}/applications"
    # The list shows this form for applications that wait to be checked, of which there is none now.
    own = {"_do": "application.find_eligible", "_form": "application-find_eligible"}
    sent = visitor.form(f"/applications/{application}", "review-assign") | own
    for wrong in ("", "x", "application-" + "f" * 32):
        page = visitor.send(path, sent | {"application": wrong})
        assert page.status_code == 422
        assert [label for label, _ in summary(page)] == ["Application"]
    assert visitor.open(f"/applications/application-{'f' * 32}").status_code == 404


def judge(judging: Round) -> None:
    """Two equal totals; and a third application whose juror had a basis for one criterion only, and whose other juror
    steps back after scoring. The juror submits it later (`lower`); the third juror and the chair owe theirs."""
    written: dict[tuple[str, int], tuple[int | None, ...]] = {
        ("juror", 0): (8, 7, 7),
        ("second juror", 0): (8, 7, 7),
        ("juror", 1): (7, 7, 7),
        ("second juror", 1): (8, 8, 7),
        ("juror", 2): (),
        ("second juror", 2): (9, 9, 9),
        ("third juror", 2): (),
        ("chair", 2): (),
    }
    for (juror, number), points in written.items():
        asked = judging.post(
            "officer",
            f"/api/applications/{judging.applications[number]}/reviews",
            juror=judging.stage.people[juror],
        )["id"]
        judging.reviews[juror, number] = asked
        judging.post(juror, f"/api/reviews/{asked}/declare-no-conflict")
        if points:
            scores = dict(zip(("a", "b", "c"), points, strict=True))
            judging.post(juror, f"/api/reviews/{asked}/submit", scores=scores)
    judging.caught_up()


def step_back(judging: Round) -> None:
    """The second juror finds a conflict after submitting, and says so on the review's page."""
    path = f"/reviews/{judging.reviews['second juror', 2]}"
    visitor = judging.stage.visitor("second juror")
    page = visitor.open(path)
    assert "Your scores will no longer count, and another juror can be asked." in page.text
    sent = visitor.form(path, "review-declare_conflict") | {"reason": "friendship", "explanation": ""}
    assert visitor.send(path, sent).status_code == 303
    assert "Work of the newcomer" not in visitor.open(path).text


def lower(judging: Round) -> None:
    """The chair lowers the quorum of the third application once the two jurors who owe a review have no role; one of them
    gets it back and submits. The staff sees why it waits, and has no form for it."""
    running = judging.stage.running
    administrator = running.person(running.token)
    house = judging.stage.speaking("officer").get("/api/me")["initiatives"][0]["initiative"]
    jurors = [judging.stage.people[role] for role in ("juror", "third juror")]
    for juror in jurors:
        administrator.post(f"/api/initiatives/{house}/members/{juror}/remove")
    path, name = f"/rounds/{judging.round}/reviews", f"application-lower_quorum-{judging.applications[2]}"
    assert name not in judging.stage.visitor("officer").open(path).text
    visitor: Visitor = judging.stage.visitor("chair")
    sent = visitor.form(path, name)
    page = visitor.send(path, sent | {"quorum": "two", "reason": ""})
    assert page.status_code == 422
    assert [label for label, _ in summary(page)] == ["Reviews needed", "Reason"]
    assert 'value="two"' in page.text
    done = visitor.send(path, sent | {"quorum": "1", "reason": "conflicts_of_interest"})
    assert done.status_code == 303
    assert "1 (lowered)" in visitor.open(path).text
    for juror in jurors:
        administrator.post(f"/api/initiatives/{house}/members", person=juror, roles=["juror"])
    own = judging.reviews["juror", 2]
    judging.post("juror", f"/api/reviews/{own}/submit", scores={"a": 6, "b": None, "c": None})
    judging.caught_up()


def ranked(judging: Round, role: str) -> list[tuple[int, str]]:
    """The ranking that somebody reads by JSON."""
    answer = judging.stage.speaking(role).get(f"/api/rounds/{judging.round}/ranking")
    return [(place["rank"], place["application"]) for place in answer["places"]["items"]]


@pytest.fixture(scope="module")
def in_panel(judging: Round) -> Round:
    """From the reviews to the open panel, by pages and JSON."""
    judge(judging)
    step_back(judging)
    lower(judging)
    officer = judging.stage.visitor("officer")
    path = f"/rounds/{judging.round}/ranking"
    assert officer.send(path, officer.form(path, "panel-open")).status_code == 303
    return judging


def test_a_round_is_judged_and_ranked(in_panel: Round) -> None:
    """As its people see it when the panel is open."""
    judging, officer = in_panel, in_panel.stage.visitor("officer")
    path = f"/rounds/{judging.round}/ranking"
    page = officer.open(path)
    first, second = sorted(judging.applications[:2])
    assert ranked(judging, "officer") == [(1, first), (1, second), (3, judging.applications[2])]
    assert cells(page, "Rank") == ["1", "1", "3"]
    assert cells(page, "Score") == ["73.3\u00a0%", "73.3\u00a0%", "60.0\u00a0%"]
    assert cells(page, "Reviews") == ["2", "2", "1"]
    assert "1 of 1 review judges only half of the criteria or fewer" in page.text
    assert (
        "The chair lowered the number of reviews to 1. Reason: The other jurors have a conflict of interest"
        in page.text
    )
    assert "A criterion that the juror had no basis to judge does not count" in page.text
    assert ranked(judging, "second juror") == [(1, first), (1, second)]
    own = judging.stage.visitor("second juror").open(path)
    assert cells(own, "Rank") == ["1", "1"]
    assert judging.applications[2] not in own.text
    late = judging.stage.visitor("juror").open(f"/reviews/{judging.reviews['juror', 0]}")
    assert "Tell the chair, who can decide without it" in html.unescape(late.text)
    expired = judging.stage.visitor("third juror").open("/reviews")
    assert "The panel opened before you submitted it." in expired.text
    for other in ("juror", "chair"):
        answer = judging.post(
            other, f"/api/reviews/{judging.reviews['juror', 0]}/declare-conflict", 409 if other == "juror" else 403,
            reason="friendship",
        )  # fmt: skip
        assert answer["detail"]


def test_the_form_for_another_outcome_begins_with_the_sum_that_was_set(in_panel: Round) -> None:
    """Written as its reader types it; without an outcome it begins with what was asked for."""
    judging, path = in_panel, f"/rounds/{in_panel.round}/ranking"
    panel = judging.stage.speaking("officer").get(f"/api/rounds/{judging.round}/ranking")["panel"]
    award = {"outcome": "award", "reason": "quality", "amount": eur("150.50")}
    judging.post("chair", f"/api/panels/{panel}/outcomes", application=judging.applications[0], **award)
    judging.caught_up()
    page = judging.stage.visitor("chair").open(f"{path}?lang=ru").text

    def proposed(application: str) -> str:
        found = re.search(rf'id="panel-set_outcome-{application}-amount.amount"[^>]* value="([^"]*)"', page)
        assert found
        return found[1]

    assert [proposed(each) for each in judging.applications] == ["150,50", "300,00", "300,00"]


def texts_are_linked_for_those_who_open_them(judging: Round) -> None:
    """The texts of letters are those of the whole initiative: an officer of one call alone announces without them."""
    stage, path = judging.stage, f"/rounds/{judging.round}/ranking"
    stage.of_one_call("officer of one call", "officer")
    for role, opens in (("officer", True), ("officer of one call", False)):
        page = stage.visitor(role).open(path).text
        assert 'id="panel-announce"' in page, role
        assert ("/letters" in page) is opens, role


def the_chair_is_told_why_the_panel_was_returned(judging: Round, panel: str) -> None:
    """Where the panel is and on the start page, in both languages, until it is closed again."""
    path, visitor = f"/rounds/{judging.round}/ranking", judging.stage.visitor("chair")
    judging.post("officer", f"/api/panels/{panel}/return", reason="amount_questioned")
    judging.caught_up()
    returned = judging.stage.speaking("chair").get(f"/api{path}")["returned"]
    assert (returned["by"], returned["reason"]) == ("officer", "amount_questioned")
    page = html.unescape(visitor.open(f"{path}?lang=en").text)
    assert re.search(r"Returned to the chair on .{10,60}, by: officer\. An amount needs to be recon", page)
    assert "Next: close the panel, or change an outcome first." in page
    start = html.unescape(visitor.open("/me?lang=en").text)
    assert "The panel was returned to its chair: an amount needs to be reconsidered" in start
    assert "Решение возвращено председателю" in visitor.open(f"{path}?lang=ru").text
    visitor.open("/me?lang=en")
    judging.post("chair", f"/api/panels/{panel}/close")
    judging.caught_up()
    assert judging.stage.speaking("chair").get(f"/api{path}")["returned"] is None
    assert "Returned to the chair" not in visitor.open(path).text


def test_outcomes_that_are_not_announced_make_no_difference_to_an_applicant(in_panel: Round) -> None:
    """Status, lists, filters, versions, headers and pages stay to the letter as they were."""
    judging = in_panel
    applicant = judging.stage.speaking("applicant")
    visitor = judging.stage.visitor("applicant")
    application = judging.applications[0]
    panel = judging.stage.speaking("officer").get(f"/api/rounds/{judging.round}/ranking")["panel"]

    def seen() -> list[object]:
        found: list[object] = []
        for path in (
            f"/api/applications/{application}",
            f"/api/applications/{application}/timeline",
            "/api/applications",
            "/api/applications?limit=1",
            f"/api/rounds/{judging.round}",
            f"/api/calls/{judging.call}",
            "/api/grants",
            "/api/me",
        ):
            answer = applicant.client.get(path, headers={"Authorization": f"Bearer {applicant.token}"})
            headers = {name: value for name, value in answer.headers.items() if name != "date"}
            found.append((path, answer.status_code, headers, answer.text))
        for path in (f"/applications/{application}", "/applications", f"/calls/{judging.call}"):
            page = visitor.open(path)
            found.append((path, page.status_code, re.sub(r'name="_key" value="[^"]*"', "", page.text)))
        for path in (f"/api/rounds/{judging.round}/ranking", f"/api/calls/{judging.call}/applications"):
            answer = applicant.client.get(path, headers={"Authorization": f"Bearer {applicant.token}"})
            found.append((answer.status_code, answer.text))
        return found

    before = seen()
    for outcome in (
        {"outcome": "award", "reason": "quality", "amount": eur("300.00")},
        {"outcome": "decline", "reason": "other"},
    ):
        judging.post("chair", f"/api/panels/{panel}/outcomes", application=application, **outcome)
        judging.caught_up()
        assert seen() == before
    for other in judging.applications[1:]:
        judging.post(
            "chair", f"/api/panels/{panel}/outcomes", application=other, outcome="decline", reason="other"
        )
    judging.post("chair", f"/api/panels/{panel}/close")
    judging.caught_up()
    assert seen() == before
    the_chair_is_told_why_the_panel_was_returned(judging, panel)
    assert seen() == before
    judging.post("officer", f"/api/panels/{panel}/confirm")
    judging.caught_up()
    assert seen() == before
    texts_are_linked_for_those_who_open_them(judging)
    assert seen() == before
    later = datetime.now(UTC) + timedelta(days=60)
    judging.post(
        "officer", f"/api/panels/{panel}/announcement", announce_at=later.replace(tzinfo=None).isoformat()
    )
    judging.caught_up()
    assert seen() == before
    judging.post("officer", f"/api/panels/{panel}/announce")
    judging.caught_up()
    assert seen() != before
