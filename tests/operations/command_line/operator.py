"""An operator at the command line of one installation."""

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
import traceback
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import psycopg
from click.testing import CliRunner

from api.cli import main
from api.run.settings import read_settings
from api.run.wiring import wire
from domain.commands.persons import RegisterPerson
from domain.values import SYSTEM, Channel
from history.requests import Request

OVERWINTER = (sys.executable, "-c", "from api.cli import main; main()")


class Operator:
    """Runs commands of one installation: what ends by itself in the tests' own process, because each new one takes a second of
    work; what runs until it is stopped, as a process."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.settings = {
            "DATABASE_URL": database_url,
            "DATA_DIR": str(folder),
            "OVERWINTER_PORT": free_port(),
        }

    def run(self, *arguments: str, typed: str = "", **settings: str) -> CompletedProcess[str]:
        """Run a command to its end, with `typed` as its standard input."""
        done = CliRunner().invoke(main, arguments, env={**self.settings, **settings}, input=typed)
        unexpected = done.exception is not None and not isinstance(done.exception, SystemExit)
        trace = "".join(traceback.format_exception(done.exception)) if unexpected else ""
        return CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr + trace)

    def run_alone(self, *arguments: str, typed: str = "", **settings: str) -> CompletedProcess[str]:
        """The same, as a process of its own."""
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
        """The output of a command that must succeed."""
        done = self.run(*arguments, typed=typed)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def administrator(self) -> dict[str, str]:
        """A new administrator of the installation, who has exchanged their claim: their person and their token."""
        claim = self.said("claims", "create", "--administrator")
        exchanged: dict[str, str] = json.loads(self.said("claims", "exchange", "--json", typed=claim))
        return exchanged

    def refused(self, *arguments: str, typed: str = "", **settings: str) -> str:
        """The sentence of a command that must fail."""
        done = self.run(*arguments, typed=typed, **settings)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        (line,) = done.stderr.strip().splitlines()
        assert line.startswith("overwinter: ")
        assert line.endswith(".")
        return line.removeprefix("overwinter: ")

    @contextlib.contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Run a command in the background until the block ends; it must then end without an error."""
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
        """The status code of /health/ready; 0 if nobody answers."""
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
    """A free port on the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def registered(operator: Operator, email: str | None) -> str:
    """Register a person and return their id."""
    settings = read_settings(operator.settings)
    command = RegisterPerson(name="Somebody of the Test", email=email, language="en")

    async def register() -> str:
        async with wire(settings, operator.settings["DATABASE_URL"], connections=2) as wiring:
            answer = await wiring.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
            return answer.stream

    return asyncio.run(register())


def counted(operator: Operator, table: str) -> int:
    """The number of rows of a table."""
    with psycopg.connect(operator.settings["DATABASE_URL"]) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def wait_until(holds: object, seconds: float = 30) -> None:
    """Wait until a condition holds."""
    assert callable(holds)
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "this never came about"
        time.sleep(0.1)
