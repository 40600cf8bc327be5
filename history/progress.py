"""How long-running work over the history reports its progress."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called before each batch with the position that was reached and the newest position."""
