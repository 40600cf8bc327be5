"""What is measured, for whom, and in which form: Prometheus' text, for administrators, about nobody."""

from __future__ import annotations

import re

import psycopg
import pytest

from api.postgres.embedded import EmbeddedPostgres
from projections.register import PROJECTIONS
from tests.journey.running import Person, Running, until
from tests.journey.test_health import stopped
from tests.journey.walk import Walked

SAMPLE = re.compile(r'([a-z_]+)(?:\{([a-z]+)="([a-z]+)"\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)\Z')
NAMES = {projection.name for projection in PROJECTIONS}


def text(running: Running) -> str:
    """The figures as an administrator's monitoring reads them."""
    answer = running.client.get("/metrics", headers={"Authorization": f"Bearer {running.token}"})
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "text/plain; version=0.0.4; charset=utf-8",
    )
    return answer.text


def samples(running: Running) -> dict[str, dict[str, float]]:
    """Each figure's value, by its label's text (empty without one)."""
    found: dict[str, dict[str, float]] = {}
    for line in text(running).splitlines():
        if not line.startswith("#"):
            sample = SAMPLE.match(line)
            assert sample, line
            found.setdefault(sample[1], {})[sample[3] or ""] = float(sample[4])
    return found


def test_every_figure_is_explained_and_typed_once_before_its_samples(running: Running) -> None:
    """As the format wants it; and a counter's name ends as counters' do."""
    explained: list[str] = []
    kind = ""
    for line in text(running).splitlines():
        if line.startswith("# HELP "):
            name, _, meaning = line.removeprefix("# HELP ").partition(" ")
            assert meaning.endswith(".")
            explained.append(name)
        elif line.startswith("# TYPE "):
            name, _, kind = line.removeprefix("# TYPE ").partition(" ")
            assert name == explained[-1]
            assert (kind == "counter") == name.endswith("_total")
        else:
            assert re.match(r"[a-z_]+", line)[0] == explained[-1]  # type: ignore[index]
    assert len(set(explained)) == len(explained)


def test_the_figures_are_those_of_the_history_and_of_the_process(running: Running) -> None:
    """They grow with the history; every projection is there."""
    before = samples(running)
    administrator = running.person(running.token)
    administrator.post("/api/initiatives", name="One More")
    administrator.get("/api/me", position=administrator.position)
    until(lambda: samples(running)["overwinter_due_dates_overdue"] == {"": 0})
    after = samples(running)
    facts = float(len(running.rows()))
    assert before["overwinter_facts_total"][""] < after["overwinter_facts_total"][""] == facts
    assert after["overwinter_projection_position"] == dict.fromkeys(NAMES, facts)
    assert after["overwinter_projection_behind_facts"] == dict.fromkeys(NAMES, 0)
    assert after["overwinter_projection_lag_seconds"] == dict.fromkeys(NAMES, 0)
    assert after["overwinter_projection_stopped"] == dict.fromkeys(NAMES, 0)
    with EmbeddedPostgres(running.folder / "postgres") as server, psycopg.connect(server.url) as connection:
        waiting = connection.execute("SELECT count(*) FROM history.due_dates").fetchone()
    assert (after["overwinter_due_dates_waiting"][""],) == waiting
    assert after["overwinter_due_dates_overdue"] == {"": 0}
    assert (
        0
        < after["overwinter_pool_connections"]["primary"]
        <= after["overwinter_pool_connections_most"]["primary"]
    )
    assert 20e6 < after["process_resident_memory_bytes"][""] < 1e9
    assert "overwinter_replica_in_use" not in after


def test_a_projection_that_stopped_is_seen(running: Running) -> None:
    with stopped(running, "calls"):
        found = samples(running)
    assert found["overwinter_projection_stopped"] == {name: float(name == "calls") for name in NAMES}
    assert found["overwinter_wrong"] == {"": 1}


def test_nobody_is_in_it(running: Running, walked: Walked) -> None:
    """No id of anything, and no name: labels are the program's own words."""
    said = text(running)
    assert re.findall(r"[0-9a-f]{16}|ow_|@", said) == []
    assert {match[1] for match in re.finditer(r'="([^"]*)"', said)} == {*NAMES, "primary"}


@pytest.mark.parametrize("who", ["officer", "funder", "artist", "chair", "finance"])
def test_others_are_refused(running: Running, walked: Walked, who: str) -> None:
    """Also those with a part in an initiative."""
    person: Person = walked.people[who]
    told = person.get("/metrics", 403)
    assert told["detail"] == "Only an administrator of this installation can do this."


def test_the_public_is_refused(running: Running) -> None:
    answer = running.client.get("/metrics")
    assert (answer.status_code, answer.json()["title"]) == (401, "You are not signed in")
