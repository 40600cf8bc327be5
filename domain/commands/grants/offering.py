"""Commands to offer a grant, to answer the offer, and to end an offer that was not answered."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain import access, dossiers, funds, limits, waiting_list
from domain.applications import rules as application_rules
from domain.applications.state import APPLICATION
from domain.calls import rules as call_rules
from domain.calls.state import CALL, Call
from domain.commands.judged import conflicts_in
from domain.deciding import (
    Command,
    CommandContext,
    Due,
    DueBy,
    Fact,
    Outcome,
    Part,
    Plan,
    PlannedCommand,
    Registered,
    RemovedBy,
    the,
    together,
)
from domain.funds import FUND
from domain.grants import rules
from domain.grants.facts import GrantAccepted, GrantDeclined, GrantDeclineReason, GrantLapsed, GrantOffered
from domain.grants.state import GRANT, Grant
from domain.initiatives.state import INITIATIVE
from domain.panels.state import PANEL
from domain.parties import actor_of, party_of
from domain.values import ApplicationId, GrantId


class OfferGrant(Command, frozen=True, kw_only=True):
    """Offer the awarded sum to the applicant of an awarded application until `respond_by`, a time with its offset."""

    application: ApplicationId
    respond_by: datetime


class AcceptGrant(Command, frozen=True, kw_only=True):
    """Accept the grant offered to oneself. On the fast track, its one instalment is scheduled at the same time."""

    grant: GrantId


class DeclineGrant(Command, frozen=True, kw_only=True):
    """Decline the grant offered to oneself, with the reason."""

    grant: GrantId
    reason: GrantDeclineReason
    explanation: limits.Explanation | None = None


class LapseGrant(Command, frozen=True, kw_only=True):
    """End an offer that was not answered; the program does this automatically after the time to respond."""

    grant: GrantId


def _offer(command: OfferGrant, context: CommandContext) -> Plan:
    application = yield from the(APPLICATION, command.application)
    call, initiative, recipient, actor, conflicts = yield from together(
        the(CALL, application.call),
        the(INITIATIVE, application.initiative),
        party_of(application.applicant),
        actor_of(context.actor),
        conflicts_in(context.actor, application.rounds),
    )
    initiative = initiative.within(application.call)
    fund = yield from the(FUND, call.fund)
    grant, dossier = context.new("grant"), context.new("dossier")

    def decide() -> Outcome:
        offered = rules.offer(
            grant,
            command.application,
            application,
            call,
            fund,
            recipient,
            dossier=dossier,
            respond_by=command.respond_by,
            now=context.now,
        )
        opened = dossiers.open_dossier(
            dossier,
            party=application.applicant,
            initiative=application.initiative,
            purpose="payment",
            about=grant,
        )
        committed = funds.commit(call.fund, fund, grant_id=grant, amount=application.awarded)
        noted = application_rules.note_grant(command.application, grant=grant)
        return Outcome(
            facts={dossier: opened, grant: offered, command.application: noted, call.fund: committed},
            answers=grant,
            subjects=(dossier,),
        )

    return PlannedCommand(
        may=access.offers(actor, initiative, command.application, application, conflicts=conflicts),
        initiative=application.initiative,
        scope=application.call,
        decide=decide,
    )


def _accept(command: AcceptGrant, context: CommandContext) -> Plan:
    grant = yield from the(GRANT, command.grant)
    call = yield from the(CALL, grant.call)

    def decide() -> Outcome:
        accepted = rules.accept(command.grant, grant, now=context.now)
        if call.on_fast_track:
            accepted += rules.pay_at_once(command.grant, grant, due=context.now.date())
        return Outcome(facts={command.grant: accepted}, answers=command.grant)

    return PlannedCommand(
        may=access.recipient((yield from actor_of(context.actor)), grant),
        initiative=grant.initiative,
        scope=grant.call,
        party=grant.recipient,
        decide=decide,
    )


def _back_in_budget(grant_id: str, grant: Grant, call: Call) -> dict[str, tuple[Fact, ...]]:
    """Return the sum of a declined or lapsed offer to a rolling call's budget."""
    facts = call_rules.release_award(grant.call, call, grant=grant_id, amount=grant.amount)
    return {grant.call: facts} if facts else {}


def _panel_of(grant: Grant) -> Part[str]:
    """The panel whose award a grant follows. A cached application may be older than its award and have no panel yet;
    then this raises `NotFound`, and the runner loads everything again without the cache."""
    application = yield from the(APPLICATION, grant.application)
    panel = application.panel or ""
    yield from the(PANEL, panel)
    return panel


def _decline(command: DeclineGrant, context: CommandContext) -> Plan:
    grant = yield from the(GRANT, command.grant)
    fund, call = yield from together(the(FUND, grant.fund), the(CALL, grant.call))
    panel = yield from _panel_of(grant)
    return PlannedCommand(
        may=access.recipient((yield from actor_of(context.actor)), grant),
        initiative=grant.initiative,
        scope=grant.call,
        party=grant.recipient,
        decide=lambda: Outcome(
            facts={
                command.grant: rules.decline(
                    command.grant, grant, reason=command.reason, explanation=command.explanation
                ),
                grant.fund: funds.release(
                    grant.fund, fund, grant_id=command.grant, amount=grant.amount, reason="grant_declined"
                ),
                panel: waiting_list.free_award(panel, grant_id=command.grant, grant=grant, now=context.now),
                **_back_in_budget(command.grant, grant, call),
            },
            answers=command.grant,
        ),
    )


def _lapse(command: LapseGrant, context: CommandContext) -> Plan:
    grant = yield from the(GRANT, command.grant)
    fund, call = yield from together(the(FUND, grant.fund), the(CALL, grant.call))
    panel = yield from _panel_of(grant)
    return PlannedCommand(
        may=access.system(context.actor),
        initiative=grant.initiative,
        scope=grant.call,
        decide=lambda: Outcome(
            facts={
                command.grant: rules.lapse(command.grant, grant, now=context.now),
                grant.fund: funds.release(
                    grant.fund, fund, grant_id=command.grant, amount=grant.amount, reason="grant_lapsed"
                ),
                panel: waiting_list.free_award(panel, grant_id=command.grant, grant=grant, now=context.now),
                **_back_in_budget(command.grant, grant, call),
            },
            answers=command.grant,
        ),
    )


COMMANDS = (
    Registered("grant.offer", OfferGrant, _offer),
    Registered("grant.accept", AcceptGrant, _accept),
    Registered("grant.decline", DeclineGrant, _decline),
    Registered("grant.lapse", LapseGrant, _lapse, by_program=True),
)


def _lapsing(fact: GrantOffered | GrantAccepted | GrantDeclined | GrantLapsed) -> str:
    return f"lapse {fact.grant}"


def _lapse_in_time(fact: GrantOffered) -> Due:
    return Due(key=_lapsing(fact), at=fact.respond_by, command=LapseGrant(grant=fact.grant))


DUE: Final[DueBy] = {GrantOffered: _lapse_in_time}
REMOVED_DUE: Final[RemovedBy] = {GrantAccepted: _lapsing, GrantDeclined: _lapsing, GrantLapsed: _lapsing}
