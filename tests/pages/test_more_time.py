"""More time, and calls that change or end: by the officer's page and by JSON, and what others then read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from api.locales import ENGLISH
from tests.pages.conftest import Stage, set_stage
from tests.pages.test_over_http import ANSWERS


@pytest.fixture
def own_stage() -> Iterator[Stage]:
    """A demonstration whose call is extended and cancelled."""
    with set_stage() as stage:
        yield stage


def later(stage: Stage, days: int) -> str:
    """So many days after the deadline, as an input for a day and a time sends it."""
    closes = stage.speaking("officer").get(f"/api/rounds/{stage.round}")["closes_local"]
    return (datetime.fromisoformat(closes) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


def test_a_call_is_extended_changed_and_cancelled_by_page_and_applicants_read_it(own_stage: Stage) -> None:
    stage = own_stage
    call, apply = f"/calls/{stage.call}", f"/calls/{stage.call}/apply"
    artist, officer = stage.visitor("second applicant"), stage.visitor("officer")
    application = artist.send(apply, artist.form(apply, "application-submit") | ANSWERS).headers["location"]

    form = officer.form(call, f"round-extend-{stage.round}")
    extended = later(stage, 3)
    assert officer.send(call, form | {"closes_at": extended, "reason": "events"}).status_code == 303
    # The page waits until the read models have seen what was sent.
    assert officer.open(call).status_code == 200
    shown = stage.speaking("officer").get(f"/api/rounds/{stage.round}")
    assert shown["closes_local"] == extended.replace("T", " ")

    form = officer.form(call, f"round-grant_late_access-{stage.round}")
    until = later(stage, 4)
    person = stage.people["applicant"]
    sent = form | {"applicant": person, "until": until, "reason": "illness", "explanation": "In hospital"}
    assert officer.send(call, sent).status_code == 303
    assert "You were given more time" in stage.visitor("applicant").open(call).text
    assert "You were given more time" not in artist.open(call).text
    late = stage.visitor("applicant")
    own = late.send(apply, late.form(apply, "application-submit") | ANSWERS).headers["location"]
    for visitor, where, day in ((late, own, until), (artist, application, extended)):
        found = re.search(r"You can change it until (\d+ \w+ \d+)", visitor.open(where).text)
        assert found
        assert found[1] == ENGLISH.day(datetime.fromisoformat(day).date())
    told = stage.speaking("officer").get(f"/api/rounds/{stage.round}/late-access")["items"]
    assert [(each["applicant"], each["reason"], each["explanation"]) for each in told] == [
        (person, "illness", "In hospital")
    ]
    for other in ("juror", "chair", "applicant"):
        stage.speaking(other).get(
            f"/api/rounds/{stage.round}/late-access", 403 if other != "applicant" else 404
        )
        assert stage.speaking(other).get(f"/api/rounds/{stage.round}")["late_until"] == (
            told[0]["until"] if other == "applicant" else None
        )

    form = officer.form(call, "call-change")
    assert officer.send(call, form | {"title.en": "A better call", "title.ru": "Конкурс"}).status_code == 303
    assert "A better call" in artist.open(call).text

    form = officer.form(call, "call-cancel")
    sent = form | {"reason": "funds_lost", "explanation": "The funder left."}
    assert officer.send(call, sent).status_code == 303
    page = stage.visitor().open(call).text
    assert "This call was cancelled." in page
    assert "The funder left." in page
    mine = stage.speaking("second applicant").get(f"/api{application}")
    assert (mine["status"], mine["reason"]) == ("cancelled", "funds_lost")
    lines = stage.speaking("second applicant").get(f"/api{application}/timeline")["items"]
    assert [line["topic"] for line in lines] == [
        "application.submitted.v1",
        "round.deadline_extended.v1",
        "call.changed.v1",
        "application.cancelled.v1",
    ]
    assert stage.call in stage.visitor().open("/calls").text


def test_by_json_the_same_with_a_sentence_for_what_may_not_be(own_stage: Stage) -> None:
    stage = own_stage
    officer = stage.speaking("officer")
    wrong = officer.post(f"/api/calls/{stage.call}/change", 422, budget={"amount": "1", "currency": "USD"})
    assert wrong["errors"][0]["field"] == "budget.currency"
    officer.post(f"/api/calls/{stage.call}/change", budget={"amount": "9500.00", "currency": "EUR"})
    officer.post(f"/api/rounds/{stage.round}/extend", closes_at=f"{later(stage, 2)}:00", reason="events")
    officer.post(
        f"/api/rounds/{stage.round}/late-access",
        applicant=stage.people["applicant"],
        until=f"{later(stage, 9)}:00",
        reason="safety",
    )
    late = stage.speaking("applicant")
    assert late.get(f"/api/rounds/{stage.round}")["late_until"] is not None
    officer.post(f"/api/rounds/{stage.round}/extend", closes_at=f"{later(stage, 12)}:00", reason="events")
    assert late.get(f"/api/rounds/{stage.round}")["late_until"] is None, "the deadline itself is later now"
    before = officer.position
    officer.post(f"/api/calls/{stage.call}/cancel", reason="plans_changed")
    assert officer.get(f"/api/calls/{stage.call}", as_of=before)["status"] == "published"
    now = officer.get(f"/api/calls/{stage.call}", position=officer.position)
    assert (now["status"], now["cancelled"]) == (
        "cancelled",
        {"reason": "plans_changed", "explanation": None},
    )
    assert officer.get(f"/api/rounds/{stage.round}")["status"] == "cancelled"
