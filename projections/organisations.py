"""Organisations: those of which one is a member or to which one was invited."""

from __future__ import annotations

import msgspec

from domain import access
from domain.deciding import Allowed
from domain.indexes import invitations_of
from domain.messages import msg, verbatim
from domain.organisations import ORGANISATION, Organisation, OrganisationRegistered
from domain.personal import Withheld
from domain.persons.state import PERSON
from domain.refusals import Forbidden
from domain.values import Role
from projections.initiatives import names_of
from projections.members import NamedPerson
from projections.paging import DEFAULT_LIMIT
from projections.reader import LATEST, Reader, Reference, allow, damaged_in, text_of
from projections.timeline.entries import Asked, Timeline
from projections.timeline.naming import Name
from projections.timeline.pages import page
from projections.words.sentences import by_title


class OrganisationShown(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation. `acts`: the viewer is a member; otherwise they were invited, and do not see other people.
    `members` act for it; `invited` have not answered yet, and are not named until they accept. `name` and `identifiers` are
    None once it was erased, and if they are `damaged`: the stored value is not what was committed to."""

    id: str
    status: str
    name: str | None
    identifiers: tuple[str, ...] | None
    acts: bool
    members: tuple[NamedPerson, ...]
    invited: tuple[NamedPerson, ...]
    damaged: tuple[str, ...] = ()


class Organisations(msgspec.Struct, frozen=True, kw_only=True):
    """All organisations of which one is a member, or to which one was invited, sorted by their random ids."""

    items: tuple[OrganisationShown, ...]
    unreadable: tuple[str, ...] = ()


async def mine(reader: Reader, viewer: str | None) -> Organisations:
    """One's own organisations and invitations. Raises `Forbidden` for visitors who are not signed in."""
    if viewer is None:
        raise Forbidden(msg("Sign in first."))
    person = await reader.the(PERSON, viewer)
    ids = sorted(person.organisations | {*await reader.index_entries(invitations_of(viewer))})
    loaded = await reader.readable(*((ORGANISATION, each) for each in ids)) if ids else {}
    return Organisations(
        items=tuple(
            [
                await _shown(reader, viewer, each, loaded[each].state)
                for each in loaded
                if isinstance(access.sees_organisation(viewer, loaded[each].state), Allowed)
            ]
        ),
        unreadable=tuple([each for each in ids if each not in loaded]),
    )


async def one(reader: Reader, viewer: str | None, organisation: str) -> OrganisationShown:
    """An organisation, for its members and for people who were invited. Raises `NotFound`."""
    state = await reader.the(ORGANISATION, organisation)
    allow(access.sees_organisation(viewer or "", state))
    return await _shown(reader, viewer or "", organisation, state)


async def of_organisation(
    reader: Reader,
    viewer: str | None,
    organisation: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Timeline:
    """The timeline of an organisation, for its members. Raises `NotFound`."""
    state, actor = await reader.seen_by(viewer, ORGANISATION, organisation)
    allow(access.member_of_organisation(actor.id, state))
    name = text_of((await _registered(reader, organisation)).name)
    return await page(
        reader,
        Asked(
            viewer=actor,
            role=Role.APPLICANT,
            thing=organisation,
            at=LATEST,
            names={} if name is None else {organisation: Name(verbatim(name), by_title(name))},
        ),
        cursor,
        limit,
    )


async def _registered(reader: Reader, organisation: str) -> OrganisationRegistered:
    reference = Reference(organisation, 1)
    fact = (await reader.facts([reference], open_boxes=True))[reference].fact
    assert isinstance(fact, OrganisationRegistered)
    return fact


async def _shown(reader: Reader, viewer: str, organisation: str, state: Organisation) -> OrganisationShown:
    acts = viewer in state.members
    members, invited = (sorted(state.members), sorted(state.invited)) if acts else ([], [])
    # Nobody learns the name behind a code by inviting it: a person is named once they have accepted.
    names = await names_of(reader, members)
    fact = await _registered(reader, organisation)

    def named(person: str) -> NamedPerson:
        name = names.get(person)
        return NamedPerson(person=person, name=text_of(name), damaged=damaged_in({"name": name}))

    return OrganisationShown(
        id=organisation,
        status=str(state.status),
        name=text_of(fact.name),
        identifiers=None if isinstance(fact.identifiers, Withheld) else fact.identifiers,
        acts=acts,
        members=tuple([named(each) for each in members]),
        invited=tuple([NamedPerson(person=each, name=None) for each in invited]),
        damaged=damaged_in({"name": fact.name, "identifiers": fact.identifiers}),
    )
