"""The commands tokens list and tokens revoke. Tokens are created by exchanging claims."""

from __future__ import annotations

import json

import click

from api.cli.database import with_wiring
from api.cli.failures import fail
from api.cli.people import check_person
from api.run.wiring import Wiring


@click.group()
def tokens() -> None:
    """List and revoke tokens, which give access to pages and API. People get a token by exchanging a claim."""


@tokens.command("list")
@click.argument("person", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the tokens as JSON.")
def list_tokens(person: str | None, as_json: bool) -> None:
    """List the tokens of PERSON, or of everybody, newest first. The secret text of a token cannot be shown again."""

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
                            "claim": each.claim,
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
        click.echo("Revoked. Its sessions have ended.")

    with_wiring(act)
