"""Every command explains itself."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click import Context
from click.testing import CliRunner

from api.cli import main
from api.cli.claims import claims
from api.cli.recovery import recovery
from api.cli.tokens import tokens
from tests.operations.command_line.operator import OVERWINTER

COMMANDS = (
    (), ("migrate",), ("serve",), ("first-start",), ("recovery",), ("recovery", "ask"), ("recovery", "confirm"), ("recovery", "cancel"), ("project",), ("rebuild",), ("demo",), ("claims",), ("claims", "create"),
    ("claims", "withdraw"), ("claims", "exchange"), ("tokens",), ("tokens", "list"), ("tokens", "revoke"), ("erase",), ("find-person",), ("doctor",), ("verify",),
    ("rotate-keys",), ("backup",), ("restore",),
)  # fmt: skip


class TestHelp:
    """Every command explains itself."""

    @pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
    def test_each_has_help(self, command: tuple[str, ...]) -> None:
        done = CliRunner().invoke(main, [*command, "--help"])
        assert (done.exit_code, done.stderr) == (0, "")
        assert "Usage:" in done.stdout
        assert len(done.stdout.splitlines()) > 4

    def test_it_is_asked_for_without_a_database(self) -> None:
        """In a process of its own, as the others are not: nothing is opened or set up before."""
        done = subprocess.run([*OVERWINTER, "serve", "--help"], capture_output=True, text=True, check=True)
        assert "Usage:" in done.stdout

    def test_what_serves_no_page_starts_without_the_web_framework(self) -> None:
        """It takes as long to import as all the rest."""
        program = (
            "import sys, api.cli.running, api.cli.doctor; print({'litestar', 'uvicorn'} & {*sys.modules})"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stdout == "set()\n"

    def test_none_is_missing_from_this_list(self) -> None:
        assert {
            (),
            *((name,) for name in main.list_commands(Context(main))),
            *(("claims", name) for name in claims.commands),
            *(("recovery", name) for name in recovery.commands),
            *(("tokens", name) for name in tokens.commands),
        } == set(COMMANDS)
