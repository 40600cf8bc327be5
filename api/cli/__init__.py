"""The command line for operators. Every error is one sentence and a non-zero exit code."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final

import click

from api.cli.failures import OneSentence

_COMMANDS: Final[Mapping[str, str]] = {
    "migrate": "keeping.migrate_command",
    "serve": "running.serve",
    "project": "running.project",
    "rebuild": "keeping.rebuild_command",
    "verify": "keeping.verify_command",
    "demo": "running.demo",
    "first-start": "first_start.first_start",
    "claims": "claims.claims",
    "tokens": "tokens.tokens",
    "erase": "people.erase",
    "find-person": "people.find_person",
    "recovery": "recovery.recovery",
    "doctor": "doctor.doctor",
    "rotate-keys": "keys.rotate_keys",
    "backup": "keys.backup_command",
    "restore": "keys.restore_command",
}
"""Where each command is, by its name. Only the one that runs is imported: a command that needs no web framework starts in half
the time."""


class _Commands(OneSentence):
    """The group of all commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's own signature
        """Their names, in the order of the help."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  as above
        """The command of that name; None if there is none."""
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, function = place.partition(".")
        found = getattr(import_module(f"api.cli.{module}"), function)
        assert isinstance(found, click.Command)
        return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Overwinter: grants whose history can be checked, for people who must stay safe."""
