"""Commands for organisations."""

from __future__ import annotations

from typing import Annotated

from domain import access, limits, organisations
from domain.applications import rules as application_rules
from domain.applications.state import APPLICATION, Application
from domain.commands.erasing import what_goes_with
from domain.commands.joining import EndedByJoining, ended_by_joining
from domain.deciding import (
    Allowed,
    Command,
    CommandContext,
    Outcome,
    Plan,
    PlannedCommand,
    Registered,
    index_entries,
    maybe,
    some,
    the,
)
from domain.indexes import submissions_of
from domain.initiatives.facts import INSTALLATION_ID
from domain.initiatives.state import INSTALLATION
from domain.organisations import ORGANISATION, Organisation
from domain.persons import rules as person_rules
from domain.persons.facts import ErasureReason
from domain.persons.state import PERSON, Person
from domain.values import SYSTEM, OrganisationId, PersonId


class RegisterOrganisation(Command, frozen=True, kw_only=True):
    """Register an organisation or a collective, and become its first member. Identifiers are the code of a register and
    the number in it, such as GB-CHC-1164883; a collective has none."""

    name: limits.Name
    identifiers: Annotated[tuple[limits.Identifier, ...], limits.described(maxItems=limits.IDENTIFIERS)] = ()


class InviteToOrganisation(Command, frozen=True, kw_only=True):
    """Invite a person to act for an organisation, which they can once they accept. If it has no member left, an
    administrator of the installation can invite somebody."""

    organisation: OrganisationId
    person: PersonId


class JoinOrganisation(Command, frozen=True, kw_only=True):
    """Accept an invitation, and act for the organisation from now on. What one decided before on the organisation's money,
    or in a round in which it applied, no longer counts."""

    organisation: OrganisationId


class RemoveOrganisationMember(Command, frozen=True, kw_only=True):
    """Remove oneself, or a person who joined later, from an organisation's members; withdraw an invitation, or decline one's
    own. An administrator of the installation can remove every member. At least one member has to stay."""

    organisation: OrganisationId
    person: PersonId


class CloseOrganisation(Command, frozen=True, kw_only=True):
    """Close an organisation, as the member who has acted for it the longest: it can no longer apply, and its grants
    continue. Not while it has an application under consideration or an award that was not offered yet."""

    organisation: OrganisationId


class EraseOrganisation(Command, frozen=True, kw_only=True):
    """Destroy the sealing keys of an organisation and its dossiers, so that nobody can read its data any more. Its
    undecided applications end, and it has no members any more. Data that has to be kept by law stays until that time
    and is erased then. This cannot be undone."""

    organisation: OrganisationId
    reason: ErasureReason


def _register(command: RegisterOrganisation, context: CommandContext) -> Plan:
    person = Person() if context.actor == SYSTEM else (yield from maybe(PERSON, context.actor))
    organisation = context.new("organisation")

    def decide() -> Outcome:
        person_rules.check_registered(person, context.actor)
        registered = organisations.register(
            organisation, member=context.actor, name=command.name, identifiers=command.identifiers
        )
        joined = person_rules.join_organisation(context.actor, organisation=organisation)
        return Outcome(
            facts={organisation: registered, context.actor: joined},
            answers=organisation,
            subjects=(organisation,),
        )

    return PlannedCommand(may=access.registers_organisation(context.actor), initiative=None, decide=decide)


def _invite(command: InviteToOrganisation, context: CommandContext) -> Plan:
    organisation = yield from maybe(ORGANISATION, command.organisation)
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    person = yield from maybe(PERSON, command.person)

    def decide() -> Outcome:
        person_rules.check_registered(person, command.person)
        return Outcome(
            facts={
                command.organisation: organisations.invite(
                    command.organisation, organisation, person=command.person
                )
            },
            answers=command.organisation,
        )

    return PlannedCommand(
        may=access.invites_member(context.actor, organisation, installation), initiative=None, decide=decide
    )


def _join(command: JoinOrganisation, context: CommandContext) -> Plan:
    organisation = yield from maybe(ORGANISATION, command.organisation)
    if context.actor != SYSTEM:
        yield from maybe(PERSON, context.actor)  # so that nothing of theirs is decided meanwhile
    ended = EndedByJoining()
    if context.actor in organisation.invited:
        ended = yield from ended_by_joining(context.actor, command.organisation)

    def decide() -> Outcome:
        added = organisations.join(command.organisation, organisation, person=context.actor)
        joined = person_rules.join_organisation(context.actor, organisation=command.organisation)
        return Outcome(
            facts={command.organisation: added, context.actor: joined, **ended.facts},
            answers=command.organisation,
            initiatives=ended.initiatives,
        )

    return PlannedCommand(may=access.joins(context.actor, organisation), initiative=None, decide=decide)


def _remove_member(command: RemoveOrganisationMember, context: CommandContext) -> Plan:
    organisation = yield from maybe(ORGANISATION, command.organisation)
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    person = yield from maybe(PERSON, command.person)

    def decide() -> Outcome:
        removed = organisations.remove_member(
            command.organisation, organisation, person=command.person, by=context.actor
        )
        left = person_rules.leave_organisation(command.person, person, organisation=command.organisation)
        return Outcome(
            facts={command.organisation: removed} | ({command.person: left} if left else {}),
            answers=command.organisation,
        )

    return PlannedCommand(
        may=access.removes_member(context.actor, organisation, command.person, installation),
        initiative=None,
        decide=decide,
    )


def _close(command: CloseOrganisation, context: CommandContext) -> Plan:
    organisation = yield from maybe(ORGANISATION, command.organisation)
    may = access.closes_organisation(context.actor, organisation)
    applications: dict[str, Application] = {}
    if isinstance(may, Allowed):
        submitted = yield from index_entries(submissions_of(command.organisation))
        applications = yield from some(APPLICATION, submitted)

    def decide() -> Outcome:
        closed = organisations.close(command.organisation, organisation)
        application_rules.check_all_ended(applications.values())
        return Outcome(facts={command.organisation: closed}, answers=command.organisation)

    return PlannedCommand(may=may, initiative=None, decide=decide)


def _erase(command: EraseOrganisation, context: CommandContext) -> Plan:
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    may = access.installation_administrator(context.actor, installation)
    # Asked first, as with a person: for everybody else, an existing organisation and a missing one look the same.
    organisation = Organisation()
    if isinstance(may, Allowed):
        organisation = yield from the(ORGANISATION, command.organisation)
    people = yield from some(PERSON, organisation.members)
    going = yield from what_goes_with(command.organisation, context, reason=command.reason)

    def decide() -> Outcome:
        left = {
            person: person_rules.leave_organisation(person, state, organisation=command.organisation)
            for person, state in people.items()
        }
        erased = organisations.erase(
            command.organisation,
            organisation,
            reason=command.reason,
            dossiers=going.dossiers,
            kept=going.kept,
        )
        return Outcome(
            facts={command.organisation: erased, **left, **going.facts},
            answers=command.organisation,
            erases=(command.organisation, *going.erased),
            initiatives=going.initiatives,
        )

    return PlannedCommand(may=may, initiative=None, decide=decide)


# An organisation's stream holds its handles, so its version would tell in how many calls it applies.
COMMANDS = (
    Registered("organisation.register", RegisterOrganisation, _register, versioned=False),
    Registered("organisation.invite", InviteToOrganisation, _invite, versioned=False),
    Registered("organisation.join", JoinOrganisation, _join, versioned=False),
    Registered("organisation.remove_member", RemoveOrganisationMember, _remove_member, versioned=False),
    Registered("organisation.close", CloseOrganisation, _close, versioned=False, grave=True),
    Registered("organisation.erase", EraseOrganisation, _erase, versioned=False, grave=True),
)
