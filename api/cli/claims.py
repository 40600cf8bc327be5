"""Commands for sign-in claims. Operators make claims as administrators do, including the first administrator's."""

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
from history.requests import Request


@click.group()
def claims() -> None:
    """Make, withdraw and exchange one-time claims. A person exchanges a claim for access that nobody else knows."""


@claims.command("create")
@click.argument("person", required=False)
@click.option(
    "--administrator",
    is_flag=True,
    help="Register a new administrator of the installation and make a claim for them.",
)
@click.option(
    "--days",
    type=click.IntRange(1, limits.MOST_CLAIM_DAYS),
    default=limits.CLAIM_DAYS,
    show_default=True,
    help="How many days the claim can be used.",
)
@click.option("--json", "as_json", is_flag=True, help="Print person, id, text and end as JSON.")
def create_claim(person: str | None, administrator: bool, days: int, as_json: bool) -> None:
    """Make a claim for PERSON (an id such as person-0f…), and print it once.

    The claim is recorded in the history: the person sees it at their next visit, and so do the members of their
    initiatives.
    """
    if (person is None) != administrator:
        raise click.UsageError("Give either a PERSON or --administrator.")

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
    """Withdraw the unused CLAIM (its id, such as claim-0f…) of PERSON."""

    async def act(wiring: Wiring) -> None:
        await check_person(wiring, person)
        command = WithdrawClaim(person=person, claim=claim)
        await wiring.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
        await wiring.claims.note_withdrawn(claim)
        click.echo("Withdrawn. The claim can no longer be used.")

    with_wiring(act)


@claims.command("exchange")
@click.option("--label", default="cli", show_default=True, help="What the token is for; never a name.")
@click.option("--days", default=DEFAULT_DAYS, show_default=True, help="How many days the token is valid.")
@click.option("--json", "as_json", is_flag=True, help="Print person and token as JSON.")
def exchange_claim(label: str, days: int, as_json: bool) -> None:
    """Exchange your own claim for a token, and print it once.

    Prompts for the claim, or reads it as one line from standard input: an argument would appear in the shell's history
    and in the list of processes. In a browser, the same can be done at the address /claim.
    """

    async def act(wiring: Wiring) -> None:
        typed = read_line("Claim", hidden=True)
        exchanged = await wiring.claims.exchange(typed.strip(), channel=Channel.CLI, label=label, days=days)
        shown = {"person": exchanged.person, "token": exchanged.token}
        click.echo(json.dumps(shown) if as_json else exchanged.token)

    with_wiring(act)
