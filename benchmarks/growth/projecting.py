"""Projecting a history into its real tables, beside reading and decoding the same facts and nothing else.

The projector is the program's own, with every read model it has, from empty tables to the end of the history. The bound
reads the same facts through the same recorder in batches of the same size, and decodes each once, in this process too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psycopg
import uvloop
from psycopg import sql
from psycopg_pool import ConnectionPool

from benchmarks.databases import Databases
from benchmarks.growth.filling import fill, opened_filler
from benchmarks.results import Bar, Line, beside
from history.keyfiles import KeyFolder
from history.library import FactMapper, FactRecorder
from projections.facts import BATCH
from projections.projector import Projector
from projections.register import PROJECTIONS

FACTS: Final = 10_000
ROUNDS: Final = 5


def measure_projecting(databases: Databases, folder: Path, say: Callable[[str], None]) -> list[Line]:
    """The line of projecting."""
    url = databases.make_history("projecting")
    keys = KeyFolder(folder / "projecting-keys", create=True)

    async def make() -> None:
        async with opened_filler(url, keys) as filler:
            await fill(filler, FACTS, say)

    uvloop.run(make())
    databases.settle(url)
    ours, bound = [], []
    for number in range(ROUNDS):
        say(f"projecting, round {number + 1} of {ROUNDS}")
        bound.append(_reading_rate(url))
        ours.append(_projecting_rate(url))
    return [
        beside(
            "projecting, real tables",
            "facts/s",
            ours,
            "reading and decoding the same facts only",
            bound,
            Bar("ratio", "at least", 0.25),
        )
    ]


def project(url: str, say: Callable[[str], None] = lambda _: None) -> int:
    """Project a history to its end; how many facts it has. Raises RuntimeError if a projection stopped."""
    with Projector(url, PROJECTIONS) as projector:
        if not projector.lead():
            raise RuntimeError("another process projects this history")
        while True:
            done, newest = projector.reach()
            say(f"projecting: {done:,} of {newest:,} facts")
            if done == newest:
                return newest
            projector.step()
            if stopped := projector.resting():
                raise RuntimeError(f"the projection {stopped[0]} stopped; the log says where")


def _projecting_rate(url: str) -> float:
    with psycopg.connect(url, autocommit=True) as connection:
        tables = ["positions", *(table for projection in PROJECTIONS for table in projection.tables)]
        connection.execute(
            sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(sql.Identifier("read", name) for name in tables))
        )
    began = time.perf_counter()
    facts = project(url)
    return facts / (time.perf_counter() - began)


def _reading_rate(url: str) -> float:
    mapper = FactMapper()
    with ConnectionPool[psycopg.Connection](url, kwargs={"autocommit": True}, min_size=1, max_size=1) as pool:
        recorder = FactRecorder(pool)
        began = time.perf_counter()
        position, newest = 0, recorder.max_notification_id() or 0
        while position < newest:
            found = recorder.select_notifications(position, BATCH, newest, inclusive_of_start=False)
            for notification in found:
                mapper.to_domain_event(notification)
            position = found[-1].id
        return position / (time.perf_counter() - began)
