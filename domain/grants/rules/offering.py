"""What may happen to the offer of a grant: that it is made, accepted, declined, or lapses."""

from __future__ import annotations

from datetime import datetime

from domain.applications import Application, ApplicationStatus, check_explanation
from domain.calls import Call
from domain.deciding import Fact
from domain.funds import Fund
from domain.grants.facts import DeclineReason, GrantAccepted, GrantDeclined, GrantLapsed, GrantOffered
from domain.grants.state import Grant, GrantStatus
from domain.organisations import Organisation, check_takes_part
from domain.parties import PartyState
from domain.refusals import Invalid, Refused
from domain.values import in_utc, moment_text


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
            f"Only an awarded application can be offered a grant; this one is {application.status}."
        )
    if recipient.erased:
        raise Refused("The applicant was erased and can accept no grant.")
    if isinstance(recipient, Organisation):
        check_takes_part(recipient)
    if application.currency != fund.currency:
        raise Refused(f"The award is in {application.currency}, and the call's fund is in {fund.currency}.")
    respond_by = in_utc(respond_by, "respond_by")
    if respond_by <= now:
        raise Invalid.field("respond_by", "The time to respond by must lie in the future.")
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
    _check_offered(grant, "accepted")
    assert grant.respond_by is not None
    if now >= grant.respond_by:
        raise Refused(f"The offer stood until {moment_text(grant.respond_by)}; it can no longer be accepted.")
    return (GrantAccepted(grant=grant_id),)


def decline(
    grant_id: str, grant: Grant, *, reason: DeclineReason, explanation: str | None
) -> tuple[Fact, ...]:
    """Decline an offer before it lapses."""
    _check_offered(grant, "declined")
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
        raise Refused(f"Only an offered grant can lapse; this one is {grant.status}.")
    assert grant.respond_by is not None
    if now < grant.respond_by:
        raise Refused(f"The offer stands until {moment_text(grant.respond_by)}; it does not lapse before.")
    return (GrantLapsed(grant=grant_id),)


def _check_offered(grant: Grant, done: str) -> None:
    if grant.status is not GrantStatus.OFFERED:
        raise Refused(f"Only an offered grant can be {done}; this one is {grant.status}.")
