"""Commands to find an application eligible or ineligible."""

from __future__ import annotations

from domain import limits
from domain.applications import rules as application_rules
from domain.applications.facts import IneligibilityReason
from domain.applications.state import APPLICATION
from domain.commands.applications.acting import by_examiner
from domain.deciding import (
    Command,
    CommandContext,
    Plan,
    Registered,
    the,
    together,
)
from domain.dossiers import DOSSIER
from domain.reviews.state import asked_in
from domain.rounds.state import ROUND
from domain.values import ApplicationId


class FindApplicationEligible(Command, frozen=True, kw_only=True):
    """Find that an application meets the call's conditions."""

    application: ApplicationId


class FindApplicationIneligible(Command, frozen=True, kw_only=True):
    """Find that an application does not meet the call's conditions, with the reason."""

    application: ApplicationId
    reason: IneligibilityReason
    explanation: limits.Explanation | None = None


def _find_eligible(command: FindApplicationEligible, context: CommandContext) -> Plan:
    application = yield from the(APPLICATION, command.application)
    round, dossier = yield from together(the(ROUND, application.round), the(DOSSIER, application.dossier))
    return (
        yield from by_examiner(
            command.application,
            application,
            context,
            lambda _: application_rules.find_eligible(command.application, application, round, dossier),
        )
    )


def _find_ineligible(command: FindApplicationIneligible, context: CommandContext) -> Plan:
    application = yield from the(APPLICATION, command.application)
    return (
        yield from by_examiner(
            command.application,
            application,
            context,
            lambda reviews: application_rules.find_ineligible(
                command.application,
                application,
                reason=command.reason,
                explanation=command.explanation,
                has_reviews=asked_in(reviews.values(), application.round),
            ),
        )
    )


COMMANDS = (
    Registered("application.find_eligible", FindApplicationEligible, _find_eligible),
    Registered("application.find_ineligible", FindApplicationIneligible, _find_ineligible),
)
