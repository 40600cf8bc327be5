"""Commands for panels."""

from __future__ import annotations

from collections.abc import Mapping

from domain import access, limits
from domain.applications.state import APPLICATION, Application, ApplicationStatus
from domain.calls import rules as call_rules
from domain.calls.state import CALL, Call
from domain.commands.chairs import every_chair_is_excluded, sets_outcome
from domain.commands.judged import conflicts_in_panel, known_of
from domain.deciding import (
    Command,
    CommandContext,
    Fact,
    Outcome,
    Plan,
    PlannedCommand,
    Registered,
    index_entries,
    maybe,
    some,
    the,
    together,
)
from domain.indexes import deciders_of, judged_by, reviews_in, reviews_of
from domain.initiatives.state import INITIATIVE
from domain.panels import outcomes, state
from domain.panels import rules as panel_rules
from domain.panels.facts import MoreReason, OutcomeReason, PanelOutcome, ReturnReason
from domain.panels.state import PANEL, Panel
from domain.parties import actor_in
from domain.refusals import Invalid, NotFound
from domain.reviews import assigning
from domain.reviews.state import REVIEW, concerning
from domain.rounds import rules as round_rules
from domain.rounds.state import ROUND
from domain.values import ApplicationId, Money, PanelId, RoundId


class OpenPanel(Command, frozen=True, kw_only=True):
    """Open the panel of a closed round whose applications have the reviews that they need. Reviews that are still owed
    expire."""

    round: RoundId


class SetPanelOutcome(Command, frozen=True, kw_only=True):
    """Decide on a ranked application: an award with its `amount` and `reason`; a place on the waiting list with its
    `rank` and the `amount` that it gets if it moves up; or a decline with its `reason`. Before the last stage: an
    invitation to the next one, or a decline. An amount above the requested sum needs `more_because`."""

    panel: PanelId
    application: ApplicationId
    outcome: PanelOutcome
    amount: Money | None = None
    rank: int | None = None
    reason: OutcomeReason | None = None
    more_because: MoreReason | None = None


class ClosePanel(Command, frozen=True, kw_only=True):
    """Close the panel, once every application has its outcome. If no chair can decide in it, a juror of the round does."""

    panel: PanelId


class ReturnPanel(Command, frozen=True, kw_only=True):
    """Return a closed panel to its chair, with the reason. The same people can do this who could confirm it."""

    panel: PanelId
    reason: ReturnReason


class ConfirmPanel(Command, frozen=True, kw_only=True):
    """Confirm a closed panel, as somebody who neither closed it nor set an outcome in it. Its results can then be
    announced. On the fast track the panel need not be closed first; while it is open, `If-Match` must name the version
    that was read."""

    panel: PanelId


class WritePanelNote(Command, frozen=True, kw_only=True):
    """Write a note on a ranked application for the others of the panel. Nobody else reads it, and it goes with the
    application's texts."""

    panel: PanelId
    application: ApplicationId
    text: limits.Comment


def _open(command: OpenPanel, context: CommandContext) -> Plan:
    round = yield from the(ROUND, command.round)
    call, initiative, received, (_, own), asked = yield from together(
        the(CALL, round.call),
        the(INITIATIVE, round.initiative),
        some(APPLICATION, round.applications),
        actor_in(context.actor, command.round, round.call),
        index_entries(reviews_in(command.round)),
    )
    initiative = initiative.within(round.call, command.round)
    reviews = yield from some(REVIEW, asked)
    panel = context.new("panel")

    def decide() -> Outcome:
        asked: dict[str, list[str]] = {}
        for each, review in reviews.items():
            asked.setdefault(review.application, []).append(each)
        handed_over = round_rules.put_to_panel(command.round, round, panel=panel, reviews=asked)
        opened = panel_rules.open_panel(
            panel, command.round, round, call, applications=received, reviews=reviews.values()
        )
        expired = {
            each: facts for each, review in reviews.items() if (facts := assigning.expire(each, review))
        }
        return Outcome(facts={panel: opened, command.round: handed_over, **expired}, answers=panel)

    return PlannedCommand(
        may=access.opens_panel(context.actor, initiative, own=own),
        initiative=round.initiative,
        scope=round.call,
        decide=decide,
    )


def _set_outcome(command: SetPanelOutcome, context: CommandContext) -> Plan:
    panel = yield from the(PANEL, command.panel)
    # An application that is not ranked gets the same refusal whether it exists or not.
    call, initiative, application, (_, own), asked = yield from together(
        the(CALL, panel.call),
        the(INITIATIVE, panel.initiative),
        maybe(APPLICATION, command.application),
        actor_in(context.actor, panel.round, panel.call),
        index_entries(reviews_of(command.application)),
    )
    initiative = initiative.within(panel.call, panel.round)
    if not state.is_ranked(panel, command.application) or command.application in own.avoided:
        read = yield from known_of(context.actor, panel.round, panel.stage, panel.call, call)
        return PlannedCommand(
            may=access.chairs_panel(context.actor, initiative, call.stage(panel.stage), own=own, read=read),
            initiative=panel.initiative,
            scope=panel.call,
            decide=lambda: _unranked(command.application),
        )
    reviews = concerning((yield from some(REVIEW, asked)), panel.round)
    may = yield from sets_outcome(context.actor, initiative, call, panel, own=own, reviews=reviews.values())
    # Withdrawn applications matter only if the budget seems too small, so the others are seldom loaded.
    awarded = state.awards(panel, besides=command.application)
    withdrawn: set[str] = set()
    if call.awarded + sum(awarded.values()) + _asked(command, call) > call.budget:
        states = yield from some(APPLICATION, awarded)
        withdrawn = {other for other, state in states.items() if state.status is ApplicationStatus.WITHDRAWN}
    return PlannedCommand(
        may=may,
        initiative=panel.initiative,
        scope=panel.call,
        decide=lambda: Outcome(
            facts={
                command.panel: outcomes.set_outcome(
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
                    more_because=command.more_because,
                    decider=context.actor,
                )
            },
            answers=command.panel,
        ),
    )


def _unranked(application_id: str) -> Outcome:
    """The refusal for an application that is not ranked. It is the same for one that does not exist, so that ids cannot
    be probed."""
    raise NotFound(named=application_id)


def _asked(command: SetPanelOutcome, call: Call) -> int:
    try:
        return command.amount.minor("amount", currency=call.currency) if command.amount else 0
    except Invalid:
        return 0  # the rule reports what is wrong with it, after access is checked


def _close(command: ClosePanel, context: CommandContext) -> Plan:
    panel = yield from the(PANEL, command.panel)
    initiative, call, ranked, (_, own), judged = yield from together(
        the(INITIATIVE, panel.initiative),
        the(CALL, panel.call),
        some(APPLICATION, (place.application for place in panel.ranking)),
        actor_in(context.actor, panel.round, panel.call),
        index_entries(judged_by(context.actor, panel.round)),
    )
    initiative = initiative.within(panel.call, panel.round)
    read = yield from known_of(context.actor, panel.round, panel.stage, panel.call, call)
    no_chair_can = yield from every_chair_is_excluded(
        context.actor, initiative, panel.call, call, panel.round, panel.stage
    )
    return PlannedCommand(
        may=access.closes_panel(
            context.actor,
            initiative,
            call.stage(panel.stage),
            own=own,
            read=read,
            in_place_of_chair=no_chair_can and bool(judged),
        ),
        initiative=panel.initiative,
        scope=panel.call,
        decide=lambda: Outcome(
            facts={
                command.panel: panel_rules.close(
                    command.panel, panel, chair=context.actor, applications=ranked
                )
            },
            answers=command.panel,
        ),
    )


def _return(command: ReturnPanel, context: CommandContext) -> Plan:
    panel = yield from the(PANEL, command.panel)
    initiative = (yield from the(INITIATIVE, panel.initiative)).within(panel.call, panel.round)
    _, own = yield from actor_in(context.actor, panel.round, panel.call)
    conflicts = yield from conflicts_in_panel(context.actor, panel)
    deciders = yield from index_entries(deciders_of(command.panel))
    return PlannedCommand(
        may=access.confirms_panel(context.actor, initiative, own=own, conflicts=conflicts),
        initiative=panel.initiative,
        scope=panel.call,
        decide=lambda: Outcome(
            facts={
                command.panel: panel_rules.return_to_chair(
                    command.panel, panel, returner=context.actor, deciders=deciders, reason=command.reason
                )
            },
            answers=command.panel,
        ),
    )


def _confirm(command: ConfirmPanel, context: CommandContext) -> Plan:
    panel = yield from the(PANEL, command.panel)
    initiative, call, ranked, (_, own), conflicts, deciders = yield from together(
        the(INITIATIVE, panel.initiative),
        the(CALL, panel.call),
        some(APPLICATION, (place.application for place in panel.ranking)),
        actor_in(context.actor, panel.round, panel.call),
        conflicts_in_panel(context.actor, panel),
        index_entries(deciders_of(command.panel)),
    )
    initiative = initiative.within(panel.call, panel.round)
    return PlannedCommand(
        may=access.confirms_panel(context.actor, initiative, own=own, conflicts=conflicts),
        initiative=panel.initiative,
        scope=panel.call,
        decide=lambda: Outcome(
            facts={
                **_counted(command.panel, panel, call, ranked),
                command.panel: panel_rules.confirm(
                    command.panel,
                    panel,
                    call,
                    confirmer=context.actor,
                    deciders=deciders,
                    applications=ranked,
                    versioned=context.versioned,
                ),
            },
            answers=command.panel,
        ),
    )


def _counted(
    panel_id: str, panel: Panel, call: Call, ranked: Mapping[str, Application]
) -> dict[str, tuple[Fact, ...]]:
    """Count the confirmed awards against a rolling call's budget."""
    awarded = sum(
        amount
        for application, amount in state.awards(panel, besides="").items()
        if ranked[application].status is not ApplicationStatus.WITHDRAWN
    )
    facts = call_rules.confirm_awards(panel.call, call, panel=panel_id, amount=awarded)
    return {panel.call: facts} if facts else {}


def _write_note(command: WritePanelNote, context: CommandContext) -> Plan:
    panel = yield from the(PANEL, command.panel)
    initiative, round, application, (actor, own), asked = yield from together(
        the(INITIATIVE, panel.initiative),
        the(ROUND, panel.round),
        maybe(APPLICATION, command.application),
        actor_in(context.actor, panel.round, panel.call),
        index_entries(reviews_of(command.application)),
    )
    ranked = state.is_ranked(panel, command.application)
    # Access to one that is not ranked is checked as to any other of the panel, so that ids cannot be probed.
    reviews = concerning((yield from some(REVIEW, asked)), panel.round) if ranked else {}
    shown = application if ranked else Application()

    def decide() -> Outcome:
        if not ranked:
            return _unranked(command.application)
        written = panel_rules.write_note(
            command.panel,
            panel,
            application_id=command.application,
            application=application,
            text=command.text,
        )
        return Outcome(facts={command.panel: written}, answers=command.panel)

    return PlannedCommand(
        may=access.sees_panel_notes(
            actor, initiative.within(panel.call, panel.round), round, shown, reviews.values(), own=own
        ),
        initiative=panel.initiative,
        scope=panel.call,
        decide=decide,
    )


COMMANDS = (
    # The panel's version also counts the outcomes of applications that are hidden from whoever writes this.
    Registered("panel.write_note", WritePanelNote, _write_note, versioned=False),
    Registered("panel.open", OpenPanel, _open),
    Registered("panel.set_outcome", SetPanelOutcome, _set_outcome),
    Registered("panel.close", ClosePanel, _close),
    Registered("panel.return", ReturnPanel, _return),
    Registered("panel.confirm", ConfirmPanel, _confirm),
)
