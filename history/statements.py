"""Prepared statements, sent straight to libpq: for what every command does.

psycopg's cursor costs about 80 µs a statement on top of what PostgreSQL takes: a cursor, a query object, a timer and two
registrations with the event loop. What is called all day goes through psycopg's own documented handle of libpq and leaves
the rest of psycopg (pool, errors, adaptation of values and results) as it is: `call` for statements whose arguments
are ready for the wire (`history.arrays`), `ask` for the questions of read models.
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

# What is JSON in a read model, such as a call's form, is decoded several times as fast as by the standard library.
set_json_loads(msgspec.json.decode)

R = TypeVar("R")

Connection = psycopg.AsyncConnection[TupleRow]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement with placeholders ``$1``, ``$2`` …; `name` is its own on every connection."""

    name: bytes
    sql: bytes


_PLACEHOLDER: Final = re.compile(r"%\(([a-z_]+)\)b", re.ASCII)
_QUESTIONS: Final = 1_000
_prepared: Final[WeakKeyDictionary[Connection, set[bytes]]] = WeakKeyDictionary()


@asynccontextmanager
async def lent(pool: AsyncConnectionPool[Connection]) -> AsyncIterator[Connection]:
    """A connection of the pool's, for statements that are each a transaction of their own. Raises PoolTimeout.

    The pool's own `connection` commits in the end, which takes as long again as finding the connection; whatever comes
    back in the midst of a transaction or a statement, the pool rolls back or replaces all the same.
    """
    connection = await pool.getconn()
    try:
        yield connection
    finally:
        await pool.putconn(connection)


def heed_cancellation() -> None:
    """Raise CancelledError if the present task was cancelled. To be asked wherever an error of the database is caught and
    tried again: a statement that is cancelled just as the server goes away raises the loss of the connection instead."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def call(
    connection: Connection, statement: Prepared, arguments: Sequence[BinaryValue]
) -> list[tuple[Any, ...]]:  # Any: a row's columns differ in type
    """The rows of a statement, run in a transaction of its own: when they are here, it is committed and durable.

    The connection is in autocommit. Raises psycopg's errors; after an OperationalError that came without an SQLSTATE
    it is not known whether the transaction was committed.
    """
    return await call_as(tuple, connection, statement, arguments)


async def call_as(
    make: RowMaker[R],
    connection: Connection,
    statement: Prepared,
    arguments: Sequence[BinaryValue],
) -> list[R]:
    """As `call`, with what `make` makes of each row."""
    result = await _run(
        connection, statement, [each.data for each in arguments], [Format.BINARY] * len(arguments)
    )
    transformer = Transformer(connection)
    transformer.set_pgresult(result, set_loaders=True, format=Format.BINARY)
    return transformer.load_rows(0, result.ntuples, make)


async def ask(
    connection: Connection, question: str, values: Mapping[str, object]
) -> list[dict[str, Any]]:  # Any: a row's columns differ in type
    """The rows of a question, each by its columns' names. `question` has placeholders ``%(name)b``, and `values` holds
    what stands for them, as psycopg adapts it.

    The same as psycopg's own cursor does, and as `call` with regard to errors.
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
    """A question with ``$1``, ``$2`` … for its placeholders, and their names in that order."""
    names = tuple(dict.fromkeys(_PLACEHOLDER.findall(question)))
    text = _PLACEHOLDER.sub(lambda found: f"${names.index(found[1]) + 1}", question)
    return text.replace("%%", "%").encode(), names


@lru_cache(_QUESTIONS)
def _asked(text: bytes, types: tuple[int, ...]) -> Prepared:
    """The statement for a question whose values have these types; the same one for the same words."""
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
    """Run a statement, which is prepared on this connection the first time; anew, if its table has got another column."""
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
            except psycopg.errors.FeatureNotSupported:
                if last:
                    raise
            pgconn.send_query(b"DEALLOCATE " + statement.name)
            await _answer(pgconn)
            known.discard(statement.name)
    raise AssertionError("the second time returns or raises")


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

    async def wait() -> None:
        """Wait until there is something to read, once more after what was read did not suffice."""
        nonlocal moved
        if moved.done():
            moved = loop.create_future()
            # After an error of the socket uvloop tells nothing more of it, as when a server that ends says so and closes
            # a connection on which it has not read everything. Watched again, the socket tells the error again.
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
