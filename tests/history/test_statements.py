"""Statements sent directly through libpq: the state of the connection after errors and cancellation."""

from __future__ import annotations

import asyncio
import select
import socket
import tempfile
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
import uvloop

from history.appends import Append
from history.statements import Prepared, ask, call
from history.store import open_history
from tests.history.test_group_commit import fact

pytestmark = pytest.mark.anyio


async def test_a_reader_who_goes_away_leaves_the_connections_usable(database_url: str) -> None:
    """A question that is cancelled half-way costs its connection, and nobody else notices."""
    async with open_history(database_url, connections=2) as history:
        await history.append(Append(facts=[fact("one", n) for n in range(1, 400)], read={}, answers="one"))
        for turns in range(12):
            task = asyncio.create_task(history.load({"one": 0}))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert len((await history.load({"one": 0}))["one"]) == 399


async def test_a_refusal_leaves_the_connection_as_it_was(database_url: str) -> None:
    """The error is psycopg's own, with its SQLSTATE, and the same connection answers the next statement."""
    divide = Prepared(b"divide", b"SELECT 1 / 0")
    one = Prepared(b"one", b"SELECT 1")
    async with open_history(database_url) as history, history.connection() as connection:
        for _ in range(2):
            with pytest.raises(psycopg.errors.DivisionByZero):
                await call(connection, divide, ())
            assert await call(connection, one, ()) == [(1,)]
            cursor = await connection.execute("SELECT 2")
            assert await cursor.fetchone() == (2,)


async def test_more_than_the_socket_takes_at_once_goes_through(database_url: str) -> None:
    """A batch of many megabytes is written and read whole."""
    facts = [fact("one", version, "x" * 100_000) for version in range(1, 101)]
    async with open_history(database_url) as history:
        appended = await history.append(Append(facts=facts, read={}, answers="one"))
        rows = await history.load({"one": 0})

    assert appended.positions == tuple(range(1, 101))
    assert [row.document for row in rows["one"]] == [each.document for each in facts]


async def test_a_question_is_answered_as_psycopg_s_own_cursor_answers_it(database_url: str) -> None:
    """Values of every kind that questions take, each in its place, however often it is named."""
    question = (
        "SELECT %(text)b::text AS text, %(number)b::bigint AS number, %(text)b::text || 'x' AS again, "
        "%(nothing)b::text IS NULL AS nothing, %(texts)b::text[] AS texts, %(at)b::timestamptz AS at, "
        "%(bytes)b::bytea AS bytes, cardinality(%(none)b::text[]) AS none, 7 %% 4 AS rest"
    )
    async with open_history(database_url) as history, history.connection() as connection:
        for number in (1, 70_000, 2**62):
            values = {
                "text": "Зима",
                "number": number,
                "nothing": None,
                "texts": ["a", "b"],
                "at": datetime(2026, 1, 2, tzinfo=UTC),
                "bytes": b"\x00\xff",
                "none": [],
            }
            (row,) = await ask(connection, question, values)
            cursor = await connection.execute(question, values, binary=True)
            names = [column.name for column in cursor.description or ()]
            assert row == dict(zip(names, (await cursor.fetchone()) or (), strict=True))
            assert (row["number"], row["again"], row["none"], row["rest"]) == (number, "Зимаx", 0, 3)


async def test_a_question_goes_on_when_its_table_gets_a_column(database_url: str) -> None:
    """A migration that adds one while a server runs must not stop the server's lists."""
    async with open_history(database_url) as history, history.connection() as connection:
        await connection.execute("CREATE TEMPORARY TABLE growing AS SELECT 1 AS one")
        question = "SELECT * FROM growing WHERE one = %(one)b"
        for _ in range(7):
            assert await ask(connection, question, {"one": 1}) == [{"one": 1}]
        await connection.execute("ALTER TABLE growing ADD COLUMN two integer DEFAULT 2")
        assert await ask(connection, question, {"one": 1}) == [{"one": 1, "two": 2}]


class EndingServer:
    """A fake PostgreSQL that accepts one client and shuts down at its first query: without reading the query it sends a
    shutdown message and closes the connection, like a backend whose main process was killed."""

    def __init__(self, folder: Path) -> None:
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / ".s.PGSQL.5432"))
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve)
        self.url = f"postgresql://nobody@/nothing?host={quote(str(folder), safe='')}&sslmode=disable&gssencmode=disable"

    def __enter__(self) -> EndingServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()
        self._thread.join()

    def _serve(self) -> None:
        client, _ = self._listening.accept()
        with client:
            client.recv(10_000)
            client.sendall(self._message(b"R", bytes(4)) + self._message(b"Z", b"I"))
            select.select([client], [], [])
            said = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0"
            client.sendall(self._message(b"E", said))

    @staticmethod
    def _message(kind: bytes, body: bytes) -> bytes:
        return kind + (len(body) + 4).to_bytes(4, "big") + body


@pytest.mark.parametrize("run", [uvloop.run, asyncio.run])
def test_a_server_that_ends_before_it_reads_the_question_is_noticed(run: Callable[..., Any]) -> None:
    """Whichever event loop serves: nobody waits for an answer that cannot come any more."""

    async def question(url: str) -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            with pytest.raises(psycopg.OperationalError):
                await asyncio.wait_for(call(connection, Prepared(b"one", b"SELECT 1"), ()), 30)

    with tempfile.TemporaryDirectory(prefix="ow-") as folder, EndingServer(Path(folder)) as server:
        run(question(server.url))


async def test_a_rollback_of_psycopg_s_own_transaction_loses_no_statement(database_url: str) -> None:
    """psycopg deallocates all statements of a connection after a rollback, also those that it did not prepare."""
    one = Prepared(b"one", b"SELECT 1")
    async with open_history(database_url, connections=1) as history, history.connection() as connection:
        assert await call(connection, one, ()) == [(1,)]
        with pytest.raises(psycopg.errors.DivisionByZero):
            async with connection.transaction():
                for number in range(10):
                    await connection.execute("SELECT 1 / (7 - %b)", (number,))
        assert await call(connection, one, ()) == [(1,)]


async def test_each_statement_that_a_rollback_lost_is_prepared_again_alone(database_url: str) -> None:
    """Statements that were prepared after the rollback are still there when one from before it is found to be gone."""
    before, after = Prepared(b"before", b"SELECT 1"), Prepared(b"after", b"SELECT 2")
    async with open_history(database_url, connections=1) as history, history.connection() as connection:
        assert await call(connection, before, ()) == [(1,)]
        with pytest.raises(psycopg.errors.DivisionByZero):
            async with connection.transaction():
                for number in range(10):
                    await connection.execute("SELECT 1 / (7 - %b)", (number,))
        assert await call(connection, after, ()) == [(2,)]
        assert await call(connection, before, ()) == [(1,)]
        assert await call(connection, after, ()) == [(2,)]
