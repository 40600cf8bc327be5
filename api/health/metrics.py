"""Figures for a monitoring system, in Prometheus' text format (version 0.0.4): how many, how far, how long; never who.

For administrators alone: how many facts there are, asked again and again, tells when somebody submits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import psutil
from litestar import Response

from api.health.health import Ready, look
from api.health.replica import ReplicaHealth, look_at
from api.http.administration import check_administrator
from api.http.operations import Asking, Operation
from api.run.wiring import Wiring

MEDIA_TYPE: Final = "text/plain; version=0.0.4"
"""Litestar adds the charset."""

Sample = tuple[dict[str, str], float]
"""Labels and a value. Labels are names of the program's own: projections, pools and their states."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure: its name, whether it may fall, what it says, and its samples."""

    name: str
    kind: Literal["counter", "gauge"]
    meaning: str
    samples: tuple[Sample, ...]

    def lines(self) -> Iterator[str]:
        """The figure as it is exposed."""
        yield f"# HELP {self.name} {self.meaning}"
        yield f"# TYPE {self.name} {self.kind}"
        for labels, value in self.samples:
            named = ",".join(f'{label}="{text}"' for label, text in labels.items())
            yield f"{self.name}{{{named}}} {value:.15g}" if named else f"{self.name} {value:.15g}"


def _one(name: str, kind: Literal["counter", "gauge"], meaning: str, value: float) -> Metric:
    return Metric(name, kind, meaning, (({}, value),))


async def measure(wiring: Wiring) -> tuple[Metric, ...]:
    """Every figure, as it is now. Raises `Unavailable`."""
    ready = await look(wiring.history, wiring.clock())
    async with wiring.history.connection() as connection:
        cursor = await connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE at <= %b) FROM history.due_dates", (wiring.clock(),)
        )
        due = await cursor.fetchone()
    assert due is not None
    replica = wiring.reader.replica
    pools = {"primary": wiring.history.pool.get_stats()}
    figures = [
        *_of_history(ready),
        _one("overwinter_due_dates_waiting", "gauge", "Due dates in the queue, overdue ones too.", due[0]),
        _one("overwinter_due_dates_overdue", "gauge", "Due dates whose time has come.", due[1]),
    ]
    if replica is not None:
        pools["replica"] = replica.pool.get_stats()
        health = await look_at(wiring.history, replica.pool.connection())
        figures += _of_replica(health, in_use=replica.in_use)
    return (*figures, *_of_pools(pools), *_of_process())


def _of_history(ready: Ready) -> tuple[Metric, ...]:
    def each(name: str, meaning: str, value: str) -> Metric:
        return Metric(
            f"overwinter_projection_{name}",
            "gauge",
            meaning,
            tuple([({"projection": found.name}, getattr(found, value)) for found in ready.projections]),
        )

    return (
        _one("overwinter_facts_total", "counter", "Facts in the history.", ready.facts),
        each("position", "The last fact that a read model has seen.", "position"),
        each("behind_facts", "Facts that a read model has not seen yet.", "behind"),
        each("lag_seconds", "Age of the oldest fact that a read model has not seen.", "lag_seconds"),
        Metric(
            "overwinter_projection_stopped",
            "gauge",
            "1 if a read model stopped at a fact that it cannot take in.",
            tuple(
                [
                    ({"projection": found.name}, float(found.failed_position is not None))
                    for found in ready.projections
                ]
            ),
        ),
        _one(
            "overwinter_wrong",
            "gauge",
            "How many things are wrong: what keeps the server from being ready, and that read models stopped.",
            len(ready.wrong) + len(ready.stopped),
        ),
    )


def _of_replica(health: ReplicaHealth, *, in_use: bool) -> tuple[Metric, ...]:
    return (
        _one(
            "overwinter_replica_in_use",
            "gauge",
            "1 while the replica answers this process's questions.",
            in_use,
        ),
        _one(
            "overwinter_replica_follows",
            "gauge",
            "1 if the replica answers and is of this history.",
            health.follows,
        ),
        _one(
            "overwinter_replica_behind_facts",
            "gauge",
            "Facts that the replica has not seen yet.",
            health.behind,
        ),
        _one(
            "overwinter_replica_lag_seconds",
            "gauge",
            "Age of the oldest fact that the replica has not seen.",
            health.lag_seconds,
        ),
    )


def _of_pools(pools: dict[str, dict[str, int]]) -> tuple[Metric, ...]:
    def each(name: str, kind: Literal["counter", "gauge"], meaning: str, key: str) -> Metric:
        samples = [({"pool": pool}, float(stats.get(key, 0))) for pool, stats in pools.items()]
        return Metric(f"overwinter_pool_{name}", kind, meaning, tuple(samples))

    return (
        each("connections", "gauge", "Connections to the database that this process holds.", "pool_size"),
        each("connections_idle", "gauge", "Those of them that nobody uses now.", "pool_available"),
        each("connections_most", "gauge", "How many it may hold.", "pool_max"),
        each("waiting", "gauge", "Who waits for a connection now.", "requests_waiting"),
        each("errors_total", "counter", "Who waited for a connection in vain.", "requests_errors"),
    )


def _of_process() -> tuple[Metric, ...]:
    process = psutil.Process()
    with process.oneshot():
        times = process.cpu_times()
        return (
            _one(
                "process_resident_memory_bytes",
                "gauge",
                "Memory of the process that answers.",
                process.memory_info().rss,
            ),
            _one("process_cpu_seconds_total", "counter", "Its processor time.", times.user + times.system),
            _one(
                "process_start_time_seconds", "gauge", "When it started, since 1970.", process.create_time()
            ),
        )


def exposition(metrics: tuple[Metric, ...]) -> str:
    """The figures as Prometheus reads them."""
    return "".join(f"{line}\n" for metric in metrics for line in metric.lines())


async def _metrics(asking: Asking) -> Response[Any]:  # Any: text, where all else is JSON
    await check_administrator(asking)
    text = exposition(await measure(asking.wiring))
    return Response(text.encode(), media_type=MEDIA_TYPE)


def operations() -> tuple[Operation, ...]:
    """The operations of this file."""
    return (
        Operation(
            name="metrics.show",
            method="GET",
            path="/metrics",
            summary="Read the figures of the process that answers, and of its history, as Prometheus does",
            description="For administrators: how many facts there are tells when somebody submits.",
            handle=_metrics,
            answer=str,
            media_type="text/plain",
            tag="health",
        ),
    )
