"""Commands to find an application eligible or ineligible."""

from __future__ import annotations

from collections.abc import Mapping

from domain import limits
from domain.applications import rules as application_rules
from domain.applications.facts import IneligibilityReason
from domain.applications.state import APPLICATION
from domain.commands.applications.acting import by_examiner
from domain.deciding import (
    Command,
    CommandContext,
    Fact,
    Plan,
    Registered,
    maybe,
    the,
    together,
)
from domain.dossiers import DOSSIER
from domain.organisations import ORGANISATION, check_takes_part
from domain.parties import is_organisation
from domain.reviews.state import Review, asked_in
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
    party = application.applicant
    organisation = (yield from maybe(ORGANISATION, party)) if is_organisation(party) else None

    def rule(_: Mapping[str, Review]) -> tuple[Fact, ...]:
        if organisation is not None:
            check_takes_part(organisation)
        return application_rules.find_eligible(command.application, application, round, dossier)

    return (yield from by_examiner(command.application, application, context, rule))


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
