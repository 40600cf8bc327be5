"""Tokens, the ways in to pages and API: made, listed and revoked here, the first administrator's among them."""

from __future__ import annotations

import json
from typing import Any

import click

from api.accounts.tokens import check_asked
from api.cli.database import with_wiring
from api.cli.failures import fail
from api.cli.people import check_person
from api.wiring import Wiring
from domain.commands.initiatives import AppointAdministrator
from domain.commands.persons import RegisterPerson
from domain.values import SYSTEM, Channel
from history.runner import Request


@click.group()
def tokens() -> None:
    """Make, list and revoke tokens, the ways in to pages and API."""


@tokens.command("create")
@click.argument("person", required=False)
@click.option(
    "--administrator",
    is_flag=True,
    help="Register a new administrator of the installation, and give a token.",
)
@click.option("--label", default="cli", show_default=True, help="What the token is for; never a name.")
@click.option("--days", default=90, show_default=True, help="For how many days it is good.")
@click.option("--json", "as_json", is_flag=True, help="Print person and token as JSON.")
def create_token(person: str | None, administrator: bool, label: str, days: int, as_json: bool) -> None:
    """Make a token for PERSON (an id such as person-0f…), and print it once."""
    if (person is None) != administrator:
        raise click.UsageError("Name a PERSON, or ask for a new --administrator; one of the two.")

    async def act(wiring: Wiring) -> None:
        # Before anybody is registered for it: what is once in the history stays there.
        check_asked(label, days)
        who = person or await _new_administrator(wiring)
        text = await wiring.tokens.make(who, label=label, made_by=SYSTEM, days=days)
        click.echo(json.dumps({"person": who, "token": text}) if as_json else text)

    with_wiring(act)


async def _new_administrator(wiring: Wiring) -> str:
    async def run(command: Any) -> str:  # Any: a command
        answer = await wiring.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
        return answer.stream

    who = await run(RegisterPerson(name="Administrator", email=None, language="en"))
    await run(AppointAdministrator(person=who))
    return who


@tokens.command("list")
@click.argument("person", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_tokens(person: str | None, as_json: bool) -> None:
    """List the tokens of PERSON, or of everybody, the newest first. No token's own text can be shown again."""

    async def act(wiring: Wiring) -> None:
        if person is not None:
            await check_person(wiring, person)
        found = await wiring.tokens.all(person)
        if not found:
            click.echo("There are no tokens." if person is None else f"{person} has no tokens.", err=True)
        if as_json:
            click.echo(
                json.dumps(
                    [
                        {
                            "id": each.id,
                            "person": each.person,
                            "label": each.label,
                            "made_by": each.made_by,
                            "created_at": each.created_at.isoformat(),
                            "expires_at": each.expires_at.isoformat(),
                            "revoked_at": each.revoked_at and each.revoked_at.isoformat(),
                        }
                        for each in found
                    ],
                    indent=1,
                )
            )
            return
        for each in found:
            state = (
                f"revoked {each.revoked_at:%Y-%m-%d}"
                if each.revoked_at
                else f"until {each.expires_at:%Y-%m-%d}"
            )
            click.echo(f"{each.id}  {each.person}  {each.label:<16}{state}")

    with_wiring(act)


@tokens.command("revoke")
@click.argument("token_id", metavar="ID")
def revoke_token(token_id: str) -> None:
    """Revoke the token with this ID (as `overwinter tokens list` shows it), and end its sessions."""

    async def act(wiring: Wiring) -> None:
        if not await wiring.tokens.revoke(token_id):
            fail("There is no token with this id; overwinter tokens list shows the ids.")
        click.echo("Revoked. Its sessions are ended.")

    with_wiring(act)
