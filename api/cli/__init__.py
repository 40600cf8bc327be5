"""The command line for operators. Every error is one sentence and a non-zero exit code."""

from __future__ import annotations

import click

from api.cli import claims, doctor, first_start, keeping, keys, people, recovery, running, tokens
from api.cli.failures import OneSentence


@click.group(cls=OneSentence, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Overwinter: grants whose history can be checked, for people who must stay safe."""


for _command in (
    keeping.migrate_command, running.serve, running.project, keeping.rebuild_command, keeping.verify_command,
    running.demo, first_start.first_start, claims.claims, tokens.tokens, people.erase, people.find_person, recovery.recovery, doctor.doctor,
    keys.rotate_keys, keys.backup_command, keys.restore_command,
):  # fmt: skip
    main.add_command(_command)
