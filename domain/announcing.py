"""Announcing a panel's results: once the decision is confirmed, the staff choose the moment at which all applicants
learn them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never, cast

from domain.applications import rules as application_rules
from domain.applications.facts import ApplicationDeclineReason, AwardReason
from domain.applications.state import Application, ApplicationStatus
from domain.calls.rules import instant, release_award
from domain.calls.state import Call
from domain.deciding import Fact
from domain.messages import At, msg
from domain.panels.facts import (
    PanelAnnounced,
    PanelAnnouncementCancelled,
    PanelAnnouncementPlanned,
    PanelOutcomeSet,
)
from domain.panels.state import Panel, PanelStatus, awards
from domain.refusals import Invalid, Refused
from domain.rounds.rules import on_clocks
from domain.stages import Stage


def plan(
    panel_id: str, panel: Panel, call: Call, *, announce_at: datetime, now: datetime
) -> tuple[Fact, ...]:
    """Plan when the results are announced (a local time in the call's time zone), or change the plan."""
    _check_confirmed(panel)
    moment = instant(announce_at, call.time_zone, "announce_at")
    if moment <= now:
        raise Invalid.field(
            "announce_at", msg("The results can be announced only at a time in the future, or now.")
        )
    if moment == panel.announce_at:
        raise Refused(
            msg(
                "The results are already planned to be announced at this time: {moment}.",
                moment=At(moment, call.time_zone),
            )
        )
    return (
        PanelAnnouncementPlanned(
            panel=panel_id,
            announce_at=moment,
            announce_local=on_clocks(announce_at),
            time_zone=call.time_zone,
        ),
    )


def cancel_plan(panel_id: str, panel: Panel) -> tuple[Fact, ...]:
    """Cancel the planned announcement."""
    _check_confirmed(panel)
    if panel.announce_at is None:
        raise Refused(msg("No time is planned for announcing the results."))
    return (PanelAnnouncementCancelled(panel=panel_id),)


def announce(panel_id: str, panel: Panel, *, as_planned: bool, now: datetime) -> tuple[Fact, ...]:
    """Announce the results. `as_planned`: the due date triggered this; it is refused if the plan has changed since."""
    _check_confirmed(panel)
    if as_planned and (panel.announce_at is None or now < panel.announce_at):
        raise Refused(msg("The results are no longer planned to be announced at this time."))
    return (PanelAnnounced(panel=panel_id),)


def outcomes(
    panel_id: str, panel: Panel, call: Call, ranked: Mapping[str, Application]
) -> dict[str, tuple[Fact, ...]]:
    """The facts for each ranked application, in the order of their random ids: in the order of the ranking, a timeline
    would show the rank of each. Applications that were withdrawn stay withdrawn."""
    decisions = panel.outcomes()
    following = call.next_stage(panel.stage)
    return {
        application_id: _outcome(panel_id, application_id, application, decisions[application_id], following)
        for application_id, application in sorted(ranked.items())
        if application.status is not ApplicationStatus.WITHDRAWN
    }


def release(
    panel_id: str, panel: Panel, call: Call, ranked: Mapping[str, Application]
) -> dict[str, tuple[Fact, ...]]:
    """Return to a rolling call's budget the awards of applications that were withdrawn after the panel was confirmed."""
    awarded = sum(
        amount
        for application, amount in awards(panel).items()
        if ranked[application].status is not ApplicationStatus.WITHDRAWN
    )
    ended = call.confirmed.get(panel_id, 0) - awarded
    facts = release_award(panel.call, call, grant=None, amount=ended)
    return {panel.call: facts} if facts else {}


def _outcome(
    panel_id: str,
    application_id: str,
    application: Application,
    decision: PanelOutcomeSet,
    following: Stage | None,
) -> tuple[Fact, ...]:
    match decision.outcome:
        case "award":
            assert decision.amount is not None
            return application_rules.award(
                application_id,
                application,
                panel=panel_id,
                amount=decision.amount,
                reason=cast("AwardReason", decision.reason),
            )
        case "invite":
            assert following is not None
            return application_rules.invite(application_id, application, panel=panel_id, stage=following.id)
        case "waitlist":
            assert decision.rank is not None
            return application_rules.waitlist(application_id, application, panel=panel_id, rank=decision.rank)
        case "decline":
            assert decision.reason is not None
            return application_rules.decline(
                application_id,
                application,
                panel=panel_id,
                reason=cast("ApplicationDeclineReason", decision.reason),
            )
        case _:
            assert_never(decision.outcome)


def _check_confirmed(panel: Panel) -> None:
    if panel.status is PanelStatus.ANNOUNCED:
        raise Refused(msg("The results of this panel have already been announced."))
    if panel.status is not PanelStatus.CONFIRMED:
        raise Refused(
            msg(
                "Results can be announced only once the decision is confirmed; this panel is {status}.",
                status=panel.status,
            )
        )
