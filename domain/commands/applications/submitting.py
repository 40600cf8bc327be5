"""Commands to submit an application, to change it while its round is open, and to continue with it in the next
stage."""

from __future__ import annotations

import msgspec

from domain import access, continuing, dossiers, limits, resubmitting
from domain.applications import rules as application_rules
from domain.applications.state import APPLICATION, Application
from domain.calls.state import CALL, PUBLIC
from domain.commands.applications.acting import by_writer, read_of_rivals, rounds_of_rivals
from domain.deciding import (
    Command,
    CommandContext,
    Outcome,
    Part,
    Plan,
    PlannedCommand,
    Registered,
    index_entries,
    maybe,
    some,
    the,
    together,
)
from domain.forms import Answer
from domain.indexes import rounds_of, submissions_to
from domain.messages import msg
from domain.organisations import ORGANISATION, Organisation, check_takes_part
from domain.parties import Actor, actor_of, is_organisation
from domain.refusals import Invalid, NotFound
from domain.rounds import rules as round_rules
from domain.rounds.state import ROUND, Round
from domain.values import ApplicationId, CallId, Money, PartyId, RoundId


class SubmitApplication(Command, frozen=True, kw_only=True):
    """Submit an application to an open round of a call, for oneself or for an organisation of which one is a member
    (`applicant`). A rolling call needs no `round`. `eligibility` answers the call's eligibility questions, by their
    ids."""

    call: CallId
    title: limits.Title
    requested: Money
    answers: dict[str, Answer]
    round: RoundId | None = None
    applicant: PartyId | None = None
    eligibility: dict[str, bool] = msgspec.field(default_factory=dict)


class ChangeApplication(Command, frozen=True, kw_only=True):
    """Change one's own application while its round is open. The jury sees the newest version; the history keeps all."""

    application: ApplicationId
    title: limits.Title
    requested: Money
    answers: dict[str, Answer]


class ContinueApplication(Command, frozen=True, kw_only=True):
    """Answer the form of the next stage, to which one's own application was invited, while its round is open."""

    application: ApplicationId
    title: limits.Title
    requested: Money
    answers: dict[str, Answer]


def _round_of(command: SubmitApplication) -> Part[Round]:
    """The round that a submission names; an empty one if it names none."""
    return Round() if command.round is None else (yield from maybe(ROUND, command.round))


def _submit(command: SubmitApplication, context: CommandContext) -> Plan:
    call, round = yield from together(the(CALL, command.call), _round_of(command))
    if call.status not in PUBLIC:
        raise NotFound  # before the round is loaded: nobody else may find out that a draft exists
    if command.round is None and not call.rolling:
        raise Invalid.field("round", msg("Choose a round of the call. Only a rolling call needs none."))
    # A round that does not exist gets the same refusal as a round of another call. The rounds of a rolling call take no
    # more applications.
    if command.round is not None and (round.call != command.call or call.rolling):
        raise NotFound(msg("This call has no such round."), named=command.round)
    round_id = command.round or context.new("round")
    actor = yield from actor_of(context.actor)
    party = command.applicant or context.actor
    organisation = (yield from maybe(ORGANISATION, party)) if is_organisation(party) else None
    read, colleagues = yield from read_of_rivals(
        context.actor, party, organisation, command.call, rounds_of_rivals(call, (round_id,))
    )
    earlier: dict[str, Application] = {}
    by_same_person: dict[str, Application] = {}
    if call.applications_per_applicant == "one":
        before = yield from index_entries(submissions_to(command.call, party))
        earlier = yield from some(APPLICATION, before)
        by_same_person = yield from _by_same_person(actor, party, organisation, command.call)
    application, dossier = context.new("application"), context.new("dossier")
    opened = (
        {
            round_id: round_rules.open_for_one(
                round_id, command.call, call, application=application, now=context.now
            )
        }
        if call.rolling
        else {}
    )

    def decide() -> Outcome:
        if organisation is not None:
            check_takes_part(organisation)
        return Outcome(
            facts={
                **opened,
                dossier: dossiers.open_dossier(
                    dossier,
                    party=party,
                    initiative=call.initiative,
                    purpose="application",
                    about=application,
                ),
                application: (
                    *application_rules.submit(
                        application,
                        command.call,
                        call,
                        round_id,
                        round,
                        applicant=party,
                        dossier=dossier,
                        title=command.title,
                        requested=command.requested,
                        answers=command.answers,
                        eligibility=command.eligibility,
                        earlier=earlier.values(),
                        by_same_person=by_same_person.values(),
                        now=context.now,
                    ),
                    *application_rules.written_with(
                        application,
                        command.call,
                        {party} if organisation is None else organisation.members,
                        (),
                        context.writers,
                    ),
                ),
            },
            answers=application,
            subjects=(dossier,),
        )

    return PlannedCommand(
        may=access.applies(actor, party, read=read, colleagues=colleagues),
        initiative=call.initiative,
        scope=command.call,
        party=party,
        decide=decide,
    )


def _by_same_person(
    actor: Actor, party: str, organisation: Organisation | None, call: str
) -> Part[dict[str, Application]]:
    """The applications to a call that the person submitted for themself, or for organisations for which nobody else
    acts, if the party for which they apply now is one of these, too. Then they are all one applicant."""
    if organisation is not None and organisation.members != {actor.id}:
        return {}
    organisations = yield from some(ORGANISATION, sorted(actor.organisations - {party}))
    alone = [each for each, state in organisations.items() if state.members == {actor.id}]
    found: dict[str, Application] = {}
    for each in (actor.id, *alone):
        if each != party:
            found |= yield from some(APPLICATION, (yield from index_entries(submissions_to(call, each))))
    return found


def _change(command: ChangeApplication, context: CommandContext) -> Plan:
    application = yield from the(APPLICATION, command.application)
    call, round = yield from together(the(CALL, application.call), the(ROUND, application.round))
    return (
        yield from by_writer(
            command.application,
            application,
            context,
            lambda: resubmitting.change(
                command.application,
                application,
                call,
                round,
                title=command.title,
                requested=command.requested,
                answers=command.answers,
                now=context.now,
            ),
        )
    )


def _continue(command: ContinueApplication, context: CommandContext) -> Plan:
    application = yield from the(APPLICATION, command.application)
    call = yield from the(CALL, application.call)
    # Most calls have one stage: the rounds are loaded only if there is a next stage.
    opened = (yield from index_entries(rounds_of(application.call))) if application.invited_to else ()
    states = yield from some(ROUND, opened)
    found = next((each for each in states if states[each].stage == application.invited_to), None)
    return (
        yield from by_writer(
            command.application,
            application,
            context,
            lambda: continuing.answer_next_stage(
                command.application,
                application,
                call,
                found,
                states[found] if found else Round(),
                title=command.title,
                requested=command.requested,
                answers=command.answers,
                now=context.now,
            ),
            next_round=found,
        )
    )


COMMANDS = (
    Registered("application.submit", SubmitApplication, _submit),
    Registered("application.change", ChangeApplication, _change),
    Registered("application.continue", ContinueApplication, _continue),
)
