"""Somebody at the command line of one installation, and what they look at."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg

from api.run.settings import read_settings
from api.run.wiring import wire
from domain.commands.persons import RegisterPerson
from domain.values import SYSTEM, Channel
from history.runner import Request

OVERWINTER = (sys.executable, "-c", "from api.cli import main; main()")


class Operator:
    """Somebody at the command line of one installation."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.settings = {
            "DATABASE_URL": database_url,
            "DATA_DIR": str(folder),
            "OVERWINTER_PORT": free_port(),
        }

    def run(self, *arguments: str, typed: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `typed` is its standard input."""
        return subprocess.run(
            [*OVERWINTER, *arguments],
            env={**os.environ, **self.settings, **settings},
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def said(self, *arguments: str, typed: str = "") -> str:
        """What a command prints that succeeds."""
        done = self.run(*arguments, typed=typed)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def administrator(self) -> dict[str, str]:
        """A new administrator of the installation, who has exchanged their claim: their person and their token."""
        claim = self.said("claims", "create", "--administrator")
        way_in: dict[str, str] = json.loads(self.said("claims", "exchange", "--json", typed=claim))
        return way_in

    def refused(self, *arguments: str, typed: str = "", **settings: str) -> str:
        """The one sentence of a command that fails."""
        done = self.run(*arguments, typed=typed, **settings)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        (line,) = done.stderr.strip().splitlines()
        assert line.startswith("overwinter: ")
        assert line.endswith(".")
        return line.removeprefix("overwinter: ")

    @contextlib.contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A command that runs until it is told to stop; it must then end well."""
        process = subprocess.Popen(
            [*OVERWINTER, *arguments], env={**os.environ, **self.settings}, stderr=subprocess.PIPE, text=True
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors

    def readiness(self) -> int:
        """The status of /health/ready; 0 while nobody answers."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.settings['OVERWINTER_PORT']}/health/ready", timeout=5
            ) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


def free_port() -> str:
    """A port of the loopback that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def registered(operator: Operator, email: str | None) -> str:
    """The id of a new person."""
    settings = read_settings(operator.settings)
    command = RegisterPerson(name="Somebody of the Test", email=email, language="en")

    async def register() -> str:
        async with wire(settings, operator.settings["DATABASE_URL"], connections=2) as wiring:
            answer = await wiring.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
            return answer.stream

    return asyncio.run(register())


def counted(operator: Operator, table: str) -> int:
    """How many rows a table has."""
    with psycopg.connect(operator.settings["DATABASE_URL"]) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def wait_until(holds: object, seconds: float = 30) -> None:
    """Wait until something holds."""
    assert callable(holds)
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "this never came about"
        time.sleep(0.1)
