"""Commands with which the operator is one of the two who remove somebody's lost second factors."""

from __future__ import annotations

import click

from api.cli.database import with_wiring
from api.cli.people import check_person
from api.run.wiring import Wiring
from domain.commands.factors import AskRecovery, CancelRecovery, ConfirmRecovery
from domain.deciding import Command
from domain.values import SYSTEM, Channel
from history.requests import Request


@click.group()
def recovery() -> None:
    """Remove the second factors of somebody who has lost all of them. Two do it together: one asks, another one confirms."""


@recovery.command("ask")
@click.argument("person")
def ask(person: str) -> None:
    """Ask to remove the second factors of PERSON. An administrator of the installation has to confirm it."""
    _do(person, AskRecovery(person=person), "Asked. Now an administrator of the installation can confirm it.")


@recovery.command("confirm")
@click.argument("person")
def confirm(person: str) -> None:
    """Remove the second factors of PERSON, which an administrator has asked for."""
    _do(
        person,
        ConfirmRecovery(person=person),
        "Removed. The person can sign in without, and set up new ones.",
    )


@recovery.command("cancel")
@click.argument("person")
def cancel(person: str) -> None:
    """Leave the second factors of PERSON, although somebody asked to remove them."""
    _do(person, CancelRecovery(person=person), "Cancelled. The second factors stay.")


def _do(person: str, command: Command, done: str) -> None:
    async def act(wiring: Wiring) -> None:
        await check_person(wiring, person)
        await wiring.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
        click.echo(done)

    with_wiring(act)
