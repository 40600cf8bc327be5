"""Keys and backups: rotate the wrapping key, back an installation up, and bring it back."""

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
    """Wrap the keys of all people again under a new wrapping key, and destroy the old one.

    Each erasure does it by itself. Do it after a copy of the key folder or of the key backup got into wrong hands: together
    with any later copy of the database it then opens nothing. The key backup is overwritten along with it.
    """

    async def act(wiring: Wiring) -> None:
        epoch = await wiring.rotation.rotate()
        backup = wiring.settings.key_backup
        if as_json:
            click.echo(json.dumps({"epoch": epoch, "key_backup": str(backup) if backup else None}))
            return
        click.echo(
            f"All keys are wrapped under a new wrapping key, of epoch {epoch}. The old one is destroyed."
        )
        click.echo(
            f"The key backup in {backup} was overwritten."
            if backup
            else "There is no key backup: set OVERWINTER_KEY_BACKUP, and run overwinter backup."
        )

    with_wiring(act)


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def backup_command(file: Path, as_json: bool) -> None:
    """Write a dump of the database to a new FILE, and the one backup of the keys to OVERWINTER_KEY_BACKUP.

    There are two places because whoever has both backups can read all personal data. Dumps hold no key and can be kept in
    many versions; the key backup is one file that is overwritten here and by each rotation. Everything goes on meanwhile.
    This reads all tables, so it is for the role that owns the database.
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
    click.echo(f"The keys, of epoch {heading.epoch}, are in {settings.key_backup}.")
    click.echo(WHY_TWO_PLACES)


@click.command("restore")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--without-newer", is_flag=True, help="Give up what is in no key backup: it counts as erased.")
@click.option("--json", "as_json", is_flag=True, help="Print what was restored as JSON.")
def restore_command(file: Path | None, without_newer: bool, as_json: bool) -> None:
    """Bring an installation back from the dump FILE and from the key backup in OVERWINTER_KEY_BACKUP.

    The database must be empty, and nothing else may run. Without FILE the database stays as it is: after it was restored by
    other means, such as a base backup, that brings its keys back. Whoever was erased since the dump was made is erased
    again. Every token and session ends, and claims that nobody has used are withdrawn, because some may have been revoked
    or used since: make new claims afterwards (overwinter claims create PERSON). Afterwards let the program's role in again (overwinter migrate --allow ROLE), and look at overwinter doctor.
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
    click.echo(f"Restored: {done.from_backup} facts, and the keys, which are of epoch {done.epoch} now.")
    if more:
        click.echo(
            f"{more} more were recorded: people who were erased since are erased again, and claims that nobody had used are "
            "withdrawn."
        )
    click.echo(
        "Every token and session has ended, because some may have been revoked since. Make people new claims (overwinter "
        "claims create PERSON), an administrator first; overwinter tokens list shows whose tokens these were."
    )
    click.echo("What happened after the dump was made is lost. Run overwinter verify and overwinter doctor.")
