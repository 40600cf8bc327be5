"""The commands find-person and erase."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from api.cli.database import with_wiring
from api.cli.failures import fail, read_line
from api.keeping.remains import REMAINS
from api.letters.farewell import told_of_erasure
from api.run.sweeping import try_to_finish
from api.run.wiring import Wiring
from domain.addresses import address_name, check_email
from domain.commands.persons import ErasePerson
from domain.messages import msg
from domain.persons.rules import check_known
from domain.persons.state import PERSON
from domain.refusals import NotFound
from domain.values import SYSTEM, Channel, check_stream_id
from history.requests import Request
from projections import dossiers


@click.command()
@click.argument("person")
@click.option(
    "--reason", type=click.Choice(["asked_by_person", "retention_ended", "safety", "other"]), required=True
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done and what remains as JSON.")
def erase(person: str, reason: Any, yes: bool, as_json: bool) -> None:  # Any: one of the choices above
    """Erase PERSON (an id such as person-0f…, see `overwinter find-person`) permanently.

    Their key is destroyed, and the keys of everything that they applied for, so that nobody can read what was sealed under
    them. Data that the law requires to be kept stays until its date, and is listed. Then all other keys are wrapped under a
    new wrapping key, the key backup is overwritten, and the old wrapping key is destroyed.
    """

    async def act(wiring: Wiring) -> None:
        await check_person(wiring, person)
        if not yes:
            if sys.stdin is None:
                fail("There is no terminal to ask for confirmation; confirm with --yes.")
            click.confirm(f"This cannot be undone. Erase {person}?", abort=True, err=as_json)
        command = ErasePerson(person=person, reason=reason)
        async with told_of_erasure(wiring, person):
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
                "Data that the law requires to be kept is erased automatically on its date. Tell the person:"
            )
            for dossier in kept:
                click.echo(
                    f"- the record of what was paid to them ({dossier.id}), until {dossier.kept_until:%Y-%m-%d}"
                )
        click.echo(
            f"All other keys are wrapped under the new wrapping key of epoch {epoch}; the old one is destroyed."
            if unfinished is None
            else f"The old wrapping key could not be destroyed yet: {unfinished} The processes serve and project try again "
            "every few seconds; overwinter rotate-keys does it at once."
        )
        click.echo("What remains:")
        for each in REMAINS:
            click.echo(f"- {each}")

    with_wiring(act)


async def check_person(wiring: Wiring, person: str) -> None:
    """Raise `NotFound` unless this person exists or was erased."""
    try:
        check_stream_id(PERSON.kind, person)
    except NotFound:
        raise NotFound(msg("There is no such person.")) from None
    loaded = await wiring.runner.states.read_set(bypass_cache=True).load(((PERSON, person),))
    check_known(loaded[person].state, person)


@click.command("find-person")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def find_person(as_json: bool) -> None:
    """Print the id of the person who is registered with an e-mail address, for `overwinter erase` and `tokens`.

    Prompts for the address, or reads it as one line from standard input: an argument would appear in the shell's history
    and in the list of processes. People registered without an address cannot be found this way.
    """

    async def act(wiring: Wiring) -> None:
        address = check_email(read_line("Address"))
        if address is None:
            fail("No address was given.")
        person = await wiring.runner.holder(address_name(address))
        if person is None:
            fail("Nobody is registered with this address.")
        click.echo(json.dumps({"person": person}) if as_json else person)

    with_wiring(act)
