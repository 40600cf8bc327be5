"""Running a coroutine so that Ctrl-C and SIGTERM end it, wherever it is.

An exception that a signal's handler raises inside a loop's callback is taken for that callback's own and lost. So while
the loop runs, a signal cancels the coroutine instead, and everything that it holds is let go in order.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

import uvloop

T = TypeVar("T")
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(main: Coroutine[Any, Any, T]) -> T:
    """The coroutine's result. Raises `KeyboardInterrupt` if a signal ended it."""
    before = {each: signal.getsignal(each) for each in _SIGNALS}
    asked: list[signal.Signals] = []

    async def watched() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.ensure_future(main)

        def stop(sign: signal.Signals) -> None:
            asked.append(sign)
            task.cancel()

        for each in _SIGNALS:
            loop.add_signal_handler(each, stop, each)
        return await task

    try:
        return uvloop.run(watched())
    except asyncio.CancelledError:
        if asked:
            raise KeyboardInterrupt from None
        raise
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
