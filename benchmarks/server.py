"""A server of one's own: the program as the README starts it, in a fresh folder, with its processes watched."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.supervise import Child, Supervisor

ROOT: Final = Path(__file__).parent.parent
START_SECONDS: Final = 120.0
_OVERWINTER: Final = (sys.executable, "-c", "from api.cli import main; main()")


class ServerFailed(Exception):
    """A program that a measurement stands on did not start; one sentence."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it answers, its environment, and the process id of its API."""

    url: str
    environment: Mapping[str, str]
    api_process: int
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


def overwinter(arguments: tuple[str, ...], env: Mapping[str, str]) -> str:
    """What an `overwinter` command prints. Raises `ServerFailed` with its own last words."""
    done = subprocess.run(
        [*_OVERWINTER, *arguments], env=dict(env), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        words = done.stderr.strip().splitlines() or ["it did not say why"]
        raise ServerFailed(f"`overwinter {' '.join(arguments)}` failed: {words[-1]}")
    return done.stdout


def start_server(supervisor: Supervisor, folder: Path, *, demonstration: bool, **settings: str) -> Server:
    """Migrate, make an administrator's token, and start the API and the projections. Raises `ServerFailed`."""
    port = free_port()
    env = environment(
        folder, OVERWINTER_PORT=str(port), **({"OVERWINTER_DEMO": "1"} if demonstration else {}), **settings
    )
    overwinter(("migrate",), env)
    made = json.loads(overwinter(("tokens", "create", "--administrator", "--json"), env))
    process = supervisor.start(Child("the API", (*_OVERWINTER, "serve"), env))
    supervisor.start(Child("the projections", (*_OVERWINTER, "project"), env))
    url = f"http://127.0.0.1:{port}"
    if not supervisor.wait(until=lambda: answers(f"{url}/health/ready"), seconds=START_SECONDS):
        raise ServerFailed(f"The server did not become ready within {START_SECONDS:g} seconds.")
    return Server(url, env, process, made["token"])


def answers(address: str) -> bool:
    """Whether an address answers with success."""
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 - an address of our own making
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def wait_for(address: str, seconds: float = START_SECONDS) -> None:
    """Wait until an address answers with success. Raises `ServerFailed`."""
    until = time.monotonic() + seconds
    while not answers(address):
        if time.monotonic() > until:
            raise ServerFailed(f"Nothing answered at {address} within {seconds:g} seconds.")
        time.sleep(0.05)
