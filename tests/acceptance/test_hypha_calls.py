"""Hypha's forms, invented ones here, become calls on a real server, which are read back as they were meant."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tests.acceptance.hypha.__main__ as creation
from benchmarks.traffic import Traffic
from tests.acceptance.hypha.calls import MeantCall
from tests.acceptance.hypha.invented import FILES, STORY, TITLE, export, form
from tests.journey.running import Running, demonstration

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A demonstration for all tests here."""
    with demonstration() as running:
        yield running


@pytest.fixture
def run(running: Running, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], int]:
    """Run the script as from the command line; returns its exit code."""

    def run(folder: Path) -> int:
        sent = ["hypha", str(folder), "--url", running.address, "--token", running.token]
        monkeypatch.setattr(sys, "argv", sent)
        return creation.main()

    return run


def calls(running: Running) -> dict[str, int]:
    """The stages of every published call, by its title, as anybody sees them."""
    running.caught_up()
    found = running.client.get("/api/calls").json()["items"]
    return {
        each["title"]["en"]: len(running.client.get(f"/api/calls/{each['id']}").json()["stages"])
        for each in found
        if "en" in each["title"]
    }


def test_every_form_becomes_a_call_that_is_read_back_as_it_was_meant(
    running: Running,
    run: Callable[[Path], int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And the table says what became of each form, and what was not held."""
    assert run(export(tmp_path)) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "11 forms make 5 calls." in said
    assert (
        "5 of 5 calls were created, published and read back as they were meant, 2 of them with two stages"
        in said
    )
    assert "Evening part 2" in said
    assert "stage 2 of “Evening”" in said
    assert (
        "The options of a category are in another table of Hypha's, which this file does not have. – Genre"
        in said
    )
    found = calls(running)
    assert {title: found[title] for title in ("Archive", "After the award", "Work", "Evening")} == {
        "Archive": 1,
        "After the award": 1,
        "Work": 1,
        "Evening": 2,
    }


def test_a_form_that_the_server_refuses_is_told_and_the_others_are_created(
    running: Running,
    run: Callable[[Path], int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Here for a label that is too long."""
    long = {**STORY, "value": {**STORY["value"], "field_label": "Long " * 100}}
    forms = [form("Too long", TITLE, long), form("Beside it", TITLE, STORY)]
    assert run(export(tmp_path, {"funds_applicationform": forms})) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "NOT as it was meant: Too long: draft a call: 422, " in said
    assert "1 of 2 calls were created" in said
    assert "Beside it" in calls(running)


def test_a_call_that_comes_back_changed_fails_it(
    run: Callable[[Path], int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A server that forgets a question is found out."""
    honest = MeantCall.draft

    def forgetful(self: MeantCall, fund: str) -> dict[str, object]:
        body = honest(self, fund)
        return {**body, "title": {"en": "Another title"}} if self.title == "Archive" else body

    monkeypatch.setattr(MeantCall, "draft", forgetful)
    assert run(export(tmp_path, {"funds_applicationform": FILES["funds_applicationform"]})) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "NOT as it was meant: Archive: The title is {'en': 'Another title'}" in said


def test_bad_input_ends_in_one_sentence_and_nothing_is_asked_of_the_server(
    run: Callable[[Path], int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A folder that is not there."""
    monkeypatch.delattr(Traffic, "post")
    assert run(tmp_path / "nowhere") == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith("hypha: There is no folder ")


def test_a_server_that_does_not_take_the_token_ends_in_one_sentence(
    running: Running,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The server's own."""
    sent = ["hypha", str(export(tmp_path)), "--url", running.address, "--token", "ow_wrong"]
    monkeypatch.setattr(sys, "argv", sent)
    assert creation.main() == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith("hypha: register a person: 401, ")
