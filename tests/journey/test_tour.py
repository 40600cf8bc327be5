"""The tour by JSON and the first initiative of a server, run as they stand in docs/."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.journey.running import OVERWINTER, Running, demonstration, until

DOCS = Path(__file__).parents[2] / "docs"


def commands(file: str, heading: str, mark: str) -> str:
    """The block under a heading that is given to a shell of its own, ended by `mark`."""
    found = re.search(
        rf"^##+ {heading}\n(?:(?!^## ).)*?```sh\n(bash [^\n]*<<'{mark}'\n.*?^{mark}\n)```",
        (DOCS / file).read_text("utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    assert found is not None
    return found[1]


def paste(text: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Give commands to a shell that knows nothing of bash, and goes on after a failure."""
    return subprocess.run(
        ["sh", "-c", text], env=environment, capture_output=True, text=True, timeout=150, check=False
    )


def walked(running: Running, **settings: str) -> subprocess.CompletedProcess[str]:
    """The tour through a demonstration."""
    ways = {"URL": running.address, "ACCESS": str(running.folder / "access.json")}
    return paste(
        commands("json-tour.md", "One grant's life", "TOUR"), {**running.environment, **ways, **settings}
    )


@pytest.mark.timeout(300)
def test_the_tour_leads_from_an_application_to_a_payment_that_the_funder_reads() -> None:
    """Every command succeeds, and the last two answer with what was paid. A second tour stops, with one sentence."""
    with demonstration() as running:
        done = walked(running)
        assert done.returncode == 0, (done.stdout[-3000:], done.stderr)
        assert "recorded that instalment 1 of the grant for application" in done.stdout
        assert '"account":"cash"' in done.stdout.replace(" ", "")
        again = walked(running)
        assert (again.returncode, again.stdout, again.stderr) == (
            1,
            "",
            "No call is open, as after a tour. To start over, stop the demonstration, delete its folder, and start it again.\n",
        )
        elsewhere = walked(running, ACCESS="nowhere/access.json")
        assert (elsewhere.returncode, elsewhere.stdout, elsewhere.stderr) == (
            1,
            "",
            "There is no nowhere/access.json: run this in the folder in which the demonstration was started.\n",
        )


@pytest.mark.timeout(60)
def test_the_tour_stops_at_the_first_failure(tmp_path: Path) -> None:
    """One that nobody answers says so once, and begins nothing more."""
    ways = tmp_path / "access.json"
    ways.write_text(json.dumps({"access": [{"role": "newcomer", "token": "ow_nothing", "person": "nobody"}]}))
    settings = {"URL": "http://127.0.0.1:9", "ACCESS": str(ways)}
    done = paste(commands("json-tour.md", "One grant's life", "TOUR"), {**os.environ, **settings})
    assert done.returncode != 0
    assert done.stdout == ""
    assert [line for line in done.stderr.splitlines() if not line.startswith("curl:")] == [
        "GET http://127.0.0.1:9/api/calls failed: no answer"
    ]


@pytest.mark.timeout(120)
def test_the_tour_begins_nothing_where_somebody_has_applied_by_page() -> None:
    """They would be left without a judgement, and the tour would stop half-way, with the clock set."""
    with demonstration() as running:
        ways = json.loads((running.folder / "access.json").read_text())["access"]
        token = next(each["token"] for each in ways if each["role"] == "newcomer")
        with httpx.Client(base_url=running.address, headers={"Authorization": f"Bearer {token}"}) as newcomer:
            calls = newcomer.get("/api/calls").json()["items"]
            call = next(each for each in calls if each["rounds"][0]["status"] == "open")
            applied = newcomer.post(
                f"/api/calls/{call['id']}/applications",
                json={
                    "round": call["rounds"][0]["id"],
                    "title": "Ten kitchens",
                    "requested": {"amount": "2000.00", "currency": "EUR"},
                    "answers": {
                        "idea": "Ten concerts in ten kitchens.",
                        "costs": [{"item": "Travel", "amount": "2000.00"}],
                    },
                },
            )
            assert applied.status_code == 201, applied.text
            newcomer.get("/api/applications", params={"position": applied.headers["X-Position"]})
        done = walked(running)
        assert (done.returncode, done.stdout, done.stderr) == (
            1,
            "",
            "Somebody has already applied, and this tour works with one application only. To start over, delete the demonstration's folder.\n",
        )


@contextmanager
def server(database_url: str, folder: Path, port: int) -> Iterator[dict[str, str]]:
    """An installation that is no demonstration; yields its environment, with its administrator's token."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "DATA_DIR": str(folder),
        "OVERWINTER_PORT": str(port),
        "URL": f"http://127.0.0.1:{port}",
    }

    def said(*arguments: str, typed: str = "") -> str:
        return subprocess.run(
            [*OVERWINTER, *arguments],
            env=environment,
            input=typed,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    said("migrate")
    claim = said("claims", "create", "--administrator")
    environment["TOKEN"] = said("claims", "exchange", typed=claim).strip()
    processes = [subprocess.Popen([*OVERWINTER, name], env=environment) for name in ("serve", "project")]
    try:
        until(
            lambda: (
                subprocess.run(
                    ["curl", "-sf", f"{environment['URL']}/health/ready"], capture_output=True, check=False
                ).returncode
                == 0
            )
        )
        yield environment
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(30)


@pytest.mark.timeout(180)
def test_the_first_initiative_ends_with_a_call_that_is_open(
    database_url: str, tmp_path: Path, free_port: int
) -> None:
    """Every command succeeds on a server of one's own; a second try stops where the addresses are taken."""
    with server(database_url, tmp_path / "data", free_port) as environment:
        text = commands("server.md", "The first initiative", "FIRST")
        done = paste(text, environment)
        assert done.returncode == 0, (done.stdout[-3000:], done.stderr)
        call, last = done.stdout.splitlines()[-2:]
        assert json.loads(call)["rounds"][0]["status"] == "open"
        assert last.startswith("The officer signs in with ow_")
        again = paste(text, environment)
        assert again.returncode == 1
        assert again.stdout == ""
        assert "Another registered person already uses this address." in again.stderr
