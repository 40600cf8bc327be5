"""Asking for what can be done with a panel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from domain import access, applications, panels, rounds
from domain import reviews as reviewing
from domain.applications import APPLICATION, Application, ApplicationStatus, DeclineReason
from domain.calls import CALL, Call
from domain.commands.chairs import every_chair_is_excluded
from domain.deciding import (
    Act,
    Command,
    Fact,
    Given,
    Outcome,
    Plan,
    Registered,
    maybe,
    members,
    some,
    the,
    together,
)
from domain.indexes import conflicts_of, deciders_of, reviews_in, reviews_of
from domain.initiatives import INITIATIVE
from domain.panels import PANEL, Panel, PanelOutcome, PanelOutcomeSet
from domain.parties import actor_in
from domain.readings import READING, reading_of
from domain.refusals import Invalid, NotFound
from domain.reviews import REVIEW
from domain.rounds import ROUND
from domain.values import ApplicationId, Money, PanelId, RoundId


class OpenPanel(Command, frozen=True, kw_only=True):
    """Open the panel of a closed round whose applications have the reviews that they need; whoever still owes another
    is no longer waited for."""

    round: RoundId


class SetPanelOutcome(Command, frozen=True, kw_only=True):
    """Decide on a ranked application: an award with its `amount`, a place on the waiting list with its `rank`, or a
    decline with its `reason`."""

    panel: PanelId
    application: ApplicationId
    outcome: PanelOutcome
    amount: Money | None = None
    rank: int | None = None
    reason: DeclineReason | None = None


class ClosePanel(Command, frozen=True, kw_only=True):
    """End the jury's work, every application being decided on."""

    panel: PanelId


class ConfirmPanel(Command, frozen=True, kw_only=True):
    """Confirm a closed panel, as someone who neither closed it nor set an outcome in it; every application then has its
    outcome."""

    panel: PanelId


def _open(command: OpenPanel, given: Given) -> Plan:
    round = yield from the(ROUND, command.round)
    call, initiative, received, (_, own), asked = yield from together(
        the(CALL, round.call),
        the(INITIATIVE, round.initiative),
        some(APPLICATION, round.applications),
        actor_in(given.actor, command.round),
        members(reviews_in(command.round)),
    )
    initiative = initiative.within(round.call)
    reviews = yield from some(REVIEW, asked)
    panel = given.new("panel")

    def decide() -> Outcome:
        asked: dict[str, list[str]] = {}
        for each, review in reviews.items():
            asked.setdefault(review.application, []).append(each)
        handed_over = rounds.put_to_panel(command.round, round, panel=panel, reviews=asked)
        opened = panels.open_panel(
            panel, command.round, round, call, applications=received, reviews=reviews.values()
        )
        expired = {
            each: facts for each, review in reviews.items() if (facts := reviewing.expire(each, review))
        }
        return Outcome(facts={panel: opened, command.round: handed_over, **expired}, answers=panel)

    return Act(
        may=access.opens_panel(given.actor, initiative, own=own),
        initiative=round.initiative,
        scope=round.call,
        decide=decide,
    )


def _set_outcome(command: SetPanelOutcome, given: Given) -> Plan:
    panel = yield from the(PANEL, command.panel)
    # Of an application that is not ranked nothing is told, not even whether it is there.
    call, initiative, application, read, (_, own), asked = yield from together(
        the(CALL, panel.call),
        the(INITIATIVE, panel.initiative),
        maybe(APPLICATION, command.application),
        maybe(READING, reading_of(given.actor, panel.round)),
        actor_in(given.actor, panel.round),
        members(reviews_of(command.application)),
    )
    initiative = initiative.within(panel.call)
    if not panels.is_ranked(panel, command.application):
        return Act(
            may=access.chairs_panel(given.actor, initiative, call, own=own, read=read),
            initiative=panel.initiative,
            scope=panel.call,
            decide=lambda: _unranked(command.application),
        )
    reviews = yield from some(REVIEW, asked)
    no_chair_can = yield from every_chair_is_excluded(given.actor, initiative, panel.round, reviews.values())
    # Who withdrew matters only where the budget seems too small, so the other applications are seldom loaded.
    awarded = panels.awards(panel, besides=command.application)
    withdrawn: set[str] = set()
    if sum(awarded.values()) + _asked(command, call) > call.budget:
        states = yield from some(APPLICATION, awarded)
        withdrawn = {other for other, state in states.items() if state.status is ApplicationStatus.WITHDRAWN}
    return Act(
        may=access.decides_on(
            given.actor,
            initiative,
            call,
            own=own,
            read=read,
            reviews=reviews.values(),
            no_chair_can=no_chair_can,
        ),
        initiative=panel.initiative,
        scope=panel.call,
        decide=lambda: Outcome(
            facts={
                command.panel: panels.set_outcome(
                    command.panel,
                    panel,
                    call,
                    application_id=command.application,
                    application=application,
                    withdrawn=withdrawn,
                    outcome=command.outcome,
                    amount=command.amount,
                    rank=command.rank,
                    reason=command.reason,
                )
            },
            answers=command.panel,
        ),
    )


def _unranked(application_id: str) -> Outcome:
    """Of an application of another round it says the same as of one that is not there, so that no id can be tried out."""
    raise NotFound(named=application_id)


def _asked(command: SetPanelOutcome, call: Call) -> int:
    try:
        return command.amount.minor("amount", currency=call.currency) if command.amount else 0
    except Invalid:
        return 0  # the rule tells what is wrong with it, once access has said yes


def _close(command: ClosePanel, given: Given) -> Plan:
    panel = yield from the(PANEL, command.panel)
    initiative, call, read, ranked, (_, own) = yield from together(
        the(INITIATIVE, panel.initiative),
        the(CALL, panel.call),
        maybe(READING, reading_of(given.actor, panel.round)),
        some(APPLICATION, (place.application for place in panel.ranking)),
        actor_in(given.actor, panel.round),
    )
    initiative = initiative.within(panel.call)
    return Act(
        may=access.chairs_panel(given.actor, initiative, call, own=own, read=read),
        initiative=panel.initiative,
        scope=panel.call,
        decide=lambda: Outcome(
            facts={command.panel: panels.close(command.panel, panel, chair=given.actor, applications=ranked)},
            answers=command.panel,
        ),
    )


def _confirm(command: ConfirmPanel, given: Given) -> Plan:
    panel = yield from the(PANEL, command.panel)
    initiative, round, ranked, (_, own), conflicts, deciders = yield from together(
        the(INITIATIVE, panel.initiative),
        the(ROUND, panel.round),
        some(APPLICATION, (place.application for place in panel.ranking)),
        actor_in(given.actor, panel.round),
        members(conflicts_of(given.actor, panel.round)),
        members(deciders_of(command.panel)),
    )
    initiative = initiative.within(panel.call)
    return Act(
        may=access.confirms_panel(given.actor, initiative, own=own, conflicts=conflicts),
        initiative=panel.initiative,
        scope=panel.call,
        decide=lambda: Outcome(
            facts={
                command.panel: panels.confirm(command.panel, panel, confirmer=given.actor, deciders=deciders),
                panel.round: rounds.decide(panel.round, round),
                **_decided(command.panel, panel, ranked),
            },
            answers=command.panel,
        ),
    )


def _decided(panel_id: str, panel: Panel, ranked: Mapping[str, Application]) -> dict[str, tuple[Fact, ...]]:
    """What becomes of each ranked application, in the order of their random ids: in that of the ranking, a timeline would
    tell the place of each. One that was withdrawn meanwhile stays so."""
    outcomes = panel.outcomes()
    return {
        application_id: _apply(panel_id, application_id, application, outcomes[application_id])
        for application_id, application in sorted(ranked.items())
        if application.status is not ApplicationStatus.WITHDRAWN
    }


def _apply(
    panel_id: str, application_id: str, application: Application, decision: PanelOutcomeSet
) -> tuple[Fact, ...]:
    match decision.outcome:
        case "award":
            assert decision.amount is not None
            return applications.award(application_id, application, panel=panel_id, amount=decision.amount)
        case "waitlist":
            assert decision.rank is not None
            return applications.waitlist(application_id, application, panel=panel_id, rank=decision.rank)
        case "decline":
            assert decision.reason is not None
            return applications.decline(application_id, application, panel=panel_id, reason=decision.reason)
        case _:
            assert_never(decision.outcome)


COMMANDS = (
    Registered("panel.open", OpenPanel, _open),
    Registered("panel.set_outcome", SetPanelOutcome, _set_outcome),
    Registered("panel.close", ClosePanel, _close),
    Registered("panel.confirm", ConfirmPanel, _confirm),
)
