"""The command to record who helps to write changes to an application that was received. The program gives it before they can
read the draft, so that they judge nothing of it, whether the changes are submitted or not."""

from __future__ import annotations

from typing import Final

from domain import access
from domain.applications import rules as application_rules
from domain.applications.state import APPLICATION
from domain.commands.applications.acting import read_by
from domain.deciding import (
    Allowed,
    Command,
    CommandContext,
    Denied,
    Outcome,
    Plan,
    PlannedCommand,
    Registered,
    index_entries,
    index_entries_of_all,
    maybe,
    the,
    together,
)
from domain.indexes import judged_by, rounds_of
from domain.initiatives.state import INITIATIVE
from domain.messages import msg
from domain.organisations import ORGANISATION
from domain.parties import is_organisation
from domain.values import ApplicationId, PersonId

OWNER_LEFT: Final = msg(
    "The person whose draft this is no longer acts for the organisation that applied, so nobody can go on writing in it."
)


class RecordWriter(Command, frozen=True, kw_only=True):
    """Record that a person writes in a draft of changes to an application, whose `owner` acts for the applicant."""

    application: ApplicationId
    person: PersonId
    owner: PersonId


def _record_writer(command: RecordWriter, context: CommandContext) -> Plan:
    application = yield from the(APPLICATION, command.application)
    party = application.applicant
    initiative, rounds = yield from together(
        the(INITIATIVE, application.initiative), index_entries(rounds_of(application.call))
    )
    # Roles, what they read and whether the owner acts are asked here again: it may have changed between the question and the fact.
    read = (yield from read_by((command.person,), application.call, rounds))[command.person]
    judged = yield from index_entries_of_all([judged_by(command.person, each) for each in rounds])
    roles = initiative.held_anywhere_in(application.call, rounds, command.person)
    members = (yield from maybe(ORGANISATION, party)).members if is_organisation(party) else {party}
    may = access.helps_to_write(read, judged=judged, received=True, roles=roles)
    if isinstance(may, Allowed):
        may = access.system(context.actor) if command.owner in members else Denied(OWNER_LEFT)
    return PlannedCommand(
        may=may,
        initiative=application.initiative,
        scope=application.call,
        decide=lambda: Outcome(
            facts={
                command.application: application_rules.written_with(
                    command.application, application.call, members, application.writers, (command.person,)
                )
            },
            answers=command.application,
        ),
    )


COMMANDS = (Registered("application.record_writer", RecordWriter, _record_writer, by_program=True),)
