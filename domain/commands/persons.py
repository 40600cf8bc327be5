"""Asking for what can be done with a person."""

from __future__ import annotations

from domain import access, applications, persons
from domain.applications import APPLICATION
from domain.deciding import Act, Command, Given, Outcome, Plan, Registered, members, some, the
from domain.indexes import submissions_of
from domain.initiatives import INSTALLATION, INSTALLATION_ID
from domain.persons import PERSON, ErasureReason
from domain.values import PersonId


class RegisterPerson(Command, frozen=True, kw_only=True):
    """Register a person by name, perhaps with an address, which only one person may hold."""

    name: str
    email: str | None = None
    language: str = "en"


class ErasePerson(Command, frozen=True, kw_only=True):
    """Destroy a person's sealing key, so that nobody can read their data any more; their applications that are not
    decided yet end with it. This cannot be undone."""

    person: PersonId
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
    submitted = yield from some(APPLICATION, (yield from members(submissions_of(command.person))))

    def decide() -> Outcome:
        # In the same append: a panel waits for every application in play, and with the key nothing more could be
        # sealed about this one.
        ended = {
            application_id: facts
            for application_id, application in submitted.items()
            if (facts := applications.withdraw_of_erased(application_id, application))
        }
        erased = persons.erase(command.person, person, reason=command.reason)
        return Outcome(
            facts={command.person: erased, **ended},
            answers=command.person,
            erases=(command.person,),
            initiatives={application_id: submitted[application_id].initiative for application_id in ended},
        )

    return Act(
        may=access.installation_administrator(given.actor, installation), initiative=None, decide=decide
    )


COMMANDS = (
    Registered("person.register", RegisterPerson, _register),
    Registered("person.erase", ErasePerson, _erase),
)
