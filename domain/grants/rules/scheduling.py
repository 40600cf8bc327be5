"""The rules for dividing a grant into instalments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from domain import fast_track, limits
from domain.deciding import Fact
from domain.grants.facts import Condition, GrantInstalmentsScheduled, Instalment
from domain.grants.rules.standing import check_accepted, check_no_amendment_waits
from domain.grants.state import Grant
from domain.grants.statuses import InstalmentStatus
from domain.messages import msg
from domain.refusals import FieldError, Invalid, Refused
from domain.values import Money

_LATEST_ZONE: Final = timedelta(hours=12)
"""How far the last time zone in which a day ends is behind UTC."""

PAST: Final = msg("This day is in the past. Change it, or confirm that the dates in the past are right.")


class PlannedInstalment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payment as staff plan it; its place in the plan is its number."""

    amount: Money
    due: date
    condition: Condition = "none"


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A plan as staff send it. `unscheduled` is the part of the grant that it leaves, and must be named if there is
    any; `confirm_past_due` says that due dates in the past are intended."""

    instalments: Sequence[PlannedInstalment]
    unscheduled: Money | None
    confirm_past_due: bool


def schedule(
    grant_id: str, grant: Grant, *, planned: Planned, single: bool, now: datetime
) -> tuple[Fact, ...]:
    """Divide a grant into instalments; on the fast track into a `single` one. They add up to it, or `planned` names how
    much they leave. A schedule can be replaced as long as no instalment was requested."""
    check_accepted(grant)
    check_no_amendment_waits(grant)
    if any(instalment.status is not InstalmentStatus.SCHEDULED for instalment in grant.instalments.values()):
        raise Refused(
            msg("The schedule can no longer be changed, because an instalment was already requested.")
        )
    if single:
        fast_track.check_one_instalment(len(planned.instalments))
    plans = plan(planned, currency=grant.currency, now=now)
    left = left_of(grant.amount, plans, planned.unscheduled, currency=grant.currency)
    return (GrantInstalmentsScheduled(grant=grant_id, instalments=plans, unscheduled=left),)


def plan(
    planned: Planned, *, currency: str, now: datetime, after: Sequence[int] = ()
) -> tuple[Instalment, ...]:
    """The instalments of a plan, numbered after the first `after`. Raises `Invalid` with all errors: their number,
    sums, and days in the past that are not confirmed."""
    instalments = planned.instalments
    if not 1 <= len(instalments) + len(after) <= limits.INSTALMENTS:
        raise Invalid.field(
            "instalments",
            msg(
                "A grant is paid in 1 to {most} instalments; this schedule has {given}.",
                most=limits.INSTALMENTS,
                given=len(instalments) + len(after),
            ),
        )
    first = max(after, default=0) + 1
    plans: list[Instalment] = []
    errors: list[FieldError] = []
    for place, each in enumerate(instalments):
        if not planned.confirm_past_due and is_past(each.due, now):
            errors.append(FieldError(f"instalments[{place}].due", PAST))
        try:
            amount = each.amount.minor(f"instalments[{place}].amount", currency=currency, least=1)
        except Invalid as invalid:
            errors.extend(invalid.errors)
        else:
            plans.append(
                Instalment(number=first + place, amount=amount, condition=each.condition, due=each.due)
            )
    if errors:
        raise Invalid(tuple(errors))
    return tuple(plans)


def is_past(day: date, now: datetime) -> bool:
    """Whether a day has ended everywhere on Earth."""
    return day < (now - _LATEST_ZONE).date()


def left_of(amount: int, plans: Sequence[Instalment], said: Money | None, *, currency: str) -> int:
    """What a plan leaves of `amount` minor units, which must equal `said`; raises `Refused` if the plan exceeds the
    amount."""
    total = sum(each.amount for each in plans)
    if total > amount:
        raise Refused(
            msg(
                "The instalments add up to {total}, which is more than the grant of {grant}.",
                total=Money.of(total, currency),
                grant=Money.of(amount, currency),
            )
        )
    left = amount - total
    known = 0 if said is None else said.minor("unscheduled", currency=currency)
    if left and known != left:
        raise Invalid.field(
            "unscheduled.amount",
            msg(
                "These instalments leave {left} of the grant unscheduled. Add an instalment, or write this sum here to "
                "leave it.",
                left=Money.of(left, currency),
            ),
        )
    if known != left:
        raise Invalid.field(
            "unscheduled.amount",
            msg("The instalments cover the whole grant, so nothing is left unscheduled."),
        )
    return left


def pay_at_once(grant_id: str, grant: Grant, *, due: date) -> tuple[Fact, ...]:
    """Schedule the one instalment of a grant on the fast track, when it is accepted."""
    whole = Instalment(number=1, amount=grant.amount, condition="none", due=due)
    return (GrantInstalmentsScheduled(grant=grant_id, instalments=(whole,), unscheduled=0),)
