"""The commands rotate-keys, backup and restore."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from api.cli.database import database_of_owner, let_program_in, refuse_unmigrated, with_wiring
from api.cli.progress import progress_bar
from api.keeping.backups import WHY_TWO_PLACES, back_up, check_restorable, restore
from api.postgres.roles import refuse_all_but_the_owner
from api.run.settings import read_settings
from api.run.wiring import Wiring


@click.command("rotate-keys")
@click.option("--json", "as_json", is_flag=True, help="Print the new epoch as JSON.")
def rotate_keys(as_json: bool) -> None:
    """Wrap all keys under a new wrapping key, and destroy the old one.

    Every erasure does this automatically. Run it if a copy of the key folder or of the key backup got into the wrong
    hands: that copy then opens nothing in later copies of the database. The key backup is overwritten as well.
    """

    async def act(wiring: Wiring) -> None:
        epoch = await wiring.rotation.rotate()
        backup = wiring.settings.key_backup
        if as_json:
            click.echo(json.dumps({"epoch": epoch, "key_backup": str(backup) if backup else None}))
            return
        click.echo(
            f"All keys are wrapped under the new wrapping key of epoch {epoch}. The old one is destroyed."
        )
        click.echo(
            f"The key backup in {backup} was overwritten."
            if backup
            else "There is no key backup; set OVERWINTER_KEY_BACKUP and run overwinter backup."
        )

    with_wiring(act)


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def backup_command(file: Path, as_json: bool) -> None:
    """Write a database dump to a new FILE, and the key backup to OVERWINTER_KEY_BACKUP.

    They belong in two places, because together they reveal all personal data. A dump contains no usable keys, so many
    dumps can be kept; the key backup is a single file that is overwritten here and by each rotation. Everything keeps
    running meanwhile. This reads all tables, so it needs the role that owns the database.
    """
    settings = read_settings()
    with database_of_owner(settings) as url:
        refuse_unmigrated(url)
        refuse_all_but_the_owner(url, "A backup reads all tables")
        heading = asyncio.run(back_up(settings, url, file))
    if as_json:
        written = {
            "database": str(file),
            "keys": str(settings.key_backup),
            "epoch": heading.epoch,
            "written_at": heading.written_at.isoformat(),
        }
        click.echo(json.dumps(written))
        return
    click.echo(f"The database is in {file}.")
    click.echo(f"The keys of epoch {heading.epoch} are in {settings.key_backup}.")
    click.echo(WHY_TWO_PLACES)


@click.command("restore")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--without-newer",
    is_flag=True,
    help="Accept the loss of data whose keys are in no key backup; it counts as erased.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was restored as JSON.")
def restore_command(file: Path | None, without_newer: bool, as_json: bool) -> None:
    """Restore an installation from the dump FILE and from the key backup in OVERWINTER_KEY_BACKUP.

    The database must be empty, and no other process may run. Without FILE only the keys are restored, into a database that
    was restored by other means, such as a base backup. People who were erased after the dump are erased again. All tokens
    and sessions end, and unused claims are withdrawn, because they may have been revoked or used after the dump. Afterwards
    make new claims (overwinter claims create PERSON), grant the program's role access again (overwinter migrate --allow
    ROLE), and run overwinter doctor.
    """
    settings = read_settings()
    if file is not None:
        check_restorable(settings, file)
    with database_of_owner(settings, make=file is not None) as url:
        if file is None:
            refuse_unmigrated(url)
            refuse_all_but_the_owner(url, "A restore replaces keys and read models")
        with progress_bar("rebuilding", shown=not as_json) as progress:
            done = asyncio.run(restore(settings, url, file, progress=progress, without_newer=without_newer))
        let_program_in(settings, url, migrated=True)
    more = done.facts - done.from_backup
    if as_json:
        click.echo(json.dumps({"facts": done.facts, "recorded_now": more, "epoch": done.epoch}))
        return
    click.echo(f"Restored {done.from_backup} facts and the keys, which now have epoch {done.epoch}.")
    if more:
        click.echo(
            f"{more} new facts were recorded: people who were erased after the dump are erased again, and unused claims are "
            "withdrawn."
        )
    click.echo(
        "All tokens and sessions have ended, because some may have been revoked after the dump. Make new claims (overwinter "
        "claims create PERSON), for an administrator first; overwinter tokens list shows who had a token."
    )
    click.echo(
        "Everything that happened after the dump is lost. Now run overwinter verify and overwinter doctor."
    )
