"""People: find one by their address, and erase one for good."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from api.cli.database import with_wiring
from api.cli.failures import fail, read_line
from api.keeping.remains import REMAINS
from api.run.wiring import Wiring, try_to_finish
from domain.commands.persons import ErasePerson
from domain.messages import msg
from domain.persons import PERSON, address_claim, check_email, check_known
from domain.refusals import NotFound
from domain.values import SYSTEM, Channel, check_stream_id
from history.runner import Request
from projections import dossiers


@click.command()
@click.argument("person")
@click.option(
    "--reason", type=click.Choice(["asked_by_person", "retention_ended", "safety", "other"]), required=True
)
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done and what remains as JSON.")
def erase(person: str, reason: Any, yes: bool, as_json: bool) -> None:  # Any: one of the choices above
    """Erase PERSON (an id such as person-0f…, which `overwinter find-person` tells) for good: their key is destroyed, and
    those of all that they applied for, and with them all that was sealed under these. What the law asks to be kept stays
    until then, and is named. Then the keys of all others are wrapped under a new wrapping key, the key backup
    is overwritten, and the old wrapping key is destroyed."""

    async def act(wiring: Wiring) -> None:
        await check_person(wiring, person)
        if not yes:
            if sys.stdin is None:
                fail("Nobody can be asked whether this is meant; say so with --yes.")
            click.confirm(f"Nobody can undo this. Erase {person}?", abort=True, err=as_json)
        command = ErasePerson(person=person, reason=reason)
        await wiring.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
        await wiring.forget_accounts(person)
        unfinished = await try_to_finish(wiring)
        epoch = wiring.keys.epoch
        kept = [each for each in await dossiers.of_party(wiring.reader, person) if not each.erased]
        if as_json:
            said = {
                "person": person,
                "epoch": epoch,
                "unfinished": unfinished,
                "kept": [
                    {"dossier": each.id, "duty": each.duty, "until": f"{each.kept_until:%Y-%m-%d}"}
                    for each in kept
                ],
                "remains": REMAINS,
            }
            click.echo(json.dumps(said))
            return
        click.echo("Erased.")
        if kept:
            click.echo(
                "What the law asks to be kept stays, and is erased by the program then. Tell the person:"
            )
            for dossier in kept:
                click.echo(
                    f"- the record of what was paid to them ({dossier.id}), until {dossier.kept_until:%Y-%m-%d}"
                )
        click.echo(
            f"All other keys are wrapped under a new wrapping key, of epoch {epoch}; the old one is destroyed."
            if unfinished is None
            else f"The old wrapping key could not be destroyed yet: {unfinished} serve and project try it again every few "
            "seconds, and overwinter rotate-keys does it now."
        )
        click.echo("What remains:")
        for each in REMAINS:
            click.echo(f"- {each}")

    with_wiring(act)


async def check_person(wiring: Wiring, person: str) -> None:
    """Raise `NotFound` unless there is such a person, or was."""
    try:
        check_stream_id(PERSON.kind, person)
    except NotFound:
        raise NotFound(msg("There is no such person.")) from None
    loaded = await wiring.runner.states.reading(afresh=True).load(((PERSON, person),))
    check_known(loaded[person].state, person)


@click.command("find-person")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def find_person(as_json: bool) -> None:
    """Print the id of the person who was registered under an address, as `overwinter erase` and `tokens` take it.

    The address is asked for, or read as one line from standard input: on the command line it would stand in the shell's
    history and in the list of processes. Whoever was registered without an address is not found by one.
    """

    async def act(wiring: Wiring) -> None:
        address = check_email(read_line("Address"))
        if address is None:
            fail("No address was given.")
        person = await wiring.runner.holder(address_claim(address))
        if person is None:
            fail("Nobody is registered under this address.")
        click.echo(json.dumps({"person": person}) if as_json else person)

    with_wiring(act)
