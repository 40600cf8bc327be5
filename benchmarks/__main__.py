"""``python -m benchmarks``: measure what exists, each line beside its bound, and name what is not measured yet."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.status import Status

from benchmarks.appends import measure_appends
from benchmarks.databases import Databases, databases
from benchmarks.growth.growing import measure_growing
from benchmarks.growth.projecting import measure_projecting
from benchmarks.over_http import measure_over_http
from benchmarks.replays import measure_replays
from benchmarks.results import Line, print_table, write_results
from benchmarks.server import forget_own_settings
from benchmarks.starting import measure_start

NOT_MEASURED: Final = ("building the log", "verifying a bundle")
"""The lines whose parts are not built yet."""
LARGE: Final = 1_000_000
_EVERY: Final = 5.0

Measure = Callable[[Databases, Path, Callable[[str], None]], list[Line]]
GROUPS: Final[Mapping[str, Measure]] = {
    "append": measure_appends,
    "replay": measure_replays,
    "project": measure_projecting,
    "http": measure_over_http,
    "start": lambda _databases, folder, say: measure_start(folder, say),
}
"""What `make bench` measures, by the name that `--only` takes."""


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--large", action="store_true", help="the long lines as well: a history of a million facts"
    )
    parser.add_argument(
        "--facts",
        metavar="N",
        type=int,
        default=LARGE,
        help="with --large: how many facts there (default: 1000000)",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=[*GROUPS, "large"],
        help="only these lines; results.json is left as it is",
    )
    asked = parser.parse_args(given)
    if asked.facts < 20_000:
        parser.error("a history of fewer than 20000 facts is not large")
    return asked


def groups(asked: argparse.Namespace) -> dict[str, Measure]:
    """What is to be measured, in order."""
    large: dict[str, Measure] = {"large": partial(_growing, asked.facts)}
    if asked.only:
        return {name: measure for name, measure in {**GROUPS, **large}.items() if name in asked.only}
    return {**GROUPS, **large} if asked.large else {**GROUPS}


def _growing(facts: int, databases: Databases, folder: Path, say: Callable[[str], None]) -> list[Line]:
    return measure_growing(databases, folder, facts, say)


def main() -> int:
    """Measure, print a table, and write benchmarks/results.json."""
    asked = arguments()
    forget_own_settings()
    console = Console(stderr=True)
    folder = Path(tempfile.mkdtemp(prefix="owb-"))
    lines: list[Line] = []
    try:
        with databases(folder) as made, console.status("measuring") as status:
            for measure in groups(asked).values():
                lines += measure(made, folder, _saying(status, console))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_table(lines, Console(width=150))
    if not asked.only:
        write_results(lines)
    Console().print(f"Not measured yet: {', '.join(NOT_MEASURED)}.")
    return 0


def _saying(status: Status, console: Console) -> Callable[[str], None]:
    """Progress in one line of a terminal; elsewhere a line every few seconds."""
    said = [0.0]

    def say(text: str) -> None:
        status.update(text)
        if not console.is_terminal and time.monotonic() - said[0] > _EVERY:
            said[0] = time.monotonic()
            console.print(text, highlight=False)

    return say


if __name__ == "__main__":
    sys.exit(main())
