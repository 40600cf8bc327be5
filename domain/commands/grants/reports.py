"""Commands to submit a report on a grant, and to accept or return it."""

from __future__ import annotations

from domain import access, limits
from domain.commands.grants.acting import by_recipient, by_staff
from domain.deciding import Command, CommandContext, Plan, Registered
from domain.grants import rules
from domain.grants.facts import ReturnReason
from domain.values import GrantId


class SubmitGrantReport(Command, frozen=True, kw_only=True):
    """Report on what was done with one's own grant."""

    grant: GrantId
    text: limits.Report


class AcceptGrantReport(Command, frozen=True, kw_only=True):
    """Accept a report on a grant."""

    grant: GrantId
    report: int


class ReturnGrantReport(Command, frozen=True, kw_only=True):
    """Return a report on a grant, with the reason."""

    grant: GrantId
    report: int
    reason: ReturnReason
    explanation: limits.Explanation | None = None


def _submit_report(command: SubmitGrantReport, context: CommandContext) -> Plan:
    return by_recipient(
        command.grant, context, lambda grant: rules.submit_report(command.grant, grant, text=command.text)
    )


def _accept_report(command: AcceptGrantReport, context: CommandContext) -> Plan:
    return by_staff(
        command.grant,
        context,
        access.officer_on_grant,
        lambda grant, _recipient, _actor: rules.accept_report(command.grant, grant, report=command.report),
    )


def _return_report(command: ReturnGrantReport, context: CommandContext) -> Plan:
    return by_staff(
        command.grant,
        context,
        access.officer_on_grant,
        lambda grant, _recipient, _actor: rules.return_report(
            command.grant,
            grant,
            report=command.report,
            reason=command.reason,
            explanation=command.explanation,
        ),
    )


COMMANDS = (
    Registered("grant.submit_report", SubmitGrantReport, _submit_report),
    Registered("grant.accept_report", AcceptGrantReport, _accept_report),
    Registered("grant.return_report", ReturnGrantReport, _return_report),
)
