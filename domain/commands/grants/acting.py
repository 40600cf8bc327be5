"""Shared parts of the plans that change only a grant: for its recipient, and for members of the initiative."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from domain import access, dossiers
from domain.applications.state import APPLICATION
from domain.calls.state import CALL
from domain.commands.judged import conflicts_in
from domain.deciding import (
    CommandContext,
    Fact,
    Outcome,
    Part,
    Plan,
    PlannedCommand,
    Verdict,
    the,
    together,
)
from domain.dossiers import DOSSIER
from domain.grants.state import GRANT, Grant
from domain.initiatives.state import INITIATIVE, Initiative
from domain.parties import Actor, PartyState, actor_of, party_of

Rule = Callable[[Grant], tuple[Fact, ...]]


def by_recipient(grant_id: str, context: CommandContext, rule: Rule) -> Plan:
    """The plan of every command by which the recipient changes only the grant."""
    grant = yield from the(GRANT, grant_id)
    return PlannedCommand(
        may=access.recipient((yield from actor_of(context.actor)), grant),
        initiative=grant.initiative,
        scope=grant.call,
        party=grant.recipient,
        decide=lambda: Outcome(facts={grant_id: rule(grant)}, answers=grant_id),
    )


def on_fast_track(grant_id: str) -> Part[bool]:
    """Whether a grant's call is on the fast track."""
    grant = yield from the(GRANT, grant_id)
    return (yield from the(CALL, grant.call)).on_fast_track


class _May(Protocol):
    """The access predicate for a member's command on a grant."""

    def __call__(
        self, actor: Actor, initiative: Initiative, grant: Grant, *, conflicts: Collection[str]
    ) -> Verdict: ...


def by_staff(
    grant_id: str,
    context: CommandContext,
    may: _May,
    rule: Callable[[Grant, PartyState, Actor], tuple[Fact, ...]],
    *,
    pays: bool = False,
) -> Plan:
    """The plan of every command by which a member of the initiative changes only the grant. The rule also gets the
    recipient and the actor. With `pays`, the command also makes it a duty to keep the record of the payment."""
    grant = yield from the(GRANT, grant_id)
    initiative, recipient, actor, conflicts = yield from together(
        the(INITIATIVE, grant.initiative),
        party_of(grant.recipient),
        actor_of(context.actor),
        conflicts_on(grant, context),
    )
    dossier = (yield from the(DOSSIER, grant.dossier)) if pays else None

    def decide() -> Outcome:
        facts = {grant_id: rule(grant, recipient, actor)}
        if dossier is not None:
            kept = dossiers.keep_payment_record(grant.dossier, dossier, now=context.now)
            facts |= {grant.dossier: kept} if kept else {}
        return Outcome(facts=facts, answers=grant_id)

    return PlannedCommand(
        may=may(actor, initiative.within(grant.call), grant, conflicts=conflicts),
        initiative=grant.initiative,
        scope=grant.call,
        decide=decide,
    )


def conflicts_on(grant: Grant, context: CommandContext) -> Part[tuple[str, ...]]:
    """The applications with which the actor declared a conflict, in all rounds that the grant's application went through."""
    application = yield from the(APPLICATION, grant.application)
    return (yield from conflicts_in(context.actor, application.rounds))
