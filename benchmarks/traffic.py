"""Requests to the program's API as its clients send them: retried where that is safe, timed, and counted by kind."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from benchmarks.connection import Answer, Client, ConnectionLost

TRIES: Final = 30
"""How often one request is sent at most, while the server says that it may be sent again."""
_CONTENDED: Final = "contended"


class CommandRejected(Exception):
    """The server turned a request down for good; the message is its own sentence, after what was asked."""

    def __init__(self, kind: str, status: int, detail: str, problem: str) -> None:
        super().__init__(f"{kind}: {status}, {detail}")
        self.status = status
        self.detail = detail
        self.problem = problem


class Unreachable(Exception):
    """The server did not answer usefully, however often it was asked; one sentence."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a write came to: the stream that it is about, and the token of its position."""

    id: str
    position: str


@dataclass
class Tally:
    """What went over the wire: the seconds of every request by kind (from the first try to the answer), and how
    often something had to be tried again or was turned down."""

    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    contended: Counter[str] = field(default_factory=Counter)
    unavailable: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    turned: Counter[str] = field(default_factory=Counter)


class Traffic:
    """Sends requests and keeps the tally. Every write has an idempotency key, which a repetition repeats."""

    def __init__(self, client: Client, run: str) -> None:
        self.client = client
        self.tally = Tally()
        self._run = run
        self._sent = 0

    async def read(
        self, kind: str, path: str, token: str | None, *, position: str | None = None
    ) -> dict[str, Any]:  # Any: whatever the API answers; who reads it checks it
        """GET a JSON object; `position` waits until the read models have seen that write. Raises `CommandRejected`."""
        if position is not None:
            path += f"{'&' if '?' in path else '?'}position={position}"
        answer = await self._send(kind, "GET", path, self._headers(token), None)
        return answer.json()

    async def write(self, kind: str, path: str, token: str, body: Mapping[str, Any] | None = None) -> Written:
        """POST a command. Raises `CommandRejected`."""
        answer = await self.post(kind, path, token, body)
        content = answer.json()
        return Written(str(content["id"]), answer.headers.get("x-position", ""))

    async def post(
        self, kind: str, path: str, token: str | None, body: Mapping[str, Any] | None = None
    ) -> Answer:
        """POST with an idempotency key, and the answer as it came. Raises `CommandRejected`."""
        self._sent += 1
        headers = {**self._headers(token), "Idempotency-Key": f"{self._run}-{self._sent}"}
        return await self._send(kind, "POST", path, headers, msgspec.json.encode(body or {}))

    @staticmethod
    def _headers(token: str | None) -> dict[str, str]:
        return {} if token is None else {"Authorization": f"Bearer {token}"}

    async def _send(
        self, kind: str, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        request = self.client.prepare(method, path, headers=headers, body=body)
        began = time.perf_counter()
        for attempt in range(TRIES):
            try:
                answer = await self.client.send_prepared(request)
            except ConnectionLost:
                self.tally.lost[kind] += 1
                await asyncio.sleep(min(0.1 * 2**attempt, 2))
                continue
            if answer.status < 300:
                self.tally.seconds[kind].append(time.perf_counter() - began)
                return answer
            problem, detail = _problem(answer)
            if answer.status == 409 and problem.endswith(_CONTENDED):
                self.tally.contended[kind] += 1
                await asyncio.sleep(random.uniform(0.005, 0.05) * (attempt + 1))
            elif answer.status == 503:
                self.tally.unavailable[kind] += 1
                await asyncio.sleep(_retry_after(answer))
            else:
                self.tally.turned[kind] += 1
                raise CommandRejected(kind, answer.status, detail, problem)
        raise Unreachable(f"The server did not do what was asked ({kind}), though asked {TRIES} times.")


def _problem(answer: Answer) -> tuple[str, str]:
    """The type and the sentence of a problem document (RFC 9457), with its fields' sentences."""
    try:
        content = answer.json()
    except msgspec.DecodeError:
        return "", "the answer is no problem document"
    sentences = [str(content.get("detail", ""))]
    errors = content.get("errors")
    if isinstance(errors, list):
        sentences += [
            f"{each.get('field')}: {each.get('detail')}" for each in errors if isinstance(each, dict)
        ]
    return str(content.get("type", "")), " ".join(sentences)


def _retry_after(answer: Answer) -> float:
    text = answer.headers.get("retry-after", "")
    return min(float(text), 10.0) if text.isdigit() else 0.5
