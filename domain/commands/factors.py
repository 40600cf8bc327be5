"""Commands for second factors: people add and remove their own, initiatives can require them, and two administrators can
remove those that somebody lost."""

from __future__ import annotations

from collections.abc import Mapping

from domain import access, person_factors
from domain.deciding import (
    Command,
    CommandContext,
    Fact,
    Outcome,
    Part,
    Plan,
    PlannedCommand,
    Registered,
    index_entries,
    maybe,
    some,
    the,
)
from domain.indexes import initiatives_of
from domain.initiatives import rules as initiative_rules
from domain.initiatives.facts import INSTALLATION_ID
from domain.initiatives.state import INITIATIVE, INSTALLATION, Initiative
from domain.persons.facts import FactorKind
from domain.persons.state import PERSON, Person
from domain.values import FactorId, InitiativeId, PersonId, Role


class AddFactor(Command, frozen=True, kw_only=True):
    """Record that the person has a new second factor."""

    person: PersonId
    kind: FactorKind


class RemoveFactor(Command, frozen=True, kw_only=True):
    """Remove a second factor; with the last one, the recovery codes go."""

    person: PersonId
    factor: FactorId


class AskRecovery(Command, frozen=True, kw_only=True):
    """Ask that all second factors be removed of a person who has lost them. Another administrator of the installation has to
    confirm it. The person is told by a letter and at their next visit, and can cancel it."""

    person: PersonId


class CancelRecovery(Command, frozen=True, kw_only=True):
    """Leave a person's second factors as they are, although somebody asked that they be removed."""

    person: PersonId


class ConfirmRecovery(Command, frozen=True, kw_only=True):
    """Remove all second factors of a person, which another administrator has asked for."""

    person: PersonId


class RequireFactors(Command, frozen=True, kw_only=True):
    """Require a second factor of the initiative's administrators, officers, finance and approvers, or stop requiring
    it. Without one, they can do nothing in these roles."""

    initiative: InitiativeId
    required: bool


def _initiatives(person: str) -> Part[dict[str, Initiative]]:
    found = yield from index_entries(initiatives_of(person))
    return (yield from some(INITIATIVE, found))


def _with_initiatives(
    person_id: str, person: Person, facts: tuple[Fact, ...], found: Mapping[str, Initiative]
) -> Outcome:
    """The facts of a person, and those of the initiatives that need to know whether they have a second factor."""
    after = person
    for fact in facts:
        after = PERSON.evolve(after, fact)
    noted = {
        each: note
        for each, initiative in found.items()
        if (note := initiative_rules.note_factor(initiative, person=person_id, secured=after.secured))
    }
    return Outcome(
        facts={person_id: facts, **noted}, answers=person_id, initiatives={each: each for each in noted}
    )


def _add(command: AddFactor, context: CommandContext) -> Plan:
    person = yield from maybe(PERSON, command.person)
    found = yield from _initiatives(command.person)
    factor = context.new("factor")

    def decide() -> Outcome:
        added = person_factors.add_factor(
            command.person, person, factor=factor, kind=command.kind, now=context.now
        )
        return _with_initiatives(command.person, person, added, found)

    return PlannedCommand(may=access.oneself(context.actor, command.person), initiative=None, decide=decide)


def _remove(command: RemoveFactor, context: CommandContext) -> Plan:
    person = yield from maybe(PERSON, command.person)
    found = yield from _initiatives(command.person)

    def decide() -> Outcome:
        removed = person_factors.remove_factor(command.person, person, factor=command.factor, now=context.now)
        return _with_initiatives(command.person, person, removed, found)

    return PlannedCommand(may=access.oneself(context.actor, command.person), initiative=None, decide=decide)


def _ask(command: AskRecovery, context: CommandContext) -> Plan:
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    person = yield from maybe(PERSON, command.person)

    def decide() -> Outcome:
        asked = person_factors.ask_recovery(command.person, person, asked_by=context.actor, now=context.now)
        return Outcome(facts={command.person: asked}, answers=command.person)

    return PlannedCommand(
        may=access.asks_recovery(context.actor, command.person, installation), initiative=None, decide=decide
    )


def _cancel(command: CancelRecovery, context: CommandContext) -> Plan:
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    person = yield from maybe(PERSON, command.person)

    def decide() -> Outcome:
        cancelled = person_factors.cancel_recovery(command.person, person, now=context.now)
        return Outcome(facts={command.person: cancelled}, answers=command.person)

    return PlannedCommand(
        may=access.oneself_or_administrator(context.actor, command.person, installation),
        initiative=None,
        decide=decide,
    )


def _confirm(command: ConfirmRecovery, context: CommandContext) -> Plan:
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    person = yield from maybe(PERSON, command.person)
    found = yield from _initiatives(command.person)

    def decide() -> Outcome:
        recovered = person_factors.recover(
            command.person, person, confirmed_by=context.actor, now=context.now
        )
        return _with_initiatives(command.person, person, recovered, found)

    may = access.confirms_recovery(
        context.actor, command.person, installation, asked_by=person.recovery_asked_by
    )
    return PlannedCommand(may=may, initiative=None, decide=decide)


def _require(command: RequireFactors, context: CommandContext) -> Plan:
    initiative = yield from the(INITIATIVE, command.initiative)
    people = yield from some(PERSON, initiative.people)

    def decide() -> Outcome:
        secured = [who for who, person in people.items() if person.secured]
        required = initiative_rules.require_factors(
            initiative, required=command.required, by=context.actor, secured=secured
        )
        return Outcome(facts={command.initiative: required}, answers=command.initiative)

    return PlannedCommand(
        may=access.member(context.actor, initiative, Role.ADMINISTRATOR),
        initiative=command.initiative,
        scope=command.initiative,
        decide=decide,
    )


# As in `domain.commands.persons`: a person's version would tell in how many calls they act.
COMMANDS = (
    Registered("person.add_factor", AddFactor, _add, versioned=False, grave=True),
    Registered("person.remove_factor", RemoveFactor, _remove, versioned=False, grave=True),
    Registered("person.ask_recovery", AskRecovery, _ask, versioned=False, grave=True),
    Registered("person.cancel_recovery", CancelRecovery, _cancel, versioned=False),
    Registered("person.confirm_recovery", ConfirmRecovery, _confirm, versioned=False, grave=True),
    Registered("initiative.require_factors", RequireFactors, _require, grave=True),
)
