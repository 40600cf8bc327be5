"""Commands for the ways to sign in that people choose themselves: nine words, or letters to an e-mail address."""

from __future__ import annotations

from domain import access, limits
from domain.deciding import Command, CommandContext, Outcome, Plan, PlannedCommand, Registered, maybe
from domain.persons import rules as person_rules
from domain.persons.facts import WayInKind
from domain.persons.state import PERSON
from domain.values import PersonId, WayInId


class RegisterOneself(Command, frozen=True, kw_only=True):
    """Register a person who came by themselves and has no role. The program sends this for somebody who is not signed in;
    `way` is how they sign in from now on."""

    name: limits.Name
    language: str
    way: WayInKind


class AddWayIn(Command, frozen=True, kw_only=True):
    """Record that the person has a new way to sign in, in place of an earlier one of the same kind."""

    person: PersonId
    kind: WayInKind


class RemoveWayIn(Command, frozen=True, kw_only=True):
    """Remove a way to sign in."""

    person: PersonId
    way: WayInId


def _register(command: RegisterOneself, context: CommandContext) -> Plan:
    yield from ()
    person, way = context.new("person"), context.new("way")

    def decide() -> Outcome:
        registered = person_rules.register_oneself(
            person, name=command.name, language=command.language, way=way, kind=command.way, now=context.now
        )
        return Outcome(facts={person: registered}, answers=person, subjects=(person,))

    return PlannedCommand(may=access.system(context.actor), initiative=None, decide=decide)


def _add(command: AddWayIn, context: CommandContext) -> Plan:
    person = yield from maybe(PERSON, command.person)
    way = context.new("way")

    def decide() -> Outcome:
        added = person_rules.add_way_in(command.person, person, way=way, kind=command.kind, now=context.now)
        return Outcome(facts={command.person: added}, answers=command.person)

    return PlannedCommand(may=access.oneself(context.actor, command.person), initiative=None, decide=decide)


def _remove(command: RemoveWayIn, context: CommandContext) -> Plan:
    person = yield from maybe(PERSON, command.person)

    def decide() -> Outcome:
        removed = person_rules.remove_way_in(command.person, person, way=command.way, now=context.now)
        return Outcome(facts={command.person: removed}, answers=command.person)

    return PlannedCommand(may=access.oneself(context.actor, command.person), initiative=None, decide=decide)


# As in `domain.commands.persons`: a person's version would tell in how many calls they act.
COMMANDS = (
    Registered("person.register_oneself", RegisterOneself, _register, versioned=False, by_program=True),
    Registered("person.add_way_in", AddWayIn, _add, versioned=False),
    Registered("person.remove_way_in", RemoveWayIn, _remove, versioned=False),
)
