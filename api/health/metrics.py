"""Figures for a monitoring system, in Prometheus' text format (version 0.0.4): counts, sizes and times; never who.

For administrators only: somebody who reads the number of facts again and again learns when somebody submits. Nothing is
counted between two requests: each one measures everything, so the library's global registry, which also describes the
machine, is not used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

import psutil
from litestar import Response
from prometheus_client import Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from api.health.health import Ready, look
from api.health.replica import ReplicaHealth, look_at
from api.http.administration import check_administrator
from api.http.operations import Asking, Operation
from api.run.wiring import Wiring

MEDIA_TYPE: Final = "text/plain; version=0.0.4"
"""Litestar adds the charset."""

Family = TypeVar("Family", GaugeMetricFamily, CounterMetricFamily)


class Figures(Collector):
    """What was measured for one request."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = tuple(metrics)

    def collect(self) -> Iterable[Metric]:
        """The figures, in their order."""
        return self._metrics


async def measure(wiring: Wiring) -> Figures:
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
    metrics = [
        *_of_history(ready),
        GaugeMetricFamily(
            "overwinter_due_dates_waiting", "Due dates in the queue, overdue ones too.", due[0]
        ),
        GaugeMetricFamily("overwinter_due_dates_overdue", "Due dates whose time has come.", due[1]),
    ]
    if replica is not None:
        pools["replica"] = replica.pool.get_stats()
        health = await look_at(wiring.history, replica.pool.connection())
        metrics += _of_replica(health, in_use=replica.in_use)
    return Figures((*metrics, *_of_pools(pools), *_of_process()))


def _labelled(family: Family, values: Mapping[str, float]) -> Family:
    """Add a sample for each text of the family's only label. The texts are names of the program's own."""
    for text, value in values.items():
        family.add_metric([text], value)
    return family


def _of_history(ready: Ready) -> Iterator[Metric]:
    def each(name: str, meaning: str, values: Mapping[str, float]) -> Metric:
        return _labelled(
            GaugeMetricFamily(f"overwinter_projection_{name}", meaning, labels=["projection"]), values
        )

    found = ready.projections
    yield CounterMetricFamily("overwinter_facts_total", "Facts in the history.", ready.facts)
    yield each(
        "position", "The last fact that a read model has seen.", {one.name: one.position for one in found}
    )
    yield each(
        "behind_facts", "Facts that a read model has not seen yet.", {one.name: one.behind for one in found}
    )
    yield each(
        "lag_seconds",
        "Age of the oldest fact that a read model has not seen.",
        {one.name: one.lag_seconds for one in found},
    )
    yield each(
        "stopped",
        "1 if a read model stopped at a fact that it cannot fold.",
        {one.name: one.failed_position is not None for one in found},
    )
    yield GaugeMetricFamily(
        "overwinter_wrong",
        "Number of faults: those that keep the server from being ready, and read models that stopped.",
        len(ready.wrong) + len(ready.stopped),
    )


def _of_replica(health: ReplicaHealth, *, in_use: bool) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "overwinter_replica_in_use", "1 while this process reads from the replica.", in_use
    )
    yield GaugeMetricFamily(
        "overwinter_replica_follows", "1 if the replica answers and follows this history.", health.follows
    )
    yield GaugeMetricFamily(
        "overwinter_replica_behind_facts", "Facts that the replica has not seen yet.", health.behind
    )
    yield GaugeMetricFamily(
        "overwinter_replica_lag_seconds",
        "Age of the oldest fact that the replica has not seen.",
        health.lag_seconds,
    )


def _of_pools(pools: Mapping[str, Mapping[str, int]]) -> Iterator[Metric]:
    def each(family: type[Family], name: str, meaning: str, key: str) -> Metric:
        return _labelled(
            family(f"overwinter_pool_{name}", meaning, labels=["pool"]),
            {pool: stats.get(key, 0) for pool, stats in pools.items()},
        )

    gauge, counter = GaugeMetricFamily, CounterMetricFamily
    yield each(gauge, "connections", "Connections to the database that this process holds.", "pool_size")
    yield each(gauge, "connections_idle", "Connections of the pool that are not in use.", "pool_available")
    yield each(gauge, "connections_most", "Largest number of connections that the pool may hold.", "pool_max")
    yield each(gauge, "waiting", "Requests that wait for a connection.", "requests_waiting")
    yield each(counter, "errors_total", "Requests that waited for a connection in vain.", "requests_errors")


def _of_process() -> Iterator[Metric]:
    # The library's own collector for this reads /proc, which only Linux has.
    # Times are rounded to milliseconds, which is what they are good for.
    process = psutil.Process()
    with process.oneshot():
        times = process.cpu_times()
        yield GaugeMetricFamily(
            "process_resident_memory_bytes", "Memory of the process that answers.", process.memory_info().rss
        )
        yield CounterMetricFamily(
            "process_cpu_seconds_total",
            "Processor time of that process.",
            round(times.user + times.system, 3),
        )
        yield GaugeMetricFamily(
            "process_start_time_seconds",
            "Unix time when that process started.",
            round(process.create_time(), 3),
        )


async def _metrics(asking: Asking) -> Response[Any]:  # Any: text, where all else is JSON
    await check_administrator(asking)
    figures = await measure(asking.wiring)
    return Response(generate_latest(figures), media_type=MEDIA_TYPE)


OPERATIONS: Final = (
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
