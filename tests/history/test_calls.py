"""Statements that go straight to libpq: what becomes of the connection when something goes wrong under way."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from history.appends import Append
from history.calls import Statement, call
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
            assert len(await history.load({"one": 0})) == 399


async def test_a_refusal_leaves_the_connection_as_it_was(database_url: str) -> None:
    """The error is psycopg's own, with its SQLSTATE, and the same connection answers the next statement."""
    divide = Statement(b"divide", b"SELECT 1 / 0")
    one = Statement(b"one", b"SELECT 1")
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
    assert [row.document for row in rows] == [each.document for each in facts]
