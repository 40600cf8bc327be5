"""How a grant may be divided into instalments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from domain import limits
from domain.deciding import Fact
from domain.grants.facts import Condition, GrantInstalmentsScheduled, Instalment
from domain.grants.rules.standing import check_accepted
from domain.grants.state import Grant, InstalmentStatus
from domain.refusals import FieldError, Invalid, Refused
from domain.values import Money, amount_text


class PlannedInstalment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One payment as staff plan it; its place in the plan is its number."""

    amount: Money
    due: date
    condition: Condition = "none"


def schedule(grant_id: str, grant: Grant, *, instalments: Sequence[PlannedInstalment]) -> tuple[Fact, ...]:
    """Divide a grant into instalments that add up to no more than it; anew only while none was requested."""
    check_accepted(grant, "Instalments can be scheduled")
    if any(instalment.status is not InstalmentStatus.SCHEDULED for instalment in grant.instalments.values()):
        raise Refused("An instalment was requested already, so the schedule stands.")
    if not 1 <= len(instalments) <= limits.INSTALMENTS:
        raise Invalid.field(
            "instalments",
            f"A grant is paid in 1 to {limits.INSTALMENTS} instalments; these are {len(instalments)}.",
        )
    plans = tuple(
        Instalment(number=number, amount=amount, condition=planned.condition, due=planned.due)
        for number, (planned, amount) in enumerate(
            zip(instalments, _amounts(grant, instalments), strict=True), 1
        )
    )
    total = sum(plan.amount for plan in plans)
    if total > grant.amount:
        planned_text, most = amount_text(total, grant.currency), amount_text(grant.amount, grant.currency)
        raise Refused(f"The instalments add up to {planned_text}, which is more than the grant of {most}.")
    return (GrantInstalmentsScheduled(grant=grant_id, instalments=plans),)


def _amounts(grant: Grant, instalments: Sequence[PlannedInstalment]) -> list[int]:
    """The instalments' sums in minor units; raises `Invalid` with all that is wrong with any of them."""
    amounts: list[int] = []
    errors: list[FieldError] = []
    for place, planned in enumerate(instalments):
        try:
            amounts.append(
                planned.amount.minor(f"instalments[{place}].amount", currency=grant.currency, least=1)
            )
        except Invalid as invalid:
            errors.extend(invalid.errors)
    if errors:
        raise Invalid(tuple(errors))
    return amounts
