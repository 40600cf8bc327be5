"""Appending one fact: ours, with sealing, commitments and leaf hash, against the library's recorder and pgbench.

Ours is `History.append` on the asynchronous pool, from the fact to its durable position: envelope, sealing under the
subject's key, a commitment to every field, leaf hash, the database's function, the commit. The fact is
``application.withdrawn.v1`` with a short explanation, which is sealed; each begins a stream of its own, so that nobody
waits for anybody but the lock. The library's recorder gets bytes that are ready made: an event's JSON of the same
content. pgbench commits one row of the same size as our stored document.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

import psycopg
import uvloop
from eventsourcing.persistence import ApplicationRecorder, InfrastructureFactory, StoredEvent
from eventsourcing.utils import Environment

from api.postgres.embedded import PORT, ROLE
from benchmarks.databases import Databases
from benchmarks.results import Bar, Line, beside
from domain.applications.facts import ApplicationWithdrawn
from domain.values import Channel, Role, stream_id
from history.appends import Append
from history.documents import Stored, write
from history.format.envelope import Acting, Envelope, How, Place
from history.keyfiles import KeyFolder
from history.store import History, open_history
from history.vault import Vault, WrappedKey

BARS: Final = {32: 15.0, 8: 5.0, 1: 1.5}
"""The ratio to the library's recorder that so many writers have to reach."""
WRITERS_BESIDE_PGBENCH: Final = 32
ROUNDS: Final = 3
ROUND_SECONDS: Final = 2
_EXPLANATION: Final = "Передумали: мастерская закрылась раньше, чем мы ждали."


def measure_appends(databases: Databases, folder: Path, say: Callable[[str], None]) -> list[Line]:
    """The lines of one appended fact."""
    url = databases.make_history("append")
    keys = KeyFolder(folder / "append-keys", create=True)
    library, bare = databases.make("library"), databases.make("pgbench")
    lines = []
    with ExitStack() as held:
        recorder = _library_recorder(databases, library, held)
        for writers, bar in BARS.items():
            ours, theirs = [], []
            for round_number in range(ROUNDS):
                say(f"append, {writers} writers, round {round_number + 1} of {ROUNDS}")
                theirs.append(_library_rate(recorder, writers))
                ours.append(our_rate(url, keys, writers))
            lines.append(
                beside(
                    f"append, 1 fact, {writers} {'writer' if writers == 1 else 'writers'}",
                    "facts/s",
                    ours,
                    "eventsourcing's default PostgreSQL recorder",
                    theirs,
                    Bar("ratio", "at least", bar),
                )
            )
    script = _pgbench_table(databases, bare, len(_example_document(keys)))
    ours, theirs = [], []
    for round_number in range(ROUNDS):
        say(f"append beside pgbench, round {round_number + 1} of {ROUNDS}")
        theirs.append(databases.pgbench(bare, script, clients=WRITERS_BESIDE_PGBENCH, seconds=ROUND_SECONDS))
        ours.append(our_rate(url, keys, WRITERS_BESIDE_PGBENCH))
    lines.append(
        beside(
            f"append, 1 fact, {WRITERS_BESIDE_PGBENCH} writers, beside pgbench",
            "facts/s",
            ours,
            f"pgbench, one-row commits, {WRITERS_BESIDE_PGBENCH} clients",
            theirs,
            Bar("ratio", "at least", 0.5),
        )
    )
    return lines


# Ours


def our_rate(url: str, keys: KeyFolder, writers: int) -> float:
    """Facts a second that so many writers append together to a migrated database."""

    async def run() -> float:
        async with open_history(url, connections=writers) as history:
            vault = Vault(keys, history.id)
            made = [_subject(vault) for _ in range(writers)]
            await _store_keys(history, [row for _, row, _ in made])
            appended = 0
            began = time.perf_counter()
            end = began + ROUND_SECONDS

            async def writer(subject: str, key: bytes) -> None:
                nonlocal appended
                while time.perf_counter() < end:
                    stored = _stored(history.id, subject, key)
                    done = await history.append(
                        Append(
                            facts=[stored],
                            read={stored.stream: 0},
                            answers=stored.stream,
                            sealed_for=[subject],
                        )
                    )
                    assert done.outcome == "appended"
                    appended += 1

            await asyncio.gather(*(writer(subject, key) for subject, _, key in made))
            return appended / (time.perf_counter() - began)

    return uvloop.run(run())


def _subject(vault: Vault) -> tuple[str, WrappedKey, bytes]:
    subject = stream_id("dossier", secrets.token_bytes(16))
    row, key = vault.make(subject)
    return subject, row, key


async def _store_keys(history: History, rows: list[WrappedKey]) -> None:
    async with history.connection() as connection, connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO vault.keys (subject, epoch, wrapped) VALUES (%b, %b, %b)",
            [(row.subject, row.epoch, row.wrapped) for row in rows],
        )


def _stored(history_id: str, subject: str, key: bytes) -> Stored:
    application = stream_id("application", secrets.token_bytes(16))
    fact = ApplicationWithdrawn(
        application=application, dossier=subject, reason="no_longer_possible", explanation=_EXPLANATION
    )
    envelope = Envelope(
        acting=Acting(handle="2345678923", role=Role.APPLICANT, scope="call-" + "0" * 32),
        actor="person-" + "0" * 32,
        decided_at=datetime.now(UTC),
        how=How(cause=None, channel=Channel.API, command=secrets.token_hex(16)),
        place=Place(
            initiative="initiative-" + "0" * 32,
            previous=None,
            stream=application,
            version=1,
        ),
    )
    return write(fact, history_id, envelope, {subject: key}, secrets.token_bytes)


def _example_document(keys: KeyFolder) -> bytes:
    subject, _, key = _subject(Vault(keys, "0" * 32))
    return _stored("0" * 32, subject, key).document


# The bounds


def _library_recorder(databases: Databases, database: str, held: ExitStack) -> ApplicationRecorder:
    """The library's recorder as its factory makes it, with nothing set but the way to the database."""
    factory = InfrastructureFactory.construct(
        Environment(
            "bound",
            {
                "PERSISTENCE_MODULE": "eventsourcing.postgres",
                "POSTGRES_DBNAME": database,
                "POSTGRES_HOST": databases.socket_folder,
                "POSTGRES_PORT": str(PORT),
                "POSTGRES_USER": ROLE,
                "POSTGRES_PASSWORD": "",
            },
        )
    )
    held.callback(factory.close)
    return factory.application_recorder()


def _library_rate(recorder: ApplicationRecorder, writers: int) -> float:
    state = (
        '{"timestamp":{"_type_":"datetime_iso","_data_":"2026-03-02T12:00:00+00:00"},"applicant":"person-'
        + "0" * 32
        + '","reason":"no_longer_possible","explanation":"'
        + _EXPLANATION
        + '"}'
    ).encode()
    topic = "benchmarks.appends:Application.Withdrawn"
    counts = [0] * writers
    began = time.perf_counter()
    end = began + ROUND_SECONDS

    def writer(number: int) -> None:
        while time.perf_counter() < end:
            recorder.insert_events([StoredEvent(uuid4(), 1, topic, state)])
            counts[number] += 1

    threads = [threading.Thread(target=writer, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def _pgbench_table(databases: Databases, database: str, size: int) -> str:
    """A table for one-row commits, and the script that commits a row of `size` bytes."""
    with psycopg.connect(databases.url(database), autocommit=True) as connection:
        connection.execute("CREATE TABLE one_row (id bigserial PRIMARY KEY, payload bytea NOT NULL)")
        connection.execute("ALTER TABLE one_row ALTER COLUMN payload SET STORAGE EXTERNAL")
    return "INSERT INTO one_row (payload) VALUES ('\\x" + secrets.token_hex(size) + "');\n"  # noqa: S608 - made here
