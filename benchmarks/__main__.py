"""``python -m benchmarks``: measure what exists, each line beside its bound, and name what is not measured yet."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks.appends import measure_appends
from benchmarks.databases import databases
from benchmarks.over_http import measure_over_http
from benchmarks.replays import measure_replays
from benchmarks.results import print_table, write_results

NOT_MEASURED: Final = (
    "projecting",
    "submit and list with a million facts",
    "building the log",
    "verifying a bundle",
    "second start of the demonstration",
)
"""The lines whose parts, or whose measurement, are not built yet."""


def main() -> int:
    """Measure, print a table, and write benchmarks/results.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--large", action="store_true", help="the long lines as well; there is none yet")
    parser.parse_args()
    console = Console(stderr=True)
    folder = Path(tempfile.mkdtemp(prefix="owb-"))
    try:
        with databases(folder) as made, console.status("measuring") as status:
            lines = [
                *measure_appends(made, folder, status.update),
                *measure_replays(made, folder, status.update),
                *measure_over_http(made, folder, status.update),
            ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_table(lines, Console(width=150))
    write_results(lines)
    Console().print(f"Not measured yet: {', '.join(NOT_MEASURED)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
