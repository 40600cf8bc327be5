"""Commands for announcing a panel's results, now or at a planned time."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain import access, announcing, waiting_list
from domain.applications.state import APPLICATION
from domain.calls.state import CALL
from domain.deciding import (
    Command,
    CommandContext,
    Due,
    DueBy,
    Outcome,
    Plan,
    PlannedCommand,
    Registered,
    RemovedBy,
    some,
    the,
    together,
)
from domain.initiatives.state import INITIATIVE
from domain.panels.facts import PanelAnnounced, PanelAnnouncementCancelled, PanelAnnouncementPlanned
from domain.panels.state import PANEL
from domain.parties import actor_in
from domain.rounds import rules as round_rules
from domain.rounds.state import ROUND
from domain.values import SYSTEM, PanelId


class AnnouncePanel(Command, frozen=True, kw_only=True):
    """Announce the results of a confirmed panel: every application gets its outcome, and all applicants can read
    theirs. The program does this automatically at the planned time."""

    panel: PanelId


class PlanPanelAnnouncement(Command, frozen=True, kw_only=True):
    """Plan when the results are announced, or change the plan: `announce_at` is a local time in the call's time zone,
    without an offset."""

    panel: PanelId
    announce_at: datetime


class CancelPanelAnnouncement(Command, frozen=True, kw_only=True):
    """Cancel the planned time. The results are not announced until somebody does it or plans another time."""

    panel: PanelId


def _announce(command: AnnouncePanel, context: CommandContext) -> Plan:
    panel = yield from the(PANEL, command.panel)
    initiative, call, round, ranked, (_, own) = yield from together(
        the(INITIATIVE, panel.initiative),
        the(CALL, panel.call),
        the(ROUND, panel.round),
        some(APPLICATION, (place.application for place in panel.ranking)),
        actor_in(context.actor, panel.round, panel.call),
    )
    return PlannedCommand(
        may=access.announces(context.actor, initiative.within(panel.call), own=own),
        initiative=panel.initiative,
        scope=panel.call,
        decide=lambda: Outcome(
            facts={
                **announcing.release(command.panel, panel, call, ranked),
                command.panel: (
                    *announcing.announce(
                        command.panel, panel, as_planned=context.actor == SYSTEM, now=context.now
                    ),
                    *waiting_list.free_withdrawn(command.panel, panel, ranked=ranked, now=context.now),
                ),
                panel.round: round_rules.decide(panel.round, round),
                **announcing.outcomes(command.panel, panel, call, ranked),
            },
            answers=command.panel,
        ),
    )


def _plan(command: PlanPanelAnnouncement, context: CommandContext) -> Plan:
    panel = yield from the(PANEL, command.panel)
    initiative, call, (_, own) = yield from together(
        the(INITIATIVE, panel.initiative),
        the(CALL, panel.call),
        actor_in(context.actor, panel.round, panel.call),
    )
    return PlannedCommand(
        may=access.plans_announcement(context.actor, initiative.within(panel.call), own=own),
        initiative=panel.initiative,
        scope=panel.call,
        decide=lambda: Outcome(
            facts={
                command.panel: announcing.plan(
                    command.panel, panel, call, announce_at=command.announce_at, now=context.now
                )
            },
            answers=command.panel,
        ),
    )


def _cancel(command: CancelPanelAnnouncement, context: CommandContext) -> Plan:
    panel = yield from the(PANEL, command.panel)
    initiative, (_, own) = yield from together(
        the(INITIATIVE, panel.initiative),
        actor_in(context.actor, panel.round, panel.call),
    )
    return PlannedCommand(
        may=access.plans_announcement(context.actor, initiative.within(panel.call), own=own),
        initiative=panel.initiative,
        scope=panel.call,
        decide=lambda: Outcome(
            facts={command.panel: announcing.cancel_plan(command.panel, panel)}, answers=command.panel
        ),
    )


COMMANDS = (
    Registered("panel.announce", AnnouncePanel, _announce),
    Registered("panel.plan_announcement", PlanPanelAnnouncement, _plan),
    Registered("panel.cancel_announcement", CancelPanelAnnouncement, _cancel),
)


def _announcing(fact: PanelAnnouncementPlanned | PanelAnnouncementCancelled | PanelAnnounced) -> str:
    return f"announce {fact.panel}"


def _announce_in_time(fact: PanelAnnouncementPlanned) -> Due:
    return Due(key=_announcing(fact), at=fact.announce_at, command=AnnouncePanel(panel=fact.panel))


DUE: Final[DueBy] = {PanelAnnouncementPlanned: _announce_in_time}
REMOVED_DUE: Final[RemovedBy] = {PanelAnnouncementCancelled: _announcing, PanelAnnounced: _announcing}
