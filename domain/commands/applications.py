"""Asking for what can be done with an application."""

from __future__ import annotations

from datetime import datetime
from typing import Final, get_args

import msgspec

from domain import access, applications, continuing, dossiers, limits, readings, resubmitting, rounds
from domain.applications import (
    APPLICATION,
    Application,
    ApplicationCancelled,
    ApplicationFoundEligible,
    ApplicationFoundIneligible,
    ApplicationResubmitted,
    ApplicationReturned,
    ApplicationReturnLapsed,
    ApplicationWithdrawn,
    IneligibilityReason,
    WithdrawalReason,
)
from domain.calls import CALL, PUBLIC
from domain.commands.judged import reviews_now
from domain.deciding import (
    Command,
    Due,
    DueBy,
    Fact,
    Given,
    Outcome,
    Part,
    Plan,
    PlannedCommand,
    Registered,
    StruckBy,
    maybe,
    members,
    some,
    the,
    together,
)
from domain.dossiers import DOSSIER
from domain.forms import Answer
from domain.grants.state import ENDED, GRANT
from domain.indexes import rounds_of, submissions_to
from domain.initiatives import INITIATIVE
from domain.messages import msg
from domain.organisations import ORGANISATION, Organisation, check_takes_part
from domain.parties import actor_in, actor_of, is_organisation
from domain.persons import PERSON
from domain.readings import EXAMINED, READING, Reading, reading_of
from domain.refusals import Invalid, NotFound
from domain.reviews import asked_in
from domain.rounds import ROUND, Round
from domain.values import SYSTEM, ApplicationId, CallId, Money, PartyId, RoundId


class SubmitApplication(Command, frozen=True, kw_only=True):
    """Submit an application to an open round of a call, as oneself, or for an organisation for which one acts (`applicant`);
    a rolling call needs no round. `eligibility` answers the call's eligibility questions, by their ids."""

    call: CallId
    title: limits.Title
    requested: Money
    answers: dict[str, Answer]
    round: RoundId | None = None
    applicant: PartyId | None = None
    eligibility: dict[str, bool] = msgspec.field(default_factory=dict)


class ChangeApplication(Command, frozen=True, kw_only=True):
    """Write one's application anew while its round is open. The jury sees the last; the history keeps all."""

    application: ApplicationId
    title: limits.Title
    requested: Money
    answers: dict[str, Answer]


class ReturnApplication(Command, frozen=True, kw_only=True):
    """Return an application to its applicant with questions, to be submitted again until `resubmit_by`, a time on the clocks
    of the call's time zone. If it is not, it stands as it was last submitted."""

    application: ApplicationId
    questions: limits.Questions
    resubmit_by: datetime


class ResubmitApplication(Command, frozen=True, kw_only=True):
    """Submit an application again that was returned with questions."""

    application: ApplicationId
    title: limits.Title
    requested: Money
    answers: dict[str, Answer]


class LapseApplicationReturn(Command, frozen=True, kw_only=True):
    """End the wait for a returned application; the program does this by itself once its date has passed."""

    application: ApplicationId


class ContinueApplication(Command, frozen=True, kw_only=True):
    """Answer the form of the next stage, to which one's application was invited, while its round is open."""

    application: ApplicationId
    title: limits.Title
    requested: Money
    answers: dict[str, Answer]


class WithdrawApplication(Command, frozen=True, kw_only=True):
    """Take one's application back."""

    application: ApplicationId
    reason: WithdrawalReason
    explanation: limits.Explanation | None = None


class ForgetApplication(Command, frozen=True, kw_only=True):
    """Destroy the key of all that was written in one's application and about it, once it was withdrawn or decided. That one
    applied, what was decided, and the record of a payment stay. This cannot be undone. The answer names the dossier that was
    erased."""

    application: ApplicationId


class FindApplicationEligible(Command, frozen=True, kw_only=True):
    """Find that an application meets the call's conditions."""

    application: ApplicationId


class FindApplicationIneligible(Command, frozen=True, kw_only=True):
    """Find that an application does not meet the call's conditions, with the reason."""

    application: ApplicationId
    reason: IneligibilityReason
    explanation: limits.Explanation | None = None


def _round_of(command: SubmitApplication) -> Part[Round]:
    """The round that a submission names; one without facts where it names none."""
    return Round() if command.round is None else (yield from maybe(ROUND, command.round))


def _submit(command: SubmitApplication, given: Given) -> Plan:
    call, round = yield from together(the(CALL, command.call), _round_of(command))
    if call.status not in PUBLIC:
        raise NotFound  # before the round is looked at: of a draft, nobody is told that it exists
    if command.round is None and not call.rolling:
        raise Invalid.field("round", msg("Say to which round of the call; a rolling call alone needs none."))
    # A round that does not exist is no round of this call either, and those of a rolling call take in nothing more.
    if command.round is not None and (round.call != command.call or call.rolling):
        raise NotFound(msg("This call has no such round."), named=command.round)
    round_id = command.round or given.new("round")
    actor = yield from actor_of(given.actor)
    party = command.applicant or given.actor
    read = Reading()
    colleagues: tuple[Reading, ...] = ()
    organisation: Organisation | None = None
    if given.actor != SYSTEM:
        read = yield from _read_in(given.actor, command.call, round_id)
    if is_organisation(party):
        organisation = yield from maybe(ORGANISATION, party)
        colleagues = yield from _read_by_colleagues(organisation, given.actor, command.call, round_id)
    earlier: dict[str, Application] = {}
    if call.applications_per_applicant == "one":
        before = yield from members(submissions_to(command.call, party))
        earlier = yield from some(APPLICATION, before)
    application, dossier = given.new("application"), given.new("dossier")
    opened = (
        {round_id: rounds.open_for_one(round_id, command.call, call, application=application, now=given.now)}
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
                application: applications.submit(
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
                    now=given.now,
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


def _read_in(person: str, call: str, round: str) -> Part[Reading]:
    """What a person has read of a round. Whoever acted in a call has a handle in it, and so has whoever read of it; most do
    neither before they apply, and need no look."""
    if call in (yield from maybe(PERSON, person)).handles:
        return (yield from maybe(READING, reading_of(person, round)))
    return Reading()


def _read_by_colleagues(
    organisation: Organisation, actor: str, call: str, round: str
) -> Part[tuple[Reading, ...]]:
    """What the others who act for an organisation have read of a round; for those alone who act for it, too."""
    read: tuple[Reading, ...] = ()
    if actor in organisation.members:
        for person in sorted(organisation.members - {actor}):
            read = (*read, (yield from _read_in(person, call, round)))
    return read


def _change(command: ChangeApplication, given: Given) -> Plan:
    application = yield from the(APPLICATION, command.application)
    call, round = yield from together(the(CALL, application.call), the(ROUND, application.round))
    return PlannedCommand(
        may=access.applicant((yield from actor_of(given.actor)), application),
        initiative=application.initiative,
        scope=application.call,
        party=application.applicant,
        decide=lambda: Outcome(
            facts={
                command.application: resubmitting.change(
                    command.application,
                    application,
                    call,
                    round,
                    title=command.title,
                    requested=command.requested,
                    answers=command.answers,
                    now=given.now,
                )
            },
            answers=command.application,
        ),
    )


def _return(command: ReturnApplication, given: Given) -> Plan:
    application = yield from the(APPLICATION, command.application)
    call, round, whole = yield from together(
        the(CALL, application.call),
        the(ROUND, application.round),
        the(INITIATIVE, application.initiative),
    )
    initiative = whole.within(application.call)
    actor, own = yield from actor_in(given.actor, application.round)
    reviews = yield from reviews_now(command.application, application)
    read = yield from _read_by_examining(application, given)
    return PlannedCommand(
        may=access.examines(actor, initiative, application, own=own, reviews=reviews.values()),
        initiative=application.initiative,
        scope=application.call,
        decide=lambda: Outcome(
            facts={
                command.application: resubmitting.give_back(
                    command.application,
                    application,
                    call,
                    round,
                    questions=command.questions,
                    resubmit_by=command.resubmit_by,
                    has_reviews=asked_in(reviews.values(), application.round),
                    now=given.now,
                ),
                **read,
            },
            answers=command.application,
        ),
    )


def _resubmit(command: ResubmitApplication, given: Given) -> Plan:
    application = yield from the(APPLICATION, command.application)
    call = yield from the(CALL, application.call)
    return PlannedCommand(
        may=access.applicant((yield from actor_of(given.actor)), application),
        initiative=application.initiative,
        scope=application.call,
        party=application.applicant,
        decide=lambda: Outcome(
            facts={
                command.application: resubmitting.resubmit(
                    command.application,
                    application,
                    call,
                    title=command.title,
                    requested=command.requested,
                    answers=command.answers,
                    now=given.now,
                )
            },
            answers=command.application,
        ),
    )


def _lapse_return(command: LapseApplicationReturn, given: Given) -> Plan:
    application = yield from the(APPLICATION, command.application)
    return PlannedCommand(
        may=access.system(given.actor),
        initiative=application.initiative,
        scope=application.call,
        decide=lambda: Outcome(
            facts={
                command.application: resubmitting.lapse_return(
                    command.application, application, now=given.now
                )
            },
            answers=command.application,
        ),
    )


def _continue(command: ContinueApplication, given: Given) -> Plan:
    application = yield from the(APPLICATION, command.application)
    call = yield from the(CALL, application.call)
    # Most answer nothing here: the rounds are looked at only where there is a stage to go on to.
    opened = (yield from members(rounds_of(application.call))) if application.invited_to else ()
    states = yield from some(ROUND, opened)
    found = next((each for each in states if states[each].stage == application.invited_to), None)
    return PlannedCommand(
        may=access.applicant((yield from actor_of(given.actor)), application),
        initiative=application.initiative,
        scope=application.call,
        party=application.applicant,
        decide=lambda: Outcome(
            facts={
                command.application: continuing.answer_next_stage(
                    command.application,
                    application,
                    call,
                    found,
                    states[found] if found else Round(),
                    title=command.title,
                    requested=command.requested,
                    answers=command.answers,
                    now=given.now,
                )
            },
            answers=command.application,
        ),
    )


def _withdraw(command: WithdrawApplication, given: Given) -> Plan:
    application = yield from the(APPLICATION, command.application)
    return PlannedCommand(
        may=access.applicant((yield from actor_of(given.actor)), application),
        initiative=application.initiative,
        scope=application.call,
        party=application.applicant,
        decide=lambda: Outcome(
            facts={
                command.application: applications.withdraw(
                    command.application, application, reason=command.reason, explanation=command.explanation
                )
            },
            answers=command.application,
        ),
    )


def _forget(command: ForgetApplication, given: Given) -> Plan:
    application = yield from the(APPLICATION, command.application)
    dossier = yield from the(DOSSIER, application.dossier)
    grant = None if application.grant is None else (yield from the(GRANT, application.grant))

    def decide() -> Outcome:
        grant_has_ended = grant is not None and grant.status in ENDED
        applications.check_can_be_forgotten(application, grant_has_ended=grant_has_ended)
        erased = dossiers.erase(application.dossier, dossier, reason="asked_by_person", now=given.now)
        return Outcome(
            facts={application.dossier: erased},
            answers=application.dossier,
            erases=(application.dossier,),
        )

    return PlannedCommand(
        may=access.applicant((yield from actor_of(given.actor)), application),
        initiative=application.initiative,
        scope=application.call,
        party=application.applicant,
        decide=decide,
    )


def _find_eligible(command: FindApplicationEligible, given: Given) -> Plan:
    application = yield from the(APPLICATION, command.application)
    round, whole, dossier = yield from together(
        the(ROUND, application.round),
        the(INITIATIVE, application.initiative),
        the(DOSSIER, application.dossier),
    )
    initiative = whole.within(application.call)
    actor, own = yield from actor_in(given.actor, application.round)
    reviews = yield from reviews_now(command.application, application)
    read = yield from _read_by_examining(application, given)
    return PlannedCommand(
        may=access.examines(actor, initiative, application, own=own, reviews=reviews.values()),
        initiative=application.initiative,
        scope=application.call,
        decide=lambda: Outcome(
            facts={
                command.application: applications.find_eligible(
                    command.application, application, round, dossier
                ),
                **read,
            },
            answers=command.application,
        ),
    )


def _find_ineligible(command: FindApplicationIneligible, given: Given) -> Plan:
    application = yield from the(APPLICATION, command.application)
    initiative = (yield from the(INITIATIVE, application.initiative)).within(application.call)
    actor, own = yield from actor_in(given.actor, application.round)
    reviews = yield from reviews_now(command.application, application)
    read = yield from _read_by_examining(application, given)
    return PlannedCommand(
        may=access.examines(actor, initiative, application, own=own, reviews=reviews.values()),
        initiative=application.initiative,
        scope=application.call,
        decide=lambda: Outcome(
            facts={
                command.application: applications.find_ineligible(
                    command.application,
                    application,
                    reason=command.reason,
                    explanation=command.explanation,
                    has_reviews=asked_in(reviews.values(), application.round),
                ),
                **read,
            },
            answers=command.application,
        ),
    )


def _read_by_examining(application: Application, given: Given) -> Part[dict[str, tuple[Fact, ...]]]:
    """Whoever examines an application has read it, however it reached them. It is recorded with their first finding in
    the round, so that many findings at a time do not stand in each other's way."""
    stream = reading_of(given.actor, application.round)
    facts = readings.newly_read(
        (yield from maybe(READING, stream)),
        viewer=given.actor,
        initiative=application.initiative,
        call=application.call,
        round=application.round,
        kinds=EXAMINED,
    )
    return {stream: facts} if facts else {}


COMMANDS = (
    Registered("application.submit", SubmitApplication, _submit),
    Registered("application.change", ChangeApplication, _change),
    Registered("application.return", ReturnApplication, _return),
    Registered("application.resubmit", ResubmitApplication, _resubmit),
    Registered("application.continue", ContinueApplication, _continue),
    Registered("application.lapse_return", LapseApplicationReturn, _lapse_return),
    Registered("application.withdraw", WithdrawApplication, _withdraw),
    # It is noted in the dossier's stream.
    Registered("application.forget", ForgetApplication, _forget, versioned=False),
    Registered("application.find_eligible", FindApplicationEligible, _find_eligible),
    Registered("application.find_ineligible", FindApplicationIneligible, _find_ineligible),
)


_Ends = (
    ApplicationResubmitted
    | ApplicationReturnLapsed
    | ApplicationFoundEligible
    | ApplicationFoundIneligible
    | ApplicationWithdrawn
    | ApplicationCancelled
)


def _waiting(fact: ApplicationReturned | _Ends) -> str:
    return f"resubmit {fact.application}"


def _lapse_in_time(fact: ApplicationReturned) -> Due:
    return Due(
        key=_waiting(fact),
        at=fact.resubmit_by,
        command=LapseApplicationReturn(application=fact.application),
    )


DUE: Final[DueBy] = {ApplicationReturned: _lapse_in_time}
STRUCK: Final[StruckBy] = dict.fromkeys(get_args(_Ends), _waiting)
