"""Commands for the installation and its initiatives."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from domain import access, limits
from domain.calls.state import CALL
from domain.deciding import (
    Command,
    CommandContext,
    Outcome,
    Plan,
    PlannedCommand,
    PlanRequest,
    Registered,
    maybe,
    some,
    the,
    together,
)
from domain.initiatives import rules as initiative_rules
from domain.initiatives.facts import INSTALLATION_ID, InitiativeDescribed
from domain.initiatives.state import INITIATIVE, INSTALLATION, Initiative
from domain.messages import msg
from domain.persons import rules as person_rules
from domain.persons.state import PERSON, PersonStatus
from domain.refusals import Invalid
from domain.values import SYSTEM, CallId, InitiativeId, PersonId, Role


class OpenInstallation(Command, frozen=True, kw_only=True):
    """Write the history's first fact; the program does this automatically, once."""


class AppointAdministrator(Command, frozen=True, kw_only=True):
    """Make a person an administrator of the installation."""

    person: PersonId


class FoundInitiative(Command, frozen=True, kw_only=True):
    """Found an initiative. `founder` becomes its first administrator; if it is left out, the person who sends the
    command."""

    name: limits.Name
    founder: PersonId | None = None


class DescribeInitiative(Command, frozen=True, kw_only=True):
    """Change an initiative's public profile; fields that are left out stay. `languages` are those in which it writes its
    calls, `privacy` says what it does with personal data."""

    initiative: InitiativeId
    name: limits.Name | None = None
    about: dict[str, limits.Summary] | None = None
    contact: limits.Contact | None = None
    languages: tuple[limits.Language, ...] | None = None
    privacy: dict[str, limits.Summary] | None = None


class AddMember(Command, frozen=True, kw_only=True):
    """Give a person roles in an initiative. They replace earlier ones."""

    initiative: InitiativeId
    person: PersonId
    roles: tuple[Role, ...]


class RemoveMember(Command, frozen=True, kw_only=True):
    """Take all roles in an initiative from a person."""

    initiative: InitiativeId
    person: PersonId


class AddCallMember(Command, frozen=True, kw_only=True):
    """Give a person roles for one call. They replace earlier roles for this call; roles in the whole initiative
    stay."""

    call: CallId
    person: PersonId
    roles: tuple[Role, ...]


class RemoveCallMember(Command, frozen=True, kw_only=True):
    """Take from a person the roles for one call."""

    call: CallId
    person: PersonId


def _open(_command: OpenInstallation, context: CommandContext) -> Plan:
    installation = yield from maybe(INSTALLATION, INSTALLATION_ID)
    return PlannedCommand(
        may=access.system(context.actor),
        initiative=None,
        decide=lambda: Outcome(
            facts={
                INSTALLATION_ID: initiative_rules.open_installation(
                    installation, demonstration=context.demonstration
                )
            },
            answers=INSTALLATION_ID,
        ),
    )


def _appoint(command: AppointAdministrator, context: CommandContext) -> Plan:
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    person = yield from maybe(PERSON, command.person)

    def decide() -> Outcome:
        person_rules.check_registered(person, command.person)
        return Outcome(
            facts={INSTALLATION_ID: initiative_rules.appoint(installation, person=command.person)},
            answers=INSTALLATION_ID,
        )

    return PlannedCommand(
        may=access.installation_administrator(context.actor, installation), initiative=None, decide=decide
    )


def _found(command: FoundInitiative, context: CommandContext) -> Plan:
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    founder = command.founder or context.actor
    person = (yield from maybe(PERSON, founder)) if founder != SYSTEM else None
    initiative = context.new("initiative")

    def decide() -> Outcome:
        if person is None:
            raise Invalid.field("founder", msg("Name the person who becomes the first administrator."))
        person_rules.check_registered(person, founder)
        return Outcome(
            facts={initiative: initiative_rules.found(initiative, name=command.name, founder=founder)},
            answers=initiative,
        )

    return PlannedCommand(
        may=access.installation_administrator(context.actor, installation),
        initiative=initiative,
        scope=initiative,
        decide=decide,
    )


def _describe(command: DescribeInitiative, context: CommandContext) -> Plan:
    initiative = yield from the(INITIATIVE, command.initiative)

    def decide() -> Outcome:
        described = InitiativeDescribed(
            initiative=command.initiative,
            name=initiative.name if command.name is None else command.name,
            about=initiative.about if command.about is None else command.about,
            contact=initiative.contact if command.contact is None else command.contact,
            languages=initiative.languages if command.languages is None else command.languages,
            privacy=initiative.privacy if command.privacy is None else command.privacy,
        )
        return Outcome(
            facts={command.initiative: initiative_rules.describe(initiative, described)},
            answers=command.initiative,
        )

    return PlannedCommand(
        may=access.member(context.actor, initiative, Role.ADMINISTRATOR, Role.OFFICER),
        initiative=command.initiative,
        scope=command.initiative,
        decide=decide,
    )


def living_administrators(initiative: Initiative) -> Generator[PlanRequest, Any, tuple[str, ...]]:
    """The administrators of an initiative who were not erased; an erased one cannot act again."""
    found = yield from some(PERSON, initiative.administrators)
    return tuple(who for who, person in found.items() if person.status is not PersonStatus.ERASED)


def _add_member(command: AddMember, context: CommandContext) -> Plan:
    initiative = yield from the(INITIATIVE, command.initiative)
    installation, person = yield from together(
        the(INSTALLATION, INSTALLATION_ID), maybe(PERSON, command.person)
    )
    living = yield from living_administrators(initiative)

    def decide() -> Outcome:
        person_rules.check_registered(person, command.person)
        return Outcome(
            facts={
                command.initiative: initiative_rules.add_member(
                    initiative,
                    person=command.person,
                    roles=command.roles,
                    living=living,
                    secured=person.secured,
                )
            },
            answers=command.initiative,
        )

    return PlannedCommand(
        may=access.adds_member(context.actor, initiative, installation, roles=command.roles, living=living),
        initiative=command.initiative,
        scope=command.initiative,
        decide=decide,
    )


def _remove_member(command: RemoveMember, context: CommandContext) -> Plan:
    initiative = yield from the(INITIATIVE, command.initiative)
    living = yield from living_administrators(initiative)
    return PlannedCommand(
        may=access.member(context.actor, initiative, Role.ADMINISTRATOR),
        initiative=command.initiative,
        scope=command.initiative,
        decide=lambda: Outcome(
            facts={
                command.initiative: initiative_rules.remove_member(
                    initiative, person=command.person, living=living
                )
            },
            answers=command.initiative,
        ),
    )


def _add_call_member(command: AddCallMember, context: CommandContext) -> Plan:
    call = yield from the(CALL, command.call)
    initiative, person = yield from together(the(INITIATIVE, call.initiative), maybe(PERSON, command.person))

    def decide() -> Outcome:
        person_rules.check_registered(person, command.person)
        return Outcome(
            facts={
                call.initiative: initiative_rules.add_to_call(
                    initiative,
                    command.call,
                    person=command.person,
                    roles=command.roles,
                    secured=person.secured,
                )
            },
            answers=call.initiative,
        )

    return PlannedCommand(
        may=access.member(context.actor, initiative, Role.ADMINISTRATOR),
        initiative=call.initiative,
        scope=call.initiative,
        decide=decide,
    )


def _remove_call_member(command: RemoveCallMember, context: CommandContext) -> Plan:
    call = yield from the(CALL, command.call)
    initiative = yield from the(INITIATIVE, call.initiative)
    return PlannedCommand(
        may=access.member(context.actor, initiative, Role.ADMINISTRATOR),
        initiative=call.initiative,
        scope=call.initiative,
        decide=lambda: Outcome(
            facts={
                call.initiative: initiative_rules.remove_from_call(
                    initiative, command.call, person=command.person
                )
            },
            answers=call.initiative,
        ),
    )


COMMANDS = (
    Registered("installation.open", OpenInstallation, _open, by_program=True),
    Registered("installation.appoint", AppointAdministrator, _appoint),
    Registered("initiative.found", FoundInitiative, _found),
    Registered("initiative.describe", DescribeInitiative, _describe),
    Registered("initiative.add_member", AddMember, _add_member),
    Registered("initiative.remove_member", RemoveMember, _remove_member),
    Registered("call.add_member", AddCallMember, _add_call_member),
    Registered("call.remove_member", RemoveCallMember, _remove_call_member),
)
