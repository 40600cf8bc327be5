"""An organisation, or a collective without a legal form. Its members act for it; it applies, receives grants and is
paid as a person is."""

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
from domain.persons.facts import ErasureReason
from domain.refusals import NotFound, Refused
from domain.texts import check_text
from domain.topic import MEMBERS, stored_as

# Facts


@stored_as("organisation.registered.v1", audience=MEMBERS)
class OrganisationRegistered(Fact, frozen=True, kw_only=True):
    """A person registered an organisation and became its first member. What identifies the organisation is sealed under
    its own key. `identifiers` are such as GB-CHC-1164883."""

    organisation: str
    member: str
    name: Annotated[str | Withheld, Personal(of="organisation")]
    identifiers: Annotated[tuple[str, ...] | Withheld, Personal(of="organisation")]


@stored_as("organisation.handle_given.v1")
class OrganisationHandleGiven(Fact, frozen=True, kw_only=True):
    """Within `scope` (a call), everybody who acts for the organisation is known as `handle`, so that nobody can tell it
    from a person there."""

    organisation: str
    scope: str
    handle: str


@stored_as("organisation.member_invited.v1", audience=MEMBERS)
class OrganisationMemberInvited(Fact, frozen=True, kw_only=True):
    """A person was invited to act for the organisation."""

    organisation: str
    person: str


@stored_as("organisation.invitation_declined.v1", audience=MEMBERS)
class OrganisationInvitationDeclined(Fact, frozen=True, kw_only=True):
    """A person declined an invitation to act for the organisation."""

    organisation: str
    person: str


@stored_as("organisation.member_added.v1", audience=MEMBERS)
class OrganisationMemberAdded(Fact, frozen=True, kw_only=True):
    """A person accepted an invitation and acts for the organisation from now on."""

    organisation: str
    person: str


@stored_as("organisation.member_removed.v1", audience=MEMBERS)
class OrganisationMemberRemoved(Fact, frozen=True, kw_only=True):
    """A person no longer acts for the organisation, or their invitation was withdrawn."""

    organisation: str
    person: str


@stored_as("organisation.closed.v1", audience=MEMBERS)
class OrganisationClosed(Fact, frozen=True, kw_only=True):
    """The organisation was closed: it no longer applies or takes new members; its grants continue."""

    organisation: str


@stored_as("organisation.erased.v1")
class OrganisationErased(Fact, frozen=True, kw_only=True):
    """The organisation's sealing key was destroyed; what was sealed under it can no longer be opened. It has no members
    any more. `dossiers` and `kept` are as for a person."""

    organisation: str
    reason: ErasureReason
    dossiers: tuple[str, ...]
    kept: tuple[str, ...]


OrganisationFact = (
    OrganisationRegistered
    | OrganisationHandleGiven
    | OrganisationMemberInvited
    | OrganisationInvitationDeclined
    | OrganisationMemberAdded
    | OrganisationMemberRemoved
    | OrganisationClosed
    | OrganisationErased
)

# State


class OrganisationStatus(enum.StrEnum):
    """The statuses of an organisation."""

    REGISTERED = "registered"
    CLOSED = "closed"
    ERASED = "erased"


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """The state of an organisation, without personal data. The people who act for it now are in the order in which they
    `joined`; `invited` people may join. `declined` counts the invitations that each person declined. `handles` are by scope."""

    status: OrganisationStatus | None = None
    joined: tuple[str, ...] = ()
    invited: frozenset[str] = frozenset()
    declined: dict[str, int] = {}
    handles: dict[str, str] = {}

    @property
    def members(self) -> frozenset[str]:
        """The people who act for it now."""
        return frozenset(self.joined)

    @property
    def erased(self) -> bool:
        """Whether its data can no longer be read."""
        return self.status is OrganisationStatus.ERASED


def evolve(organisation: Organisation, fact: OrganisationFact) -> Organisation:
    """The organisation after one more fact."""
    replace = msgspec.structs.replace
    match fact:
        case OrganisationRegistered():
            return Organisation(status=OrganisationStatus.REGISTERED, joined=(fact.member,))
        case OrganisationHandleGiven():
            return replace(organisation, handles={**organisation.handles, fact.scope: fact.handle})
        case OrganisationMemberInvited():
            return replace(organisation, invited=organisation.invited | {fact.person})
        case OrganisationInvitationDeclined():
            declined = organisation.declined.get(fact.person, 0) + 1
            return replace(
                organisation,
                invited=organisation.invited - {fact.person},
                declined={**organisation.declined, fact.person: declined},
            )
        case OrganisationMemberAdded():
            return replace(
                organisation,
                joined=(*organisation.joined, fact.person),
                invited=organisation.invited - {fact.person},
            )
        case OrganisationMemberRemoved():
            return replace(
                organisation,
                joined=tuple([each for each in organisation.joined if each != fact.person]),
                invited=organisation.invited - {fact.person},
            )
        case OrganisationClosed():
            return replace(organisation, status=OrganisationStatus.CLOSED, invited=frozenset())
        case OrganisationErased():
            return replace(
                organisation,
                status=OrganisationStatus.ERASED,
                joined=(),
                invited=frozenset(),
            )
        case _:
            assert_never(fact)


ORGANISATION = Aggregate(kind="organisation", empty=Organisation(), evolve=evolve)

# Rules


def register(organisation_id: str, *, member: str, name: str, identifiers: Iterable[str]) -> tuple[Fact, ...]:
    """Register an organisation with `member` as its first member."""
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
    """Give an organisation a handle within a scope, once."""
    if scope in organisation.handles:
        raise Refused(msg("This organisation has a handle there already."))
    return (OrganisationHandleGiven(organisation=organisation_id, scope=scope, handle=handle),)


def invite(organisation_id: str, organisation: Organisation, *, person: str) -> tuple[Fact, ...]:
    """Invite a person to act for an organisation, which they can once they accept."""
    check_takes_part(organisation)
    if person in organisation.members:
        raise Refused(msg("This person acts for the organisation already."))
    if person in organisation.invited:
        raise Refused(msg("This person was invited already and has not answered yet."))
    if organisation.declined.get(person, 0) >= limits.DECLINED_INVITATIONS:
        raise Refused(
            msg("This person has declined twice to act for this organisation, so they are not invited again.")
        )
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


def remove_member(
    organisation_id: str, organisation: Organisation, *, person: str, by: str
) -> tuple[Fact, ...]:
    """Remove a member of an organisation, or withdraw an invitation; an invited person declines their own. At least one member
    has to stay."""
    if person not in organisation.members | organisation.invited:
        raise NotFound(
            msg("This person neither acts for the organisation nor was invited to."),
            named=person,
        )
    if person == by and person in organisation.invited:
        return (OrganisationInvitationDeclined(organisation=organisation_id, person=person),)
    if organisation.members == {person}:
        raise Refused(msg("Nobody else acts for this organisation; invite somebody first, or close it."))
    return (OrganisationMemberRemoved(organisation=organisation_id, person=person),)


def remove_erased(organisation_id: str, organisation: Organisation, *, person: str) -> tuple[Fact, ...]:
    """Remove a person who is erased from an organisation's members or invitations, even if no member is left."""
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
    """Erase an organisation; its facts stay, unreadable. `dossiers` are all of its dossiers, `kept` those that a legal
    duty keeps."""
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
    """Raise `Refused` unless an organisation can begin something new: apply, be offered a grant, or take new
    members."""
    if organisation.status is OrganisationStatus.CLOSED:
        raise Refused(msg("This organisation was closed."))
    if organisation.erased:
        raise Refused(msg("This organisation was erased."))
