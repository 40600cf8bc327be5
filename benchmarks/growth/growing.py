"""The same requests with a large history and with a small one: does anything grow with what happened elsewhere?

One installation is prepared over HTTP, as people would (about 10,000 facts). Its database is copied, and the copy filled
with the facts of other people: a twentieth of them applied to the very call that the submissions go to, the rest belong
to other calls, some of them of the same initiative. Then both installations run side by side, and rounds of the same
requests go to one and to the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import psycopg
import uvloop

from benchmarks.connection import Client
from benchmarks.databases import Databases
from benchmarks.ground import Ground, list_request, prepare, submit_requests, timeline_requests
from benchmarks.growth.filling import fill, opened_filler
from benchmarks.growth.projecting import project
from benchmarks.interrupting import run as run_interruptibly
from benchmarks.load import CLIENTS, load
from benchmarks.over_http import LISTS, ROUNDS, SUBMITS, WARM, around, pages_of
from benchmarks.prose import Prose
from benchmarks.results import Bar, Line, beside
from benchmarks.server import Installation, free_port, new_installation, start, supervised
from history.keyfiles import KeyFolder

REVIEWS: Final = 800
BAR: Final = Bar("ratio", "at most", 1.3)
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two installations. Both hold the same ground."""

    client: Client
    ground: Ground


def measure_growing(databases: Databases, folder: Path, facts: int, say: Say) -> list[Line]:
    """The lines of a history of about `facts` facts, beside one of about 10,000."""
    home = folder / "growing"
    home.mkdir()
    small_url = databases.url(databases.make("small"))
    small = new_installation(home, demonstration=False, DATABASE_URL=small_url)
    with supervised() as supervisor:
        start(supervisor, small)
        ground = run_interruptibly(prepare(small.url, small.administrator, REVIEWS, say))
    say("copying the database")
    large_url = databases.copy(small_url, "large")
    _grow(large_url, home, ground, facts, say)
    say("vacuuming both")
    for url in (small_url, large_url):
        databases.settle(url)
    few, many = _count(small_url), _count(large_url)
    large = _elsewhere(small, large_url)
    with supervised() as supervisor:
        start(supervisor, small)
        start(supervisor, large)

        async def run() -> list[Line]:
            async with Client(small.url) as small_client, Client(large.url) as large_client:
                sides = _Side(small_client, ground), _Side(large_client, ground)
                return await _lines(*sides, f"{many:,} facts in the history", f"with {few:,} facts", say)

        return run_interruptibly(run())


def _elsewhere(installation: Installation, url: str) -> Installation:
    """The same installation on another database and another port."""
    port = free_port()
    env = {**installation.environment, "DATABASE_URL": url, "OVERWINTER_PORT": str(port)}
    return replace(installation, url=f"http://127.0.0.1:{port}", environment=env)


def _grow(url: str, home: Path, ground: Ground, facts: int, say: Say) -> None:
    keys = KeyFolder(home / "keys", create=False)

    async def run() -> None:
        async with opened_filler(url, keys) as filler:
            began = time.monotonic()
            await fill(filler, facts - await filler.newest(), say, open_round=ground.open)
            rate = filler.written / (time.monotonic() - began)
            say(f"filled {filler.written:,} facts, {rate:,.0f} a second")

    uvloop.run(run())
    began = time.monotonic()
    projected = project(url, say)
    say(f"projected to {projected:,}, {projected / (time.monotonic() - began):,.0f} a second")


def _count(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT max(position) FROM history.facts").fetchone()
        assert row is not None
        return int(row[0])


# The lines


async def _lines(small: _Side, large: _Side, name: str, bound: str, say: Say) -> list[Line]:
    prose = Prose(5)

    def submits(side: _Side, number: int) -> Sequence[bytes]:
        first, count = (ROUNDS * SUBMITS, WARM) if number < 0 else (number * SUBMITS, SUBMITS)
        applicants = side.ground.applicants[first : first + count]
        return submit_requests(side.client, side.ground, applicants, prose, f"grown-{number}")

    async def pages(side: _Side) -> list[bytes]:
        return await pages_of(side.client, lambda cursor: list_request(side.client, side.ground, cursor))

    listed = {side.client: await pages(side) for side in (small, large)}

    def of_call(side: _Side, _number: int) -> Sequence[bytes]:
        return timeline_requests(side.client, side.ground, "calls", [side.ground.open_call]) * LISTS

    def of_applications(side: _Side, number: int) -> Sequence[bytes]:
        first = max(number, 0) * LISTS
        return timeline_requests(
            side.client, side.ground, "applications", around(side.ground.listed[first:], LISTS)
        )

    kinds: dict[str, Callable[[_Side, int], Sequence[bytes]]] = {
        f"submit over HTTP, {CLIENTS} clients": submits,
        f"list of 50 applications, {CLIENTS} clients": lambda side, _: around(listed[side.client], LISTS),
        f"first page of a call's timeline, {CLIENTS} clients": of_call,
        f"timeline of an application, {CLIENTS} clients": of_applications,
    }
    lines = []
    for kind, requests in kinds.items():
        ours, theirs = [], []
        for side in (small, large):
            await load(side.client, requests(side, -1)[:WARM])
        for number in range(ROUNDS):
            say(f"{kind}, round {number + 1} of {ROUNDS}")
            theirs.append(await _time(small, requests(small, number)))
            ours.append(await _time(large, requests(large, number)))
        lines.append(beside(f"{kind}, {name}", "ms", ours, f"the same {bound}", theirs, BAR))
    return lines


async def _time(side: _Side, requests: Sequence[bytes]) -> float:
    """The mean milliseconds of a request, as its client waits for it."""
    return 1000 * CLIENTS / (await load(side.client, requests)).rate
