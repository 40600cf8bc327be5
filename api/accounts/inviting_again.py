"""The letter of an invitation that nobody has answered, sent once more: a new invitation to the same roles goes to the same
address, and the earlier one is withdrawn with it, so that its link is void."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from api.accounts.invitations import NO_ADDRESS, Invitations, NewInvitation
from api.locales import Locale
from domain.messages import msg
from domain.refusals import NotFound, Refused
from domain.values import Channel
from projections.reader import Reader

ONLY_LETTERS: Final = msg("Only an invitation by letter can be sent again. For a new link, invite once more.")
NO_LETTERS: Final = msg(
    "This site sends no letters. Invite the person once more, and hand over the link yourself."
)


async def send_again(
    invitations: Invitations,
    reader: Reader,
    invitation: str,
    *,
    initiative: str,
    actor: str,
    channel: Channel,
    locale: Locale,
    key: str | None,
    now: datetime,
    sends: bool,
) -> NewInvitation:
    """Send it in the language of `locale`, also if it was not answered in time, but only once. With the same idempotency key,
    nothing is done twice. `sends`: the site sends letters.

    Raises `NotFound` for whoever could not have made it, `Refused`, and what the runner raises.
    """
    listed = await invitations.all(reader, actor, initiative, now=now)
    line = next((each for each in listed.items if each.id == invitation), None)
    if line is None or line.made_at is None or line.ends_at is None:
        raise NotFound(named=invitation)
    if line.way != "letter":
        raise Refused(ONLY_LETTERS)
    if not sends:
        raise Refused(NO_LETTERS)
    address = (await invitations.for_whom([invitation])).get(invitation)
    if address is None and line.status in ("open", "expired"):
        raise Refused(NO_ADDRESS)
    # One that ended is refused, unless this request was sent before: its address may be deleted by now.
    return await invitations.make_again(
        line,
        initiative,
        address,
        days=(line.ends_at - line.made_at).days,
        actor=actor,
        channel=channel,
        locale=locale,
        key=key,
    )
