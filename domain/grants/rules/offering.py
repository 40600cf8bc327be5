"""The rules for the offer of a grant: making, accepting and declining it, and its lapse."""

from __future__ import annotations

from datetime import datetime

from domain.applications.state import Application, ApplicationStatus
from domain.calls.state import Call
from domain.deciding import Fact
from domain.funds import Fund
from domain.grants.facts import GrantAccepted, GrantDeclined, GrantDeclineReason, GrantLapsed, GrantOffered
from domain.grants.state import Grant
from domain.grants.statuses import GrantStatus
from domain.messages import msg
from domain.organisations import Organisation, check_takes_part
from domain.parties import PartyState
from domain.refusals import Invalid, Refused
from domain.texts import check_explanation
from domain.values import in_utc


def offer(
    grant_id: str,
    application_id: str,
    application: Application,
    call: Call,
    fund: Fund,
    recipient: PartyState,
    *,
    dossier: str,
    respond_by: datetime,
    now: datetime,
) -> tuple[Fact, ...]:
    """Offer an applicant what the panel awarded, from the call's fund, until a moment with its offset."""
    if application.status is not ApplicationStatus.AWARDED:
        raise Refused(
            msg(
                "A grant can be offered only for an awarded application; this one is {status}.",
                status=application.status,
            )
        )
    if recipient.erased:
        raise Refused(msg("The applicant's data was erased, so they can no longer be offered a grant."))
    if isinstance(recipient, Organisation):
        check_takes_part(recipient)
    if application.currency != fund.currency:
        raise Refused(
            msg(
                "The award is in {award}, but the call's fund is in {fund}.",
                award=application.currency,
                fund=fund.currency,
            )
        )
    respond_by = in_utc(respond_by, "respond_by")
    if respond_by <= now:
        raise Invalid.field("respond_by", msg("The deadline for an answer must lie in the future."))
    return (
        GrantOffered(
            grant=grant_id,
            initiative=application.initiative,
            call=application.call,
            application=application_id,
            fund=call.fund,
            recipient=application.applicant,
            recipient_handle=recipient.handles.get(application.call),
            dossier=dossier,
            amount=application.awarded,
            currency=application.currency,
            respond_by=respond_by,
        ),
    )


def accept(grant_id: str, grant: Grant, *, now: datetime) -> tuple[Fact, ...]:
    """Accept an offer in time."""
    _check_offered(grant)
    assert grant.respond_by is not None
    if now >= grant.respond_by:
        raise Refused(msg("The offer ended on {end}; it can no longer be accepted.", end=grant.respond_by))
    return (GrantAccepted(grant=grant_id),)


def decline(
    grant_id: str, grant: Grant, *, reason: GrantDeclineReason, explanation: str | None
) -> tuple[Fact, ...]:
    """Decline an offer before it lapses."""
    _check_offered(grant)
    return (
        GrantDeclined(
            grant=grant_id,
            dossier=grant.dossier,
            reason=reason,
            explanation=check_explanation(explanation),
        ),
    )


def lapse(grant_id: str, grant: Grant, *, now: datetime) -> tuple[Fact, ...]:
    """End an offer that was not answered, so that its money can be granted to somebody else."""
    if grant.status is not GrantStatus.OFFERED:
        raise Refused(msg("Only an open offer can lapse; this grant is {status}.", status=grant.status))
    assert grant.respond_by is not None
    if now < grant.respond_by:
        raise Refused(msg("The offer is open until {end}; it cannot lapse before.", end=grant.respond_by))
    return (GrantLapsed(grant=grant_id),)


def _check_offered(grant: Grant) -> None:
    if grant.status is not GrantStatus.OFFERED:
        raise Refused(
            msg(
                "Only an open offer can be accepted or declined; this grant is {status}.", status=grant.status
            )
        )
