"""Operators' mistakes with input and output: each is reported in one sentence, without a traceback."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.operations.command_line.operator import OVERWINTER, Operator


@pytest.fixture
def migrated(database_url: str, tmp_path: Path) -> Operator:
    """An operator whose database is ready."""
    operator = Operator(database_url, tmp_path / "data")
    operator.said("migrate")
    return operator


def told(operator: Operator, redirection: str, *arguments: str, given: bytes = b"") -> str:
    """The last line on standard error of a command that fails, run by a shell with a redirection."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$@" {redirection}', "sh", *OVERWINTER, *arguments],
        env={**os.environ, **operator.settings}, input=given, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    said = done.stderr.decode()
    assert "Traceback" not in said
    assert "Exception ignored" not in said
    return said.strip().splitlines()[-1].removeprefix("overwinter: ")


def test_closed_or_unreadable_input(migrated: Operator) -> None:
    person = migrated.administrator()["person"]
    assert told(migrated, "<&-", "find-person") == "No address was given."
    assert told(migrated, "<&-", "claims", "exchange").startswith("This one-time key is not known here.")
    assert told(migrated, "<&-", "erase", person, "--reason", "safety") == (
        "There is no terminal to ask for confirmation; confirm with --yes."
    )
    for command in (("find-person",), ("claims", "exchange")):
        assert told(migrated, "", *command, given=b"\xff\xfe\n") == (
            "The input is not valid UTF-8; type it again."
        )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_cannot_be_written(migrated: Operator) -> None:
    assert "its disk is full" in told(migrated, ">/dev/full", "tokens", "list", "--json")


@pytest.mark.parametrize(
    "command", [("tokens", "revoke"), ("migrate", "--allow"), ("erase", "--reason=other")]
)
def test_arguments_that_are_no_text(migrated: Operator, command: tuple[str, ...]) -> None:
    assert told(migrated, "\"$(printf '\\377')\"", *command).endswith(".")


def test_an_option_of_the_address_that_means_nothing(migrated: Operator) -> None:
    url = migrated.settings["DATABASE_URL"]
    said = migrated.refused("doctor", DATABASE_URL=f"{url}{'&' if '?' in url else '?'}connect_timeout=soon")
    assert said.startswith("An option in DATABASE_URL or READ_DATABASE_URL is not valid")


def test_writing_to_a_database_that_only_reads(migrated: Operator) -> None:
    migrated.administrator()
    with psycopg.connect(migrated.settings["DATABASE_URL"], autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    for command in (("rebuild",), ("claims", "create", "--administrator"), ("rotate-keys",)):
        assert told(migrated, "", *command).endswith(".")
