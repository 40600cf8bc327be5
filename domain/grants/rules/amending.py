"""Amending an accepted grant: staff propose an amendment, and the recipient accepts or declines it."""

from __future__ import annotations

from datetime import date, datetime

from domain import fast_track
from domain.deciding import Fact
from domain.grants.facts import (
    GrantAmended,
    GrantAmendmentDeclined,
    GrantAmendmentProposed,
    Instalment,
)
from domain.grants.rules.scheduling import PAST, Planned, is_past, left_of, plan
from domain.grants.rules.standing import check_not_ended
from domain.grants.state import Amendment, Grant
from domain.messages import msg
from domain.refusals import Invalid, Refused
from domain.texts import check_explanation
from domain.values import Money


def propose(
    grant_id: str,
    grant: Grant,
    *,
    amount: Money | None,
    ends_on: date | None,
    planned: Planned | None,
    single: bool,
    confirm_past_due: bool,
    explanation: str | None,
    now: datetime,
) -> tuple[Fact, ...]:
    """Propose a lower amount, another end date, or other instalments in place of those not yet requested; fields that
    are None stay. The grant cannot fall below what was requested or paid. On the fast track it stays in a `single`
    instalment."""
    check_not_ended(grant)
    if single and planned is not None:
        fast_track.check_one_instalment(len(grant.begun) + len(planned.instalments))
    begun = sum(each.plan.amount for each in grant.begun.values())
    wanted = _amount(grant, amount, least=begun)
    if ends_on is not None and not confirm_past_due and is_past(ends_on, now):
        raise Invalid.field("ends_on", PAST)
    plans, left = _plans(grant, wanted, begun, planned, now)
    end = grant.ends_on if ends_on is None else ends_on
    if (wanted, end, plans) == (grant.amount, grant.ends_on, None):
        raise Refused(
            msg("This changes nothing. Give a lower amount, other instalments or another end date.")
        )
    return (
        GrantAmendmentProposed(
            grant=grant_id,
            dossier=grant.dossier,
            amendment=grant.amendments + 1,
            amount=wanted,
            ends_on=end,
            instalments=plans,
            unscheduled=left,
            explanation=check_explanation(explanation),
        ),
    )


def accept(grant_id: str, grant: Grant, *, amendment: int) -> tuple[Fact, ...]:
    """Accept the amendment that was read. It still fits: nothing can be requested or scheduled while it waits."""
    proposed = _waiting(grant, amendment)
    return (
        GrantAmended(
            grant=grant_id,
            amendment=amendment,
            amount=proposed.amount,
            ends_on=proposed.ends_on,
            instalments=proposed.instalments,
            unscheduled=proposed.unscheduled,
        ),
    )


def decline(grant_id: str, grant: Grant, *, amendment: int) -> tuple[Fact, ...]:
    """Decline the amendment that was read."""
    _waiting(grant, amendment)
    return (GrantAmendmentDeclined(grant=grant_id, amendment=amendment),)


def _amount(grant: Grant, amount: Money | None, *, least: int) -> int:
    if amount is None:
        return grant.amount
    wanted = amount.minor("amount", currency=grant.currency, least=1)
    if wanted > grant.amount:
        raise Invalid.field(
            "amount.amount",
            msg(
                "An amendment can only lower the grant, which is {amount}.",
                amount=Money.of(grant.amount, grant.currency),
            ),
        )
    if wanted < least:
        raise Invalid.field(
            "amount.amount",
            msg(
                "Instalments of {begun} were already requested or paid; the grant cannot fall below that.",
                begun=Money.of(least, grant.currency),
            ),
        )
    return wanted


def _plans(
    grant: Grant, wanted: int, begun: int, planned: Planned | None, now: datetime
) -> tuple[tuple[Instalment, ...] | None, int]:
    """The instalments that would replace those not yet requested, if any, and the part of the grant that would be
    left."""
    if planned is not None:
        plans = plan(planned, currency=grant.currency, now=now, after=tuple(grant.begun))
        return plans, left_of(wanted - begun, plans, planned.unscheduled, currency=grant.currency)
    scheduled = sum(each.plan.amount for each in grant.instalments.values())
    if scheduled > wanted:
        raise Invalid.field(
            "instalments",
            msg(
                "The instalments add up to {total}, which would be more than the grant. Change "
                "the instalments, too.",
                total=Money.of(scheduled, grant.currency),
            ),
        )
    return None, wanted - scheduled


def _waiting(grant: Grant, amendment: int) -> Amendment:
    check_not_ended(grant)
    if grant.amendment is None:
        raise Refused(msg("No amendment of this grant is waiting for an answer."))
    if grant.amendment.number != amendment:
        raise Refused(msg("Another amendment has been proposed since; read it, then answer it."))
    return grant.amendment
