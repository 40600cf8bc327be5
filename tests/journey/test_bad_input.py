"""Whatever a client sends, it gets one clear sentence, never a 500, and nothing is written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.journey.running import Person, Running
from tests.journey.walk import CALL

PERSON = {"name": "Somebody", "email": None, "language": "en"}

BODIES: dict[str, tuple[bytes, int]] = {
    "no JSON": (b"{", 400),
    "an empty body": (b"", 422),
    "invalid UTF-8": (b'{"name": "\xff", "email": null, "language": "en"}', 400),
    "an array": (b"[]", 422),
    "a missing field": (b'{"email": null, "language": "en"}', 422),
    "an unknown field": (json.dumps(PERSON | {"role": "x"}).encode(), 422),
    "a number for a text": (json.dumps(PERSON | {"name": 7}).encode(), 422),
    "NUL": (json.dumps(PERSON | {"name": "a\x00b"}).encode(), 422),
    "half a surrogate pair": (b'{"name": "\\ud800", "email": null, "language": "en"}', 422),
    "an empty name": (json.dumps(PERSON | {"name": "  "}).encode(), 422),
    "a name too long": (json.dumps(PERSON | {"name": "x" * 201}).encode(), 422),
    "ten megabytes": (json.dumps(PERSON | {"name": "x" * 10_000_000}).encode(), 413),
    "deep nesting": (b'{"name": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", 400),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_bad_body_is_answered_in_a_sentence(running: Running, case: str) -> None:
    """The problem document has a title and a detail, and does not echo what was sent."""
    body, status = BODIES[case]
    before = len(running.rows())
    answer = running.client.post(
        "/api/persons",
        content=body,
        headers={"Authorization": f"Bearer {running.token}", "Content-Type": "application/json"},
    )
    problem = answer.json()
    assert answer.status_code in ((status,) if case != "half a surrogate pair" else (400, 422)), problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == answer.status_code
    assert problem["detail"].endswith(".")
    assert len(running.rows()) == before


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("1.001", "EUR"),
        ("-1", "EUR"),
        ("1" + "0" * 20, "EUR"),
        ("1,5", "EUR"),
        ("1e3", "EUR"),
        ("", "EUR"),
        ("1", "eu"),
    ],
)
def test_a_bad_amount_is_told_at_its_field(running: Running, amount: str, currency: str) -> None:
    """Also one that would be a number elsewhere."""
    administrator = running.person(running.token)
    initiative = administrator.post("/api/initiatives", name="Bad Input")["id"]
    me = administrator.get("/api/me")["person"]
    administrator.post(
        f"/api/initiatives/{initiative}/members",
        person=me,
        roles=["administrator", "officer", "finance", "funder"],
    )
    fund = administrator.post("/api/funds", initiative=initiative, name="Fund", currency="EUR")["id"]
    before = len(running.rows())
    money: Any = {"amount": amount, "currency": currency}
    problem = administrator.post(f"/api/funds/{fund}/pledges", 422, funder=me, amount=money)
    assert problem["errors"][0]["field"].startswith("amount")
    assert len(running.rows()) == before


@dataclass(frozen=True)
class Ground:
    """What commands with dates and times are about, and who sends them."""

    officer: Person
    finance: Person
    ids: dict[str, str]
    """A fund and its pledge, a published call without a round, an application that was awarded, and its grant."""


@pytest.fixture(scope="module")
def ground(running: Running) -> Ground:
    """The demonstration's own, and a call besides."""
    people = json.loads((running.folder / "access.json").read_text())["access"]
    tokens = {each["role"]: each["token"] for each in people}
    rows = running.rows()

    def first(topic: str) -> dict[str, Any]:
        fact: dict[str, Any] = next(row["fact"] for row in rows if row["topic"] == topic)
        return fact

    officer, offered = running.person(tokens["officer"]), first("grant.offered.v1")
    call = officer.post("/api/calls", fund=offered["fund"], **CALL)["id"]
    officer.post(f"/api/calls/{call}/publish")
    ids = {name: offered[name] for name in ("fund", "application", "grant")}
    ids |= {"call": call, "pledge": first("fund.pledged.v2")["pledge"]}
    return Ground(officer, running.person(tokens["finance"]), ids)


def turned_down(
    running: Running, person: Person, path: str, status: int, **body: Any
) -> list[tuple[str, str]]:
    """What is said of each field; nothing may be written."""
    before = len(running.rows())
    problem = person.post(path, status, **body)
    assert len(running.rows()) == before
    return [(error["field"], error["detail"]) for error in problem.get("errors", ())]


NO_DATE = "Write the date as year, month and day: 2026-05-31."
NO_TIME = "Write date and time as 2026-05-31T18:00:00."


@pytest.mark.parametrize(
    "day",
    ["2026-02-30", "2025-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-1-5", "20260105", "05.01.2026",
     "2026-01-05T25:00:00", "2026-01-05+01:00", "today", ""],
)  # fmt: skip
def test_a_day_that_is_in_no_calendar_is_told_at_its_field(
    running: Running, ground: Ground, day: str
) -> None:
    """In a field, and deep in a list."""
    ids, amount = ground.ids, {"amount": "1.00", "currency": "EUR"}
    assert turned_down(
        running, ground.finance, f"/api/funds/{ids['fund']}/receipts", 422,
        pledge=ids["pledge"], amount=amount, received_on=day,
    ) == [("received_on", NO_DATE)]  # fmt: skip
    assert turned_down(
        running, ground.finance, f"/api/grants/{ids['grant']}/instalments/2/settle", 422,
        amount=amount, settled_on=day,
    ) == [("settled_on", NO_DATE)]  # fmt: skip
    assert turned_down(
        running, ground.officer, f"/api/grants/{ids['grant']}/schedule", 422,
        instalments=[{"amount": amount, "due": "2026-06-01"}, {"amount": amount, "due": day}],
    ) == [("instalments[1].due", NO_DATE)]  # fmt: skip


@pytest.mark.parametrize(
    "moment",
    ["2026-02-30T12:00:00", "2026-05-31T25:00:00", "2026-05-31T24:00:00", "2026-05-31T23:60:00",
     "2026-05-31T23:59:61", "2026-05-31T18:00:00+25:00", "2026-05-31", "18:00", "31 May 2026 18:00", "tomorrow", ""],
)  # fmt: skip
def test_a_time_that_no_clock_shows_is_told_at_its_field(
    running: Running, ground: Ground, moment: str
) -> None:
    """Whether the command wants it with its offset or without."""
    ids = ground.ids
    assert turned_down(
        running, ground.officer, f"/api/calls/{ids['call']}/rounds", 422, closes_at=moment
    ) == [("closes_at", NO_TIME)]  # fmt: skip
    assert turned_down(
        running, ground.officer, f"/api/applications/{ids['application']}/grant", 422, respond_by=moment
    ) == [("respond_by", NO_TIME)]  # fmt: skip


@pytest.mark.parametrize("value", [20260531, 1.5, None, True, ["2026-05-31"], {"year": 2026}])
def test_what_is_no_text_is_neither_day_nor_time(running: Running, ground: Ground, value: Any) -> None:
    """A number is no count of seconds here."""
    ids, amount = ground.ids, {"amount": "1.00", "currency": "EUR"}
    assert turned_down(
        running, ground.finance, f"/api/funds/{ids['fund']}/receipts", 422,
        pledge=ids["pledge"], amount=amount, received_on=value,
    ) == [("received_on", NO_DATE)]  # fmt: skip
    assert turned_down(
        running, ground.officer, f"/api/calls/{ids['call']}/rounds", 422, closes_at=value
    ) == [("closes_at", NO_TIME)]  # fmt: skip


def test_a_time_without_its_offset_is_refused_where_one_is_needed(running: Running, ground: Ground) -> None:
    """An offer ends at one moment for everybody; a demonstration's clock is set to one."""
    path = f"/api/applications/{ground.ids['application']}/grant"
    assert turned_down(running, ground.officer, path, 422, respond_by="2100-01-01T12:00:00") == [
        ("respond_by", "Write the time with its offset, such as 2026-03-31T12:00:00Z.")
    ]
    administrator = running.person(running.token)
    assert turned_down(running, administrator, "/api/demo/clock", 422, now="2100-01-01T12:00:00") == [
        ("now", "Write the time with its offset, such as 2026-03-31T12:00:00Z.")
    ]
    for as_of in ("2026-05-31T18:00:00", "2026-02-30T18:00:00Z", "2026-05-31T25:00:00Z"):
        problem = ground.officer.get(f"/api/funds/{ground.ids['fund']}", 400, as_of=as_of)
        assert [(error["field"], error["detail"]) for error in problem["errors"]] == [
            (
                "as_of",
                "Send an X-Position exactly as you got it, or a time with its offset, such as 2026-05-31T18:00:00Z.",
            )
        ]


def test_a_time_with_an_offset_is_refused_where_the_calls_own_clocks_count(
    running: Running, ground: Ground
) -> None:
    """And one over which its clocks leap, in the night when summer time begins."""
    path = f"/api/calls/{ground.ids['call']}/rounds"
    for moment, detail in (
        (
            "2090-05-31T18:00:00Z",
            "Write the local time in the call's time zone, without an offset.",
        ),
        (
            "2090-03-26T02:30:00",
            (
                "This time does not exist in Europe/Berlin, because the clocks are put forward then; "
                "choose another one."
            ),
        ),
    ):
        assert turned_down(running, ground.officer, path, 422, closes_at=moment) == [("closes_at", detail)]


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Bearer ow_" + "a" * 43, "Basic b3c="])
def test_without_a_good_token_nothing_is_told(running: Running, token: str) -> None:
    """401, with the way to sign in."""
    answer = running.client.get("/api/facts", headers={"Authorization": token})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_an_address_or_a_method_that_is_not_there_is_a_problem_document_too(running: Running) -> None:
    """Not the framework's own words."""
    assert running.client.get("/nowhere").json()["status"] == 404
    assert running.client.delete("/api/persons").json()["status"] == 405
    assert running.person(running.token).post("/api/calls/call-x/publish", 404)["detail"].endswith(".")


def test_one_key_with_another_body_is_refused_and_a_stale_version_too(running: Running) -> None:
    """422 and 412; nothing is written."""
    administrator = running.person(running.token)
    initiative = administrator.post("/api/initiatives", 201, {"Idempotency-Key": "bad-1"}, name="First")["id"]
    before = len(running.rows())
    administrator.post("/api/initiatives", 422, {"Idempotency-Key": "bad-1"}, name="Second")
    me = administrator.get("/api/me")["person"]
    administrator.post(
        f"/api/initiatives/{initiative}/members",
        412,
        {"If-Match": f'"{"x" * 22}"'},
        person=me,
        roles=["administrator", "officer"],
    )
    assert len(running.rows()) == before
