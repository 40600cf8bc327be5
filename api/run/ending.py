"""How a long-running process is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

_ENDING = (signal.SIGINT, signal.SIGTERM)


def on_ending(end: Callable[[], None]) -> None:
    """Call `end` on SIGTERM or Ctrl-C, in the event loop that runs now."""
    loop = asyncio.get_running_loop()
    for sign in _ENDING:
        loop.add_signal_handler(sign, end)
