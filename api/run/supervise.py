"""The processes of one installation, started, watched and stopped together.

`overwinter demo` runs the API and the projections as separate processes::

    with Supervisor() as supervisor:
        server = supervisor.hold(EmbeddedPostgres(folder))
        supervisor.start(Child("the API", (sys.executable, "-m", ...)))
        supervisor.wait()

Ctrl-C, SIGTERM and a closed terminal stop all of them: first SIGTERM, and SIGKILL after the grace period, both to the
child's whole process group, because workers may survive their main process. If a child ends by itself, everything is
stopped. If the supervisor is killed, the kernel signals the children (on Linux); on other systems, and in their workers,
`end_with_parent` notices.
"""

import contextlib
import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Final, Self, TypeVar

GRACE_SECONDS: Final = 10.0
STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG: Final = 1


Held = TypeVar("Held")


class SuperviseError(Exception):
    """The processes cannot be run; the message is one sentence that a person can act on."""


class StopRequested(BaseException):
    """A request to stop. Not an Exception, so that no handler swallows it."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process to run: its name, its command line, and additions to its environment."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = None


class Supervisor:
    """Runs children until it is told to stop or one of them ends. Use it in the main thread.

    A request to stop raises `StopRequested` inside the `with` block. Leaving the block stops the children, then closes
    the resources given to `hold`, and swallows `StopRequested`.
    """

    def __init__(self, grace_seconds: float = GRACE_SECONDS) -> None:
        self._grace = grace_seconds
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._held = contextlib.ExitStack()
        self._before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
        self._stopping = False

    def __enter__(self) -> Self:
        for sign in STOPPING:
            self._before[sign] = signal.signal(sign, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._stopping = True
        try:
            with self._held:
                self.stop()
        finally:
            for sign, before in self._before.items():
                signal.signal(sign, before)
        return kind is not None and issubclass(kind, StopRequested)

    def hold(self, resource: contextlib.AbstractContextManager[Held]) -> Held:
        """Enter a resource that the children need, such as a database server; it is left after they have ended."""
        return self._held.enter_context(resource)

    def start(self, child: Child) -> int:
        """Start a child and return its process id. Raises `SuperviseError` if its program cannot be started."""
        # Through a launcher, because only the child itself can ask the kernel for a signal when its parent dies.
        command = [sys.executable, "-I", "-S", __file__, str(os.getpid()), *child.argv]
        try:
            process = subprocess.Popen(
                command,
                env={**os.environ, **(child.env or {})},
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise SuperviseError(f"Starting {child.name} failed: {error.strerror}.") from None
        self._running[child.name] = process
        return process.pid

    def wait(self, until: Callable[[], bool] = lambda: False, seconds: float | None = None) -> bool:
        """Wait until the condition holds (returns True) or the time is up (returns False); by default, for ever.

        Raises `SuperviseError` as soon as a child ends by itself, and `StopRequested` on Ctrl-C and similar signals.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            for name, process in self._running.items():
                code = process.poll()
                if code is not None:
                    raise SuperviseError(f"{name[:1].upper()}{name[1:]} ended by itself ({_ending(code)}).")
            if until():
                return True
            if deadline is not None and time.monotonic() > deadline:
                return False
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop every child and everything that it started, the newest first. Returns when none is left."""
        for process in reversed(self._running.values()):
            _tell(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + self._grace
        while time.monotonic() < deadline and any(_lives(each) for each in self._running.values()):
            time.sleep(0.02)
        for process in self._running.values():
            if _lives(process):
                _tell(process.pid, signal.SIGKILL)
            process.wait()
        self._running.clear()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if not self._stopping:
            self._stopping = True
            raise StopRequested


def check_port_is_free(host: str, port: int) -> None:
    """Check that a server can listen there. Raises `SuperviseError`, whose message says what to do."""
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise SuperviseError(
            f"This machine has no address {host}; set OVERWINTER_HOST to one that it has."
        ) from None
    for family, kind, protocol, _, place in places:
        with socket.socket(family, kind, protocol) as probe:
            # Like the server itself, ignore connections that have just ended.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(place)
                probe.listen(1)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    why = "is in use by another program; stop it, or set OVERWINTER_PORT to another port"
                elif error.errno == errno.EACCES:
                    why = "may not be used by this user; set OVERWINTER_PORT to a port above 1023"
                else:
                    why = "cannot be opened; check OVERWINTER_HOST and OVERWINTER_PORT"
                raise SuperviseError(f"Port {port} on {host} {why}.") from None


def end_with_parent(seconds: float = 0.5, grace_seconds: float = GRACE_SECONDS) -> None:
    """End this process when its parent is gone, for workers and for systems where the kernel sends no signal.

    A thread checks every `seconds`; it sends this process SIGTERM, and ends it after the grace period.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace_seconds)
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def _tell(group: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, sign)


def _lives(process: subprocess.Popen[bytes]) -> bool:
    """Whether the child or anything in its process group is still there."""
    if process.poll() is None:
        return True
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"by {signal.Signals(-code).name}"
    return f"by signal {-code}"


def _launch(parent: int, argv: list[str]) -> None:
    """Replace this process with the child's program; on Linux it gets SIGTERM when the supervisor ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)  # the supervisor died before the request
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - starting the program is the purpose
    except OSError as error:
        sys.exit(f"overwinter: {argv[0]} cannot be started: {error.strerror}")


if __name__ == "__main__":
    _launch(int(sys.argv[1]), sys.argv[2:])
