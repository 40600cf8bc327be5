"""Every command explains itself."""

from __future__ import annotations

import subprocess

import pytest

from tests.operations.command_line.operator import OVERWINTER

COMMANDS = (
    (), ("migrate",), ("serve",), ("project",), ("rebuild",), ("demo",), ("claims",), ("claims", "create"),
    ("claims", "withdraw"), ("claims", "exchange"), ("tokens",), ("tokens", "list"), ("tokens", "revoke"), ("erase",), ("find-person",), ("doctor",), ("verify",),
    ("rotate-keys",), ("backup",), ("restore",),
)  # fmt: skip


class TestHelp:
    """Every command explains itself."""

    @pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
    def test_each_has_help(self, command: tuple[str, ...]) -> None:
        done = subprocess.run([*OVERWINTER, *command, "--help"], capture_output=True, text=True, check=True)
        assert "Usage:" in done.stdout
        assert len(done.stdout.splitlines()) > 4

    def test_none_is_missing_from_this_list(self) -> None:
        from api.cli import main
        from api.cli.claims import claims
        from api.cli.tokens import tokens

        assert {
            (),
            *((name,) for name in main.commands),
            *(("claims", name) for name in claims.commands),
            *(("tokens", name) for name in tokens.commands),
        } == set(COMMANDS)
