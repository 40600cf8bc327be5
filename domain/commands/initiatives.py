"""Asking for what can be done with the installation and its initiatives."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from domain import access, initiatives, limits, persons
from domain.calls.state import CALL
from domain.deciding import (
    Command,
    Given,
    Outcome,
    Plan,
    PlannedCommand,
    Registered,
    Wish,
    maybe,
    some,
    the,
    together,
)
from domain.initiatives import INITIATIVE, INSTALLATION, INSTALLATION_ID, Initiative
from domain.messages import msg
from domain.persons import PERSON, PersonStatus
from domain.refusals import Invalid
from domain.values import SYSTEM, CallId, InitiativeId, PersonId, Role


class OpenInstallation(Command, frozen=True, kw_only=True):
    """Begin the history; the program does this by itself, once."""


class AppointAdministrator(Command, frozen=True, kw_only=True):
    """Make a person an administrator of the installation."""

    person: PersonId


class FoundInitiative(Command, frozen=True, kw_only=True):
    """Found an initiative. `founder` becomes its first administrator; left out, it is the one who asks."""

    name: limits.Name
    founder: PersonId | None = None


class AddMember(Command, frozen=True, kw_only=True):
    """Give a person roles in an initiative, in place of those held before."""

    initiative: InitiativeId
    person: PersonId
    roles: tuple[Role, ...]


class RemoveMember(Command, frozen=True, kw_only=True):
    """Take all roles in an initiative from a person."""

    initiative: InitiativeId
    person: PersonId


class AddCallMember(Command, frozen=True, kw_only=True):
    """Give a person roles for one call, in place of those held before for it; the roles held in the whole initiative
    stay."""

    call: CallId
    person: PersonId
    roles: tuple[Role, ...]


class RemoveCallMember(Command, frozen=True, kw_only=True):
    """Take from a person the roles held for one call."""

    call: CallId
    person: PersonId


def _open(_command: OpenInstallation, given: Given) -> Plan:
    installation = yield from maybe(INSTALLATION, INSTALLATION_ID)
    return PlannedCommand(
        may=access.system(given.actor),
        initiative=None,
        decide=lambda: Outcome(
            facts={
                INSTALLATION_ID: initiatives.open_installation(
                    installation, demonstration=given.demonstration
                )
            },
            answers=INSTALLATION_ID,
        ),
    )


def _appoint(command: AppointAdministrator, given: Given) -> Plan:
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    person = yield from maybe(PERSON, command.person)

    def decide() -> Outcome:
        persons.check_registered(person, command.person)
        return Outcome(
            facts={INSTALLATION_ID: initiatives.appoint(installation, person=command.person)},
            answers=INSTALLATION_ID,
        )

    return PlannedCommand(
        may=access.installation_administrator(given.actor, installation), initiative=None, decide=decide
    )


def _found(command: FoundInitiative, given: Given) -> Plan:
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    founder = command.founder or given.actor
    person = (yield from maybe(PERSON, founder)) if founder != SYSTEM else None
    initiative = given.new("initiative")

    def decide() -> Outcome:
        if person is None:
            raise Invalid.field("founder", msg("Name the person who becomes the first administrator."))
        persons.check_registered(person, founder)
        return Outcome(
            facts={initiative: initiatives.found(initiative, name=command.name, founder=founder)},
            answers=initiative,
        )

    return PlannedCommand(
        may=access.installation_administrator(given.actor, installation),
        initiative=initiative,
        scope=initiative,
        decide=decide,
    )


def _living(initiative: Initiative) -> Generator[Wish, Any, tuple[str, ...]]:
    """The administrators of an initiative who were not erased, whom no role brings back."""
    found = yield from some(PERSON, initiative.administrators)
    return tuple(who for who, person in found.items() if person.status is not PersonStatus.ERASED)


def _add_member(command: AddMember, given: Given) -> Plan:
    initiative = yield from the(INITIATIVE, command.initiative)
    installation, person = yield from together(
        the(INSTALLATION, INSTALLATION_ID), maybe(PERSON, command.person)
    )
    living = yield from _living(initiative)

    def decide() -> Outcome:
        persons.check_registered(person, command.person)
        return Outcome(
            facts={
                command.initiative: initiatives.add_member(
                    initiative, person=command.person, roles=command.roles, living=living
                )
            },
            answers=command.initiative,
        )

    return PlannedCommand(
        may=access.adds_member(given.actor, initiative, installation, roles=command.roles, living=living),
        initiative=command.initiative,
        scope=command.initiative,
        decide=decide,
    )


def _remove_member(command: RemoveMember, given: Given) -> Plan:
    initiative = yield from the(INITIATIVE, command.initiative)
    living = yield from _living(initiative)
    return PlannedCommand(
        may=access.member(given.actor, initiative, Role.ADMINISTRATOR),
        initiative=command.initiative,
        scope=command.initiative,
        decide=lambda: Outcome(
            facts={
                command.initiative: initiatives.remove_member(
                    initiative, person=command.person, living=living
                )
            },
            answers=command.initiative,
        ),
    )


def _add_call_member(command: AddCallMember, given: Given) -> Plan:
    call = yield from the(CALL, command.call)
    initiative, person = yield from together(the(INITIATIVE, call.initiative), maybe(PERSON, command.person))

    def decide() -> Outcome:
        persons.check_registered(person, command.person)
        return Outcome(
            facts={
                call.initiative: initiatives.add_to_call(
                    initiative, command.call, person=command.person, roles=command.roles
                )
            },
            answers=call.initiative,
        )

    return PlannedCommand(
        may=access.member(given.actor, initiative, Role.ADMINISTRATOR),
        initiative=call.initiative,
        scope=call.initiative,
        decide=decide,
    )


def _remove_call_member(command: RemoveCallMember, given: Given) -> Plan:
    call = yield from the(CALL, command.call)
    initiative = yield from the(INITIATIVE, call.initiative)
    return PlannedCommand(
        may=access.member(given.actor, initiative, Role.ADMINISTRATOR),
        initiative=call.initiative,
        scope=call.initiative,
        decide=lambda: Outcome(
            facts={
                call.initiative: initiatives.remove_from_call(initiative, command.call, person=command.person)
            },
            answers=call.initiative,
        ),
    )


COMMANDS = (
    Registered("installation.open", OpenInstallation, _open, by_program=True),
    Registered("installation.appoint", AppointAdministrator, _appoint),
    Registered("initiative.found", FoundInitiative, _found),
    Registered("initiative.add_member", AddMember, _add_member),
    Registered("initiative.remove_member", RemoveMember, _remove_member),
    Registered("call.add_member", AddCallMember, _add_call_member),
    Registered("call.remove_member", RemoveCallMember, _remove_call_member),
)
