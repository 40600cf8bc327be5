"""The rules for reports on a grant: submitting, accepting and returning one."""

from __future__ import annotations

from domain import limits
from domain.deciding import Fact
from domain.grants.facts import GrantReportAccepted, GrantReportReturned, GrantReportSubmitted, ReturnReason
from domain.grants.rules.standing import check_not_ended
from domain.grants.state import Grant
from domain.grants.statuses import ReportStatus
from domain.messages import msg
from domain.refusals import NotFound, Refused
from domain.texts import check_explanation, check_text


def submit_report(grant_id: str, grant: Grant, *, text: str) -> tuple[Fact, ...]:
    """Report on what was done with the money. Only one report can wait for an answer."""
    check_not_ended(grant)
    check_no_report_waits(grant)
    return (
        GrantReportSubmitted(
            grant=grant_id,
            report=len(grant.reports) + 1,
            dossier=grant.dossier,
            text=check_text(text, "text", most=limits.REPORT, long=True),
        ),
    )


def accept_report(grant_id: str, grant: Grant, *, report: int) -> tuple[Fact, ...]:
    """Accept a submitted report."""
    _check_submitted_report(grant, report)
    return (GrantReportAccepted(grant=grant_id, report=report),)


def return_report(
    grant_id: str, grant: Grant, *, report: int, reason: ReturnReason, explanation: str | None
) -> tuple[Fact, ...]:
    """Return a submitted report, with the reason; the recipient can submit another."""
    _check_submitted_report(grant, report)
    return (
        GrantReportReturned(
            grant=grant_id,
            report=report,
            dossier=grant.dossier,
            reason=reason,
            explanation=check_explanation(explanation),
        ),
    )


def check_no_report_waits(grant: Grant) -> None:
    """Raises `Refused` while a submitted report is neither accepted nor returned."""
    for number, status in grant.reports.items():
        if status is ReportStatus.SUBMITTED:
            raise Refused(msg("Report {number} must be accepted or returned first.", number=number))


def _check_submitted_report(grant: Grant, report: int) -> None:
    status = grant.reports.get(report)
    if status is None:
        raise NotFound(msg("This grant has no such report."))
    if status is not ReportStatus.SUBMITTED:
        raise Refused(
            msg("Only a submitted report can be accepted or returned; this one is {status}.", status=status)
        )
