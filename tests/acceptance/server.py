"""The server that an acceptance test runs against: the one that was named, or one of its own in a fresh folder."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from rich.console import Console

from api.postgres.embedded import EmbeddedError
from api.run.supervise import SuperviseError
from benchmarks.server import ServerFailed, new_installation, start, supervised
from benchmarks.traffic import CommandRejected, Unreachable

T = TypeVar("T")

FAILURES: Final = (ServerFailed, SuperviseError, EmbeddedError, CommandRejected, Unreachable)
"""What a server can fail with, each in one sentence."""


def add_server_arguments(parser: argparse.ArgumentParser) -> None:
    """`--url` and `--token`."""
    parser.add_argument(
        "--url", help="a running server; without it, one of its own is started in a fresh folder"
    )
    parser.add_argument("--token", help="with --url: the token of an administrator of that installation")


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The arguments; leaves with a usage message where only one of `--url` and `--token` is given."""
    arguments = parser.parse_args()
    if (arguments.url is None) != (arguments.token is None):
        parser.error("--url and --token go together")
    return arguments


def with_server(options: argparse.Namespace, console: Console, run: Callable[[str, str], T]) -> T:
    """What `run` makes of the server's address and an administrator's token. Raises one of `FAILURES`."""
    if options.url is not None:
        return run(options.url, options.token)
    with tempfile.TemporaryDirectory(prefix="ow-acceptance-", ignore_cleanup_errors=True) as folder:
        console.print("Starting a server of its own …")
        with supervised() as supervisor:
            installation = new_installation(Path(folder), demonstration=True)
            start(supervisor, installation)
            return run(installation.url, installation.administrator)
