"""The invitations to an initiative, for those who invite."""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain import access
from domain.calls.state import CALL
from domain.deciding import Allowed
from domain.indexes import invitations_to
from domain.initiatives.state import INITIATIVE, Initiative
from domain.invitations import INVITATION, Invitation, InvitationWay
from domain.refusals import NotFound
from domain.texts import Texts
from domain.values import Role
from projections.initiatives import names_of
from projections.members import NamedPerson
from projections.reader import Reader, damaged_in, text_of


class InvitationLine(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation for those who invite. `status` is open, expired, accepted, declined or withdrawn; who declined is not known.
    `for_whom` is the address of its letter or the note of whoever made it, until it is answered."""

    id: str
    status: str
    roles: tuple[Role, ...]
    call: str | None
    call_title: Texts | None
    round: str | None
    way: InvitationWay
    made_at: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    person: NamedPerson | None
    for_whom: str | None = None


class InvitationList(msgspec.Struct, frozen=True, kw_only=True):
    """All invitations that the viewer may see, the newest first."""

    initiative: str
    items: tuple[InvitationLine, ...]


async def of_initiative(
    reader: Reader, viewer: str | None, initiative: str, *, now: datetime
) -> InvitationList:
    """The invitations to an initiative that the viewer could have made: all for its administrators, those of jurors of single
    rounds for the officers of their calls. Raises `NotFound` for people who can invite nobody."""
    house: Initiative = await reader.the(INITIATIVE, initiative)
    who = viewer or ""
    if not _invites_somebody(who, house):
        raise NotFound
    found = await reader.readable(
        *((INVITATION, each) for each in await reader.index_entries(invitations_to(initiative)))
    )
    shown: dict[str, Invitation] = {
        each: loaded.state
        for each, loaded in found.items()
        if isinstance(access.invites(who, house, call=loaded.state.call, round=loaded.state.round), Allowed)
    }
    called = await reader.readable(
        *((CALL, each) for each in sorted({i.call for i in shown.values() if i.call}))
    )
    names = await names_of(reader, sorted({each.person for each in shown.values() if each.person}))
    lines = [
        InvitationLine(
            id=each,
            status="expired" if state.expired(now) else str(state.status),
            roles=state.roles,
            call=state.call,
            call_title=called[state.call].state.title if state.call and state.call in called else None,
            round=state.round,
            way=state.way,
            made_at=state.made_at,
            ends_at=state.ends_at,
            ended_at=state.ended_at,
            person=None
            if state.person is None
            else NamedPerson(
                person=state.person,
                name=text_of(names.get(state.person)),
                damaged=damaged_in({"name": names.get(state.person)}),
            ),
        )
        for each, state in shown.items()
    ]
    lines.sort(key=lambda line: (line.made_at is not None, line.made_at, line.id), reverse=True)
    return InvitationList(initiative=initiative, items=tuple(lines))


def _invites_somebody(who: str, house: Initiative) -> bool:
    roles = house.roles(who) | {role for held in house.calls_of(who).values() for role in held}
    return not roles.isdisjoint({Role.ADMINISTRATOR, Role.OFFICER})
