"""Commands to withdraw an application, and to destroy the key of its texts."""

from __future__ import annotations

from domain import access, dossiers, limits
from domain.applications import rules as application_rules
from domain.applications.facts import WithdrawalReason
from domain.applications.state import APPLICATION, WITHDRAWABLE
from domain.commands.freeing import freed_by
from domain.correspondence import CORRESPONDENCE, correspondence_of
from domain.deciding import (
    Command,
    CommandContext,
    Outcome,
    Plan,
    PlannedCommand,
    Registered,
    maybe,
    some,
    the,
)
from domain.dossiers import DOSSIER
from domain.grants.state import GRANT
from domain.grants.statuses import ENDED
from domain.parties import actor_of
from domain.values import ApplicationId


class WithdrawApplication(Command, frozen=True, kw_only=True):
    """Withdraw one's own application."""

    application: ApplicationId
    reason: WithdrawalReason
    explanation: limits.Explanation | None = None


class EraseApplication(Command, frozen=True, kw_only=True):
    """Destroy the keys of everything that was written in one's own application and about it, once it was withdrawn or
    decided, with all messages. The facts that one applied and what was decided, and the record of a payment, stay. This
    cannot be undone. The answer names the erased dossier."""

    application: ApplicationId


def _withdraw(command: WithdrawApplication, context: CommandContext) -> Plan:
    application = yield from the(APPLICATION, command.application)
    ending = {command.application: application} if application.status in WITHDRAWABLE else {}
    freed = yield from freed_by(ending, context)

    def decide() -> Outcome:
        withdrawn = application_rules.withdraw(
            command.application, application, reason=command.reason, explanation=command.explanation
        )
        return Outcome(facts={command.application: withdrawn, **freed.facts}, answers=command.application)

    return PlannedCommand(
        may=access.applicant((yield from actor_of(context.actor)), application),
        initiative=application.initiative,
        scope=application.call,
        party=application.applicant,
        decide=decide,
    )


def _erase(command: EraseApplication, context: CommandContext) -> Plan:
    application = yield from the(APPLICATION, command.application)
    dossier = yield from the(DOSSIER, application.dossier)
    grant = None if application.grant is None else (yield from the(GRANT, application.grant))
    correspondence = yield from maybe(CORRESPONDENCE, correspondence_of(command.application))
    written = yield from some(DOSSIER, filter(None, (correspondence.dossier, correspondence.notes)))

    def decide() -> Outcome:
        grant_has_ended = grant is not None and grant.status in ENDED
        application_rules.check_can_be_erased(application, grant_has_ended=grant_has_ended)
        erased = dossiers.erase(application.dossier, dossier, reason="asked_by_person", now=context.now)
        with_it = {
            each: dossiers.erase(each, state, reason="asked_by_person", now=context.now)
            for each, state in written.items()
            if not state.erased
        }
        return Outcome(
            facts={application.dossier: erased, **with_it},
            answers=application.dossier,
            erases=(application.dossier, *with_it),
        )

    return PlannedCommand(
        may=access.applicant((yield from actor_of(context.actor)), application),
        initiative=application.initiative,
        scope=application.call,
        party=application.applicant,
        decide=decide,
    )


COMMANDS = (
    Registered("application.withdraw", WithdrawApplication, _withdraw),
    # The fact is in the dossier's stream.
    Registered("application.erase", EraseApplication, _erase, versioned=False, grave=True),
)
