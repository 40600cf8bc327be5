"""Asking for what can be done with an application."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from domain import access, applications, dossiers, limits, readings
from domain.applications import APPLICATION, Application, IneligibilityReason, WithdrawalReason
from domain.calls import CALL, CallStatus
from domain.deciding import (
    Act,
    Command,
    Fact,
    Given,
    Outcome,
    Plan,
    Registered,
    Wish,
    ahead,
    maybe,
    members,
    some,
    the,
)
from domain.dossiers import DOSSIER
from domain.forms import Answer
from domain.grants.state import ENDED, GRANT
from domain.indexes import reviews_of
from domain.initiatives import INITIATIVE
from domain.organisations import ORGANISATION, Organisation, check_takes_part
from domain.parties import actor_of, applied_by, is_organisation
from domain.persons import PERSON
from domain.readings import EXAMINED, READING, Reading, reading_of
from domain.refusals import NotFound
from domain.reviews import REVIEW
from domain.rounds import ROUND
from domain.values import SYSTEM, ApplicationId, CallId, Money, PartyId, RoundId


class SubmitApplication(Command, frozen=True, kw_only=True):
    """Submit an application to an open round of a call, as oneself, or for an organisation for which one acts
    (`applicant`)."""

    call: CallId
    round: RoundId
    applicant: PartyId | None = None
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


def _submit(command: SubmitApplication, given: Given) -> Plan:
    known = () if given.actor == SYSTEM else ((PERSON, given.actor),)
    yield from ahead((CALL, command.call), (ROUND, command.round), *known)
    call = yield from the(CALL, command.call)
    if call.status is not CallStatus.PUBLISHED:
        raise NotFound  # before the round is looked at: of a draft, nobody is told that it exists
    round = yield from the(ROUND, command.round)
    if round.call != command.call:
        raise NotFound("There is no such round of this call.", named=command.round)
    party = command.applicant or given.actor
    read = Reading()
    colleagues: tuple[Reading, ...] = ()
    organisation: Organisation | None = None
    if known:
        read = yield from _read_in(given.actor, command.call, command.round)
    if is_organisation(party):
        organisation = yield from maybe(ORGANISATION, party)
        colleagues = yield from _read_by_colleagues(organisation, given.actor, command.call, command.round)
    application, dossier = given.new("application"), given.new("dossier")

    def decide() -> Outcome:
        if organisation is not None:
            check_takes_part(organisation)
        return Outcome(
            facts={
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
                    command.round,
                    round,
                    applicant=party,
                    dossier=dossier,
                    title=command.title,
                    requested=command.requested,
                    answers=command.answers,
                    now=given.now,
                ),
            },
            answers=application,
            subjects=(dossier,),
        )

    return Act(
        may=access.applies((yield from actor_of(given.actor)), party, read=read, colleagues=colleagues),
        initiative=call.initiative,
        scope=command.call,
        party=party,
        decide=decide,
    )


def _read_in(person: str, call: str, round: str) -> Generator[Wish, Any, Reading]:
    """What a person has read of a round. Whoever acted in a call has a handle in it, and so has whoever read of it; most do
    neither before they apply, and need no look."""
    if call in (yield from maybe(PERSON, person)).handles:
        return (yield from maybe(READING, reading_of(person, round)))
    return Reading()


def _read_by_colleagues(
    organisation: Organisation, actor: str, call: str, round: str
) -> Generator[Wish, Any, tuple[Reading, ...]]:
    """What the others who act for an organisation have read of a round; for those alone who act for it, too."""
    read: tuple[Reading, ...] = ()
    if actor in organisation.members:
        for person in sorted(organisation.members - {actor}):
            read = (*read, (yield from _read_in(person, call, round)))
    return read


def _withdraw(command: WithdrawApplication, given: Given) -> Plan:
    application = yield from the(APPLICATION, command.application)
    return Act(
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

    return Act(
        may=access.applicant((yield from actor_of(given.actor)), application),
        initiative=application.initiative,
        scope=application.call,
        party=application.applicant,
        decide=decide,
    )


def _find_eligible(command: FindApplicationEligible, given: Given) -> Plan:
    application = yield from the(APPLICATION, command.application)
    yield from ahead(
        (ROUND, application.round), (INITIATIVE, application.initiative), (DOSSIER, application.dossier)
    )
    round = yield from the(ROUND, application.round)
    initiative = (yield from the(INITIATIVE, application.initiative)).within(application.call)
    dossier = yield from the(DOSSIER, application.dossier)
    actor = yield from actor_of(given.actor)
    own = yield from applied_by(actor, application.round)
    reviews = yield from some(REVIEW, (yield from members(reviews_of(command.application))))
    read = yield from _read_by_examining(application, given)
    return Act(
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
    actor = yield from actor_of(given.actor)
    own = yield from applied_by(actor, application.round)
    reviews = yield from some(REVIEW, (yield from members(reviews_of(command.application))))
    read = yield from _read_by_examining(application, given)
    return Act(
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
                    has_reviews=bool(reviews),
                ),
                **read,
            },
            answers=command.application,
        ),
    )


def _read_by_examining(
    application: Application, given: Given
) -> Generator[Wish, Any, dict[str, tuple[Fact, ...]]]:
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
    Registered("application.withdraw", WithdrawApplication, _withdraw),
    # It is noted in the dossier's stream.
    Registered("application.forget", ForgetApplication, _forget, versioned=False),
    Registered("application.find_eligible", FindApplicationEligible, _find_eligible),
    Registered("application.find_ineligible", FindApplicationIneligible, _find_ineligible),
)
