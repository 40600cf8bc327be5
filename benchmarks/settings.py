"""``python -m benchmarks.settings``: which of PostgreSQL's settings are worth shipping.

Each candidate is a server of its own that differs from the defaults in one thing; all run at once, and the rounds go
from one to the next, so that whatever else the machine does meets all of them. Measured is what the settings can change:
appends by 32 and by 1 writer, and the write-ahead log that they leave. Nothing that costs a promise is
among them: fsync, synchronous_commit and full_page_writes stay on.

The choice, with its figures, is in docs/decisions.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import psycopg
from rich.console import Console
from rich.table import Table

from api.postgres.embedded import EmbeddedPostgres
from benchmarks.appends import our_rate
from benchmarks.databases import Databases
from benchmarks.figures import Spread, ratios
from benchmarks.server import forget_own_settings
from history.keyfiles import KeyFolder

ROUNDS: Final = 5
WRITERS: Final = (32, 1)
DEFAULTS: Final = "PostgreSQL's defaults"
CANDIDATES: Final[Mapping[str, Mapping[str, str]]] = {
    DEFAULTS: {},
    "the same once more": {},
    "wal_compression": {"wal_compression": "pglz"},
    "larger wal_buffers": {"wal_buffers": "16MB"},
    "commit_delay": {"commit_delay": "200", "commit_siblings": "2"},
    "larger shared_buffers": {"shared_buffers": "512MB"},
    "rarer checkpoints": {"max_wal_size": "4GB", "checkpoint_timeout": "15min"},
    "wal_sync_method": {"wal_sync_method": "open_datasync"},
    "no io workers": {"io_method": "sync"},
    "no track_activities": {"track_activities": "off"},
}
"""What is tried. The second shows what the machine's noise alone makes."""


def main() -> int:
    """Measure every candidate, and print its ratio to the defaults."""
    forget_own_settings()
    console = Console(stderr=True)
    folder = Path(tempfile.mkdtemp(prefix="ows-"))
    rates: dict[str, dict[str, list[float]]] = {name: {} for name in CANDIDATES}
    try:
        with ExitStack() as held:
            keys = KeyFolder(folder / "keys", create=True)
            urls = {}
            for number, (name, settings) in enumerate(CANDIDATES.items()):
                server = EmbeddedPostgres(folder / str(number), settings)
                urls[name] = Databases(held.enter_context(server)).make_history("append")
            for number in range(ROUNDS):
                for name, url in urls.items():
                    console.print(f"round {number + 1} of {ROUNDS}: {name}", highlight=False)
                    for writers in WRITERS:
                        rates[name].setdefault(f"append, {writers} writers", []).append(
                            our_rate(url, keys, writers)
                        )
            sizes = {name: _written(url) for name, url in urls.items()}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _print(rates, sizes)
    return 0


def _written(url: str) -> float:
    """Bytes of write-ahead log for each fact."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 / greatest((SELECT count(*) FROM history.facts), 1)"
        ).fetchone()
        assert row is not None
        return float(row[0])


def _print(rates: Mapping[str, Mapping[str, Sequence[float]]], sizes: Mapping[str, float]) -> None:
    table = Table(
        title="Appends beside those with PostgreSQL's defaults: median of the rounds' ratios, and range"
    )
    table.add_column("setting")
    lines = list(rates[DEFAULTS])
    for line in lines:
        table.add_column(line, justify="right")
    table.add_column("WAL bytes a fact", justify="right")
    for name, measured in rates.items():
        cells = []
        for line in lines:
            spread = Spread.of(ratios(measured[line], rates[DEFAULTS][line]))
            cells.append(f"{spread.median:.2f} ({spread.least:.2f} to {spread.most:.2f})")
        shown = ", ".join(f"{key} = {value}" for key, value in CANDIDATES[name].items())
        table.add_row(f"{name}\n{shown}" if shown else name, *cells, f"{sizes[name]:,.0f}")
    Console(width=150).print(table)


if __name__ == "__main__":
    sys.exit(main())
