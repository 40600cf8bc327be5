"""Prepared statements, sent directly through libpq, for the statements that run most often.

psycopg's cursor adds about 80 µs to each statement: a cursor, a query object, a timer and two registrations with the
event loop. These functions use psycopg's documented libpq handle instead, and the rest of psycopg (pool, errors,
adaptation of values and results) unchanged: `call` for statements whose arguments are already encoded
(`history.arrays`), `ask` for queries of read models.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

import msgspec
import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult
from psycopg.rows import RowMaker, TupleRow
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool

from history.arrays import BinaryValue

# msgspec decodes JSON columns of read models, such as a call's form, several times as fast as the standard library.
set_json_loads(msgspec.json.decode)

R = TypeVar("R")

Connection = psycopg.AsyncConnection[TupleRow]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement with placeholders ``$1``, ``$2`` …, and the name under which it is prepared on each connection."""

    name: bytes
    sql: bytes


_PLACEHOLDER: Final = re.compile(r"%\(([a-z_]+)\)b", re.ASCII)
_QUESTIONS: Final = 1_000
_prepared: Final[WeakKeyDictionary[Connection, set[bytes]]] = WeakKeyDictionary()


@asynccontextmanager
async def lent(pool: AsyncConnectionPool[Connection]) -> AsyncIterator[Connection]:
    """Borrow a connection from the pool, for statements that are each their own transaction. Raises PoolTimeout.

    The pool's own `connection` ends with a commit, which doubles the cost of borrowing. It is not needed: the pool rolls
    back or replaces a connection that is returned in the middle of a transaction or a statement.
    """
    connection = await pool.getconn()
    try:
        yield connection
    finally:
        await pool.putconn(connection)


def heed_cancellation() -> None:
    """Raise CancelledError if the current task was cancelled. Call this wherever a database error is caught and retried: if a
    statement is cancelled just as the server goes away, it raises the lost connection instead of CancelledError."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def call(
    connection: Connection, statement: Prepared, arguments: Sequence[BinaryValue]
) -> list[tuple[Any, ...]]:  # Any: a row's columns differ in type
    """Run a statement in its own transaction and return its rows; on return it is committed and durable.

    The connection must be in autocommit mode. Raises psycopg's errors; after an OperationalError without an SQLSTATE it
    is not known whether the transaction was committed.
    """
    return await call_as(tuple, connection, statement, arguments)


async def call_as(
    make: RowMaker[R],
    connection: Connection,
    statement: Prepared,
    arguments: Sequence[BinaryValue],
) -> list[R]:
    """Like `call`, but passes each row through `make`."""
    result = await _run(
        connection, statement, [each.data for each in arguments], [Format.BINARY] * len(arguments)
    )
    transformer = Transformer(connection)
    transformer.set_pgresult(result, set_loaders=True, format=Format.BINARY)
    return transformer.load_rows(0, result.ntuples, make)


async def ask(
    connection: Connection, question: str, values: Mapping[str, object]
) -> list[dict[str, Any]]:  # Any: a row's columns differ in type
    """Run a query and return its rows as dictionaries by column name. `question` has placeholders ``%(name)b``, whose values
    are in `values` and are adapted by psycopg.

    Equivalent to psycopg's cursor. Raises the same errors as `call`.
    """
    text, names = _numbered(question)
    transformer = Transformer(connection)
    sent = transformer.dump_sequence([values[name] for name in names], [PyFormat.BINARY] * len(names))
    types, formats = transformer.types or (), transformer.formats or ()
    result = await _run(connection, _asked(text, types), sent, formats, types)
    transformer.set_pgresult(result, set_loaders=True, format=Format.BINARY)
    columns = [_name(result, column) for column in range(result.nfields)]
    return transformer.load_rows(0, result.ntuples, lambda row: dict(zip(columns, row, strict=True)))


@lru_cache(_QUESTIONS)
def _numbered(question: str) -> tuple[bytes, tuple[str, ...]]:
    """A query with ``$1``, ``$2`` … as its placeholders, and their names in that order."""
    names = tuple(dict.fromkeys(_PLACEHOLDER.findall(question)))
    text = _PLACEHOLDER.sub(lambda found: f"${names.index(found[1]) + 1}", question)
    return text.replace("%%", "%").encode(), names


@lru_cache(_QUESTIONS)
def _asked(text: bytes, types: tuple[int, ...]) -> Prepared:
    """The prepared statement for a query whose values have these types; the same for the same text and types."""
    digest = sha256(text + b"".join([oid.to_bytes(4, "big") for oid in types])).hexdigest()[:32]
    return Prepared(f"asked_{digest}".encode(), text)


def _name(result: PGresult, column: int) -> str:
    name = result.fname(column)
    assert name is not None
    return name.decode()


async def _run(
    connection: Connection,
    statement: Prepared,
    values: Sequence[Buffer | None],
    formats: Sequence[Format],
    types: Sequence[int] | None = None,
) -> PGresult:
    """Run a statement, preparing it on this connection first if necessary; and again if its table has a new column, or if the
    statement is gone: psycopg deallocates every statement of a connection after a rollback."""
    async with connection.lock:
        pgconn = connection.pgconn
        known = _prepared.setdefault(connection, set())
        for last in (False, True):
            if statement.name not in known:
                pgconn.send_prepare(statement.name, statement.sql, types)
                await _answer(pgconn)
                known.add(statement.name)
            pgconn.send_query_prepared(
                statement.name, values, param_formats=formats, result_format=Format.BINARY
            )
            try:
                return await _answer(pgconn)
            except psycopg.errors.InvalidSqlStatementName:
                if last:
                    raise
                # Only this one: others may have been prepared since the rollback, and preparing them twice is an error.
                known.discard(statement.name)
                continue
            except psycopg.errors.FeatureNotSupported:
                if last:
                    raise
            pgconn.send_query(b"DEALLOCATE " + statement.name)
            await _answer(pgconn)
            known.discard(statement.name)
    raise AssertionError("the second attempt returns or raises")


async def _answer(pgconn: PGconn) -> PGresult:
    """Send what is buffered, and wait until the server is ready for the next query.

    The result of a statement arrives before its commit; only the last message confirms the commit.
    """
    loop = asyncio.get_running_loop()
    socket = pgconn.socket
    moved = loop.create_future()

    def move() -> None:
        if not moved.done():
            moved.set_result(None)

    async def wait() -> None:
        """Wait until there is data to read, and again if that data was not enough."""
        nonlocal moved
        if moved.done():
            moved = loop.create_future()
            # uvloop reports a socket error only once, for example when a server that shuts down sends a message and closes
            # a connection with unread data. Registering the reader again makes it report the error again.
            loop.remove_reader(socket)
            loop.add_reader(socket, move)
        await moved
        pgconn.consume_input()

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
                await wait()
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
