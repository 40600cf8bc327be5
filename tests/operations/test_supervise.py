"""The supervisor: its children start together, end together, and none is left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from api.run.supervise import Child, SuperviseError, Supervisor, check_port_is_free

ROOT = Path(__file__).resolve().parents[2]
SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")
DEAF = (
    sys.executable,
    "-c",
    (
        "import signal, time, pathlib, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
    ),
)
# A server whose main process starts a worker, writes its process id down, and waits.
WITH_WORKER = (
    sys.executable,
    "-c",
    (
        "import pathlib, subprocess, sys, time; worker = subprocess.Popen(['sleep', '60']); "
        "pathlib.Path(sys.argv[1]).write_text(str(worker.pid)); time.sleep(60)"
    ),
)


def soon(holds: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def number_in(path: Path) -> int:
    assert soon(lambda: path.exists() and path.read_text() != "")
    return int(path.read_text())


class TestEnding:
    """However the end comes, it comes for all."""

    def test_leaving_the_block_stops_every_child(self) -> None:
        with Supervisor() as supervisor:
            pids = [supervisor.start(Child(name, SLEEPER)) for name in ("the API", "the projections")]
            assert not supervisor.wait(seconds=0.3)
        assert [is_gone(pid) for pid in pids] == [True, True]

    @pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_a_request_to_stop_ends_the_block_quietly(self, sign: signal.Signals) -> None:
        """Ctrl-C, a service manager, a closed terminal: no traceback, and the old handlers are back."""
        before = signal.getsignal(sign)
        with Supervisor() as supervisor:
            pid = supervisor.start(Child("the API", SLEEPER))
            supervisor.wait(seconds=0.2)
            os.kill(os.getpid(), sign)
            supervisor.wait()
        assert is_gone(pid)
        assert signal.getsignal(sign) is before

    def test_a_second_request_does_not_disturb_the_end(self, tmp_path: Path) -> None:
        with Supervisor(grace_seconds=0.5) as supervisor:
            pid = supervisor.start(Child("a deaf one", (*DEAF, str(tmp_path / "ready"))))
            assert soon((tmp_path / "ready").exists)
            try:
                os.kill(os.getpid(), signal.SIGINT)
                supervisor.wait()
            finally:
                os.kill(os.getpid(), signal.SIGINT)
        assert is_gone(pid)

    def test_a_child_that_does_not_listen_is_killed_after_the_grace(self, tmp_path: Path) -> None:
        with Supervisor(grace_seconds=0.5) as supervisor:
            pid = supervisor.start(Child("a deaf one", (*DEAF, str(tmp_path / "ready"))))
            assert soon((tmp_path / "ready").exists)
            began = time.monotonic()
        assert is_gone(pid)
        assert time.monotonic() - began >= 0.5

    @pytest.mark.parametrize(
        ("argv", "sentence"),
        [
            ((sys.executable, "-c", "raise SystemExit(3)"), "The API ended by itself (exit code 3)."),
            ((sys.executable, "-c", ""), "The API ended by itself (exit code 0)."),
            (("/nowhere/overwinter",), "The API ended by itself (exit code 1)."),
            (
                (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"),
                "The API ended by itself (by SIGKILL).",
            ),
        ],
    )
    def test_a_child_that_ends_by_itself_ends_everything(self, argv: tuple[str, ...], sentence: str) -> None:
        with pytest.raises(SuperviseError) as failure, Supervisor() as supervisor:
            other = supervisor.start(Child("the projections", SLEEPER))
            supervisor.start(Child("the API", argv))
            supervisor.wait(seconds=30)
        assert str(failure.value) == sentence
        assert is_gone(other)

    def test_workers_whose_server_was_killed_are_ended_too(self, tmp_path: Path) -> None:
        """They would go on answering otherwise, with nobody to stop them."""
        with pytest.raises(SuperviseError, match="SIGKILL"), Supervisor() as supervisor:
            pid = supervisor.start(Child("the API", (*WITH_WORKER, str(tmp_path / "worker"))))
            worker = number_in(tmp_path / "worker")
            os.kill(pid, signal.SIGKILL)
            supervisor.wait(seconds=30)
        assert soon(lambda: is_gone(worker))

    def test_what_the_children_stand_on_is_left_after_them(self) -> None:
        seen = []

        @contextmanager
        def ground():  # type: ignore[no-untyped-def]
            yield "an address"
            seen.append(is_gone(pid))

        with Supervisor() as supervisor:
            assert supervisor.hold(ground()) == "an address"
            pid = supervisor.start(Child("the API", SLEEPER))
        assert seen == [True]


SUPERVISING = """
import sys
from api.run.supervise import Child, Supervisor
with Supervisor() as supervisor:
    print(supervisor.start(Child("the API", (sys.executable, "-c", "import time; time.sleep(60)"))), flush=True)
    supervisor.wait()
print("stopped", flush=True)
"""

WATCHING = """
import subprocess, sys
from api.run.supervise import end_with_parent
inner = "import time; from api.run.supervise import end_with_parent; end_with_parent(0.05); print('on', flush=True); time.sleep(60)"
worker = subprocess.Popen([sys.executable, "-c", inner], stdout=subprocess.PIPE)
worker.stdout.readline()
print(worker.pid, flush=True)
worker.wait()
"""


class TestBeingKilled:
    """A supervisor that is killed can tell no one."""

    @pytest.mark.skipif(
        sys.platform != "linux", reason="elsewhere the children watch for themselves, as below"
    )
    def test_the_kernel_tells_the_children(self) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", SUPERVISING], cwd=ROOT, stdout=subprocess.PIPE
        ) as program:
            assert program.stdout is not None
            child = int(program.stdout.readline())
            program.kill()
        assert soon(lambda: is_gone(child))

    def test_a_worker_can_watch_its_parent(self) -> None:
        """Which works everywhere, and for workers of a server as well."""
        with subprocess.Popen([sys.executable, "-c", WATCHING], cwd=ROOT, stdout=subprocess.PIPE) as program:
            assert program.stdout is not None
            worker = int(program.stdout.readline())
            program.kill()
        assert soon(lambda: is_gone(worker))

    def test_a_closed_terminal_stops_everything(self) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", SUPERVISING], cwd=ROOT, stdout=subprocess.PIPE
        ) as program:
            assert program.stdout is not None
            child = int(program.stdout.readline())
            program.send_signal(signal.SIGHUP)
            assert program.stdout.readline() == b"stopped\n"
        assert (program.returncode, is_gone(child)) == (0, True)


class TestPorts:
    """A port that cannot be had is said before anything starts."""

    def test_a_free_port(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        check_port_is_free("127.0.0.1", port)

    def test_a_port_in_use(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            with pytest.raises(SuperviseError) as refusal:
                check_port_is_free("127.0.0.1", port)
        assert str(refusal.value) == (
            f"Port {port} on 127.0.0.1 is in use by another program; stop it, "
            "or set OVERWINTER_PORT to another port."
        )

    def test_a_port_that_has_just_been_left(self) -> None:
        """Connections that linger after a stop do not keep the next start waiting."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            with socket.create_connection(("127.0.0.1", port)) as client:
                accepted, _ = server.accept()
                accepted.close()
                assert client.recv(1) == b""
        check_port_is_free("127.0.0.1", port)

    @pytest.mark.parametrize(
        ("host", "sentence"),
        [
            (
                "no-such-host.invalid",
                "This machine has no address no-such-host.invalid; set OVERWINTER_HOST to one that it has.",
            ),
            (
                "203.0.113.1",
                "Port 8000 on 203.0.113.1 cannot be opened; check OVERWINTER_HOST and OVERWINTER_PORT.",
            ),
        ],
    )
    def test_an_address_that_is_not_here(self, host: str, sentence: str) -> None:
        with pytest.raises(SuperviseError) as refusal:
            check_port_is_free(host, 8000)
        assert str(refusal.value) == sentence
