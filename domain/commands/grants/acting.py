"""How a grant alone is changed: by its recipient, or by a member of the initiative."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from domain import access, dossiers
from domain.applications.state import APPLICATION
from domain.deciding import Fact, Given, Outcome, Part, Plan, PlannedCommand, Verdict, members, the, together
from domain.dossiers import DOSSIER
from domain.grants.state import GRANT, Grant
from domain.indexes import conflicts_of
from domain.initiatives import INITIATIVE, Initiative
from domain.parties import Actor, PartyState, actor_of, party_of

Rule = Callable[[Grant], tuple[Fact, ...]]


def by_recipient(grant_id: str, given: Given, rule: Rule) -> Plan:
    """The plan of every act by which the recipient changes the grant alone."""
    grant = yield from the(GRANT, grant_id)
    return PlannedCommand(
        may=access.recipient((yield from actor_of(given.actor)), grant),
        initiative=grant.initiative,
        scope=grant.call,
        party=grant.recipient,
        decide=lambda: Outcome(facts={grant_id: rule(grant)}, answers=grant_id),
    )


class _May(Protocol):
    """What access says of a member's act on a grant."""

    def __call__(
        self, actor: Actor, initiative: Initiative, grant: Grant, *, conflicts: Collection[str]
    ) -> Verdict: ...


def by_staff(
    grant_id: str,
    given: Given,
    may: _May,
    rule: Callable[[Grant, PartyState, Actor], tuple[Fact, ...]],
    *,
    pays: bool = False,
) -> Plan:
    """The plan of every act by which a member of the initiative changes the grant alone. The rule is given the
    recipient and the actor, too. An act that `pays` makes it a duty to keep the record of the payment."""
    grant = yield from the(GRANT, grant_id)
    initiative, recipient, actor, conflicts = yield from together(
        the(INITIATIVE, grant.initiative),
        party_of(grant.recipient),
        actor_of(given.actor),
        conflicts_on(grant, given),
    )
    dossier = (yield from the(DOSSIER, grant.dossier)) if pays else None

    def decide() -> Outcome:
        facts = {grant_id: rule(grant, recipient, actor)}
        if dossier is not None:
            kept = dossiers.keep_payment_record(grant.dossier, dossier, now=given.now)
            facts |= {grant.dossier: kept} if kept else {}
        return Outcome(facts=facts, answers=grant_id)

    return PlannedCommand(
        may=may(actor, initiative.within(grant.call), grant, conflicts=conflicts),
        initiative=grant.initiative,
        scope=grant.call,
        decide=decide,
    )


def conflicts_on(grant: Grant, given: Given) -> Part[tuple[str, ...]]:
    """The applications of a grant's round with which the actor declared a conflict."""
    application = yield from the(APPLICATION, grant.application)
    return (yield from members(conflicts_of(given.actor, application.round)))
