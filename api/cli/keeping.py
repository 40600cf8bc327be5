"""Keeping the history and its read models: bring the schema up to date, build read models anew, recheck every fact."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator

import click

from api.beside import recheck_beside
from api.cli.database import database, database_of_owner, let_program_in, refuse_unmigrated
from api.cli.failures import fail
from api.roles import let_in, refuse_all_but_the_owner
from api.settings import Settings, read_settings
from api.wiring import all_migrations, check_keys
from history.keyfiles import KeyFolder
from history.migrate import migrate
from history.store import open_history
from history.verify import CHECKS, verify
from projections.rebuild import rebuild
from projections.register import PROJECTIONS


@click.command("migrate")
@click.option("--allow", metavar="ROLE", help="Let this database role serve and project, and change no fact.")
@click.option("--json", "as_json", is_flag=True, help="Print the names of what was applied as JSON.")
def migrate_command(allow: str | None, as_json: bool) -> None:
    """Bring the database to this program's schema. The role that runs this owns the history.

    With --allow, another, existing role (CREATE ROLE … LOGIN) can then run everything else but rebuild and demo. It can
    add facts by the one function that checks and numbers them, and neither change nor delete them. When the keys could
    not be made or read here, that is said at the end.
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
                click.echo(f"The role {allow} can serve and project, and change no fact.")
        # Afterwards, since the database is migrated all the same, and now rather than by the next command.
        KeyFolder.check_can_be_made(settings.keys)
        asyncio.run(_check_keys(settings, url))


async def _check_keys(settings: Settings, url: str) -> None:
    async with open_history(url, connections=1) as history:
        await check_keys(settings, history)


@click.command("rebuild")
@click.argument("names", nargs=-1, metavar="[PROJECTION]...")
@click.option("--json", "as_json", is_flag=True, help="Print what was rebuilt as JSON.")
def rebuild_command(names: tuple[str, ...], as_json: bool) -> None:
    """Build read models anew from the history: those named, or all. The live ones are asked and written meanwhile.

    This makes tables, so it is for the role that owns the database, which is whoever migrates.
    """
    known = {projection.name: projection for projection in PROJECTIONS}
    for name in names:
        if name not in known:
            raise click.UsageError(f"There is no projection {name}; there are: {', '.join(known)}.")
    wanted = tuple(projection for name, projection in known.items() if not names or name in names)
    with database_of_owner(read_settings()) as url:
        refuse_unmigrated(url)
        refuse_all_but_the_owner(url)
        with _progress_bar("rebuilding", shown=not as_json) as progress:
            position = rebuild(url, wanted, progress=progress)
    done = [projection.name for projection in wanted]
    click.echo(
        json.dumps({"rebuilt": done, "position": position})
        if as_json
        else f"Rebuilt from {position} facts: {', '.join(done)}."
    )


@click.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def verify_command(as_json: bool) -> None:
    """Recheck the whole history: every leaf, every stream's chain, every number. Nothing is changed, no key is needed.

    Then the tables that follow from the facts (indexes, claims, due dates) are recomputed, and every token and session for
    which no fact stands is named. Only what is wrong where is told, never what a fact says.
    """
    with database(read_settings()) as url:
        refuse_unmigrated(url)
        with _progress_bar("verifying", shown=not as_json) as progress:
            found = verify(url, progress)
        with _progress_bar("tables", shown=not as_json) as progress:
            beside = recheck_beside(url, progress)
    if as_json:
        wrong = [{"position": position, "check": check} for position, check in found.wrong]
        summary = {"facts": found.facts, "newest": found.newest, "found": found.found, "wrong": wrong}
        click.echo(json.dumps(summary | beside.as_json()))
    else:
        for position, check in found.wrong:
            click.echo(f"position {position}: {check}: {CHECKS[check]}")
        for line in beside.lines():
            click.echo(line)
    if found.wrong:
        many = "1 fault" if found.found == 1 else f"{found.found} faults"
        fail(
            f"The history is not as it was recorded: {many} in all, the first at position {found.wrong[0].position}."
        )
    if sentence := beside.sentence():
        fail(sentence)
    if not as_json:
        click.echo(f"{found.facts} facts rechecked; all is as it was recorded.")


@contextlib.contextmanager
def _progress_bar(label: str, *, shown: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error that is told how much is done, and of how much; nothing where no terminal looks on."""
    if not shown:
        yield lambda _done, _all: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(label)
        yield lambda done, whole: progress.update(task, completed=done, total=whole)
