"""A progress bar on the terminal of whoever waits."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress_bar(label: str, *, shown: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error that is told how much is done, and of how much; nothing where no terminal looks on."""
    if not shown:
        yield lambda _done, _all: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=Console(stderr=True))
    task = progress.add_task(label)

    def told(done: int, whole: int) -> None:
        progress.start()  # once there is something to show; again does nothing
        progress.update(task, completed=done, total=whole)

    try:
        yield told
    finally:
        progress.stop()
