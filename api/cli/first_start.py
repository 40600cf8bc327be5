"""The command first-start, and what the server says to its operator while nobody has set the installation up."""

from __future__ import annotations

import logging
import sys

import click

from api.accounts.first_start import ADDRESS
from api.cli.database import with_wiring
from api.cli.failures import fail
from api.run.wiring import Wiring

log = logging.getLogger("overwinter")


@click.command("first-start")
def first_start() -> None:
    """Print the address and the key with which you set up an empty installation in a browser.

    The page makes the first administrator and the first initiative. Then the key and the page are gone for good.
    """

    async def act(wiring: Wiring) -> None:
        if not await wiring.first_start.waits():
            fail("This installation already has an administrator; it was set up before.")
        click.echo(_how(wiring))

    with_wiring(act)


async def tell_operator(wiring: Wiring) -> None:
    """If the installation was not set up yet, say how. The key goes to a terminal alone, never into a log."""
    if not await wiring.first_start.waits():
        return
    if sys.stdout is not None and sys.stdout.isatty():
        click.echo(_how(wiring))
        return
    log.warning("nobody has set up this installation yet; for its key, run: overwinter first-start")


def _how(wiring: Wiring) -> str:
    return (
        "This installation is empty. To set it up, open this address in a browser:\n"
        f"  {wiring.settings.address}{ADDRESS}\n"
        "and type this key there, which nobody else may see:\n"
        f"  {wiring.first_start.key()}"
    )
