"""Counting the SQL statements of a request, by listening between the program and PostgreSQL.

The relay passes every byte on and counts the messages that make the server run a statement (Query and Execute, section
54.7 of PostgreSQL's documentation). It stands between them for the count alone, never while a rate is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from pathlib import Path
from typing import Final, Self

from api.postgres.embedded import PORT

_RUNS: Final = frozenset(b"QE")
_HEADER: Final = 5


class CountingRelay:
    """A socket in `folder` that leads to the server whose socket is in `target`; `count` is of all connections."""

    def __init__(self, folder: Path, target: Path) -> None:
        name = f".s.PGSQL.{PORT}"
        self._here, self._there = folder / name, target / name
        self.count = 0
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="counting-relay", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_unix_server(self._serve, self._here))
        self._listening.set()
        self._loop.run_forever()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            there_reader, there_writer = await asyncio.open_unix_connection(self._there)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_questions(reader, there_writer))
                group.create_task(_pass_answers(there_reader, writer))

    async def _pass_questions(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The first message alone has no type before its length.
        first = await _read(reader, 4)
        writer.write(first + await _read(reader, int.from_bytes(first, "big") - 4))
        while header := await _read(reader, _HEADER):
            if header[0] in _RUNS:
                self.count += 1
            writer.write(header + await _read(reader, int.from_bytes(header[1:], "big") - 4))
            await writer.drain()
        writer.close()


async def _read(reader: asyncio.StreamReader, size: int) -> bytes:
    """So many bytes, or none where the connection has ended."""
    try:
        return await reader.readexactly(size)
    except (asyncio.IncompleteReadError, OSError):
        return b""


async def _pass_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
