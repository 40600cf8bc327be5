"""The first start: the first administrator of an installation and the first initiative, made together."""

from __future__ import annotations

from datetime import datetime

from domain import access, limits, person_claims
from domain.deciding import Command, CommandContext, Fact, Outcome, Plan, PlannedCommand, Registered, the
from domain.initiatives import rules as initiative_rules
from domain.initiatives.facts import INSTALLATION_ID
from domain.initiatives.state import INSTALLATION
from domain.persons import rules as person_rules
from domain.persons.state import PERSON


class SetUpInstallation(Command, frozen=True, kw_only=True):
    """Register the first administrator of an installation that has none, and found their initiative. The program sends this
    for the operator, who has shown the key that the server gave them."""

    name: limits.Name
    language: str
    initiative: limits.Name


def _set_up(command: SetUpInstallation, context: CommandContext) -> Plan:
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    person, claim, initiative = context.new("person"), context.new("claim"), context.new("initiative")

    def decide() -> Outcome:
        appointed = initiative_rules.appoint_first(installation, person=person)
        return Outcome(
            facts={
                person: _register(person, claim, command, context.now),
                INSTALLATION_ID: appointed,
                initiative: initiative_rules.found(
                    initiative, name=command.initiative, founder=person, field="initiative"
                ),
            },
            answers=person,
            subjects=(person,),
            initiatives={initiative: initiative},
        )

    return PlannedCommand(may=access.system(context.actor), initiative=None, decide=decide)


def _register(person: str, claim: str, command: SetUpInstallation, now: datetime) -> tuple[Fact, ...]:
    """The person, who was let in by the operator's key: it counts as a claim that was used at once."""
    registered = person_rules.register(person, name=command.name, email=None, language=command.language)
    state = PERSON.empty
    for fact in registered:
        state = PERSON.evolve(state, fact)
    made = person_claims.make_claim(person, state, claim=claim, made_by="system", days=1, now=now)
    for fact in made:
        state = PERSON.evolve(state, fact)
    return (*registered, *made, *person_claims.use_claim(person, state, claim=claim, now=now))


COMMANDS = (Registered("installation.set_up", SetUpInstallation, _set_up, versioned=False, by_program=True),)
