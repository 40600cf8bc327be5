"""A whole demonstration, as `make demo` runs it: PostgreSQL, API and due dates, in a fresh folder."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from api.http.queries import READS
from api.postgres.embedded import EmbeddedPostgres

_READS = tuple(re.compile(re.sub(r"\{[a-z_]+\}", "[^/]+", read.path)) for read in READS)
OVERWINTER = (sys.executable, "-c", "from api.cli import main; main()")


@dataclass
class Running:
    """A running demonstration: its address, its folder, its administrator's token, and its process."""

    address: str
    folder: Path
    token: str
    process: subprocess.Popen[str]
    environment: dict[str, str]
    client: httpx.Client
    answers: list[httpx.Response]
    """Every answer that came by `client`."""
    _connection: psycopg.Connection[Any] | None = None

    def person(self, token: str) -> Person:
        """A client that speaks with this person's token."""
        return Person(self.client, token)

    def caught_up(self) -> None:
        """Wait until every read model that runs has seen all facts: on a busy machine that takes a while."""

        def seen() -> bool:
            try:
                behind = self._following().execute(
                    "SELECT FROM read.positions WHERE failed_position IS NULL "
                    "AND position < (SELECT max(position) FROM history.facts) LIMIT 1"
                )
                return behind.fetchone() is None
            except psycopg.OperationalError:
                return False  # some tests take the database away for a moment

        until(seen)

    def _following(self) -> psycopg.Connection[Any]:
        """A connection that is kept, since nearly every page that a test opens waits for the read models first."""
        if self._connection is None or self._connection.closed:
            url = self.environment.get("DATABASE_URL")
            if url is None:
                with EmbeddedPostgres(self.folder / "postgres", make=False) as server:
                    url = server.program_url
            self._connection = psycopg.connect(url, autocommit=True)
        return self._connection

    def hang_up(self) -> None:
        """Close what was kept."""
        if self._connection is not None:
            self._connection.close()

    def newcomer(self, name: str, **more: Any) -> Person:
        """A newly registered person, who has exchanged the claim that the administrator made for them."""
        administrator = self.person(self.token)
        registered = administrator.post("/api/persons", name=name, **({"language": "en"} | more))["id"]
        claim = administrator.post(f"/api/persons/{registered}/claims")["text"]
        exchanged = self.client.post("/api/claims", json={"claim": claim})
        assert exchanged.status_code == 201, exchanged.text
        return Person(self.client, exchanged.json()["token"], registered)

    def rows_of(self, query: str) -> list[tuple[Any, ...]]:
        """Rows as they lie in the database."""
        with contextlib.ExitStack() as held:
            url = self.environment.get("DATABASE_URL")
            if url is None:
                url = held.enter_context(EmbeddedPostgres(self.folder / "postgres")).url
            connection = held.enter_context(psycopg.connect(url))
            return connection.execute(query.encode()).fetchall()

    def rows(self) -> list[dict[str, Any]]:
        """All facts as they lie in the database, for nobody reads them all by the API."""
        rows = self.rows_of(
            "SELECT position, stream, version, topic, document, leaf FROM history.facts ORDER BY position"
        )
        documents = [json.loads(row[4]) for row in rows]
        return [
            {
                "position": position,
                "stream": stream,
                "version": version,
                "topic": topic,
                "leaf": bytes(leaf).hex(),
                "envelope": document["envelope"],
                "fact": document["fact"],
            }
            for (position, stream, version, topic, _, leaf), document in zip(rows, documents, strict=True)
        ]

    def raw(self) -> list[dict[str, Any]]:
        """All facts as the administrator reads them, most of them withheld."""
        client = self.person(self.token)
        found: list[dict[str, Any]] = []
        while page := client.get(f"/api/facts?after={len(found)}")["items"]:
            found += page
        return found


@dataclass
class Person:
    """One person's access."""

    client: httpx.Client
    token: str
    id: str = ""
    position: str = ""
    """Where the history stood after this person's latest write."""

    @property
    def _signed(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def post(
        self, path: str, status: int = 0, headers: dict[str, str] | None = None, /, **body: Any
    ) -> dict[str, Any]:
        """Send a command; without a `status` it must succeed."""
        answer = self.client.post(path, json=body, headers=self._signed | (headers or {}))
        assert answer.status_code == status if status else answer.is_success, (
            path,
            answer.status_code,
            answer.text,
        )
        self.position = answer.headers.get("X-Position", self.position)
        content: dict[str, Any] = answer.json()
        return content

    def get(self, path: str, status: int = 0, /, **query: str) -> dict[str, Any]:
        """Read; without a `status` it must succeed."""
        answer = self.client.get(path, headers=self._signed, params=query or None)
        assert answer.status_code == status if status else answer.is_success, (
            path,
            answer.status_code,
            answer.text,
        )
        content: dict[str, Any] = answer.json()
        return content


def status_of(person: Person, path: str) -> str | None:
    """Where a thing stands; None while the read models have not seen it yet."""
    answer = person.client.get(path, headers=person._signed)
    assert answer.status_code in (200, 404, 503), answer.text
    return str(answer.json()["status"]) if answer.status_code == 200 else None


@contextmanager
def demonstration(folder: Path | None = None, *, small: bool = True) -> Iterator[Running]:
    """A demonstration of one's own, for a test that moves its clock far ahead, or fills its disk. Most tests need a `small`
    one; without a `folder` it continues a copy of one that was begun before."""
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="ow-"))
        if small:
            # This keeps owners: PostgreSQL does not run as root.
            subprocess.run(["cp", "-a", f"{_begun_before()}/.", str(folder)], check=True)
    folder.mkdir(exist_ok=True)
    try:
        with _running(folder, small=small) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def _begun_before() -> Path:
    """The folder of a small demonstration that was started and stopped, to be copied: creating one takes several times as long
    as continuing it."""
    folder = Path(tempfile.mkdtemp(prefix="ow-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with _running(folder, small=True):
        pass
    return folder


@contextmanager
def _running(folder: Path, *, small: bool) -> Iterator[Running]:
    """`make demo` in this folder, until it is stopped."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DATA_DIR": str(folder),
        "OVERWINTER_PORT": str(port),
        "OVERWINTER_DEMO": "1",
    }
    output = folder / "output.txt"
    with output.open("w") as written:
        process = subprocess.Popen(
            [*OVERWINTER, "demo", *(["--small"] if small else [])],
            env=environment,
            stdout=written,
            stderr=subprocess.STDOUT,
            text=True,
        )
    until(lambda: "Ctrl-C" in output.read_text() or process.poll() is not None, 120)
    said = output.read_text()
    assert process.poll() is None, said
    token = (folder / "administrator-token").read_text().strip()
    try:
        address = f"http://127.0.0.1:{port}"
        with following(address) as (client, answers):
            running = Running(address, folder, token, process, environment, client, answers)
            try:
                yield running
            finally:
                running.hang_up()
    finally:
        process.send_signal(signal.SIGINT)
        ended = process.wait(30)
    assert ended == 0


@contextmanager
def following(address: str) -> Iterator[tuple[httpx.Client, list[httpx.Response]]]:
    """A client, and every answer that came by it. What it asks the read models, it asks of the state after the latest write
    that it sent, whoever sent it: they follow the history within milliseconds, but not on a busy machine."""
    answers: list[httpx.Response] = []
    position = ""

    def keep(answer: httpx.Response) -> None:
        nonlocal position
        answers.append(answer)
        position = answer.headers.get("X-Position", position)

    def ask_after_it(request: httpx.Request) -> None:
        asked = request.method == "GET" and any(path.fullmatch(request.url.path) for path in _READS)
        if asked and position and "position" not in request.url.params:
            request.url = request.url.copy_add_param("position", position)

    hooks: dict[str, list[Any]] = {"request": [ask_after_it], "response": [keep]}
    with httpx.Client(base_url=address, timeout=30, event_hooks=hooks) as client:
        yield client, answers


def until(holds: Any, seconds: float = 30) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "this never came about"
        time.sleep(0.1)
