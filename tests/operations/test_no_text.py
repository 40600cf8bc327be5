"""Bytes that are no UTF-8 text, as an argument or on standard input: one sentence, whatever the command."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

MAIN = "from api.cli import main; main()"
READ = "from api.cli.failures import read_line; print(read_line('Claim'))"


def run(program: str, *arguments: bytes, typed: bytes = b"", **settings: str) -> tuple[int, str]:
    """The exit code and what is said on standard error."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, **settings},
        input=typed,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize(
    "arguments",
    [
        (b"tokens", b"revoke", b"x\xff"),
        (b"claims", b"create", b"--days", b"\xff"),
        (b"erase", b"person-\xff", b"--reason", b"other"),
        (b"restore", b"/tmp/\xff.dump"),
        (b"\xff",),
    ],
)
def test_an_argument(arguments: tuple[bytes, ...]) -> None:
    """It is refused before anything is opened, so no database is needed here."""
    assert run(MAIN, *arguments) == (
        1,
        "overwinter: An argument is not valid UTF-8; type it again.\n",
    )


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_a_line_of_standard_input(errors: str) -> None:
    """Whether Python refuses such bytes or keeps them, which depends on the locale."""
    assert run(READ, typed=b"owc_\xff\n", PYTHONIOENCODING=f"utf-8:{errors}") == (
        1,
        "overwinter: The input is not valid UTF-8; type it again.\n",
    )
    assert run(READ, typed="ж\n".encode(), PYTHONIOENCODING=f"utf-8:{errors}") == (0, "")
