"""A rolling call by page and by JSON: from an application that goes to review at once to its award."""

from __future__ import annotations

import html
from datetime import UTC, datetime, timedelta

import pytest

from tests.pages.conftest import CALL, Stage, Visitor, eur
from tests.pages.test_over_http import ANSWERS
from tests.staging import with_stage

OFFERED_UNTIL = (datetime.now(UTC) + timedelta(days=20)).isoformat(timespec="seconds")


@pytest.fixture(scope="module")
def call(stage: Stage) -> str:
    """A published rolling call, judged by one juror."""
    return published(stage)


def published(stage: Stage) -> str:
    """Another one of the same kind."""
    officer = stage.speaking("officer")
    initiative = officer.get("/api/me")["initiatives"][0]["initiative"]
    fund = officer.get(f"/api/initiatives/{initiative}/funds")["items"][0]["id"]
    body = with_stage(CALL, quorum=1) | {"intake": "rolling", "decide_within_days": 14}
    call: str = officer.post("/api/calls", fund=fund, **body)["id"]
    officer.post(f"/api/calls/{call}/publish")
    officer.get(f"/api/calls/{call}", position=officer.position)
    return call


def read(visitor: Visitor, place: str) -> str:
    """A page as it is read."""
    return html.unescape(visitor.open(place).text)


def test_an_application_is_reviewed_and_decided_as_it_arrives(stage: Stage, call: str) -> None:
    artist, officer = stage.visitor("applicant"), stage.visitor("officer")
    page = artist.open(f"/calls/{call}").text
    assert "Open all the time" in page
    assert "Each application is decided within 14 days." in page
    assert "This call hides from the jury who applied, but not when an application arrived." in page
    assert "Open all the time" in artist.open("/calls").text
    apply = f"/calls/{call}/apply"
    done = artist.send(
        apply, artist.form(apply, "application-submit") | ANSWERS | {"requested.currency": "EUR"}
    )
    application = done.headers["location"]
    assert "A sound project" in artist.open(application).text
    assert f"{application}/change" not in artist.open(application).text
    assert "To be decided by" in officer.open(application).text
    assert f'<a href="{application}">application to check</a>' in read(officer, "/me")
    assert "To be decided by" in officer.open(f"/calls/{call}/applications").text
    empty = stage.visitor("funder").open(f"/calls/{call}/applications").text
    assert "Applications are shown here once their round is decided. None is decided yet." in empty
    shown = stage.speaking("officer").get(f"/api{application}")
    (due,) = stage.speaking("officer").get(f"/api/calls/{call}/decisions-due")["items"]
    assert (due["application"], due["round"], due["decide_by"]) == (
        shown["id"],
        shown["round"],
        shown["decide_by"],
    )
    assert stage.speaking("officer").get(f"/api/calls/{call}")["rounds"] == [], (
        "they would tell who came when"
    )
    stage.speaking("second applicant").get(f"/api/calls/{call}/decisions-due", 404)
    stage.speaking("juror").get(f"/api/calls/{call}/decisions-due", 403)
    stage.speaking("second applicant").get(f"/api/rounds/{shown['round']}", 404)
    assert stage.speaking("applicant").get(f"/api/rounds/{shown['round']}")["status"] == "closed"

    people = stage.people
    stage.speaking("officer").post(f"/api{application}/find-eligible")
    listed = f"/calls/{call}/applications"
    assert f'<a href="{application}/jury">Choose jurors</a>' in read(officer, listed)
    assert f'<a href="{application}/jury">review to ask a juror for</a>' in read(officer, "/me")
    review = stage.speaking("officer").post(f"/api{application}/reviews", juror=people["juror"])["id"]
    assert "Choose jurors" not in (page := officer.open(listed).text), "who has been asked is enough"
    assert "Reviews are being written" in page
    juror = stage.visitor("juror")
    for place in ("/reviews", f"/reviews/{review}"):
        assert "Waiting for your answer" in (page := juror.open(place).text), place
        assert "juror&#x27;s answer" not in page, "that is them"
    stage.speaking("juror").post(f"/api/reviews/{review}/declare-no-conflict")
    stage.speaking("juror").post(f"/api/reviews/{review}/submit", scores={"art": 8, "need": 3})
    assert f'href="/reviews/{review}"' in stage.visitor("juror").open("/reviews").text
    ranking = f"/rounds/{shown['round']}/ranking"
    assert f'<a href="{ranking}">Open the panel</a>' in read(officer, listed)
    assert officer.send(ranking, officer.form(ranking, "panel-open")).status_code == 303
    assert f'<a href="{ranking}">The panel decides</a>' in read(officer, listed)
    assert "Set the outcome" in (page := stage.visitor("chair").open(ranking).text)
    assert "aiting list" not in page, "a rolling call has none"
    assert "The application arrived on" in page
    assert "The round closed on" not in page, "its round ended when it arrived"
    assert "Next: the chair sets an outcome for each application" in page
    panel = stage.speaking("officer").get(f"/api{ranking}")["panel"]
    chair = stage.speaking("chair")
    chair.post(
        f"/api/panels/{panel}/outcomes",
        application=shown["id"],
        outcome="award",
        amount=eur("300.00"),
        reason="quality",
    )
    funder, timeline = stage.speaking("funder"), f"/api/calls/{call}/timeline"
    assert "Next: close the panel" in read(stage.visitor("chair"), ranking)
    page = read(stage.visitor("chair"), "/me")
    assert f'<a href="{ranking}">panel to close: its outcome is set</a>' in page
    assert f'<a href="{ranking}" class="handle">{shown["handle"]}</a>' in page
    told = [line["topic"] for line in funder.get(timeline, position=chair.position)["items"]]
    assert {topic.partition(".")[0] for topic in told} == {"call"}, "funders are not told who comes when"
    chair.post(f"/api/panels/{panel}/close")
    assert "Next: close the panel" not in read(stage.visitor("chair"), ranking)
    page = read(stage.visitor("chair"), f"/calls/{call}")
    assert f'<a href="{ranking}" class="handle">{shown["handle"]}</a>' in page, "also once it is closed"
    page = read(stage.visitor("officer"), listed)
    assert f'<a href="{ranking}">Confirm the decision</a>' in page
    assert f'<a href="{ranking}">decision of a panel to confirm</a>' in read(stage.visitor("officer"), "/me")
    outsider, officer = stage.speaking("newcomer"), stage.speaking("officer")
    changing = stage.visitor("officer").form(f"/calls/{call}", "call-change")
    before = [each.get(f"/api/calls/{call}")["version"] for each in (outsider, officer)]
    officer.post(f"/api/panels/{panel}/confirm")
    after = [
        each.get(f"/api/calls/{call}", position=officer.position)["version"] for each in (outsider, officer)
    ]
    assert after == before, "an award is not told by the call's version before it is announced"
    changed = stage.visitor("officer").form(f"/calls/{call}", "call-change")
    assert changed["_seen"] == changing["_seen"], "so a form of the page from before is not stale"
    told = [line["topic"] for line in funder.get(timeline, position=officer.position)["items"]]
    assert "call.awards_confirmed.v1" not in told
    assert f'<a href="{ranking}">Announce the results</a>' in read(stage.visitor("officer"), listed)
    officer.post(f"/api/panels/{panel}/announce")
    page = read(stage.visitor("officer"), listed)
    assert f'<a href="{application}">Offer the grant</a>' in page
    grant = officer.post(f"/api{application}/grant", respond_by=OFFERED_UNTIL)["id"]
    page = read(stage.visitor("officer"), listed)
    assert "Offer the grant" not in page
    assert f'<a href="/grants/{grant}">See the grant</a>' in page
    kept = read(artist, "/me").partition("What is kept about you")[2].partition("</details>")[0]
    assert f'href="{application}"' in kept
    assert f'href="/grants/{grant}"' not in kept, "nothing is written about it before it is answered"
    assert "Awarded" in artist.open(application).text
    page = {role: html.unescape(stage.visitor(role).open(application).text) for role in ("officer", "funder")}
    assert f"/rounds/{shown['round']}/reviews" in page["officer"]
    progress = stage.visitor("officer").open(f"/rounds/{shown['round']}/reviews").text
    assert "This round is decided, so its reviews are complete." in progress
    assert f"/rounds/{shown['round']}/reviews" not in page["funder"], "which only those who judge can open"
    assert stage.speaking("officer").get(f"/api/calls/{call}/decisions-due")["items"] == []
    told = stage.speaking("officer").get(f"/api/calls/{call}/timeline")["items"]
    assert "call.awards_confirmed.v1" in [line["topic"] for line in told]
    by_applicant = [line["topic"] for line in told if line["role"] == "applicant"]
    assert by_applicant == ["application.submitted.v1"], "which opened and closed the round"
    told = [line["topic"] for line in funder.get(timeline, position=officer.position)["items"]]
    assert {"application.submitted.v1", "round.decided.v1", "call.awards_confirmed.v1"} <= {*told}
    assert {"round.opened.v1", "round.closed.v1"}.isdisjoint(told)


def test_the_chair_finds_each_open_panel_by_the_handle_of_its_applicant(stage: Stage) -> None:
    """One line for all of them, for their links would all say the same."""
    call = published(stage)
    officer, juror = stage.speaking("officer"), stage.speaking("juror")
    rankings = {}
    for who in ("applicant", "second applicant"):
        artist, apply = stage.visitor(who), f"/calls/{call}/apply"
        form = artist.form(apply, "application-submit") | ANSWERS | {"requested.currency": "EUR"}
        application = artist.send(apply, form).headers["location"]
        officer.post(f"/api{application}/find-eligible")
        review = officer.post(f"/api{application}/reviews", juror=stage.people["juror"])["id"]
        juror.post(f"/api/reviews/{review}/declare-no-conflict")
        juror.post(f"/api/reviews/{review}/submit", scores={"art": 8, "need": 3})
        shown = officer.get(f"/api{application}")
        officer.post(f"/api/rounds/{shown['round']}/panel")
        rankings[f"/rounds/{shown['round']}/ranking"] = shown["handle"]
    page = read(stage.visitor("chair"), "/me")
    assert "<strong>2</strong><span>panels: set the outcome of each and close it<br>" in page
    for ranking, handle in rankings.items():
        assert page.count(f'<a href="{ranking}"') == 1
        assert f'<a href="{ranking}" class="handle">{handle}</a>' in page
