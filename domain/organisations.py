"""An organisation, or a collective without a legal form: its members act for it, and it applies, receives and is paid as a
person does."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Annotated, assert_never

import msgspec

from domain import limits
from domain.deciding import Aggregate, Fact
from domain.identifiers import check_identifiers
from domain.messages import msg
from domain.personal import Personal, Withheld
from domain.persons import ErasureReason
from domain.refusals import NotFound, Refused
from domain.topic import MEMBERS, stored_as
from domain.values import check_text

# Facts


@stored_as("organisation.registered.v1", told_to=MEMBERS)
class OrganisationRegistered(Fact, frozen=True, kw_only=True):
    """A person registered an organisation and is the first who acts for it. What identifies the organisation is sealed under
    its own key. `identifiers` are such as GB-CHC-1164883."""

    organisation: str
    member: str
    name: Annotated[str | Withheld, Personal(of="organisation")]
    identifiers: Annotated[tuple[str, ...] | Withheld, Personal(of="organisation")]


@stored_as("organisation.handle_given.v1")
class OrganisationHandleGiven(Fact, frozen=True, kw_only=True):
    """Within `scope` (a call) whoever acts for the organisation does so under `handle`, so that nobody can tell it from a
    person there."""

    organisation: str
    scope: str
    handle: str


@stored_as("organisation.member_invited.v1", told_to=MEMBERS)
class OrganisationMemberInvited(Fact, frozen=True, kw_only=True):
    """A person was invited to act for the organisation."""

    organisation: str
    person: str


@stored_as("organisation.member_added.v1", told_to=MEMBERS)
class OrganisationMemberAdded(Fact, frozen=True, kw_only=True):
    """A person accepted an invitation and acts for the organisation from now on."""

    organisation: str
    person: str


@stored_as("organisation.member_removed.v1", told_to=MEMBERS)
class OrganisationMemberRemoved(Fact, frozen=True, kw_only=True):
    """A person does not act for the organisation any more, or an invitation came to nothing."""

    organisation: str
    person: str


@stored_as("organisation.closed.v1", told_to=MEMBERS)
class OrganisationClosed(Fact, frozen=True, kw_only=True):
    """The organisation applies no more and takes in nobody else; what it was granted goes on."""

    organisation: str


@stored_as("organisation.erased.v1")
class OrganisationErased(Fact, frozen=True, kw_only=True):
    """The organisation's sealing key was destroyed; what was sealed under it can no longer be opened. Nobody acts for it any
    more. `dossiers` and `kept` are as with a person."""

    organisation: str
    reason: ErasureReason
    dossiers: tuple[str, ...]
    kept: tuple[str, ...]


OrganisationFact = (
    OrganisationRegistered
    | OrganisationHandleGiven
    | OrganisationMemberInvited
    | OrganisationMemberAdded
    | OrganisationMemberRemoved
    | OrganisationClosed
    | OrganisationErased
)

# State


class OrganisationStatus(enum.StrEnum):
    """Where an organisation stands."""

    REGISTERED = "registered"
    CLOSED = "closed"
    ERASED = "erased"


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation as its facts left it; it holds nothing personal. `members` act for it now, `invited` may; `handles` are
    by scope."""

    status: OrganisationStatus | None = None
    members: frozenset[str] = frozenset()
    invited: frozenset[str] = frozenset()
    handles: dict[str, str] = {}

    @property
    def erased(self) -> bool:
        """Whether nobody can read any more who it is."""
        return self.status is OrganisationStatus.ERASED


def evolve(organisation: Organisation, fact: OrganisationFact) -> Organisation:
    """The organisation after one more fact."""
    replace = msgspec.structs.replace
    match fact:
        case OrganisationRegistered():
            return Organisation(status=OrganisationStatus.REGISTERED, members=frozenset({fact.member}))
        case OrganisationHandleGiven():
            return replace(organisation, handles={**organisation.handles, fact.scope: fact.handle})
        case OrganisationMemberInvited():
            return replace(organisation, invited=organisation.invited | {fact.person})
        case OrganisationMemberAdded():
            return replace(
                organisation,
                members=organisation.members | {fact.person},
                invited=organisation.invited - {fact.person},
            )
        case OrganisationMemberRemoved():
            return replace(
                organisation,
                members=organisation.members - {fact.person},
                invited=organisation.invited - {fact.person},
            )
        case OrganisationClosed():
            return replace(organisation, status=OrganisationStatus.CLOSED, invited=frozenset())
        case OrganisationErased():
            return replace(
                organisation,
                status=OrganisationStatus.ERASED,
                members=frozenset(),
                invited=frozenset(),
            )
        case _:
            assert_never(fact)


ORGANISATION = Aggregate(kind="organisation", empty=Organisation(), evolve=evolve)

# Rules


def register(organisation_id: str, *, member: str, name: str, identifiers: Iterable[str]) -> tuple[Fact, ...]:
    """Register an organisation, for which `member` acts from then on."""
    return (
        OrganisationRegistered(
            organisation=organisation_id,
            member=member,
            name=check_text(name, "name", most=limits.NAME),
            identifiers=check_identifiers(identifiers),
        ),
    )


def give_handle(
    organisation_id: str, organisation: Organisation, *, scope: str, handle: str
) -> tuple[Fact, ...]:
    """Bind a handle to an organisation within a scope, once."""
    if scope in organisation.handles:
        raise Refused(msg("This organisation has a handle there already."))
    return (OrganisationHandleGiven(organisation=organisation_id, scope=scope, handle=handle),)


def invite(organisation_id: str, organisation: Organisation, *, person: str) -> tuple[Fact, ...]:
    """Invite a person to act for an organisation; it begins when they accept."""
    check_takes_part(organisation)
    if person in organisation.members:
        raise Refused(msg("This person acts for the organisation already."))
    if person in organisation.invited:
        raise Refused(msg("This person was invited already and has not answered yet."))
    if len(organisation.members | organisation.invited) >= limits.ORGANISATION_MEMBERS:
        raise Refused(
            msg(
                "At most {most} people can act for an organisation; remove somebody first.",
                most=limits.ORGANISATION_MEMBERS,
            )
        )
    return (OrganisationMemberInvited(organisation=organisation_id, person=person),)


def join(organisation_id: str, organisation: Organisation, *, person: str) -> tuple[Fact, ...]:
    """Accept an invitation to act for an organisation."""
    check_takes_part(organisation)
    if person in organisation.members:
        raise Refused(msg("You act for this organisation already."))
    return (OrganisationMemberAdded(organisation=organisation_id, person=person),)


def remove_member(organisation_id: str, organisation: Organisation, *, person: str) -> tuple[Fact, ...]:
    """End that a person acts for an organisation, or take an invitation back. Somebody has to be left who acts for it."""
    if person not in organisation.members | organisation.invited:
        raise NotFound(
            msg("This person neither acts for the organisation nor was invited to."),
            named=person,
        )
    if organisation.members == {person}:
        raise Refused(msg("Nobody else acts for this organisation; invite somebody first, or close it."))
    return (OrganisationMemberRemoved(organisation=organisation_id, person=person),)


def remove_erased(organisation_id: str, organisation: Organisation, *, person: str) -> tuple[Fact, ...]:
    """End that a person acts for an organisation, or the invitation, since they are erased; nobody need be left."""
    if person not in organisation.members | organisation.invited:
        return ()
    return (OrganisationMemberRemoved(organisation=organisation_id, person=person),)


def close(organisation_id: str, organisation: Organisation) -> tuple[Fact, ...]:
    """Close an organisation."""
    check_takes_part(organisation)
    return (OrganisationClosed(organisation=organisation_id),)


def erase(
    organisation_id: str,
    organisation: Organisation,
    *,
    reason: ErasureReason,
    dossiers: Iterable[str],
    kept: Iterable[str],
) -> tuple[Fact, ...]:
    """Erase an organisation; its facts stay, unreadable. `dossiers` are all of its own, `kept` those that a legal duty
    keeps."""
    if organisation.erased:
        raise Refused(msg("This organisation was erased already."))
    return (
        OrganisationErased(
            organisation=organisation_id,
            reason=reason,
            dossiers=tuple(sorted(dossiers)),
            kept=tuple(sorted(kept)),
        ),
    )


def check_takes_part(organisation: Organisation) -> None:
    """Raise `Refused` unless an organisation can begin something new: apply, be offered a grant, take in members."""
    if organisation.status is OrganisationStatus.CLOSED:
        raise Refused(msg("This organisation was closed."))
    if organisation.erased:
        raise Refused(msg("This organisation was erased."))
