"""Calls: prepared statements sent straight to libpq, for what every command does.

psycopg's cursor costs about 80 µs a statement on top of what PostgreSQL takes: a cursor, a query object, a timer and two
registrations with the event loop. The append and the loading of streams are called all day, with types that are known;
they go through psycopg's own documented handle of libpq and leave the rest of psycopg (pool, errors, adaptation of
results) as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult
from psycopg.rows import TupleRow

from history.arrays import BinaryArray

Connection = psycopg.AsyncConnection[TupleRow]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with placeholders ``$1``, ``$2`` …, each for an array; `name` is its own on every connection."""

    name: bytes
    sql: bytes


_prepared: Final[WeakKeyDictionary[Connection, set[bytes]]] = WeakKeyDictionary()


async def call(
    connection: Connection, statement: Statement, arrays: Sequence[BinaryArray]
) -> list[tuple[Any, ...]]:  # Any: a row's columns differ in type
    """The rows of a statement, run in a transaction of its own: when they are here, it is committed and durable.

    The connection is in autocommit. Raises psycopg's errors; after an OperationalError that came without an SQLSTATE
    it is not known whether the transaction was committed.
    """
    async with connection.lock:
        pgconn = connection.pgconn
        known = _prepared.setdefault(connection, set())
        if statement.name not in known:
            pgconn.send_prepare(statement.name, statement.sql)
            await _answer(pgconn)
            known.add(statement.name)
        pgconn.send_query_prepared(
            statement.name,
            [array.data for array in arrays],
            param_formats=[Format.BINARY] * len(arrays),
            result_format=Format.BINARY,
        )
        result = await _answer(pgconn)
    transformer = Transformer(connection)
    transformer.set_pgresult(result, set_loaders=True, format=Format.BINARY)
    return transformer.load_rows(0, result.ntuples, tuple)


async def _answer(pgconn: PGconn) -> PGresult:
    """Send what is buffered, and wait until the server is ready for the next query.

    A statement's result comes before its commit: only the last message tells that the commit went well.
    """
    loop = asyncio.get_running_loop()
    socket = pgconn.socket
    moved = loop.create_future()

    def move() -> None:
        if not moved.done():
            moved.set_result(None)

    found: PGresult | None = None
    error: psycopg.Error | None = None
    loop.add_reader(socket, move)
    try:
        while pgconn.flush():
            loop.add_writer(socket, move)
            try:
                await moved
            finally:
                loop.remove_writer(socket)
            moved = loop.create_future()
            pgconn.consume_input()
        while True:
            while pgconn.is_busy():
                await moved
                moved = loop.create_future()
                pgconn.consume_input()
            result = pgconn.get_result()
            if result is None:
                break
            if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
                found = result
            else:
                error = error_from_result(result, encoding="utf-8")
    finally:
        loop.remove_reader(socket)
    if error is not None:
        raise error
    if found is None:
        raise psycopg.OperationalError("the server gave no answer")
    return found
