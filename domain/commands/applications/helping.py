"""Who may help to write in the draft of somebody else, and the command to record who helps to write changes to an application that was received. The program gives it before they can
read the draft, so that they judge nothing of it, whether the changes are submitted or not."""

from __future__ import annotations

from typing import Final

from domain import access
from domain.applications import rules as application_rules
from domain.applications.state import APPLICATION, Application
from domain.calls.state import CALL, Call
from domain.commands.applications.acting import read_by, rounds_of_rivals
from domain.deciding import (
    Allowed,
    Command,
    CommandContext,
    Denied,
    Outcome,
    Part,
    Plan,
    PlannedCommand,
    Registered,
    Verdict,
    index_entries,
    index_entries_of_all,
    maybe,
    the,
    together,
)
from domain.indexes import judged_by, rounds_of, submissions_to
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import msg
from domain.organisations import ORGANISATION
from domain.parties import actor_of, acts_for, is_organisation
from domain.readings import of_rivals
from domain.values import ApplicationId, PersonId

OWNER_LEFT: Final = msg(
    "The person whose draft this is no longer acts for the organisation that applied, so nobody can go on writing in it."
)


class RecordWriter(Command, frozen=True, kw_only=True):
    """Record that a person writes in a draft of changes to an application, whose `owner` acts for the applicant."""

    application: ApplicationId
    person: PersonId
    owner: PersonId


def may_help(
    person: str, call_id: str, call: Call, initiative: Initiative, application: Application | None
) -> Part[Verdict]:
    """Whether a person may write in somebody else's draft of changes to an application, or of a new one (None). It is asked when
    they want to open the draft, and again when it is recorded that they write in it."""
    every_round = yield from index_entries(rounds_of(call_id))
    rounds = rounds_of_rivals(call, every_round, application)
    read = (yield from read_by((person,), call_id, rounds))[person]
    judged = yield from index_entries_of_all([judged_by(person, each) for each in rounds])
    # Who acts for the applicant writes against nobody in what they judged before they joined it.
    if application is not None and acts_for((yield from actor_of(person)), application.applicant):
        own = yield from index_entries(submissions_to(call_id, application.applicant))
        read, judged = of_rivals(read, own), judged.difference(own)
    roles = initiative.held_anywhere_in(call_id, rounds, person)
    return access.helps_to_write(read, judged=judged, received=application is not None, roles=roles)


def _record_writer(command: RecordWriter, context: CommandContext) -> Plan:
    application = yield from the(APPLICATION, command.application)
    party = application.applicant
    initiative, call = yield from together(
        the(INITIATIVE, application.initiative), the(CALL, application.call)
    )
    # Roles, what they read and whether the owner acts are asked here again: it may have changed between the question and the fact.
    may = yield from may_help(command.person, application.call, call, initiative, application)
    members = (yield from maybe(ORGANISATION, party)).members if is_organisation(party) else {party}
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
