"""The letter of an invitation that nobody has answered, sent once more: a new invitation to the same roles goes to the same
address, and the earlier one is withdrawn, so that its link is void."""

from __future__ import annotations

from typing import Final

from api.accounts.invitations import Invitations, Invited, NewInvitation
from api.locales import Locale
from domain.commands.invitations import WithdrawInvitation
from domain.messages import msg
from domain.refusals import NotFound, Refused
from domain.values import Channel
from history.requests import Request
from history.runner import Runner
from projections.reader import Reader

ONLY_LETTERS: Final = msg("Only an invitation by letter can be sent again. For a new link, invite once more.")
NO_ADDRESS: Final = msg("It is not known any more where this letter went. Invite the person once more.")


async def send_again(
    invitations: Invitations,
    runner: Runner,
    reader: Reader,
    invitation: str,
    *,
    initiative: str,
    actor: str,
    channel: Channel,
    locale: Locale,
    key: str | None,
) -> NewInvitation:
    """Send it in the language of `locale`, also if it was not answered in time. With the same idempotency key, nothing is done twice.

    Raises `NotFound` for whoever could not have made it, `Refused`, and what the runner raises.
    """
    listed = await invitations.all(reader, actor, initiative, now=runner.clock())
    line = next((each for each in listed.items if each.id == invitation), None)
    if line is None or line.made_at is None or line.ends_at is None:
        raise NotFound(named=invitation)
    if line.way != "letter":
        raise Refused(ONLY_LETTERS)

    async def withdraw() -> None:
        own = None if key is None else f"withdraw {key}"
        await runner.run(
            Request(command=WithdrawInvitation(invitation=invitation), actor=actor, channel=channel, key=own)
        )

    if line.status not in ("open", "expired"):
        await withdraw()  # refused, unless it is this request that is sent once more
    address = (await invitations.for_whom([invitation])).get(invitation)
    if address is None:
        raise Refused(NO_ADDRESS)
    made = await invitations.make(
        Invited(
            initiative=initiative,
            roles=line.roles,
            call=line.call,
            round=line.round,
            email=address,
            days=(line.ends_at - line.made_at).days,
        ),
        actor=actor,
        channel=channel,
        locale=locale,
        key=key,
    )
    if line.status == "open":
        await withdraw()
    return made
