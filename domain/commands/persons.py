"""Asking for what can be done with a person."""

from __future__ import annotations

from domain import access, persons
from domain.deciding import Act, Command, Given, Outcome, Plan, Registered, the
from domain.initiatives import INSTALLATION, INSTALLATION_ID
from domain.persons import PERSON, ErasureReason


class RegisterPerson(Command, frozen=True, kw_only=True):
    """Register a person by name, perhaps with an address, which only one person may hold."""

    name: str
    email: str | None = None
    language: str = "en"


class ErasePerson(Command, frozen=True, kw_only=True):
    """Destroy a person's sealing key, so that nobody can read their data any more. This cannot be undone."""

    person: str
    reason: ErasureReason


def _register(command: RegisterPerson, given: Given) -> Plan:
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    person = given.new("person")

    def decide() -> Outcome:
        email = persons.check_email(command.email)
        return Outcome(
            facts={
                person: persons.register(person, name=command.name, email=email, language=command.language)
            },
            answers=person,
            claims=(persons.address_claim(email),) if email is not None else (),
            subjects=(person,),
        )

    return Act(
        may=access.installation_administrator(given.actor, installation), initiative=None, decide=decide
    )


def _erase(command: ErasePerson, given: Given) -> Plan:
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    person = yield from the(PERSON, command.person)
    return Act(
        may=access.installation_administrator(given.actor, installation),
        initiative=None,
        decide=lambda: Outcome(
            facts={command.person: persons.erase(command.person, person, reason=command.reason)},
            answers=command.person,
            erases=(command.person,),
        ),
    )


COMMANDS = (
    Registered("person.register", RegisterPerson, _register),
    Registered("person.erase", ErasePerson, _erase),
)
