"""The waiting list of a confirmed panel: who moves up when an award ends without a grant.

The panel's decision fixes the rule beforehand: the list is ordered by rank, and each application has the amount that it
is awarded. When an award ends without a grant, its sum is free again, and the first application moves up if the rest of
the call's budget covers its amount; then the next. Nobody is passed over: if the first one's amount is not covered, the
list waits until more is free, or until the first one leaves it. Withdrawn applications are left out.

What ends before the announcement is freed by the announcement, so that nobody can infer a result before it.

The program moves the list right after the sum or the place was freed, in a separate append, so that nobody who moves up
learns from the history who declined or withdrew.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.applications import rules as application_rules
from domain.applications.state import Application, ApplicationStatus
from domain.calls.state import Call
from domain.deciding import Fact
from domain.grants.state import Grant
from domain.panels import state
from domain.panels.facts import (
    PanelAwardFreed,
    PanelWaitingListLeft,
    PanelWaitingListMoved,
    PanelWaitingListStayed,
)
from domain.panels.state import Panel


def waiting(panel: Panel) -> tuple[str, ...]:
    """The applications that the panel put on the waiting list and that have not moved up, in order."""
    ranked = {
        application: decision.rank
        for application, decision in panel.outcomes().items()
        if decision.rank is not None and application not in panel.moved_up
    }
    return tuple(sorted(ranked, key=ranked.__getitem__))


def free_award(panel_id: str, *, grant_id: str, grant: Grant, now: datetime) -> tuple[Fact, ...]:
    """Record that the grant of an award ended before it was accepted, so that its sum is free."""
    return (
        PanelAwardFreed(
            panel=panel_id, application=grant.application, grant=grant_id, amount=grant.amount, freed_at=now
        ),
    )


def free_ended(application_id: str, application: Application, *, now: datetime) -> tuple[Fact, ...]:
    """Record that an application ends now whose award was not offered yet, or that is on the waiting list, so that its
    sum or place is free; nothing for others."""
    panel = application.panel or ""
    if application.status is ApplicationStatus.WAITLISTED:
        return (PanelWaitingListLeft(panel=panel, application=application_id, left_at=now),)
    if application.has_unoffered_award:
        return (
            PanelAwardFreed(
                panel=panel, application=application_id, grant=None, amount=application.awarded, freed_at=now
            ),
        )
    return ()


def free_withdrawn(
    panel_id: str, panel: Panel, *, ranked: Mapping[str, Application], now: datetime
) -> tuple[Fact, ...]:
    """Record, when the results are announced, which sums and places are free because the application was withdrawn after
    its outcome was set."""
    facts: list[Fact] = []
    for application_id, decision in sorted(panel.outcomes().items()):
        if ranked[application_id].status is not ApplicationStatus.WITHDRAWN:
            continue
        if decision.outcome == "award" and decision.amount is not None:
            facts.append(
                PanelAwardFreed(
                    panel=panel_id,
                    application=application_id,
                    grant=None,
                    amount=decision.amount,
                    freed_at=now,
                )
            )
        elif decision.outcome == "waitlist":
            facts.append(PanelWaitingListLeft(panel=panel_id, application=application_id, left_at=now))
    return tuple(facts)


def move(
    panel_id: str, panel: Panel, call: Call, *, applications: Mapping[str, Application]
) -> dict[str, tuple[Fact, ...]]:
    """The facts by stream when the waiting list moves up, as far as the rest of the budget covers it. `applications`
    are those `waiting`. If nobody moves up, the facts say that the list stayed."""
    moved: list[Fact] = []
    facts: dict[str, tuple[Fact, ...]] = {}
    outcomes = panel.outcomes()
    for application_id in waiting(panel):
        application = applications[application_id]
        if application.status is not ApplicationStatus.WAITLISTED:
            continue
        amount = outcomes[application_id].amount
        assert amount is not None
        if amount > left(panel, call):
            break
        up = PanelWaitingListMoved(panel=panel_id, application=application_id, amount=amount)
        panel = state.evolve(panel, up)
        moved.append(up)
        facts[application_id] = application_rules.promote(
            application_id, application, panel=panel_id, amount=amount
        )
    if not moved:
        return {panel_id: (PanelWaitingListStayed(panel=panel_id),)}
    return {panel_id: tuple(moved), **facts}


def left(panel: Panel, call: Call) -> int:
    """The rest of the call's budget, in minor units, after awards and freed sums."""
    return call.budget - sum(state.awards(panel).values()) - sum(panel.moved_up.values()) + panel.freed
