"""Load: prepared requests from so many clients at a time, each waiting for its answer before it sends the next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.connection import Answer, Client

CLIENTS: Final = 16


class LoadFailed(Exception):
    """An answer was not the one that the measured work gives; a rate of failures measures nothing."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a round of load came to: requests a second, and the seconds of each request."""

    rate: float
    seconds: tuple[float, ...]


async def load(client: Client, requests: Sequence[bytes], *, clients: int = CLIENTS) -> Load:
    """Send all requests, `clients` at a time. Raises `LoadFailed` for any answer but a success."""
    waiting = iter(requests)
    seconds: list[float] = []

    async def one_client() -> None:
        for request in waiting:
            sent = time.perf_counter()
            check(await client.send_prepared(request))
            seconds.append(time.perf_counter() - sent)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(one_client())
    return Load(len(requests) / (time.perf_counter() - began), tuple(seconds))


def check(answer: Answer) -> Answer:
    """The answer, if it is a success; raises `LoadFailed`."""
    if not 200 <= answer.status < 300:
        raise LoadFailed(
            f"An answer had the status {answer.status}: {answer.body[:300].decode('utf-8', 'replace')}"
        )
    return answer
