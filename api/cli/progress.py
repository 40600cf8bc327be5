"""A progress bar for the terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress_bar(label: str, *, shown: bool) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error; yields a function to call with the amount done and the total. Shows nothing if
    standard error is not a terminal."""
    if not shown:
        yield lambda _done, _all: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=Console(stderr=True))
    task = progress.add_task(label)

    def told(done: int, whole: int) -> None:
        progress.start()  # not before there is something to show; idempotent
        progress.update(task, completed=done, total=whole)

    try:
        yield told
    finally:
        progress.stop()
