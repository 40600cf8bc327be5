"""The rehearsal on an invented funder's file, against a real server: it succeeds, and one altered cent fails it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tests.acceptance.__main__ as rehearsal
from tests.acceptance.agreement import LedgerSums, RawFact
from tests.acceptance.giving import GrantsFile
from tests.journey.running import Running, demonstration

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A demonstration of these tests' own, as the rehearsal sets its clock."""
    with demonstration() as running:
        yield running


@pytest.fixture
def grants(tmp_path: Path) -> Path:
    """Three grants: one above what was asked, one without a sum asked for, one in another currency without cents."""
    found = [
        given(1, "Three evenings", 1250.50, "GBP", 1000.0),
        given(2, "A printed map", 999.99, "GBP", None),
        given(3, "A small archive", 150_000, "JPY", 0),
    ]
    file = tmp_path / "grants.json"
    file.write_text(json.dumps({"grants": found}), "utf-8")
    return file


def given(number: int, title: str, awarded: float, currency: str, asked: float | None) -> dict[str, Any]:
    """A grant as a funder publishes it."""
    return {
        "id": f"360G-invented-{number}",
        "title": title,
        "description": f"{title}, invented for a test.",
        "currency": currency,
        "amountAwarded": awarded,
        **({} if asked is None else {"amountAppliedFor": asked}),
        "awardDate": "2024-03-01",
        "recipientOrganization": [{"id": f"XX-{number}", "name": f"Invented Stage {number}"}],
        "fundingOrganization": [{"id": "XX-F", "name": "Invented Fund"}],
    }


@pytest.fixture
def rehearse(running: Running, grants: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the rehearsal as from the command line; returns its exit code."""

    def run() -> int:
        monkeypatch.setattr(
            sys, "argv", ["rehearse", str(grants), "--url", running.address, "--token", running.token]
        )
        return rehearsal.main()

    return run


def test_every_grant_is_paid_and_every_sum_agrees(rehearse: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where more is awarded than was asked for, and in a currency without a minor unit."""
    assert rehearse() == 0
    said = capsys.readouterr().out
    assert "3 of 3 grants went from the call to the last payment" in said
    assert "2250.49 GBP, 150000 JPY in all" in " ".join(said.split())
    assert "Every sum agrees, to the minor unit, for every grant." in said


def test_a_cent_altered_in_the_file_fails_it(
    rehearse: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the grants were paid, the file says another sum."""
    read, seen = rehearsal.read_grants, []

    def altered(path: Path, *, most: int | None) -> GrantsFile:
        file = read(path, most=most)
        seen.append(file)
        if len(seen) == 1:
            return file
        first, *others = file.grants
        return replace(file, grants=(replace(first, awarded=first.awarded + 1), *others))

    monkeypatch.setattr(rehearsal, "read_grants", altered)
    assert rehearse() == 1
    assert "DISAGREEING" in capsys.readouterr().out


def test_a_cent_altered_in_the_ledger_fails_it(
    rehearse: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One grant's payment is booked as a cent less."""
    honest = rehearsal.ledger_sums

    async def altered(*asked: Any) -> dict[str, LedgerSums]:
        sums = await honest(*asked)
        grant = next(iter(sums))
        return {**sums, grant: replace(sums[grant], paid=sums[grant].paid - 1)}

    monkeypatch.setattr(rehearsal, "ledger_sums", altered)
    assert rehearse() == 1
    assert "DISAGREEING" in capsys.readouterr().out


def test_a_cent_altered_in_the_history_fails_it(
    rehearse: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One fact of a payment says a cent more."""
    honest = rehearsal.all_facts

    async def altered(*asked: Any) -> list[RawFact]:
        facts = await honest(*asked)
        last = max(place for place, fact in enumerate(facts) if fact.topic == "grant.instalment_settled.v1")
        fields = facts[last].fields
        facts[last] = replace(facts[last], fields={**fields, "amount": fields["amount"] + 1})
        return facts

    monkeypatch.setattr(rehearsal, "all_facts", altered)
    assert rehearse() == 1
    assert "DISAGREEING" in capsys.readouterr().out


def test_a_file_that_is_none_is_told_in_a_sentence(
    rehearse: Any, grants: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing is asked of any server."""
    grants.write_text("{", "utf-8")
    assert rehearse() == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith("rehearse: ")
