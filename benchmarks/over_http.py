"""The HTTP lines: submit, save a review, list; the lag of what is shown; the memory of the API process.

The program runs in its release settings, API and projections each in a process of their own; the bound runs beside it
in another, on the same PostgreSQL. This process is the load. The API is started anew between the preparation and the
measuring, so that nothing of an applicant, whose first submission this is, lies in its memory.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import psutil
import psycopg
from psycopg.types.json import Jsonb

from api.run.supervise import Child, Supervisor
from benchmarks.bound import TABLES
from benchmarks.connection import Client
from benchmarks.databases import Databases
from benchmarks.figures import percentile
from benchmarks.ground import (
    APPLICATIONS,
    CURRENCY,
    Ground,
    Review,
    list_request,
    prepare,
    review_body,
    review_requests,
    submission,
    submit_requests,
)
from benchmarks.interrupting import run as run_interruptibly
from benchmarks.load import CLIENTS, Load, check, load
from benchmarks.prose import Prose
from benchmarks.results import Bar, Line, alone, beside
from benchmarks.server import (
    Installation,
    await_answer,
    environment,
    free_port,
    new_installation,
    start,
    supervised,
)
from benchmarks.statements import CountingRelay
from domain.values import stream_id

ROUNDS: Final = 5
SUBMITS: Final = 380
"""Submissions in a round; the applicants that are left over are for the count of statements."""
SAVES: Final = 300
LISTS: Final = 400
COUNTED: Final = 20
"""Requests whose SQL statements are counted."""
WARM: Final = 40
LAG_SECONDS: Final = 8.0
MIXED: Final = 10_000
INSERT: Final = "a bare Litestar route with one INSERT and commit"
ROWS: Final = "a bare Litestar route reading 50 rows"
PAGE: Final = "a bare route rendering a like page from one query"
Say = Callable[[str], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bench:
    """What the measuring needs: the two servers, and what was prepared in one of them."""

    ours: Client
    bound: Client
    ground: Ground
    say: Say
    prose: Prose


def measure_over_http(databases: Databases, folder: Path, say: Say) -> list[Line]:
    """All lines that are measured over HTTP."""
    installation = new_installation(folder, demonstration=False)
    bound_database = databases.make("bare")
    reviews = ROUNDS * SAVES + WARM + COUNTED
    with supervised() as supervisor:
        start(supervisor, installation)
        ground = run_interruptibly(prepare(installation.url, installation.administrator, reviews, say))
    _fill_bound(databases.url(bound_database))
    lines: list[Line] = []
    with supervised() as supervisor:
        api = start(supervisor, installation)
        bound_database_url = databases.url(bound_database)
        bound_url = _start_bound(supervisor, bound_database_url)

        async def run() -> None:
            async with Client(installation.url) as ours, Client(bound_url) as bound:
                bench = Bench(ours, bound, ground, say, Prose(2))
                lines.extend(await _submits(bench))
                lines.extend(await _saves(bench))
                lines.extend(await _lists(bench))
                lines.append(await _call_page(bench, bound_database_url))
                lines.append(await _lag(bench))
                lines.append(await _memory(bench, api))

        run_interruptibly(run())
    with _relayed(databases, folder, installation) as (client, relay):
        lines.extend(run_interruptibly(_statements(client, relay, ground)))
    return lines


# The bound


def _start_bound(supervisor: Supervisor, database: str) -> str:
    port = free_port()
    supervisor.start(
        Child(
            "the bound",
            (sys.executable, "-m", "benchmarks.bound", database, str(port)),
            environment(Path.cwd()),
        )
    )
    url = f"http://127.0.0.1:{port}"
    await_answer(supervisor, f"{url}/ready")
    return url


def _fill_bound(database: str) -> None:
    """As many rows as the listed call has, with titles of the same making."""
    prose, chance = Prose(1), random.Random(1)
    rows = [
        (
            stream_id("application", chance.randbytes(16)),
            prose.title(),
            "submitted",
            "0" * 10,
            125_000,
            CURRENCY,
            1,
        )
        for _ in range(APPLICATIONS)
    ]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(TABLES.encode())
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO listed VALUES (%s, %s, %s, %s, %s, %s, %s)", rows)


# The lines


async def _submits(bench: Bench) -> list[Line]:
    ours: list[Load] = []
    bound: list[Load] = []
    applicants = bench.ground.applicants
    bodies = [msgspec.json.encode(submission(bench.ground.open_round, bench.prose)) for _ in range(SUBMITS)]
    inserts = [bench.bound.prepare("POST", "/submissions", body=body) for body in bodies]
    # The last of the applicants warm both servers up, as the first of a day would.
    warming = applicants[ROUNDS * SUBMITS : ROUNDS * SUBMITS + WARM]
    await load(bench.ours, submit_requests(bench.ours, bench.ground, warming, bench.prose, "warm"))
    await load(bench.bound, inserts[:WARM])
    for number in range(ROUNDS):
        bench.say(f"submit, round {number + 1} of {ROUNDS}")
        bound.append(await load(bench.bound, inserts))
        theirs = applicants[number * SUBMITS : (number + 1) * SUBMITS]
        requests = submit_requests(bench.ours, bench.ground, theirs, bench.prose, f"submit-{number}")
        ours.append(await load(bench.ours, requests))
    name = f"submit over HTTP, {CLIENTS} clients"
    return [_rate(name, ours, INSERT, bound, 0.5), _p99(name, ours, Bar("value", "below", 100))]


async def _saves(bench: Bench) -> list[Line]:
    ours: list[Load] = []
    bound: list[Load] = []
    reviews = bench.ground.reviews
    inserts = [
        bench.bound.prepare("POST", "/submissions", body=review_body(bench.prose)) for _ in range(SAVES)
    ]
    await load(bench.ours, review_requests(bench.ours, reviews[ROUNDS * SAVES :][:WARM], bench.prose, "warm"))
    for number in range(ROUNDS):
        bench.say(f"save a review, round {number + 1} of {ROUNDS}")
        bound.append(await load(bench.bound, inserts))
        begun = reviews[number * SAVES : (number + 1) * SAVES]
        ours.append(await load(bench.ours, review_requests(bench.ours, begun, bench.prose, f"save-{number}")))
    name = f"save a review over HTTP, {CLIENTS} clients"
    return [_rate(name, ours, INSERT, bound, 0.4), _p99(name, ours, None)]


async def _lists(bench: Bench) -> list[Line]:
    ours: list[Load] = []
    bound: list[Load] = []
    pages = await pages_of(bench.ours, lambda cursor: list_request(bench.ours, bench.ground, cursor))
    bound_pages = await pages_of(
        bench.bound, lambda cursor: bench.bound.prepare("GET", f"/listed?cursor={cursor or ''}")
    )
    for number in range(ROUNDS):
        bench.say(f"list, round {number + 1} of {ROUNDS}")
        bound.append(await load(bench.bound, around(bound_pages, LISTS)))
        ours.append(await load(bench.ours, around(pages, LISTS)))
    name = f"list of 50 of {APPLICATIONS} applications as JSON, {CLIENTS} clients"
    return [_rate(name, ours, ROWS, bound, 0.5), _p99(name, ours, Bar("value", "below", 50))]


async def _call_page(bench: Bench, bound_database: str) -> Line:
    """The public page of a call, as somebody who is not signed in sees it, beside a like page of the same call."""
    path = f"/calls/{bench.ground.open_call}"
    told = check(await bench.ours.send_prepared(bench.ours.prepare("GET", f"/api{path}"))).json()
    with psycopg.connect(bound_database, autocommit=True) as connection:
        connection.execute("INSERT INTO calls VALUES (1, %s)", (Jsonb({**told, **_as_texts(told)}),))
    asked = bench.ours.prepare("GET", path, headers={"Accept": "text/html"})
    bare = bench.bound.prepare("GET", "/page")
    await load(bench.ours, [asked] * WARM)
    await load(bench.bound, [bare] * WARM)
    ours: list[Load] = []
    bound: list[Load] = []
    for number in range(ROUNDS):
        bench.say(f"public call page, round {number + 1} of {ROUNDS}")
        bound.append(await load(bench.bound, [bare] * LISTS))
        ours.append(await load(bench.ours, [asked] * LISTS))
    name = f"public call page, HTML from the database, {CLIENTS} clients"
    return _rate(name, ours, PAGE, bound, 0.5)


def _as_texts(told: dict[str, Any]) -> dict[str, str]:  # Any: JSON
    """What the program's page words by itself, as the bare page shows it."""
    sums = {
        name: f"{told[name]['amount']} {told[name]['currency']}"
        for name in ("minimum_award", "maximum_award", "budget")
    }
    return {**sums, "closes_at": told["rounds"][0]["closes_local"]}


async def pages_of(client: Client, request: Callable[[str | None], bytes]) -> list[bytes]:
    """The request for every full page of a list, by walking it once."""
    pages = []
    cursor: str | None = None
    while True:
        asked = request(cursor)
        shown = check(await client.send_prepared(asked)).json()
        items = shown["items"]
        assert isinstance(items, list)
        if len(items) == 50:
            pages.append(asked)
        following = shown["next"]
        if following is None:
            break
        cursor = str(following)
    assert len(pages) == APPLICATIONS // 50, "the list does not hold what was prepared"
    return pages


def around(pages: Sequence[T], count: int) -> list[T]:
    """So many of some pages, round and round."""
    return [pages[place % len(pages)] for place in range(count)]


async def _lag(bench: Bench) -> Line:
    """From the answer to a submission, which is after its commit, to the first answer of a query that shows it."""
    bench.say(f"lag, {CLIENTS} writers for {LAG_SECONDS:g} s")
    ground, lags = bench.ground, list[float]()
    latest: asyncio.Queue[tuple[str, str, str, float]] = asyncio.Queue(1)
    end = time.perf_counter() + LAG_SECONDS

    async def write(number: int) -> None:
        applicant = ground.applicants[number]
        sent = 0
        while time.perf_counter() < end:
            sent += 1
            (request,) = submit_requests(bench.ours, ground, [applicant], bench.prose, f"lag-{sent}")
            answer = check(await bench.ours.send_prepared(request))
            if latest.empty():
                written = str(answer.json()["id"]), applicant.token, answer.headers["x-position"]
                latest.put_nowait((*written, time.perf_counter()))

    async def probe() -> None:
        while True:
            application, token, position, answered = await latest.get()
            asked = bench.ours.prepare(
                "GET",
                f"/api/applications/{application}?position={position}",
                headers={"Authorization": f"Bearer {token}"},
            )
            check(await bench.ours.send_prepared(asked))
            lags.append((time.perf_counter() - answered) * 1000)

    probing = asyncio.create_task(probe())
    async with asyncio.TaskGroup() as group:
        for number in range(CLIENTS):
            group.create_task(write(number))
    probing.cancel()
    if not lags:
        await probing
    return alone(
        f"time from commit to visible in a query, {CLIENTS} writers, p99 of {len(lags)}",
        "ms",
        [percentile(lags, 99)],
        Bar("value", "below", 250),
    )


async def _memory(bench: Bench, api: int) -> Line:
    """What the API process holds after requests of every measured kind."""
    bench.say(f"memory, {MIXED} mixed requests")
    ground = bench.ground
    chance = random.Random(3)
    signed = {"Authorization": f"Bearer {ground.officer.token}"}
    requests: list[bytes] = []
    for number in range(MIXED):
        kind = chance.random()
        if kind < 0.4:
            application = chance.choice(ground.listed)
            requests.append(bench.ours.prepare("GET", f"/api/applications/{application}", headers=signed))
        elif kind < 0.6:
            requests.append(list_request(bench.ours, ground, None))
        elif kind < 0.8:
            requests.append(bench.ours.prepare("GET", f"/api/calls/{ground.open_call}"))
        else:
            applicant = chance.choice(ground.applicants)
            requests += submit_requests(bench.ours, ground, [applicant], bench.prose, f"mixed-{number}")
    await load(bench.ours, requests)
    process = psutil.Process(api)
    held = sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))
    return alone(
        f"memory of the API process after {MIXED} mixed requests and more",
        "MB",
        [held / 1e6],
        Bar("value", "below", 200),
    )


# Statements


@contextmanager
def _relayed(
    databases: Databases, folder: Path, installation: Installation
) -> Iterator[tuple[str, CountingRelay]]:
    """The API once more, with the relay between it and PostgreSQL."""
    place = folder / "relay"
    place.mkdir(mode=0o700)
    with CountingRelay(place, Path(databases.socket_folder)) as relay, supervised() as supervisor:
        start(supervisor, installation, DATABASE_URL=databases.url_through(place))
        yield installation.url, relay


async def _statements(url: str, relay: CountingRelay, ground: Ground) -> list[Line]:
    prose = Prose(4)
    async with Client(url) as client:
        await _until_quiet(relay)
        submits = submit_requests(client, ground, ground.applicants[-COUNTED:], prose, "counted")
        saves = review_requests(client, _last(ground.reviews), prose, "counted")
        lists = [list_request(client, ground, None)] * COUNTED
        return [
            _counted("submit over HTTP: SQL statements", await _count(client, relay, submits), 8),
            _counted("save a review over HTTP: SQL statements", await _count(client, relay, saves), None),
            _counted("list of 50 applications: SQL statements", await _count(client, relay, lists), 3),
        ]


async def _until_quiet(relay: CountingRelay) -> None:
    """Wait for the end of what the API cleans up when it starts: those statements are no request's."""
    before = -1
    while relay.count != before:
        before = relay.count
        await asyncio.sleep(1)


def _last(reviews: Sequence[Review]) -> Sequence[Review]:
    return reviews[-COUNTED:]


async def _count(client: Client, relay: CountingRelay, requests: Sequence[bytes]) -> list[float]:
    """The statements of each request, one after another."""
    counts = []
    for request in requests:
        before = relay.count
        check(await client.send_prepared(request))
        counts.append(float(relay.count - before))
    return counts


def _counted(name: str, counts: list[float], most: int | None) -> Line:
    # The most that any request took: a median would hide the applicants whose first request this is.
    line = alone(name, "statements", [max(counts)], Bar("value", "at most", most) if most else None)
    return replace(line, range=(min(counts), max(counts)))


def _rate(name: str, ours: Sequence[Load], bound_name: str, bound: Sequence[Load], bar: float) -> Line:
    return beside(
        name,
        "requests/s",
        [each.rate for each in ours],
        bound_name,
        [each.rate for each in bound],
        Bar("ratio", "at least", bar),
    )


def _p99(name: str, ours: Sequence[Load], bar: Bar | None) -> Line:
    return alone(f"{name}: p99", "ms", [percentile(each.seconds, 99) * 1000 for each in ours], bar)
