"""Initiatives: the page of their members, and one's own roles."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from domain import access
from domain.calls.state import CALL
from domain.deciding import Fact
from domain.initiatives.facts import INSTALLATION_ID, NEED_FACTOR
from domain.initiatives.state import INITIATIVE, INSTALLATION, Initiative
from domain.messages import msg
from domain.organisations import OrganisationRegistered
from domain.personal import Withheld
from domain.persons.facts import PersonProfileChanged, PersonRegistered
from domain.persons.state import PERSON, PersonStatus
from domain.refusals import Forbidden
from domain.texts import Texts
from domain.topics import topics_of
from domain.values import MEMBER_ROLES, Role
from projections.reader import Reader, allow, damaged_in, text_of
from projections.versions import Version


class CallRoles(msgspec.Struct, frozen=True, kw_only=True):
    """The roles that a person has for one call only, or for one `round` of it only."""

    call: str
    roles: tuple[Role, ...]
    round: str | None = None


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member with their roles, and with those for single `calls`; `lacks_factor`: they cannot act in these roles, because the
    initiative requires a second factor and they have none. `name` is None once the person was erased, and if
    it is `damaged`: the stored value is not what was committed to."""

    person: str
    name: str | None
    roles: tuple[Role, ...]
    calls: tuple[CallRoles, ...]
    lacks_factor: bool = False
    damaged: tuple[str, ...] = ()


class InitiativePage(msgspec.Struct, frozen=True, kw_only=True):
    """An initiative and its members, sorted by their random ids; `screening`: payees have to be screened before a
    payment; `factors_required`: administrators, officers, finance and approvers need a second factor."""

    id: str
    version: Version
    name: str
    screening: bool
    factors_required: bool
    members: tuple[Member, ...]


class InitiativeProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody may know of an initiative. Without `languages`, it writes in those of the program."""

    id: str
    name: str
    about: Texts
    contact: str | None
    languages: tuple[str, ...]
    privacy: Texts


class CallMember(msgspec.Struct, frozen=True, kw_only=True):
    """A person with all their `roles` in a call, and those `for_this_call` alone; `name` is None once the person was
    erased, and if it is `damaged`: the stored value is not what was committed to."""

    person: str
    name: str | None
    roles: tuple[Role, ...]
    for_this_call: tuple[Role, ...]
    damaged: tuple[str, ...] = ()


class CallMembers(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody with a role in a call, sorted by their random ids."""

    call: str
    initiative: str
    members: tuple[CallMember, ...]


class OwnRoles(msgspec.Struct, frozen=True, kw_only=True):
    """One's own roles in an initiative, and those for single `calls`. `lacks_factor`: the initiative requires a second
    factor, and roles for which one needs it are left out until one has it."""

    initiative: str
    name: str
    roles: tuple[Role, ...]
    calls: tuple[CallRoles, ...]
    lacks_factor: bool = False


class OwnFactor(msgspec.Struct, frozen=True, kw_only=True):
    """A second factor of one's own, or recovery codes."""

    id: str
    kind: Literal["passkey", "totp", "codes"]
    added_at: datetime


class OwnClaim(msgspec.Struct, frozen=True, kw_only=True):
    """A claim to one's own account. `made_by` is a person, or "system" for the operator of the server; `another`: a
    claim had been used before. It can be used until `ends_at`, unless it was used or withdrawn."""

    id: str
    made_by: str
    made_at: datetime
    ends_at: datetime
    another: bool
    used_at: datetime | None
    withdrawn_at: datetime | None


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """One's own account: whether one is an `administrator` of the installation, one's roles in each initiative, and all
    claims to the account, the oldest first, and one's second factors. `time_zone` is the one that one chose, None
    without. `recovery_asked`: somebody asked that these be removed, which one can cancel. `damaged` names what is None
    because the stored value is not what was committed to; `unreadable` are initiatives that are left out because one of
    their facts cannot be read."""

    person: str
    name: str | None
    language: str
    administrator: bool
    demonstration: bool
    initiatives: tuple[OwnRoles, ...]
    claims: tuple[OwnClaim, ...]
    factors: tuple[OwnFactor, ...] = ()
    recovery_asked: bool = False
    time_zone: str | None = None
    damaged: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


class Funder(msgspec.Struct, frozen=True, kw_only=True):
    """A member who gives money; `name` is None once the person was erased, and if it is `damaged`: the stored value is not
    what was committed to."""

    person: str
    name: str | None
    damaged: tuple[str, ...] = ()


class Funders(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody with the role of funder in an initiative, sorted by their random ids."""

    initiative: str
    funders: tuple[Funder, ...]


async def funders(reader: Reader, viewer: str | None, initiative: str) -> Funders:
    """The funders of an initiative who were not erased, for those who record what they pledge; raises `NotFound` or `Forbidden`."""
    state: Initiative = await reader.the(INITIATIVE, initiative)
    allow(access.sees_funders(viewer or "", state))
    giving = [person for person in state.people if Role.FUNDER in state.roles(person)]
    names = await names_of(reader, giving)
    return Funders(
        initiative=initiative,
        funders=tuple(
            [
                Funder(
                    person=person,
                    name=text_of(names.get(person)),
                    damaged=damaged_in({"name": names.get(person)}),
                )
                for person in giving
                if names.get(person) is not Withheld.ERASED
            ]
        ),
    )


async def profile(reader: Reader, initiative: str) -> InitiativeProfile:
    """The public profile of an initiative; raises `NotFound`."""
    state = await reader.the(INITIATIVE, initiative)
    return InitiativeProfile(
        id=initiative,
        name=state.name,
        about=state.about,
        contact=state.contact,
        languages=state.languages,
        privacy=state.privacy,
    )


async def one(reader: Reader, viewer: str | None, initiative: str) -> InitiativePage:
    """An initiative with its members, for people who may see them; raises `NotFound` or `Forbidden`."""
    loaded = (await reader.load((INITIATIVE, initiative)))[initiative]
    state = loaded.state
    allow(access.sees_members(viewer or "", state))
    names = await names_of(reader, list(state.people))
    return InitiativePage(
        id=initiative,
        version=Version(initiative, loaded.told),
        name=state.name,
        screening=state.screening,
        factors_required=state.factors_required,
        members=tuple(
            Member(
                person=person,
                name=text_of(names.get(person)),
                roles=ordered(state.held(person)),
                calls=_for_calls(state, person),
                lacks_factor=state.lacks_factor(person),
                damaged=damaged_in({"name": names.get(person)}),
            )
            for person in state.people
        ),
    )


async def of_call(reader: Reader, viewer: str | None, call: str) -> CallMembers:
    """The roles of all people in a call, for people who may see its members; raises `NotFound` or `Forbidden`."""
    state, whole = await reader.with_initiative(CALL, call)
    initiative = whole.within(call)
    allow(access.sees_members(viewer or "", initiative))
    people = sorted(initiative.members)
    names = await names_of(reader, people)
    return CallMembers(
        call=call,
        initiative=state.initiative,
        members=tuple(
            CallMember(
                person=person,
                name=text_of(names.get(person)),
                roles=ordered(initiative.held(person)),
                for_this_call=ordered(whole.calls_of(person).get(call, frozenset())),
                damaged=damaged_in({"name": names.get(person)}),
            )
            for person in people
        ),
    )


async def the_only_one(reader: Reader) -> tuple[str, str] | None:
    """The id and the name of the initiative whose calls are published here, if all are of one: the site is then its site."""
    rows = await reader.rows(
        "SELECT DISTINCT initiative FROM read.calls WHERE status IN ('published', 'cancelled') "
        "AND to_position = 9223372036854775807 LIMIT 2"
    )
    if len(rows) != 1:
        return None
    initiative: Initiative = await reader.the(INITIATIVE, rows[0]["initiative"])
    return rows[0]["initiative"], initiative.name


async def me(reader: Reader, viewer: str | None) -> Me:
    """One's own account and roles. Raises `Forbidden` for visitors who are not signed in."""
    if viewer is None:
        raise Forbidden(msg("Sign in first."))
    rows = await reader.rows(
        "SELECT initiative FROM read.memberships WHERE person = %(person)b ORDER BY initiative", person=viewer
    )
    initiatives = [row["initiative"] for row in rows]
    loaded = await reader.load((PERSON, viewer), (INSTALLATION, INSTALLATION_ID))
    houses = await reader.readable(*((INITIATIVE, initiative) for initiative in initiatives))
    person, installation = loaded[viewer].state, loaded[INSTALLATION_ID].state
    if person.status is not PersonStatus.REGISTERED:
        raise Forbidden(msg("This account was erased."))
    named = [each.fact for each in (await reader.newest([viewer], topics_of(*_NAMING))).values()]
    name, zone = _name_and_zone(named[0]) if named else (None, None)
    return Me(
        person=viewer,
        name=text_of(name),
        language=person.language,
        administrator=viewer in installation.administrators,
        demonstration=installation.demonstration,
        initiatives=tuple(
            OwnRoles(
                initiative=initiative,
                name=state.name,
                roles=roles,
                calls=calls,
                lacks_factor=state.lacks_factor(viewer),
            )
            for initiative in initiatives
            if initiative in houses
            for state in (houses[initiative].state,)
            for roles, calls in ((ordered(state.roles(viewer)), _own_for_calls(state, viewer)),)
            if roles or calls or state.lacks_factor(viewer)
        ),
        factors=tuple(
            OwnFactor(id=each.id, kind=each.kind, added_at=each.added_at) for each in person.factors
        ),
        recovery_asked=person.recovery_asked_by is not None,
        time_zone=text_of(zone),
        claims=tuple(
            OwnClaim(
                id=claim.id,
                made_by=claim.made_by,
                made_at=claim.made_at,
                ends_at=claim.ends_at,
                another=claim.another,
                used_at=claim.used_at,
                withdrawn_at=claim.withdrawn_at,
            )
            for claim in person.claims
        ),
        damaged=damaged_in({"name": name}),
        unreadable=tuple(initiative for initiative in initiatives if initiative not in houses),
    )


_NAMING = (PersonRegistered, PersonProfileChanged, OrganisationRegistered)
"""The facts that name a party; the newest one counts."""


def _name_and_zone(fact: Fact | None) -> tuple[str | Withheld | None, str | Withheld | None]:
    """How a person is called, and the time zone that they chose, from the newest fact that names them."""
    match fact:
        case PersonProfileChanged():
            return fact.name, fact.time_zone
        case PersonRegistered():
            return fact.name, None
        case _:
            return None, None


async def names_of(reader: Reader, parties: list[str]) -> dict[str, str | Withheld]:
    """The names of people or organisations, opened: the caller has checked access."""
    found = await reader.newest(parties, topics_of(*_NAMING))
    names = {}
    for reference, recorded in found.items():
        if isinstance(recorded.fact, _NAMING):
            names[reference.stream] = recorded.fact.name
    return names


def _own_for_calls(initiative: Initiative, person: str) -> tuple[CallRoles, ...]:
    """The roles for single calls in which a person can act now."""
    found = _for_calls(initiative, person)
    if not initiative.lacks_factor(person):
        return found
    left = (CallRoles(call=each.call, roles=ordered(frozenset(each.roles) - NEED_FACTOR)) for each in found)
    return tuple(each for each in left if each.roles)


def _for_calls(initiative: Initiative, person: str) -> tuple[CallRoles, ...]:
    return (
        *(
            CallRoles(call=call, roles=ordered(roles))
            for call, roles in sorted(initiative.calls_of(person).items())
        ),
        *(
            CallRoles(call=call, roles=(Role.JUROR,), round=round)
            for round, call in sorted(initiative.rounds_of(person).items())
        ),
    )


def ordered(roles: frozenset[Role]) -> tuple[Role, ...]:
    """Roles in the order of the domain."""
    return tuple(role for role in MEMBER_ROLES if role in roles)
