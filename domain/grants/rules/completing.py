"""Completing an accepted grant."""

from __future__ import annotations

from domain.deciding import Fact
from domain.grants.facts import GrantCompleted
from domain.grants.rules.reports import check_no_report_waits
from domain.grants.rules.standing import check_accepted
from domain.grants.state import Grant
from domain.grants.statuses import InstalmentStatus
from domain.messages import msg
from domain.refusals import Refused


def complete(grant_id: str, grant: Grant) -> tuple[Fact, ...]:
    """Complete a grant once every instalment is settled and every report is answered."""
    check_accepted(grant)
    if not grant.instalments:
        raise Refused(
            msg("A grant can be completed once all its instalments are paid; none is scheduled yet.")
        )
    unsettled = [
        number
        for number, instalment in sorted(grant.instalments.items())
        if instalment.status is not InstalmentStatus.SETTLED
    ]
    if unsettled:
        raise Refused(
            msg(
                "A grant can be completed once all its instalments are paid; instalment {number} is {status}.",
                number=unsettled[0],
                status=grant.instalments[unsettled[0]].status,
            )
        )
    check_no_report_waits(grant)
    return (GrantCompleted(grant=grant_id),)
