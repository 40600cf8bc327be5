"""The demonstration's starts, from `make demo` to the first page: the first, which makes the database and tells the living
demonstration, and later ones, with the folder that it left. Each is ended as Ctrl-C ends it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.results import Bar, Line, alone
from benchmarks.server import ROOT, START_SECONDS, ServerFailed, answers, environment, free_port

ROUNDS: Final = 3
_PAUSE: Final = 0.02
_STOP_SECONDS: Final = 30.0


def measure_start(folder: Path, say: Callable[[str], None]) -> list[Line]:
    """The lines of the first start and of the second."""
    home = folder / "demonstration"
    say("make demo, first start")
    first = _start(home)
    seconds = []
    for number in range(ROUNDS):
        say(f"make demo, second start, round {number + 1} of {ROUNDS}")
        seconds.append(_start(home))
    return [
        alone("make demo, first start, to the first page", "s", [first], Bar("value", "below", 20)),
        alone("make demo, second start, to the first page", "s", seconds, Bar("value", "below", 5)),
    ]


def _start(folder: Path) -> float:
    """Start the demonstration and stop it again; the seconds to its first page. Raises `ServerFailed`."""
    port = free_port()
    began = time.perf_counter()
    # A session of its own, so that its Ctrl-C is nobody else's.
    process = subprocess.Popen(
        ["make", "--silent", "demo"],  # noqa: S607 - the make that ran this
        cwd=ROOT,
        env=environment(folder, OVERWINTER_PORT=str(port)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not answers(f"http://127.0.0.1:{port}/"):
            if process.poll() is not None:
                raise ServerFailed("`make demo` ended before its first page.")
            if time.perf_counter() - began > START_SECONDS:
                raise ServerFailed(f"`make demo` showed no page within {START_SECONDS:g} seconds.")
            time.sleep(_PAUSE)
        return time.perf_counter() - began
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
