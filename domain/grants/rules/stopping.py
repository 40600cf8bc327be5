"""The rules for suspending, resuming and terminating a grant that cannot continue as planned."""

from __future__ import annotations

from domain.deciding import Fact
from domain.grants.facts import (
    GrantResumed,
    GrantSuspended,
    GrantTerminated,
    SuspensionReason,
    TerminationReason,
)
from domain.grants.rules.standing import check_accepted, check_not_ended
from domain.grants.state import Grant
from domain.grants.statuses import GrantStatus, InstalmentStatus
from domain.messages import msg
from domain.refusals import Refused
from domain.texts import check_explanation


def suspend(
    grant_id: str, grant: Grant, *, reason: SuspensionReason, explanation: str | None
) -> tuple[Fact, ...]:
    """Suspend a grant. Instructed payments can still be recorded as paid or failed, the recipient can still report and
    correct the bank details, and amendments can be agreed."""
    check_accepted(grant)
    return (
        GrantSuspended(
            grant=grant_id,
            dossier=grant.dossier,
            reason=reason,
            explanation=check_explanation(explanation),
        ),
    )


def resume(grant_id: str, grant: Grant) -> tuple[Fact, ...]:
    """Resume a suspended grant."""
    if grant.status is not GrantStatus.SUSPENDED:
        raise Refused(
            msg("Only a suspended grant can be resumed; this one is {status}.", status=grant.status)
        )
    return (GrantResumed(grant=grant_id),)


def terminate(
    grant_id: str, grant: Grant, *, reason: TerminationReason, explanation: str | None
) -> tuple[Fact, ...]:
    """Terminate a grant, suspended or not. Payments that are with the bank must be recorded as paid or failed first,
    because everything that is not paid returns to the fund."""
    check_not_ended(grant)
    for number, instalment in sorted(grant.instalments.items()):
        if instalment.status is InstalmentStatus.INSTRUCTED:
            raise Refused(
                msg(
                    "Instalment {number} is with the bank. Record first whether it was paid; then the grant can be ended.",
                    number=number,
                )
            )
    return (
        GrantTerminated(
            grant=grant_id,
            dossier=grant.dossier,
            reason=reason,
            explanation=check_explanation(explanation),
        ),
    )
