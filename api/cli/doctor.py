"""The command `overwinter doctor`."""

from __future__ import annotations

import asyncio
import json

import click

from api.cli.database import database
from api.cli.failures import fail
from api.health.doctor import examine, report
from api.run.settings import read_settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def doctor(as_json: bool) -> None:
    """Check settings, database, read models, keys and disk, and report what is wrong. Changes nothing."""
    settings = read_settings()
    with database(settings) as url:
        found = asyncio.run(examine(settings, url))
    click.echo(json.dumps(found.as_json(), indent=1) if as_json else report(found))
    if found.wrong:
        fail(" ".join(found.wrong))
