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
from domain.messages import msg
from domain.refusals import FieldError, Invalid, Refused
from domain.values import Money


class PlannedInstalment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One payment as staff plan it; its place in the plan is its number."""

    amount: Money
    due: date
    condition: Condition = "none"


def schedule(grant_id: str, grant: Grant, *, instalments: Sequence[PlannedInstalment]) -> tuple[Fact, ...]:
    """Divide a grant into instalments that add up to no more than it; anew only while none was requested."""
    check_accepted(grant)
    if any(instalment.status is not InstalmentStatus.SCHEDULED for instalment in grant.instalments.values()):
        raise Refused(
            msg("The schedule can no longer be changed, since an instalment was already requested.")
        )
    if not 1 <= len(instalments) <= limits.INSTALMENTS:
        raise Invalid.field(
            "instalments",
            msg(
                "A grant is paid in 1 to {most} instalments; this schedule has {given}.",
                most=limits.INSTALMENTS,
                given=len(instalments),
            ),
        )
    plans = tuple(
        Instalment(number=number, amount=amount, condition=planned.condition, due=planned.due)
        for number, (planned, amount) in enumerate(
            zip(instalments, _amounts(grant, instalments), strict=True), 1
        )
    )
    total = sum(plan.amount for plan in plans)
    if total > grant.amount:
        raise Refused(
            msg(
                "The instalments add up to {total}, which is more than the grant of {grant}.",
                total=Money.of(total, grant.currency),
                grant=Money.of(grant.amount, grant.currency),
            )
        )
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
