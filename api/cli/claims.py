"""Claims, by which people get their ways in: the operator makes them as an administrator does, and makes the first one."""

from __future__ import annotations

import json
from typing import Any

import click

from api.accounts.access_tokens import DEFAULT_DAYS
from api.cli.database import with_wiring
from api.cli.failures import read_line
from api.cli.people import check_person
from api.run.wiring import Wiring
from domain import limits
from domain.commands.initiatives import AppointAdministrator
from domain.commands.persons import MakeClaim, RegisterPerson, WithdrawClaim
from domain.values import SYSTEM, Channel
from history.runner import Request


@click.group()
def claims() -> None:
    """Make, withdraw and exchange one-time claims. A person exchanges a claim for a way in that nobody else knows."""


@claims.command("create")
@click.argument("person", required=False)
@click.option(
    "--administrator",
    is_flag=True,
    help="Register a new administrator of the installation, and make the claim for them.",
)
@click.option(
    "--days",
    type=click.IntRange(1, limits.MOST_CLAIM_DAYS),
    default=limits.CLAIM_DAYS,
    show_default=True,
    help="For how many days it can be used.",
)
@click.option("--json", "as_json", is_flag=True, help="Print person, id, text and end as JSON.")
def create_claim(person: str | None, administrator: bool, days: int, as_json: bool) -> None:
    """Make a claim for PERSON (an id such as person-0f…), and print it once.

    It is a fact: the person sees it at their next visit, and so do the members of their initiatives.
    """
    if (person is None) != administrator:
        raise click.UsageError("Name a PERSON, or ask for a new --administrator; one of the two.")

    async def act(wiring: Wiring) -> None:
        if person is not None:
            await check_person(wiring, person)
        command = MakeClaim(person=person or await _new_administrator(wiring), days=days)
        made = await wiring.claims.make(command, actor=SYSTEM, channel=Channel.CLI)
        shown = {"person": made.person, "id": made.id, "text": made.text, "ends_at": made.ends_at.isoformat()}
        click.echo(json.dumps(shown) if as_json else made.text)

    with_wiring(act)


async def _new_administrator(wiring: Wiring) -> str:
    async def run(command: Any) -> str:  # Any: a command
        answer = await wiring.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
        return answer.stream

    who = await run(RegisterPerson(name="Administrator", email=None, language="en"))
    await run(AppointAdministrator(person=who))
    return who


@claims.command("withdraw")
@click.argument("person")
@click.argument("claim", metavar="CLAIM")
def withdraw_claim(person: str, claim: str) -> None:
    """Withdraw the CLAIM (its id, such as claim-0f…) that was made for PERSON and that nobody has used."""

    async def act(wiring: Wiring) -> None:
        await check_person(wiring, person)
        command = WithdrawClaim(person=person, claim=claim)
        await wiring.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
        await wiring.claims.note_withdrawn(claim)
        click.echo("Withdrawn. Nobody can use it any more.")

    with_wiring(act)


@claims.command("exchange")
@click.option("--label", default="cli", show_default=True, help="What the token is for; never a name.")
@click.option("--days", default=DEFAULT_DAYS, show_default=True, help="For how many days the token is good.")
@click.option("--json", "as_json", is_flag=True, help="Print person and token as JSON.")
def exchange_claim(label: str, days: int, as_json: bool) -> None:
    """Exchange a claim of your own for a token, and print it once.

    The claim is asked for, or read as one line from standard input: on the command line it would stand in the shell's
    history and in the list of processes. People do the same at the address /claim of the pages.
    """

    async def act(wiring: Wiring) -> None:
        typed = read_line("Claim", hidden=True)
        way_in = await wiring.claims.exchange(typed.strip(), channel=Channel.CLI, label=label, days=days)
        shown = {"person": way_in.person, "token": way_in.token}
        click.echo(json.dumps(shown) if as_json else way_in.token)

    with_wiring(act)
