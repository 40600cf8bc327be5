"""A deadline that passes while the form is open, at a server in one zone and a call in another."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.locales import ENGLISH
from tests.pages.conftest import CALL, Stage, Visitor, hidden, said, set_stage
from tests.pages.test_over_http import ANSWERS

TBILISI = ZoneInfo("Asia/Tbilisi")
GRACE = timedelta(minutes=10)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A demonstration of this module's own, whose clock is moved, on a machine in Chicago."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "America/Chicago")
        with set_stage() as stage:
            yield stage


@pytest.fixture(scope="module")
def closes(stage: Stage) -> datetime:
    """When a call in Georgia closes, at six in the evening there; the stage's call and round are this one's."""
    officer = stage.speaking("officer")
    initiative = officer.get("/api/me")["initiatives"][0]["initiative"]
    fund = officer.get(f"/api/initiatives/{initiative}/funds")["items"][0]["id"]
    call = CALL | {"time_zone": "Asia/Tbilisi", "grace_minutes": 10}
    stage.call = officer.post("/api/calls", fund=fund, **call)["id"]
    officer.post(f"/api/calls/{stage.call}/publish")
    evening = (datetime.now(TBILISI) + timedelta(days=20)).replace(hour=18, minute=0, second=0, microsecond=0)
    local = evening.replace(tzinfo=None).isoformat()
    stage.round = officer.post(f"/api/calls/{stage.call}/rounds", closes_at=local)["id"]
    officer.get(f"/api/calls/{stage.call}", position=officer.position)
    return evening.astimezone(UTC)


def at(stage: Stage, moment: datetime) -> None:
    """Set the demonstration's clock."""
    stage.running.person(stage.running.token).post("/api/demo/clock", now=moment.isoformat())


def opened(stage: Stage, visitor: Visitor) -> dict[str, str]:
    """The form for applying, filled in."""
    return visitor.form(f"/calls/{stage.call}/apply", "application-submit") | ANSWERS


def test_a_deadline_is_one_instant_everywhere(stage: Stage, closes: datetime) -> None:
    """By JSON in UTC, on pages on the call's clocks and in UTC, each with its zone named."""
    round = stage.speaking("applicant").get(f"/api/rounds/{stage.round}")
    assert datetime.fromisoformat(round["closes_at"]) == closes
    assert round["time_zone"] == "Asia/Tbilisi"
    day = f"{closes.day} {closes:%B} {closes.year}"
    for path in (f"/calls/{stage.call}", f"/calls/{stage.call}/apply"):
        page = html.unescape(stage.visitor("applicant").open(path).text)
        assert f"{day}, 18:00 (Tbilisi time)</time>" in page
        assert "(Tbilisi time)" in page
        assert f"{day}, 14:00 UTC" in page


def test_it_passes_while_a_form_is_open(stage: Stage, closes: datetime) -> None:
    """What arrives in the minutes of grace is taken, also after a mistake in them; behind them it is told when the round
    closed, and all that was typed stands there."""
    apply = f"/calls/{stage.call}/apply"
    first, second, third = (stage.visitor(role) for role in ("applicant", "second applicant", "newcomer"))
    forms = [opened(stage, visitor) for visitor in (first, second, third)]

    at(stage, closes - timedelta(minutes=1))
    early = first.send(apply, forms[0] | {"title": ""})
    assert (early.status_code, "This cannot be left empty." in early.text) == (422, True)

    at(stage, closes + timedelta(minutes=1))
    again = forms[0] | {"_revision": hidden(early.text, "_revision")}
    assert first.send(apply, again).status_code == 303, "mended behind the deadline, and sent again"
    wrong = second.send(apply, forms[1] | {"title": "", "requested.amount": "1.250"})
    assert wrong.status_code == 422
    for kept in ("Is this 1250.00 or 1.25?", 'value="1.250"', "Four concerts.</textarea>", 'value="Hall"'):
        assert kept in html.unescape(wrong.text), kept
    assert f'name="_key" value="{forms[1]["_key"]}"' in wrong.text
    assert second.send(apply, forms[1]).status_code == 303
    assert "does not accept applications right now" in third.open(apply).text, "the grace is granted silently"

    at(stage, closes + GRACE)
    late = third.send(apply, forms[2])
    assert late.status_code == 409
    local = ENGLISH.moment(closes, "Asia/Tbilisi")
    assert said(late) == f"The deadline was {local}; applications are no longer accepted."
    for kept in ("Four concerts.", "A sound project", "Hall", "200.00"):
        assert kept in late.text, kept
