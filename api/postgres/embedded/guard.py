"""Who uses the embedded server, and the process that stops it when nobody does.

Locks are the kernel's (flock): they end with the process that holds them, however it ends. Nothing here needs more than
the standard library and psutil, because the guard runs for as long as the server does and should be small.
"""

import contextlib
import fcntl
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psutil

STOP_SECONDS: Final = 60.0
"""A server that has not stopped cleanly after half of this is stopped at once, and recovers at its next start."""


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot do what was asked; the message is one sentence that a person can act on."""


def stop_server(data: Path) -> None:
    """Stops the server of a data folder, if there is one: quickly but cleanly, and at once when that takes too long."""
    for sign in (signal.SIGINT, signal.SIGQUIT):
        server = postmaster(data)
        if server is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            server.send_signal(sign)
        until(lambda: postmaster(data) is None, STOP_SECONDS / 2)


def guard(folder: Path, data: Path) -> None:
    """Waits until no process uses the server of `folder`, then stops it. The program of the guard process."""
    for sign in (signal.SIGINT, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    own = open_lock(folder / "guard.lock")
    try:
        fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    users = open_lock(folder / "users.lock")
    fcntl.flock(users, fcntl.LOCK_EX)
    stop_server(data)
    # In this order: whoever waits for the users' lock must find that there is no guard any more.
    os.close(own)
    os.close(users)


def postmaster(data: Path) -> psutil.Process | None:
    """The living server of a data folder, or None. The process id in its file is believed only if it fits."""
    try:
        process = psutil.Process(int((data / "postmaster.pid").read_text().split("\n", 1)[0]))
        # Its command line may be read by everyone; its working folder, in a container, not even by root.
        if process.status() != psutil.STATUS_ZOMBIE and f"-D{data}" in process.cmdline():
            return process
    except (OSError, ValueError, psutil.NoSuchProcess):
        return None
    return process if serves(process, data) else None


def serves(process: psutil.Process, data: Path) -> bool:
    """Whether the process is a living part of this folder's server: they all work in the data folder."""
    try:
        if process.name() != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
            return False
        return Path(process.cwd()) == data.resolve()
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return False


def open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def lock(descriptor: int, kind: int, seconds: float, otherwise: str) -> None:
    def taken() -> bool:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    if not until(taken, seconds):
        raise EmbeddedError(f"The embedded PostgreSQL {otherwise}; try again in a minute.")


@contextlib.contextmanager
def held(path: Path, seconds: float, otherwise: str) -> Iterator[None]:
    descriptor = open_lock(path)
    try:
        lock(descriptor, fcntl.LOCK_EX, seconds, otherwise)
        yield
    finally:
        os.close(descriptor)


def until(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


if __name__ == "__main__":
    guard(Path(sys.argv[1]), Path(sys.argv[2]))
