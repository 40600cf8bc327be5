"""The rehearsal on an invented funder's file, against a real server: it succeeds, and one altered cent fails it.

Grant 1 goes to a person, grant 2 to an organisation and through two stages."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tests.acceptance.__main__ as rehearsal
from tests.acceptance import journey as journeys
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
    """Run the rehearsal as from the command line, with an organisation among its three grants; returns its exit code."""
    monkeypatch.setattr(journeys, "ORGANISATION_EVERY", 2)

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
    assert "1 of them went to organisations, through two stages." in said
    assert "2250.49 GBP, 150000 JPY in all" in " ".join(said.split())
    assert "Every sum agrees, to the minor unit, for every grant." in said


def disagreeing(said: str) -> list[str]:
    """The sentences that the report lists as disagreeing."""
    _, _, after = " ".join(said.split()).partition("DISAGREEING")
    listed, _, _ = after.partition(" 3 of 3 grants went")
    return re.split(r" (?=Grant \d)", listed)[1:]


def test_a_cent_altered_in_the_file_fails_it(
    rehearse: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the grants were paid, the file says other sums."""
    read, seen = rehearsal.read_grants, []

    def altered(path: Path, *, most: int | None) -> GrantsFile:
        file = read(path, most=most)
        seen.append(file)
        if len(seen) == 1:
            return file
        one, two, three = file.grants
        return replace(
            file, grants=(replace(one, awarded=one.awarded + 1), replace(two, awarded=two.awarded - 1), three)
        )

    monkeypatch.setattr(rehearsal, "read_grants", altered)
    assert rehearse() == 1
    found = disagreeing(capsys.readouterr().out)
    assert "Grant 1: 1250.51 GBP paid by the file, 1250.50 GBP by the ledger." in found
    assert "Grant 2: 999.98 GBP paid by the file, 999.99 GBP by the ledger." in found


def test_a_cent_altered_in_the_ledger_fails_it(
    rehearse: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each grant's payments are booked as a cent less."""
    honest = rehearsal.ledger_sums

    async def altered(*asked: Any) -> dict[str, LedgerSums]:
        return {grant: replace(sums, paid=sums.paid - 1) for grant, sums in (await honest(*asked)).items()}

    monkeypatch.setattr(rehearsal, "ledger_sums", altered)
    assert rehearse() == 1
    assert sorted(disagreeing(capsys.readouterr().out)) == [
        "Grant 1: 1250.50 GBP paid by the file, 1250.49 GBP by the ledger.",
        "Grant 2: 999.99 GBP paid by the file, 999.98 GBP by the ledger.",
        "Grant 3: 150000 JPY paid by the file, 149999 JPY by the ledger.",
    ]


def test_a_cent_altered_in_the_history_fails_it(
    rehearse: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One fact of a payment to a person says a cent more, and one of a payment to an organisation."""
    honest = rehearsal.all_facts

    async def altered(*asked: Any) -> list[RawFact]:
        facts = await honest(*asked)
        for cents in (125_050, 66_666):
            (*_, last) = (
                place
                for place, fact in enumerate(facts)
                if fact.topic == "grant.instalment_settled.v1" and fact.fields["amount"] == cents
            )
            facts[last] = replace(facts[last], fields={**facts[last].fields, "amount": cents + 1})
        return facts

    monkeypatch.setattr(rehearsal, "all_facts", altered)
    assert rehearse() == 1
    assert sorted(disagreeing(capsys.readouterr().out)) == [
        "Grant 1: 1250.50 GBP paid by the file, 1250.51 GBP by the facts.",
        "Grant 1: 1250.50 GBP paid to its recipient by the file, 1250.51 GBP by the facts.",
        "Grant 2: 999.99 GBP paid by the file, 1000.00 GBP by the facts.",
        "Grant 2: 999.99 GBP paid to its recipient by the file, 1000.00 GBP by the facts.",
    ]


def test_a_file_that_is_none_is_told_in_a_sentence(
    rehearse: Any, grants: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing is asked of any server."""
    grants.write_text("{", "utf-8")
    assert rehearse() == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith("rehearse: ")
