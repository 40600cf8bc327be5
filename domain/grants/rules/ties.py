"""The rule for a person who decided on the payments of a grant, and then begins to act for those who are paid."""

from __future__ import annotations

from domain.deciding import Fact
from domain.grants.facts import GrantDecisionsEnded, GrantScreeningEnded
from domain.grants.state import Grant
from domain.grants.statuses import APPROVALS, ENDED, InstalmentStatus

_STANDING = (*APPROVALS, InstalmentStatus.INSTRUCTED, InstalmentStatus.FAILED)


def end_decisions(grant_id: str, grant: Grant, *, person: str, organisation: str) -> tuple[Fact, ...]:
    """Record that what a person decided on a grant's payments no longer counts, because they begin to act for its recipient or
    its payee; nothing for others. A screening that found the payee on a list stays, so that it cannot be undone this way."""
    payee = grant.payee
    if grant.status in ENDED or organisation not in (grant.recipient, payee and payee.party):
        return ()
    approved = tuple(
        number
        for number, instalment in sorted(grant.instalments.items())
        if instalment.status in _STANDING
        and person in (instalment.first_approver, instalment.second_approver)
        and not instalment.approvals_ended
        and not grant.outdated(instalment)
    )
    confirmed = payee is not None and payee.confirmed and payee.confirmer == person
    facts: list[Fact] = []
    if approved or confirmed:
        facts.append(GrantDecisionsEnded(grant=grant_id, instalments=approved, payee=confirmed))
    screening = grant.screening
    if grant.screened in ("no_match", "match_ruled_out") and screening and screening.screener == person:
        facts.append(GrantScreeningEnded(grant=grant_id, setting=screening.setting))
    return tuple(facts)
