"""Who gave which role to whom and when, for every member of an initiative, so that roles cannot be collected in
secret."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from domain import access
from domain.deciding import Allowed, Fact
from domain.indexes import invitations_to
from domain.initiatives.facts import (
    INSTALLATION_ID,
    AdministratorAppointed,
    InitiativeFounded,
    JurorAddedToRound,
    JurorRemovedFromRound,
    MemberAdded,
    MemberAddedToCall,
    MemberLeft,
    MemberRemoved,
    MemberRemovedFromCall,
)
from domain.initiatives.state import INITIATIVE
from domain.invitations import (
    InvitationAccepted,
    InvitationDeclined,
    InvitationMade,
    InvitationWithdrawn,
)
from domain.messages import Message, msg
from domain.personal import Withheld
from domain.persons.facts import PersonClaimMade, PersonClaimUsed, PersonClaimWithdrawn
from domain.reviews.facts import JUDGING
from domain.topics import topics_of
from domain.values import SYSTEM, Role
from history.documents import Recorded
from projections.initiatives import names_of
from projections.paging import DEFAULT_LIMIT, ResultPage, check_limit, position_of
from projections.reader import Reader, Reference, allow, damaged_in, recorded_in, text_of

NAMED_ROLES: Final = frozenset({Role.ADMINISTRATOR, Role.OFFICER, Role.FINANCE, Role.APPROVER})
"""People with one of these roles, now or before, are named to every member. Jurors, chairs and funders are named only
to viewers who see all members, so that nobody learns here who judges."""

_TOLD: Final[tuple[type[Fact], ...]] = (
    InitiativeFounded,
    MemberAdded,
    MemberRemoved,
    MemberAddedToCall,
    MemberRemovedFromCall,
    JurorAddedToRound,
    JurorRemovedFromRound,
    MemberLeft,
    InvitationMade,
    InvitationAccepted,
    InvitationDeclined,
    InvitationWithdrawn,
    AdministratorAppointed,
    PersonClaimMade,
    PersonClaimWithdrawn,
    PersonClaimUsed,
)


class NamedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person; both fields are None if the viewer may not know who it is. `name` is None once they were erased or if
    it is `damaged`: the stored value is not what was committed to."""

    person: str | None
    name: str | None
    damaged: tuple[str, ...] = ()


class RoleEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One fact about roles or access: what happened, about whom (None: about somebody who was invited and has not
    accepted), and by whom (None: the program or the operator).

    `roles` are those after the fact, without the jury's if the viewer may not know who judges. Roles for one call only
    name the `call` to viewers who see all members.
    """

    topic: str
    at: datetime
    what: Message
    person: NamedPerson | None
    by: NamedPerson | None
    roles: tuple[Role, ...]
    call: str | None = None


@dataclass(frozen=True, slots=True)
class _RoleChange:
    """What one fact says: its sentence, the person that it is about, and their roles after it."""

    what: Message
    person: str | None
    roles: tuple[Role, ...] = ()
    call: str | None = None
    public: bool = False
    """Whether this fact itself names the person to every member."""


async def given_roles(
    reader: Reader,
    viewer: str | None,
    initiative: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> ResultPage[RoleEntry]:
    """Who gave which role to whom and when, the oldest first, for every member of the initiative.

    It includes the installation's administrators and their appointments, and every claim made for a member. Raises
    `NotFound`.
    """
    loaded = (await reader.load((INITIATIVE, initiative)))[initiative]
    state = loaded.state
    allow(access.sees_given_roles(viewer or "", state))
    after, count = position_of(cursor, reader.cursors), check_limit(limit)
    rows = await reader.rows(
        """
        SELECT position, topic, document FROM history.facts
        WHERE stream = ANY (%(streams)b::text[]) AND topic = ANY (%(topics)b::text[])
            AND position > %(after)b::bigint
        ORDER BY position LIMIT %(count)b
        """,
        streams=[
            initiative,
            INSTALLATION_ID,
            *state.people,
            *await reader.index_entries(invitations_to(initiative)),
        ],
        topics=list(topics_of(*_TOLD)),
        after=after,
        count=count + 1,
    )
    recorded = [recorded_in(row) for row in rows[:count]]
    changes = [_change_of(each.fact) for each in recorded]
    actors = {each.envelope.actor for each in recorded} - {SYSTEM}
    sees_all = isinstance(access.sees_members(viewer or "", state), Allowed)
    known = {each.person for each in changes if each.person} | actors
    if not sees_all:
        known &= {
            viewer,
            *_acted_on_others(recorded, changes),
            *await _named(reader, initiative, loaded.version),
            *(each.person for each in changes if each.public and each.person),
        }
    names = await names_of(reader, sorted(known))
    entries = []
    for each, change in zip(recorded, changes, strict=True):
        envelope = each.envelope
        hides_jury = not sees_all and change.person != viewer
        entries.append(
            RoleEntry(
                topic=each.topic,
                at=envelope.decided_at,
                what=change.what,
                person=None if change.person is None else _shown(change.person, known, names),
                by=None if envelope.actor == SYSTEM else _shown(envelope.actor, known, names),
                roles=tuple(role for role in change.roles if not (hides_jury and role in JUDGING)),
                call=change.call if sees_all else None,
            )
        )
    return ResultPage(
        items=tuple(entries),
        next=reader.cursors.token(rows[count - 1]["position"]) if len(rows) > count else None,
    )


def _acted_on_others(recorded: Sequence[Recorded], changes: Sequence[_RoleChange]) -> set[str]:
    """The people who changed what another person has. A person who uses a claim, or withdraws their own, acts only for
    themselves, and may be on the jury."""
    return {
        each.envelope.actor
        for each, change in zip(recorded, changes, strict=True)
        if each.envelope.actor not in (SYSTEM, change.person)
    }


def _shown(person: str, known: Collection[str], names: dict[str, str | Withheld]) -> NamedPerson:
    if person not in known:
        return NamedPerson(person=None, name=None)
    name = names.get(person)
    return NamedPerson(person=person, name=text_of(name), damaged=damaged_in({"name": name}))


def _change_of(fact: Fact) -> _RoleChange:
    match fact:
        case InitiativeFounded():
            return _RoleChange(msg("The initiative was founded."), fact.founder, (Role.ADMINISTRATOR,))
        case MemberAdded():
            return _RoleChange(msg("Roles were given."), fact.person, fact.roles)
        case MemberRemoved():
            return _RoleChange(msg("All roles were removed."), fact.person)
        case MemberAddedToCall():
            return _RoleChange(
                msg("Roles for one call only were given."), fact.person, fact.roles, call=fact.call
            )
        case MemberRemovedFromCall():
            return _RoleChange(msg("Roles for one call only were removed."), fact.person, call=fact.call)
        case JurorAddedToRound():
            # The sentence does not say for what, because a member who is named here would be known as a juror.
            return _RoleChange(
                msg("Roles for one call only were given."), fact.person, (Role.JUROR,), call=fact.call
            )
        case JurorRemovedFromRound():
            return _RoleChange(msg("Roles for one call only were removed."), fact.person, call=fact.call)
        case MemberLeft():
            return _RoleChange(
                msg("All roles were given up.")
                if fact.call is None
                else msg("Roles for one call only were given up."),
                fact.person,
                call=fact.call,
            )
        case InvitationMade():
            return _RoleChange(msg("Somebody was invited."), None, fact.roles, call=fact.call)
        case InvitationAccepted():
            return _RoleChange(msg("An invitation was accepted."), fact.person)
        case InvitationDeclined():
            return _RoleChange(msg("An invitation was declined."), None)
        case InvitationWithdrawn():
            return _RoleChange(msg("An invitation was withdrawn."), None)
        case AdministratorAppointed():
            return _RoleChange(
                msg("An administrator of the installation was appointed."), fact.person, public=True
            )
        case PersonClaimMade():
            return _RoleChange(
                msg("A one-time key for additional access was made.")
                if fact.another
                else msg("A one-time key was made."),
                fact.person,
            )
        case PersonClaimWithdrawn():
            return _RoleChange(msg("A one-time key was withdrawn."), fact.person)
        case PersonClaimUsed():
            return _RoleChange(msg("A one-time key was exchanged for access."), fact.person)
        case _:
            raise AssertionError(f"{type(fact).__name__} is not shown here")


async def _named(reader: Reader, initiative: str, version: int) -> set[str]:
    """The people who have or had a role that is named to every member."""
    references = [Reference(initiative, number) for number in range(1, version + 1)]
    facts = [recorded.fact for recorded in (await reader.facts(references, open_boxes=False)).values()]
    return {fact.founder for fact in facts if isinstance(fact, InitiativeFounded)} | {
        fact.person
        for fact in facts
        if isinstance(fact, MemberAdded | MemberAddedToCall) and not NAMED_ROLES.isdisjoint(fact.roles)
    }
