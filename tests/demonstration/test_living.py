"""The living demonstration, as `make demo` builds it: two initiatives over a year."""

from __future__ import annotations

import enum
import html
import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from api.postgres.embedded import EmbeddedPostgres
from domain.applications.state import ApplicationStatus
from domain.calls.state import CallStatus
from domain.grants.statuses import GrantStatus, InstalmentStatus, ReportStatus
from domain.panels.state import PanelStatus
from domain.reviews.state import ReviewStatus
from domain.rounds.state import RoundStatus
from tests.journey.running import OVERWINTER, Running, demonstration

STATES: dict[str, type[enum.Enum]] = {
    "applications": ApplicationStatus,
    "calls": CallStatus,
    "grants": GrantStatus,
    "instalments": InstalmentStatus,
    "panels": PanelStatus,
    "reports": ReportStatus,
    "reviews": ReviewStatus,
    "rounds": RoundStatus,
}
"""The states of everything, by read model."""
NOTHING_WAITS: dict[str, str] = {
    "miriam": "A funder reads; nobody waits for them.",
    "rune": "A funder reads; nobody waits for them.",
    "administrator": "Nothing of an initiative is an administrator's to do.",
}
"""As whom one finds nothing that waits, and why."""


@pytest.fixture(scope="module")
def living() -> Iterator[Running]:
    """One demonstration for all tests here, which leave it as it is."""
    with demonstration(small=False) as running:
        running.caught_up()
        yield running


@pytest.fixture(scope="module")
def entrances(living: Running) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((living.folder / "access.json").read_text("utf-8"))["access"]
    return found


@pytest.mark.timeout(300)
def test_every_state_occurs(living: Running) -> None:
    with EmbeddedPostgres(living.folder / "postgres") as server, psycopg.connect(server.url) as connection:
        for table, states in STATES.items():
            query = f"SELECT DISTINCT status FROM read.{table} WHERE to_position = 9223372036854775807"
            found = {row[0] for row in connection.execute(query)}
            assert found == {state.value for state in states}, table


def test_the_history_is_sound_and_nothing_was_decided_before_what_stands_before_it(living: Running) -> None:
    """The history, the tables beside it and every sealed field; and times that never go back, which `as_of` needs."""
    done = subprocess.run(
        [*OVERWINTER, "verify", "--keys"], env=living.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    times = [row["envelope"]["decided_at"] for row in living.rows()]
    assert times == sorted(times)


def test_the_money_agrees(living: Running, entrances: list[dict[str, Any]]) -> None:
    """The cash of each fund is what arrived without what was paid, every entry of its ledger balances, and nothing more was
    committed than arrived."""
    facts = [(row["topic"], row["fact"]) for row in living.rows()]
    fund_of = {fact["grant"]: fact["fund"] for topic, fact in facts if topic == "grant.offered.v1"}
    cash: Counter[str] = Counter()
    committed: Counter[str] = Counter()
    for topic, fact in facts:
        if topic == "fund.received.v1":
            cash[fact["fund"]] += fact["amount"]
        elif topic == "fund.committed.v1":
            committed[fact["fund"]] += fact["amount"]
        elif topic == "fund.released.v1":
            committed[fact["fund"]] -= fact["amount"]
        elif topic == "grant.instalment_settled.v1":
            cash[fund_of[fact["grant"]]] -= fact["amount"]
    finance = {each["role"]: living.person(each["token"]) for each in entrances}
    ledgers = 0
    for who in ("grace", "edgar"):
        me = finance[who].get("/api/me")["initiatives"][0]["initiative"]
        for fund in finance[who].get(f"/api/initiatives/{me}/funds")["items"]:
            ledger = finance[who].get(f"/api/funds/{fund['id']}/ledger")
            totals = {each["account"]: each for each in ledger["accounts"]}
            sides = Counter[str]()
            for each in totals.values():
                sides["debits"] += minor(each["debits"])
                sides["credits"] += minor(each["credits"])
            assert sides["debits"] == sides["credits"] > 0
            assert minor(totals["cash"]["balance"]) == cash[fund["id"]] >= 0
            assert minor(fund["available"]) >= 0
            assert committed[fund["id"]] <= sum(
                fact["amount"]
                for topic, fact in facts
                if topic == "fund.received.v1" and fact["fund"] == fund["id"]
            )
            ledgers += 1
    assert ledgers == 4


def minor(money: dict[str, str]) -> int:
    """An amount of money in its minor unit."""
    return round(float(money["amount"]) * 100)


@pytest.mark.timeout(300)
def test_whoever_one_enters_as_finds_something_that_waits_and_every_link_leads_somewhere(
    living: Running, entrances: list[dict[str, Any]]
) -> None:
    """By the buttons of the page for signing in; nobody copies a token."""
    waits: dict[str, bool] = {}
    astray: list[tuple[str, str, int]] = []
    for each in entrances:
        with httpx.Client(base_url=living.address, timeout=60, headers={"Accept-Language": "en"}) as client:
            page = client.get("/sign-in").text
            assert html.escape(each["finds"]["en"]) in page or each["finds"]["en"] in html.unescape(page)
            secret = re.search(r'name="_secret" value="([^"]*)"', page)
            assert secret is not None
            sent = {"_secret": html.unescape(secret[1]), "_next": "/me", "_person": each["role"]}
            assert client.post("/sign-in", data=sent).headers["location"] == "/me"
            start = client.get("/me")
            assert start.status_code == 200
            waits[each["role"]] = "Nothing is waiting for you" not in start.text
            links = sorted(set(re.findall(r'<a href="(/[^"#?]*)', start.text)))
            answers = [(path, client.get(path).status_code) for path in links]
            astray += [(each["role"], path, status) for path, status in answers if status != 200]
    assert astray == []
    assert {role for role, something in waits.items() if not something} == set(NOTHING_WAITS)
