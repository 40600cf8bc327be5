"""Batched lookups: keys that several commands and queries look up at about the same time share one statement.

This is group commit for reads. Most of the cost of a lookup by key is its round trip (pool, libpq, PostgreSQL), so keys
that are requested in the same turn of the event loop, or while all statements are in flight, are sent together. No
result is older than its request: a key is always sent after it was requested, never answered from a statement that is
already running.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from typing import Final, Generic, TypeVar

from history.appends import Unavailable

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

LANES: Final = 2
"""How many statements may be in flight: while PostgreSQL answers one, keys for the next are collected."""
MAX_KEYS: Final = 200
"""The most keys that requests share in one statement. A request for more keys gets a statement of its own."""


class _PendingLookup(Generic[K, V]):
    """The keys of one request, and the future that its caller awaits."""

    __slots__ = ("answer", "keys")

    def __init__(self, keys: frozenset[K], answer: asyncio.Future[Mapping[K, V]]) -> None:
        self.keys = keys
        self.answer = answer


class BatchedLookup(Generic[K, V]):
    """Looks up keys with as few statements as possible. One per process, for one event loop.

    `ask` looks up some keys and returns a mapping; keys without a value are left out. If it raises `Unavailable`, every
    caller gets that error. After any other error each request is tried alone, so that one caller's key cannot fail
    another's.
    """

    def __init__(self, ask: Callable[[frozenset[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._ask = ask
        self._pending: list[_PendingLookup[K, V]] = []
        self._in_flight: set[asyncio.Task[None]] = set()
        self._scheduled = False

    async def get(self, keys: Iterable[K]) -> Mapping[K, V]:
        """The values of these keys, and perhaps of others. Raises what `ask` raises."""
        wanted = frozenset(keys)
        if not wanted:
            return {}
        loop = asyncio.get_running_loop()
        pending: _PendingLookup[K, V] = _PendingLookup(wanted, loop.create_future())
        self._pending.append(pending)
        if not self._scheduled and len(self._in_flight) < LANES:
            # Requests made in the same turn of the event loop are sent together.
            self._scheduled = True
            loop.call_soon(self._send)
        return await pending.answer

    def _send(self) -> None:
        """Send pending requests while fewer than `LANES` statements are in flight, divided evenly among the free lanes."""
        self._scheduled = False
        while self._pending and len(self._in_flight) < LANES:
            together = self._next(-(-len(self._pending) // (LANES - len(self._in_flight))))
            if not together:
                continue
            task = asyncio.get_running_loop().create_task(self._answer(together))
            self._in_flight.add(task)
            task.add_done_callback(self._done)

    def _next(self, share: int) -> list[_PendingLookup[K, V]]:
        """The oldest pending requests, as many as fit into one statement."""
        together: list[_PendingLookup[K, V]] = []
        size = taken = 0
        for pending in self._pending:
            size += len(pending.keys)
            if together and (size > MAX_KEYS or len(together) == share):
                break
            taken += 1
            if not pending.answer.done():  # otherwise the caller was cancelled
                together.append(pending)
        del self._pending[:taken]
        return together

    def _done(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        if self._pending:
            self._send()

    async def _answer(self, together: list[_PendingLookup[K, V]]) -> None:
        """Run the lookup and complete every future, whatever happens."""
        try:
            found = await self._ask(together[0].keys.union(*[pending.keys for pending in together[1:]]))
        except Exception as error:  # noqa: BLE001 - every error is passed on to the callers
            if len(together) > 1 and not isinstance(error, Unavailable):
                for pending in together:
                    await self._answer([pending])
                return
            for pending in together:
                if not pending.answer.done():
                    # Each caller gets its own exception, because raising it attaches the caller's traceback.
                    pending.answer.set_exception(_again(error) if len(together) > 1 else error)
        except BaseException:
            for pending in together:
                pending.answer.cancel()
            raise
        else:
            for pending in together:
                if not pending.answer.done():
                    pending.answer.set_result(found)


def _again(error: Exception) -> Exception:
    """A copy of an exception: same type, text and cause."""
    other = type(error)(*error.args)
    other.__cause__ = error.__cause__
    return other
