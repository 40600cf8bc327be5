"""A server of one's own: the program as the README starts it, in a fresh folder, with its processes watched."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.run.supervise import Child, Supervisor

ROOT: Final = Path(__file__).parent.parent
START_SECONDS: Final = 120.0
_OVERWINTER: Final = (sys.executable, "-c", "from api.cli import main; main()")


class ServerFailed(Exception):
    """A program that a measurement stands on did not start; one sentence."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A migrated installation: where it answers when it runs, its environment, and an administrator's token."""

    url: str
    environment: Mapping[str, str]
    administrator: str


def forget_own_settings() -> None:
    """Take what a developer has set for their own installation out of this process's environment."""
    for name in list(os.environ):
        if name.startswith(("OVERWINTER_", "PG")) or name in {"DATABASE_URL", "DATA_DIR"}:
            del os.environ[name]


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """The environment of a program that keeps everything in `folder`."""
    return {
        **os.environ,
        "DATA_DIR": str(folder),
        "OVERWINTER_LOG": "warning",
        "PYTHONPATH": str(ROOT),
        **settings,
    }


def free_port() -> int:
    """A port of the loopback that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def overwinter(arguments: tuple[str, ...], env: Mapping[str, str], typed: str = "") -> str:
    """What an `overwinter` command prints; `typed` is its standard input. Raises `ServerFailed` with its own last words."""
    done = subprocess.run(
        [*_OVERWINTER, *arguments], env=dict(env), input=typed, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        words = done.stderr.strip().splitlines() or ["it did not say why"]
        raise ServerFailed(f"`overwinter {' '.join(arguments)}` failed: {words[-1]}")
    return done.stdout


def new_installation(folder: Path, *, demonstration: bool, **settings: str) -> Installation:
    """Migrate, and make an administrator's token. Raises `ServerFailed`."""
    port = free_port()
    if demonstration:
        settings["OVERWINTER_DEMO"] = "1"
    env = environment(folder, OVERWINTER_PORT=str(port), **settings)
    overwinter(("migrate",), env)
    claim = overwinter(("claims", "create", "--administrator"), env)
    token = overwinter(("claims", "exchange"), env, typed=claim).strip()
    return Installation(f"http://127.0.0.1:{port}", env, token)


def start(supervisor: Supervisor, installation: Installation, **settings: str) -> int:
    """Start the API and the projections, each a process of its own; the process id of the API. The `settings` are the
    API's alone.

    Raises `ServerFailed`, or `api.run.supervise.SuperviseError`.
    """
    process = supervisor.start(
        Child("the API", (*_OVERWINTER, "serve"), {**installation.environment, **settings})
    )
    supervisor.start(Child("the projections", (*_OVERWINTER, "project"), installation.environment))
    await_answer(supervisor, f"{installation.url}/health/ready")
    return process


def await_answer(supervisor: Supervisor, address: str) -> None:
    """Wait until an address answers with success. Raises `ServerFailed`, or `api.run.supervise.SuperviseError`."""
    if not supervisor.wait(until=lambda: answers(address), seconds=START_SECONDS):
        raise ServerFailed(f"The server did not become ready within {START_SECONDS:g} seconds.")


@contextmanager
def supervised() -> Iterator[Supervisor]:
    """A supervisor that ends its processes with the block; Ctrl-C and the like leave as `KeyboardInterrupt`."""
    finished = False
    with Supervisor() as supervisor:
        yield supervisor
        finished = True
    if not finished:
        raise KeyboardInterrupt


def answers(address: str) -> bool:
    """Whether an address answers with success."""
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 - an address of our own making
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
