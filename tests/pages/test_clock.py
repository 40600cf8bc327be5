"""The clock of a demonstration, which everybody who is signed in sets forward in the banner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.pages.conftest import Stage, Visitor, hidden, set_stage


@pytest.fixture(scope="module")
def own_stage() -> Iterator[Stage]:
    """A demonstration whose clock these tests move."""
    with set_stage() as stage:
        yield stage


def today(visitor: Visitor) -> datetime:
    """The day that the banner tells."""
    found = re.search(r"It is ([^<]+) here\.", visitor.open("/calls").text)
    assert found
    return datetime.strptime(found[1].strip(), "%d %B %Y").replace(tzinfo=UTC)


def forward(visitor: Visitor, step: str, **changed: str) -> int:
    """Press a button of the banner on the page of calls; gives the status of the answer."""
    page = visitor.open("/calls").text
    sent = {"_csrf": hidden(page, "_csrf"), "_back": "/calls", "_step": step} | changed
    answer = visitor.send("/demo/clock", sent)
    assert answer.status_code != 303 or answer.headers["location"] == "/calls"
    return answer.status_code


def test_it_goes_forward_by_a_day_or_a_week_and_to_what_is_due_next(own_stage: Stage) -> None:
    artist, officer = own_stage.visitor("applicant"), own_stage.speaking("officer")
    before = today(artist)
    assert forward(artist, "day") == 303
    assert forward(artist, "week") == 303
    assert today(artist) - before == timedelta(days=8)

    round = officer.get(f"/api/rounds/{own_stage.round}")
    assert forward(artist, "next") == 303
    after = officer.get(f"/api/rounds/{own_stage.round}")
    assert (round["status"], after["status"]) == ("open", "closed"), "and it is done when the page comes"
    (closed,) = [
        line
        for line in officer.get(f"/api/calls/{own_stage.call}/timeline")["items"]
        if line["topic"] == "round.closed.v1"
    ]
    assert datetime.fromisoformat(closed["at"]) == datetime.fromisoformat(round["closes_at"])


def test_it_is_for_people_who_are_signed_in_and_sent_by_its_own_form(own_stage: Stage) -> None:
    stranger, artist = own_stage.visitor(), own_stage.visitor("applicant")
    assert "/demo/clock" not in stranger.open("/calls").text
    before = today(artist)
    assert stranger.send("/demo/clock", {"_csrf": "x", "_back": "/calls", "_step": "day"}).status_code == 401
    assert forward(artist, "day", _csrf="x") == 403
    assert forward(artist, "year") == 400
    assert today(artist) == before


def test_what_was_due_in_the_demonstration_s_past_happened_in_time(own_stage: Stage) -> None:
    """Deadlines and announcements are at 18:00 in Berlin; none is told of a day later."""
    officer = own_stage.speaking("officer")
    initiative = officer.get("/api/me")["initiatives"][0]["initiative"]
    at = {}
    for call in officer.get(f"/api/initiatives/{initiative}/calls")["items"]:
        for line in officer.get(f"/api/calls/{call['id']}/timeline", limit="100")["items"]:
            if line["topic"] in ("round.closed.v1", "panel.announced.v1") and call["id"] != own_stage.call:
                moment = datetime.fromisoformat(line["at"]).astimezone(ZoneInfo("Europe/Berlin"))
                at[line["topic"]] = f"{moment:%H:%M}"
    assert at == {"round.closed.v1": "18:15", "panel.announced.v1": "18:00"}
