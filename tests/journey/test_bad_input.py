"""Whatever a client sends, it gets one clear sentence, never a 500, and nothing is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.journey.running import Running

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
        {"If-Match": '"7"'},
        person=me,
        roles=["administrator", "officer"],
    )
    assert len(running.rows()) == before
