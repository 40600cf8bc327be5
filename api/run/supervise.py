"""The processes of one installation, started, watched and stopped together.

`overwinter demo`, and `overwinter serve` where one machine does everything, run the API and the projections as
processes of their own::

    with Supervisor() as supervisor:
        server = supervisor.hold(EmbeddedPostgres(folder))
        supervisor.start(Child("the API", (sys.executable, "-m", ...)))
        supervisor.wait()

Ctrl-C, SIGTERM and a closed terminal stop all of them: SIGTERM, then after the grace SIGKILL, each to the child's whole
process group, because a server whose main process was killed leaves workers that go on answering. A child that ends by
itself ends everything. When the supervisor is killed, the kernel tells the children (on Linux); elsewhere, and for
their workers, `end_with_parent` watches.
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
    """The processes cannot run together; the message is one sentence that a person can act on."""


class StopRequested(BaseException):
    """Someone asked for the end. No failure, and not an Exception, so that no handler on the way swallows it."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process to run: what people call it, its command line, and what is added to its environment."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = None


class Supervisor:
    """Runs children until it is told to stop or one of them ends. To be used in the main thread.

    Within the `with` block, a request to stop raises `StopRequested` wherever the block is; leaving the block stops the
    children, then closes what they stood on (`hold`), and then the request has been answered and is not raised further.
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
        """Enters something that the children stand on, such as a database server, and leaves it after they ended."""
        return self._held.enter_context(resource)

    def start(self, child: Child) -> int:
        """Starts a child and returns its process id. Errors: `SuperviseError` when its program cannot be started."""
        # Through a launcher, because only the child itself can ask the kernel to be told of its parent's death.
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
        """Waits while all children run, for ever or until the condition holds (True) or the time is up (False).

        Errors: `SuperviseError` as soon as a child ends by itself; `StopRequested` on Ctrl-C and the like.
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
        """Stops every child and all that it started, the last started first told. Returns when none is left."""
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
    """Makes sure that a server can listen there. Errors: `SuperviseError`, one sentence with the way out."""
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise SuperviseError(
            f"There is no address {host} on this machine: set OVERWINTER_HOST to one it has."
        ) from None
    for family, kind, protocol, _, place in places:
        with socket.socket(family, kind, protocol) as probe:
            # As the server itself does it: connections that have just ended are no reason to refuse.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(place)
                probe.listen(1)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    why = (
                        "is in use by another program: stop that one, or choose another with OVERWINTER_PORT"
                    )
                elif error.errno == errno.EACCES:
                    why = "is not allowed to this user: choose one above 1023 with OVERWINTER_PORT"
                else:
                    why = "cannot be listened at: check OVERWINTER_HOST and OVERWINTER_PORT"
                raise SuperviseError(f"Port {port} on {host} {why}.") from None


def end_with_parent(seconds: float = 0.5, grace_seconds: float = GRACE_SECONDS) -> None:
    """Ends this process when its parent is gone: for workers, and where the kernel tells no one.

    A thread looks every so many seconds; it sends this process SIGTERM, and after the grace makes it end.
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
    """Becomes the child's program, bound to end (by SIGTERM) when the supervisor does."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)  # it died before we could ask to be told
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - the point of it
    except OSError as error:
        sys.exit(f"overwinter: {argv[0]} cannot be started: {error.strerror}")


if __name__ == "__main__":
    _launch(int(sys.argv[1]), sys.argv[2:])
