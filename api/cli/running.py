"""The commands serve and project, and demo, which starts both."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import urllib.request

import click
import psycopg

from api.cli.database import database, database_of_owner, let_program_in, refuse_unmigrated
from api.cli.first_start import tell_operator
from api.health.health import look
from api.run.clock import real_time
from api.run.demonstration import FILE, LIVING, SMALL, load
from api.run.projecting import project as run_projections
from api.run.settings import SUPERVISED, Settings, read_settings, unknown_names
from api.run.supervise import Child, SuperviseError, Supervisor, check_port_is_free, end_with_parent
from api.run.wiring import all_migrations
from history.appends import Unavailable
from history.migrate import migrate
from history.store import open_history
from projections.replica import follows

log = logging.getLogger("overwinter")

_START_SECONDS = 60.0


def _refuse_foreign_replica(settings: Settings, url: str) -> None:
    """Raise `Foreign` if READ_DATABASE_URL is not a replica of this database. A replica that does not answer is accepted."""
    if settings.read_database_url is not None:
        follows(settings.read_database_url, url)


def _is_supervised() -> bool:
    """Whether a supervisor started this process; then the supervisor runs the embedded server."""
    return os.environ.get(SUPERVISED) == "1"


def _begin_process() -> Settings:
    """Start-up of every long-running process: read the settings and start logging."""
    if _is_supervised():
        end_with_parent()
    settings = read_settings()
    _log_to_stderr(settings)
    for name in unknown_names():
        log.warning("%s is not a setting of this program; check its spelling", name)
    return settings


def _log_to_stderr(settings: Settings) -> None:
    """Log times, levels and sentences. Logs never contain addresses, tokens or what people wrote."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )


@click.command()
def serve() -> None:
    """Serve pages and API until stopped."""
    # Only this command needs the web framework, which takes half a second to import.
    from api.run import serving

    settings = _begin_process()
    check_port_is_free(settings.host, settings.port)
    with database(settings, keep=not _is_supervised()) as url:
        refuse_unmigrated(url)
        _refuse_foreign_replica(settings, url)
        with serving.listen(settings.host, settings.port) as listening:
            serving.serve(settings, url, listening, begun=tell_operator)


@click.command()
def project() -> None:
    """Keep the read models up to date, and run scheduled commands (such as closing a round at its deadline).

    If several such processes run, one leads; another takes over when it stops.
    """
    settings = _begin_process()
    with database(settings, keep=not _is_supervised()) as url:
        refuse_unmigrated(url)
        _refuse_foreign_replica(settings, url)
        run_projections(settings, url)


@click.command()
@click.option(
    "--small", is_flag=True, help="Create a small demonstration instead: one initiative with two calls."
)
def demo(*, small: bool) -> None:
    """Try Overwinter: create a demonstration with invented people, start the program, and print its address.

    All data is kept in DATA_DIR, so a later start continues where this one ended. Ctrl-C stops everything.
    """
    settings = read_settings({**os.environ, "OVERWINTER_DEMO": "1"})
    check_port_is_free(settings.host, settings.port)
    with Supervisor() as supervisor:
        owner_url = supervisor.hold(database_of_owner(settings, make=True))
        migrated = migrate(owner_url, all_migrations())
        let_program_in(settings, owner_url, migrated=bool(migrated))
        url = supervisor.hold(database(settings, keep=True))
        people = asyncio.run(load(settings, url, SMALL if small else LIVING))
        # The processes get the address of the program's role; none of them needs the owner's.
        environment = {"OVERWINTER_DEMO": "1", SUPERVISED: "1", "DATABASE_URL": url}
        for name in ("serve", "project"):
            argv = (sys.executable, "-c", "from api.cli import main; main()", name)
            supervisor.start(Child(name, argv, environment))
        ready = supervisor.wait(until=lambda: _answers(settings), seconds=_START_SECONDS)
        if not ready:
            raise SuperviseError(
                f"The server did not answer within {_START_SECONDS:.0f} seconds; the lines above say why."
            )
        # Wait for the read models, so that the first page shows everything; but not for ever.
        supervisor.wait(until=lambda: asyncio.run(_caught_up(url)), seconds=_START_SECONDS)
        click.echo(f"Overwinter, a demonstration with invented people: {settings.address}\n")
        click.echo(
            f"Open it and choose “Sign in”: there you can enter as any of {len(people)} people, without a password."
        )
        click.echo(f"Their tokens for the JSON API are in {settings.data_dir / FILE}.")
        click.echo("\nCtrl-C stops it.")
        supervisor.wait()


async def _caught_up(url: str) -> bool:
    """Whether all read models have seen all facts, apart from those that stopped."""
    try:
        async with open_history(url, connections=1) as history:
            found = await look(history, real_time())
    except (Unavailable, psycopg.Error):
        return False
    return not any(each.behind and each.failed_position is None for each in found.projections)


def _answers(settings: Settings) -> bool:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    try:
        with urllib.request.urlopen(f"http://{host}:{settings.port}/health/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
