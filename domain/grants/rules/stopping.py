"""How a grant that cannot go on as it was is suspended, resumed or terminated."""

from __future__ import annotations

from domain.applications.rules import check_explanation
from domain.deciding import Fact
from domain.grants.facts import (
    GrantResumed,
    GrantSuspended,
    GrantTerminated,
    SuspensionReason,
    TerminationReason,
)
from domain.grants.rules.standing import check_accepted, check_not_ended
from domain.grants.state import Grant, GrantStatus, InstalmentStatus
from domain.messages import msg
from domain.refusals import Refused


def suspend(
    grant_id: str, grant: Grant, *, reason: SuspensionReason, explanation: str | None
) -> tuple[Fact, ...]:
    """Stop a grant for the time being. What the bank was told to pay can still be recorded as paid or failed, the recipient
    can still report and correct the bank details, and amendments can be agreed."""
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
    """Let a suspended grant go on."""
    if grant.status is not GrantStatus.SUSPENDED:
        raise Refused(
            msg("Only a suspended grant can be resumed; this one is {status}.", status=grant.status)
        )
    return (GrantResumed(grant=grant_id),)


def terminate(
    grant_id: str, grant: Grant, *, reason: TerminationReason, explanation: str | None
) -> tuple[Fact, ...]:
    """End a grant that cannot go on, suspended or not. What is with the bank must be known to be paid or failed first, since
    all that is not paid returns to the fund."""
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
