"""An installation with a fact that cannot be read starts, serves what does not rest on it, and names it."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from anyio import to_thread
from click.testing import CliRunner, Result
from psycopg.conninfo import conninfo_to_dict

from api.app import make_app
from api.cli import main
from api.postgres.embedded import EmbeddedPostgres
from api.run.demonstration import SMALL, load
from api.run.settings import Settings, read_settings
from api.run.wiring import Wiring, WiringError, all_migrations, wire
from domain.initiatives.facts import INSTALLATION_ID
from history.appends import Append
from history.documents import Stored
from history.migrate import migrate
from history.store import open_history
from history.unreadable import Unreadable
from projections.projector import Projector
from projections.register import PROJECTIONS
from tests.projections.conftest import take_lead

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The settings of a demonstration that is migrated."""
    migrate(database_url, all_migrations())
    return {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "data"), "OVERWINTER_DEMO": "1"}


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    return read_settings(environment)


async def add(url: str, stream: str, topic: str, document: bytes) -> int:
    """Append a fact as somebody can who has the program's password; returns its position."""
    async with open_history(url, connections=1) as history:
        version = len((await history.load({stream: 0})).get(stream, ()))
        fact = Stored(stream, version + 1, topic, document, bytes(32))
        append = Append(facts=[fact], read={stream: version}, answers=stream)
        return (await history.append(append)).positions[0]


def stream_of(url: str, topic: str) -> str:
    """The stream of the first fact of a topic."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT stream FROM history.facts WHERE topic = %s ORDER BY position LIMIT 1", (topic,)
        ).fetchone()
    assert row is not None
    return str(row[0])


def project(url: str) -> None:
    """Project all that can be."""
    with Projector(url, PROJECTIONS) as projector:
        take_lead(projector)
        while projector.step():
            pass


@asynccontextmanager
async def served(settings: Settings, url: str) -> AsyncIterator[tuple[Wiring, httpx.AsyncClient]]:
    """The installation as a server has it, and a client."""
    async with wire(settings, url, connections=2) as wiring:
        transport = httpx.ASGITransport(app=make_app(wiring))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            yield wiring, client


async def overwinter(environment: dict[str, str], *arguments: str) -> Result:
    """Run a command as the operator; it has an event loop of its own."""
    return await to_thread.run_sync(lambda: CliRunner().invoke(main, arguments, env=environment))


SENTENCE = "Part of the history cannot be read, so this can be neither shown nor changed right now; please tell the people who run this installation."


async def test_what_rests_on_it_is_refused_and_the_rest_is_served(
    environment: dict[str, str], settings: Settings, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """By JSON and by page, with one sentence and status 503; the log has the position, the answer has not."""
    people = {each.role: each for each in await load(settings, database_url, SMALL)}
    applicant, officer = (
        {"Authorization": f"Bearer {people[role].token}"} for role in ("applicant", "officer")
    )
    administrator = {"Authorization": f"Bearer {people['administrator'].token}"}
    application = stream_of(database_url, "application.submitted.v1")
    call = stream_of(database_url, "call.drafted.v1")
    position = await add(database_url, application, "application.awarded.v1", b"\xff no JSON")
    project(database_url)

    async with served(settings, database_url) as (_, client):
        for answer in (
            await client.get(f"/api/applications/{application}", headers=applicant),
            await client.get(f"/api/calls/{call}/applications", headers=officer),
            await client.post(
                f"/api/applications/{application}/withdraw", headers=applicant, json={"reason": "safety"}
            ),
        ):
            assert (answer.status_code, answer.json()["detail"]) == (503, SENTENCE)
            assert answer.json()["type"] == "/schema#problem-unreadable"
            assert str(position) not in answer.text
        session = await client.post("/api/initiatives", headers=applicant, json={"name": "x"})
        assert session.status_code == 403
        page = await client.get("/schema")
        assert 'id="problem-unreadable"' in page.text
        assert (await client.get(f"/api/calls/{call}", headers=officer)).status_code == 200
        assert (await client.get("/api/me", headers=applicant)).status_code == 200

        facts = (await client.get(f"/api/facts?after={position - 2}", headers=administrator)).json()["items"]
        assert [(each["position"], each["withheld"], each["envelope"], each["fact"]) for each in facts] == [
            (position - 1, True, None, None),  # the demonstration's administrator is no officer
            (position, False, None, None),
        ]
        assert {facts[1][name] for name in ("stream", "topic")} == {None}  # whose it is, nobody knows
        assert (await client.get("/metrics", headers=administrator)).status_code == 200
    assert f"The fact at position {position} cannot be read" in caplog.text
    assert "no JSON" not in caplog.text


async def test_a_page_that_rests_on_it_says_so(settings: Settings, database_url: str) -> None:
    """In the same sentence, as a page."""
    await load(settings, database_url, SMALL)
    call = stream_of(database_url, "call.drafted.v1")
    await add(database_url, call, "call.unheard_of.v1", b"{}")
    project(database_url)
    async with served(settings, database_url) as (_, client):
        page = await client.get(f"/calls/{call}", headers={"Accept": "text/html"})
        assert page.status_code == 503
        assert SENTENCE in page.text
        assert (await client.get("/calls", headers={"Accept": "text/html"})).status_code == 200


@pytest.mark.parametrize(
    ("topic", "document"), [("installation.sung.v1", b"{}"), ("installation.administrator_appointed.v1", b"")]
)
async def test_in_the_installations_own_stream_it_keeps_no_server_from_starting(
    environment: dict[str, str],
    settings: Settings,
    database_url: str,
    caplog: pytest.LogCaptureFixture,
    topic: str,
    document: bytes,
) -> None:
    """Administrators are refused, everybody else is served; and a demonstration is still never taken for a real one."""
    people = {each.role: each for each in await load(settings, database_url, SMALL)}
    position = await add(database_url, INSTALLATION_ID, topic, document)
    initiative = stream_of(database_url, "initiative.founded.v1")
    # The members are told of every administrator, so of one that cannot be read they are told that.
    told = 503 if topic == "installation.administrator_appointed.v1" else 200
    project(database_url)
    with caplog.at_level(logging.ERROR):
        async with served(settings, database_url) as (_, client):
            for role, path, status in (
                ("administrator", "/api/facts", 503),
                ("administrator", "/metrics", 503),
                ("applicant", "/api/applications", 200),
                ("officer", "/api/calls", 200),
                ("funder", f"/api/initiatives/{initiative}/members", told),
            ):
                headers = {"Authorization": f"Bearer {people[role].token}"}
                assert (await client.get(path, headers=headers)).status_code == status, path
            assert (await client.get("/health")).status_code == 200
            ready = await client.get(
                "/health/ready", headers={"Authorization": f"Bearer {people['administrator'].token}"}
            )
            assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert f"the installation's own facts: The fact at position {position} cannot be read" in caplog.text
    assert {each.role for each in await load(settings, database_url, SMALL)} == people.keys()

    with pytest.raises(WiringError, match="This database contains a demonstration"):
        async with served(read_settings(environment | {"OVERWINTER_DEMO": "0"}), database_url):
            pass


async def test_doctor_and_verify_name_its_position(
    environment: dict[str, str], settings: Settings, database_url: str
) -> None:
    """Of an unknown topic, of a document that no read model can take in, and of the installation's own."""
    await load(settings, database_url, SMALL)
    unknown = await add(database_url, stream_of(database_url, "call.drafted.v1"), "call.sung.v1", b"{}")
    stopping = await add(database_url, stream_of(database_url, "fund.opened.v1"), "fund.pledged.v2", b"{")
    own = await add(database_url, INSTALLATION_ID, "installation.opened.v1", b"")
    project(database_url)

    doctor = await overwinter(environment, "doctor", "--json")
    wrong = json.loads(doctor.stdout)["wrong"]
    for begins in (
        f"1 fact has a topic that this program does not know, the first at position {unknown};",
        f"The fact at position {own} cannot be read,",
        f"3 projections stopped (funds at position {stopping}, ledger at position {stopping}, timeline at position {stopping})",
    ):
        assert any(sentence.startswith(begins) for sentence in wrong), (begins, wrong)

    done = await overwinter(environment, "verify", "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == 1
    assert {each["position"] for each in found["wrong"]} == {unknown, stopping, own}
    assert {each["position"] for each in found["tables"]["wrong"]} == {unknown, stopping, own}


async def test_a_demonstration_whose_first_fact_cannot_be_read_is_refused_in_one_sentence(
    settings: Settings, database_url: str, postgres: EmbeddedPostgres
) -> None:
    """Its story is told from that fact's time on, and nothing of it is told before."""
    async with wire(settings, database_url, connections=2):
        pass
    database = str(conninfo_to_dict(database_url)["dbname"])
    with psycopg.connect(postgres.url_of(database, "postgres"), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE history.facts SET document = 'no JSON'")
    with pytest.raises(Unreadable, match="The fact at position 1 cannot be read"):
        await load(settings, database_url, SMALL)
