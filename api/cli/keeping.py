"""The commands migrate, rebuild and verify: update the schema, rebuild read models, verify the history."""

from __future__ import annotations

import asyncio
import json

import click
import psycopg

from api.cli.database import database, database_of_owner, let_program_in, refuse_unmigrated
from api.cli.failures import fail
from api.cli.progress import progress_bar
from api.health.beside import recheck_beside
from api.postgres.roles import let_in, refuse_all_but_the_owner
from api.run.settings import Settings, read_settings
from api.run.wiring import all_migrations, check_keys
from history.derived_tables import UniqueNameKeys
from history.keyfiles import KeyFolder
from history.migrate import migrate
from history.repair import REPAIRABLE, repair
from history.store import open_history
from history.vault import Vault
from history.verify import CHECKS, verify
from projections.rebuild import rebuild
from projections.register import PROJECTIONS


@click.command("migrate")
@click.option(
    "--allow",
    metavar="ROLE",
    help="Let this database role serve and project, without being able to change facts.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the names of the applied migrations as JSON.")
def migrate_command(allow: str | None, as_json: bool) -> None:
    """Update the database to this program's schema. The role that runs this owns the history.

    With --allow, another existing role (CREATE ROLE … LOGIN) can run everything else except rebuild, backup, restore and
    demo. It can add facts through the one function that checks and numbers them, but cannot change or delete facts. If the
    keys cannot be created or read on this machine, the command says so at the end.
    """
    settings = read_settings()
    with database_of_owner(settings, make=True) as url:
        done = migrate(
            url, all_migrations(), progress=lambda name: None if as_json else click.echo(f"applied {name}")
        )
        let_program_in(settings, url, migrated=True)
        if allow is not None:
            let_in(url, allow)
        if as_json:
            click.echo(json.dumps({"applied": done, "allowed": allow}))
        else:
            click.echo(f"{len(done)} applied; the database is up to date.")
            if allow is not None:
                click.echo(f"The role {allow} can serve and project, and cannot change facts.")
        # Last, because the migration has succeeded anyway; but here, so that the next command does not fail.
        asyncio.run(_check_keys(settings, url))


async def _check_keys(settings: Settings, url: str) -> None:
    async with open_history(url, connections=1) as history:
        await check_keys(settings, history)


@click.command("rebuild")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="Print what was rebuilt as JSON.")
def rebuild_command(names: tuple[str, ...], as_json: bool) -> None:
    """Rebuild read models from the history: those named, or all. The present ones stay in use meanwhile.

    Two more names, indexes and due_dates, repair tables that commands rely on and that `overwinter verify` checks. They
    are repaired only if named.

    This creates tables, so it needs the role that owns the database, the one that runs migrate.
    """
    known = {projection.name: projection for projection in PROJECTIONS}
    for name in names:
        if name not in known and name not in REPAIRABLE:
            raise click.UsageError(
                f"There is no read model {name}; there are {', '.join(known)}, and the tables {', '.join(REPAIRABLE)}."
            )
    wanted = tuple(projection for name, projection in known.items() if not names or name in names)
    tables = tuple(table for table in REPAIRABLE if table in names)
    with database_of_owner(read_settings()) as url:
        refuse_unmigrated(url)
        refuse_all_but_the_owner(url, "A rebuild creates tables")
        position, repaired = None, {}
        if wanted:
            with progress_bar("rebuilding", shown=not as_json) as progress:
                position = rebuild(url, wanted, progress=progress)
        if tables:
            with progress_bar("tables", shown=not as_json) as progress:
                repaired = repair(url, tables, progress)
    done = [projection.name for projection in wanted]
    if as_json:
        made = {table: {"added": added, "removed": removed} for table, (added, removed) in repaired.items()}
        click.echo(json.dumps({"rebuilt": done, "position": position} | ({"tables": made} if made else {})))
        return
    if done:
        click.echo(f"Rebuilt from {position} facts: {', '.join(done)}.")
    for table, (added, removed) in repaired.items():
        click.echo(f"history.{table} repaired: {added} rows added, {removed} removed.")


@click.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--keys",
    "with_keys",
    is_flag=True,
    help="Also open every sealed field and recompute every unique name, with the keys in OVERWINTER_KEYS.",
)
def verify_command(as_json: bool, with_keys: bool) -> None:
    """Verify the whole history: every leaf hash, every stream's chain, every number. Changes nothing and needs no key.

    With --keys, every sealed field is opened and compared with its commitment. Then the tables derived from the facts
    (indexes, unique names, due dates) are recomputed, and every token and session without a fact behind it is reported. Unique
    names (e-mail addresses, the grant of an application) are stored as keyed hashes: without --keys only their
    number is compared. The report says what is wrong and where, never what a fact contains.
    """
    settings = read_settings()
    with database(settings) as url:
        refuse_unmigrated(url)
        keys = _keys(settings, url) if with_keys else None
        with progress_bar("verifying", shown=not as_json) as progress:
            found = verify(url, progress, vault=keys.vault if keys else None)
        with progress_bar("tables", shown=not as_json) as progress:
            beside = recheck_beside(url, progress, keys=keys)
    if as_json:
        wrong = [{"position": position, "check": check} for position, check in found.wrong]
        told = {"facts": found.facts, "newest": found.newest, "found": found.found, "wrong": wrong}
        if with_keys:
            told["opened"] = found.opened
        click.echo(json.dumps(told | beside.as_json()))
    else:
        for position, check in found.wrong:
            click.echo(f"position {position}: {check}: {CHECKS[check]}")
        for line in beside.lines():
            click.echo(line)
    if found.wrong:
        many = "1 fault" if found.found == 1 else f"{found.found} faults"
        fail(
            f"The history is not as it was recorded: {many} in total, the first at position {found.wrong[0].position}."
        )
    if sentence := beside.sentence():
        fail(sentence)
    if not as_json:
        click.echo(f"{found.facts} facts verified; all are as they were recorded.")
        if with_keys:
            click.echo(f"{found.opened} sealed fields opened; each matches its commitment.")
        else:
            click.echo(
                "Sealed fields were not opened, and unique names were only counted; overwinter verify --keys checks both."
            )


def _keys(settings: Settings, url: str) -> UniqueNameKeys:
    """The keys of this installation. Raises `KeysUnusable`."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT i.history_id, e.number FROM history.installation i, vault.epoch e"
        ).fetchone()
    history, epoch = row or ("", 1)
    folder = KeyFolder(settings.keys, create=False, epoch=epoch)
    return UniqueNameKeys(Vault(folder, history), folder.index_key)
