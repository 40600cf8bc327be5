"""The command with which the staff enter an application for somebody who cannot."""

from __future__ import annotations

import msgspec

from domain import access, dossiers, limits, readings
from domain.applications import rules as application_rules
from domain.applications.facts import ApplicationEnteredOnBehalf
from domain.calls.state import CALL, PUBLIC
from domain.deciding import (
    Command,
    CommandContext,
    Outcome,
    Plan,
    PlannedCommand,
    Registered,
    maybe,
    the,
    together,
)
from domain.forms import Answer
from domain.initiatives.state import INITIATIVE
from domain.messages import msg
from domain.parties import actor_in
from domain.persons import rules as person_rules
from domain.persons.facts import PersonEnteredByStaff, PersonHandleGiven
from domain.readings import EXAMINED, READING, reading_of
from domain.refusals import Invalid, NotFound
from domain.rounds import rules as round_rules
from domain.rounds.state import ROUND, Round
from domain.values import HANDLE_BYTES, CallId, Money, RoundId, handle_of


class EnterApplication(Command, frozen=True, kw_only=True):
    """Enter an application to an open round of a call for somebody who cannot do it themselves and has no account: a record is
    made for them, which they can take over later with a one-time claim. The history and the pages of the staff and the
    applicant say that it was entered for them. Whoever enters it has read it. `name` is how the applicant is called,
    `language` that of letters to them; the rest is as in a submission."""

    call: CallId
    name: limits.Name
    title: limits.Title
    requested: Money
    answers: dict[str, Answer]
    language: limits.Language = "en"
    round: RoundId | None = None
    eligibility: dict[str, bool] = msgspec.field(default_factory=dict)


def _enter(command: EnterApplication, context: CommandContext) -> Plan:
    call = yield from the(CALL, command.call)
    round_id = command.round or context.new("round")
    stream = reading_of(context.actor, round_id)
    round = Round() if command.round is None else (yield from maybe(ROUND, command.round))
    initiative, (actor, own), read = yield from together(
        the(INITIATIVE, call.initiative),
        actor_in(context.actor, round_id, command.call),
        maybe(READING, stream),
    )
    person, application, dossier = (context.new(each) for each in ("person", "application", "dossier"))
    handle = handle_of(bytes.fromhex(context.new("handle").partition("-")[2])[:HANDLE_BYTES])

    def decide() -> Outcome:
        if call.status not in PUBLIC:
            raise NotFound
        if command.round is None and not call.rolling:
            raise Invalid.field("round", msg("Choose a round of the call. Only a rolling call needs none."))
        if command.round is not None and (round.call != command.call or call.rolling):
            raise NotFound(msg("This call has no such round."), named=command.round)
        opened = (
            {
                round_id: round_rules.open_for_one(
                    round_id, command.call, call, application=application, now=context.now
                )
            }
            if call.rolling
            else {}
        )
        submitted = application_rules.submit(
            application,
            command.call,
            call,
            round_id,
            round,
            applicant=person,
            dossier=dossier,
            title=command.title,
            requested=command.requested,
            answers=command.answers,
            eligibility=command.eligibility,
            earlier=(),
            by_same_person=(),
            now=context.now,
        )
        seen = readings.newly_read(
            read,
            viewer=context.actor,
            initiative=call.initiative,
            call=command.call,
            round=round_id,
            kinds=EXAMINED,
        )
        return Outcome(
            facts={
                **opened,
                person: (
                    *person_rules.register(person, name=command.name, email=None, language=command.language),
                    PersonEnteredByStaff(person=person, initiative=call.initiative, call=command.call),
                    PersonHandleGiven(person=person, scope=command.call, handle=handle),
                ),
                dossier: dossiers.open_dossier(
                    dossier,
                    party=person,
                    initiative=call.initiative,
                    purpose="application",
                    about=application,
                ),
                application: (
                    *submitted,
                    ApplicationEnteredOnBehalf(application=application, handle=handle),
                ),
                **({stream: seen} if seen else {}),
            },
            answers=application,
            subjects=(person, dossier),
            initiatives={person: None},
        )

    return PlannedCommand(
        may=access.enters(actor, initiative.within(command.call), own=own),
        initiative=call.initiative,
        scope=command.call,
        decide=decide,
    )


COMMANDS = (Registered("application.enter", EnterApplication, _enter),)
