"""Gathered reads: what several commands and queries look up at about the same time is looked up in one statement.

The counterpart of group commit. A look-up by key costs mostly its own round trip: the pool, libpq, PostgreSQL's turn. So
keys that are asked for in the same turn of the event loop, or while every lane is taken, go together. Nobody is told
anything older than their question: a key is sent after it was asked for, never taken from an answer under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from typing import Final, Generic, TypeVar

from history.appends import Unavailable

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

LANES: Final = 2
"""How many statements may be under way: while PostgreSQL answers one, the next gathers."""
MOST: Final = 200
"""How many keys go together at most. Who asks for more is answered by a statement of their own."""


class _Waiting(Generic[K, V]):
    """Somebody's keys, with the future that they wait for."""

    __slots__ = ("answer", "keys")

    def __init__(self, keys: frozenset[K], answer: asyncio.Future[Mapping[K, V]]) -> None:
        self.keys = keys
        self.answer = answer


class Gathered(Generic[K, V]):
    """Answers questions by key with as few statements as come. One for a process, within one event loop.

    `ask` looks some keys up and answers a mapping; a key without an entry has nothing there. What it raises, each who
    asked is told; but only trouble of the database itself (`Unavailable`) is told to all at once: otherwise each is asked
    for alone, so that nobody fails by another's key.
    """

    def __init__(self, ask: Callable[[frozenset[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._ask = ask
        self._waiting: list[_Waiting[K, V]] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._called = False

    async def get(self, keys: Iterable[K]) -> Mapping[K, V]:
        """What is found under some keys, and perhaps under others. Raises what `ask` raises."""
        wanted = frozenset(keys)
        if not wanted:
            return {}
        loop = asyncio.get_running_loop()
        waiting: _Waiting[K, V] = _Waiting(wanted, loop.create_future())
        self._waiting.append(waiting)
        if not self._called and len(self._under_way) < LANES:
            # Whoever else asks in this turn of the loop comes along.
            self._called = True
            loop.call_soon(self._send)
        return await waiting.answer

    def _send(self) -> None:
        """Send what waits, as long as a lane is free. Of many, each free lane takes its share."""
        self._called = False
        while self._waiting and len(self._under_way) < LANES:
            together = self._next(-(-len(self._waiting) // (LANES - len(self._under_way))))
            if not together:
                continue
            task = asyncio.get_running_loop().create_task(self._answer(together))
            self._under_way.add(task)
            task.add_done_callback(self._done)

    def _next(self, share: int) -> list[_Waiting[K, V]]:
        """Those who wait longest and go together."""
        together: list[_Waiting[K, V]] = []
        size = taken = 0
        for waiting in self._waiting:
            size += len(waiting.keys)
            if together and (size > MOST or len(together) == share):
                break
            taken += 1
            if not waiting.answer.done():  # else whoever asked went away
                together.append(waiting)
        del self._waiting[:taken]
        return together

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if self._waiting:
            self._send()

    async def _answer(self, together: list[_Waiting[K, V]]) -> None:
        """Ask, and answer everybody, whatever happens."""
        try:
            found = await self._ask(together[0].keys.union(*[waiting.keys for waiting in together[1:]]))
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are told
            if len(together) > 1 and not isinstance(error, Unavailable):
                for waiting in together:
                    await self._answer([waiting])
                return
            for waiting in together:
                if not waiting.answer.done():
                    # An exception of one's own each: it collects the traceback of whoever it is raised for.
                    waiting.answer.set_exception(_again(error) if len(together) > 1 else error)
        except BaseException:
            for waiting in together:
                waiting.answer.cancel()
            raise
        else:
            for waiting in together:
                if not waiting.answer.done():
                    waiting.answer.set_result(found)


def _again(error: Exception) -> Exception:
    """Another exception of the same kind and words, from the same cause."""
    other = type(error)(*error.args)
    other.__cause__ = error.__cause__
    return other
