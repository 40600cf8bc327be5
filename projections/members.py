"""Who gave which role to whom and when, for every member of an initiative: so that nobody gathers roles in secret."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from domain import access
from domain.deciding import Allowed, Fact
from domain.initiatives import (
    INITIATIVE,
    INSTALLATION_ID,
    AdministratorAppointed,
    InitiativeFounded,
    MemberAdded,
    MemberAddedToCall,
    MemberRemoved,
    MemberRemovedFromCall,
)
from domain.messages import Message, msg
from domain.personal import Withheld
from domain.persons import PersonClaimMade, PersonClaimUsed, PersonClaimWithdrawn
from domain.reviews.facts import JUDGING
from domain.topics import topics_of
from domain.values import SYSTEM, Role
from history.documents import Recorded
from projections.initiatives import names_of
from projections.paging import DEFAULT_LIMIT, ResultPage, check_limit, position_of
from projections.reader import Reader, Reference, allow, damaged_in, recorded_in, text_of

NAMED_ROLES: Final = frozenset({Role.ADMINISTRATOR, Role.OFFICER, Role.FINANCE, Role.APPROVER})
"""Whoever holds or held one of these is named to every member. Jurors, chairs and funders are named only to those who
see all members, so that nobody learns here who judges."""

_TOLD: Final[tuple[type[Fact], ...]] = (
    InitiativeFounded,
    MemberAdded,
    MemberRemoved,
    MemberAddedToCall,
    MemberRemovedFromCall,
    AdministratorAppointed,
    PersonClaimMade,
    PersonClaimWithdrawn,
    PersonClaimUsed,
)


class NamedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person; both are None where the viewer may not know who it is. `name` is None once they were erased or where it
    is `damaged`: what is stored is not what was committed to."""

    person: str | None
    name: str | None
    damaged: tuple[str, ...] = ()


class RoleEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One fact about roles or about ways in: what happened, about whom, and by whom (None: the program or the operator).

    `roles` are those held from then on, without the jury's where the viewer may not know who judges. Those for one call
    alone name the `call` to whoever sees all members.
    """

    topic: str
    at: datetime
    what: Message
    person: NamedPerson
    by: NamedPerson | None
    roles: tuple[Role, ...]
    call: str | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """What one fact says: its sentence, about whom it is, and the roles held since."""

    what: Message
    person: str
    roles: tuple[Role, ...] = ()
    call: str | None = None
    public: bool = False
    """Whether the person is named to every member by this fact itself."""


async def given_roles(
    reader: Reader,
    viewer: str | None,
    initiative: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> ResultPage[RoleEntry]:
    """Who gave which role to whom and when, the oldest first, for every member of the initiative.

    The installation's administrators and their appointments are told too, and every claim by which a member gets a way
    in. Raises `NotFound`.
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
        streams=[initiative, INSTALLATION_ID, *state.people],
        topics=list(topics_of(*_TOLD)),
        after=after,
        count=count + 1,
    )
    recorded = [recorded_in(row) for row in rows[:count]]
    told = [_told(each.fact) for each in recorded]
    actors = {each.envelope.actor for each in recorded} - {SYSTEM}
    sees_all = isinstance(access.sees_members(viewer or "", state), Allowed)
    known = {each.person for each in told} | actors
    if not sees_all:
        known &= {
            viewer,
            *_acted_on_others(recorded, told),
            *await _named(reader, initiative, loaded.version),
            *(each.person for each in told if each.public),
        }
    names = await names_of(reader, sorted(known))
    entries = []
    for each, said in zip(recorded, told, strict=True):
        envelope = each.envelope
        hides_jury = not sees_all and said.person != viewer
        entries.append(
            RoleEntry(
                topic=each.topic,
                at=envelope.decided_at,
                what=said.what,
                person=_shown(said.person, known, names),
                by=None if envelope.actor == SYSTEM else _shown(envelope.actor, known, names),
                roles=tuple(role for role in said.roles if not (hides_jury and role in JUDGING)),
                call=said.call if sees_all else None,
            )
        )
    return ResultPage(
        items=tuple(entries),
        next=reader.cursors.token(rows[count - 1]["position"]) if len(rows) > count else None,
    )


def _acted_on_others(recorded: Sequence[Recorded], told: Sequence[_Told]) -> set[str]:
    """Those who gave or took away what another person has. Whoever uses a claim, or withdraws their own, acts for
    themselves alone, and may be of the jury."""
    return {
        each.envelope.actor
        for each, said in zip(recorded, told, strict=True)
        if each.envelope.actor not in (SYSTEM, said.person)
    }


def _shown(person: str, known: Collection[str], names: dict[str, str | Withheld]) -> NamedPerson:
    if person not in known:
        return NamedPerson(person=None, name=None)
    name = names.get(person)
    return NamedPerson(person=person, name=text_of(name), damaged=damaged_in({"name": name}))


def _told(fact: Fact) -> _Told:
    match fact:
        case InitiativeFounded():
            return _Told(msg("The initiative was founded."), fact.founder, (Role.ADMINISTRATOR,))
        case MemberAdded():
            return _Told(msg("Roles were given."), fact.person, fact.roles)
        case MemberRemoved():
            return _Told(msg("All roles were taken away."), fact.person)
        case MemberAddedToCall():
            return _Told(msg("Roles for one call alone were given."), fact.person, fact.roles, call=fact.call)
        case MemberRemovedFromCall():
            return _Told(msg("The roles for one call alone were taken away."), fact.person, call=fact.call)
        case AdministratorAppointed():
            return _Told(msg("An administrator of the installation was appointed."), fact.person, public=True)
        case PersonClaimMade():
            return _Told(
                msg("A claim to one more way in was made.")
                if fact.another
                else msg("A claim to a way in was made."),
                fact.person,
            )
        case PersonClaimWithdrawn():
            return _Told(msg("A claim to a way in was withdrawn."), fact.person)
        case PersonClaimUsed():
            return _Told(msg("A claim was exchanged for a way in."), fact.person)
        case _:
            raise AssertionError(f"{type(fact).__name__} is not told here")


async def _named(reader: Reader, initiative: str, version: int) -> set[str]:
    """Those who hold or held a role that is named to every member."""
    references = [Reference(initiative, number) for number in range(1, version + 1)]
    facts = [recorded.fact for recorded in (await reader.facts(references, open_boxes=False)).values()]
    return {fact.founder for fact in facts if isinstance(fact, InitiativeFounded)} | {
        fact.person
        for fact in facts
        if isinstance(fact, MemberAdded | MemberAddedToCall) and not NAMED_ROLES.isdisjoint(fact.roles)
    }
