"""A fund: money in one currency, from a funder's pledge to the grants that it is committed to."""

from __future__ import annotations

import enum
from datetime import date, datetime, timedelta
from typing import Final, Literal, assert_never

import msgspec

from domain import limits
from domain.deciding import Aggregate, Fact
from domain.initiatives.state import Initiative
from domain.limits import MAX_MINOR
from domain.messages import msg
from domain.refusals import Invalid, NotFound, Refused
from domain.texts import check_text
from domain.topic import EVERYBODY, FOLLOWERS, stored_as
from domain.values import Money, Role, check_currency

Basis = Literal["received", "pledged"]
ReleaseReason = Literal[
    "grant_declined", "grant_completed", "grant_lapsed", "grant_terminated", "grant_amended"
]

# Facts


@stored_as("fund.opened.v1", audience=FOLLOWERS)
class FundOpened(Fact, frozen=True, kw_only=True):
    """An initiative opened a fund in `currency`. `basis` says what the available sum is counted from: the money
    received, or the money pledged."""

    fund: str
    initiative: str
    name: str
    currency: str
    basis: Basis


@stored_as("fund.pledged.v2", audience=FOLLOWERS)
class FundPledged(Fact, frozen=True, kw_only=True):
    """`amount` minor units were promised: by `funder`, a member, or by somebody without an account, of whom only `name` is
    known. `name` and `restriction`, which says what the money may be used for, are public and are never erased."""

    fund: str
    pledge: str
    funder: str | None
    name: str | None
    amount: int
    restriction: str | None


@stored_as("fund.pledge_assigned.v1", audience=FOLLOWERS)
class FundPledgeAssigned(Fact, frozen=True, kw_only=True):
    """A pledge of somebody who had no account was assigned to `funder`, a member."""

    fund: str
    pledge: str
    funder: str


@stored_as("fund.received.v1", audience=FOLLOWERS)
class FundReceived(Fact, frozen=True, kw_only=True):
    """`amount` minor units of a pledge arrived in the initiative's account."""

    fund: str
    pledge: str
    amount: int
    received_on: date


@stored_as("fund.committed.v1", audience=EVERYBODY)
class FundCommitted(Fact, frozen=True, kw_only=True):
    """`amount` minor units were committed to a grant."""

    fund: str
    grant: str
    amount: int


@stored_as("fund.released.v1", audience=EVERYBODY)
class FundReleased(Fact, frozen=True, kw_only=True):
    """`amount` minor units that were committed to a grant are available again."""

    fund: str
    grant: str
    amount: int
    reason: ReleaseReason


FundFact = FundOpened | FundPledged | FundPledgeAssigned | FundReceived | FundCommitted | FundReleased

# State


class FundStatus(enum.StrEnum):
    """The statuses of a fund."""

    OPENED = "opened"


class Pledge(msgspec.Struct, frozen=True, kw_only=True):
    """A pledge and how much of it has arrived, in minor units. `funder` is None while it is that of somebody without an
    account."""

    funder: str | None
    amount: int
    received: int = 0


class Fund(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a fund. All sums are minor units of `currency`; `commitments` are by grant."""

    status: FundStatus | None = None
    initiative: str = ""
    currency: str = ""
    basis: Basis = "received"
    pledges: dict[str, Pledge] = {}
    commitments: dict[str, int] = {}

    @property
    def pledged(self) -> int:
        """The sum of all pledges."""
        return sum(pledge.amount for pledge in self.pledges.values())

    @property
    def received(self) -> int:
        """The sum of what has arrived of all pledges."""
        return sum(pledge.received for pledge in self.pledges.values())

    @property
    def committed(self) -> int:
        """The sum that is committed to grants."""
        return sum(self.commitments.values())

    @property
    def available(self) -> int:
        """The sum that can still be committed."""
        return (self.received if self.basis == "received" else self.pledged) - self.committed


def evolve(fund: Fund, fact: FundFact) -> Fund:
    """The fund after one more fact."""
    replace = msgspec.structs.replace
    match fact:
        case FundOpened():
            return Fund(
                status=FundStatus.OPENED, initiative=fact.initiative, currency=fact.currency, basis=fact.basis
            )
        case FundPledged():
            pledge = Pledge(funder=fact.funder, amount=fact.amount)
            return replace(fund, pledges={**fund.pledges, fact.pledge: pledge})
        case FundPledgeAssigned():
            pledge = replace(fund.pledges[fact.pledge], funder=fact.funder)
            return replace(fund, pledges={**fund.pledges, fact.pledge: pledge})
        case FundReceived():
            before = fund.pledges[fact.pledge]
            pledge = replace(before, received=before.received + fact.amount)
            return replace(fund, pledges={**fund.pledges, fact.pledge: pledge})
        case FundCommitted():
            committed = fund.commitments.get(fact.grant, 0) + fact.amount
            return replace(fund, commitments={**fund.commitments, fact.grant: committed})
        case FundReleased():
            committed = fund.commitments.get(fact.grant, 0) - fact.amount
            return replace(fund, commitments={**fund.commitments, fact.grant: committed})
        case _:
            assert_never(fact)


FUND = Aggregate(kind="fund", empty=Fund(), evolve=evolve)

# Rules

_EARLIEST_ZONE: Final = timedelta(hours=14)


def open_fund(
    fund_id: str, initiative_id: str, *, name: str, currency: str, basis: Basis
) -> tuple[Fact, ...]:
    """Open a fund in one currency."""
    check_currency(currency, "currency")
    return (
        FundOpened(
            fund=fund_id,
            initiative=initiative_id,
            name=check_text(name, "name", most=limits.NAME),
            currency=currency,
            basis=basis,
        ),
    )


def pledge(
    fund_id: str,
    fund: Fund,
    initiative: Initiative,
    *,
    pledge_id: str,
    funder: str | None,
    erased: bool,
    name: str | None,
    amount: Money,
    restriction: str | None,
) -> tuple[Fact, ...]:
    """Record a pledge by a funder, who is a member of the initiative in that role and was not `erased`, or by the name of somebody
    without an account."""
    if funder is None and name is None:
        raise Invalid.field(
            "funder", msg("Choose the member who pledges, or give the name of somebody without an account.")
        )
    if funder is not None and name is not None:
        raise Invalid.field(
            "name",
            msg("Choose a member or give a name, not both."),
        )
    if funder is not None:
        _check_funder(initiative, funder, erased=erased)
    minor = amount.minor("amount", currency=fund.currency, least=1)
    if fund.pledged + minor > MAX_MINOR:
        raise Refused(
            msg(
                "All pledges to one fund can add up to at most {most}; with this one they would exceed it.",
                most=Money.of(MAX_MINOR, fund.currency),
            )
        )
    return (
        FundPledged(
            fund=fund_id,
            pledge=pledge_id,
            funder=funder,
            name=None if name is None else check_text(name, "name", most=limits.NAME),
            amount=minor,
            restriction=_restriction(restriction),
        ),
    )


def assign_pledge(
    fund_id: str, fund: Fund, initiative: Initiative, *, pledge_id: str, funder: str, erased: bool
) -> tuple[Fact, ...]:
    """Assign a pledge of somebody who had no account to a member who holds the role of funder and was not `erased`. This is done
    once."""
    if _pledge(fund, pledge_id).funder is not None:
        raise Refused(msg("This pledge already belongs to a member."))
    _check_funder(initiative, funder, erased=erased)
    return (FundPledgeAssigned(fund=fund_id, pledge=pledge_id, funder=funder),)


def receive(
    fund_id: str, fund: Fund, *, pledge_id: str, amount: Money, received_on: date, now: datetime
) -> tuple[Fact, ...]:
    """Record that money of a pledge arrived; in total, never more than was pledged."""
    promised = _pledge(fund, pledge_id)
    minor = amount.minor("amount", currency=fund.currency, least=1)
    check_past(received_on, "received_on", now)
    outstanding = promised.amount - promised.received
    if minor > outstanding:
        raise Refused(
            msg(
                "{given} is more than the {outstanding} still expected from this pledge.",
                given=Money.of(minor, fund.currency),
                outstanding=Money.of(outstanding, fund.currency),
            )
        )
    return (FundReceived(fund=fund_id, pledge=pledge_id, amount=minor, received_on=received_on),)


def commit(fund_id: str, fund: Fund, *, grant_id: str, amount: int) -> tuple[Fact, ...]:
    """Commit `amount` minor units to a grant; never more than is available."""
    if amount > fund.available:
        raise Refused(
            msg(
                "The fund has {available} available, which does not cover the grant of {wanted}.",
                available=Money.of(fund.available, fund.currency),
                wanted=Money.of(amount, fund.currency),
            )
        )
    return (FundCommitted(fund=fund_id, grant=grant_id, amount=amount),)


def release(
    fund_id: str, fund: Fund, *, grant_id: str, amount: int, reason: ReleaseReason
) -> tuple[Fact, ...]:
    """Release `amount` minor units of what is committed to a grant."""
    committed = fund.commitments.get(grant_id, 0)
    if amount > committed:
        raise Refused(
            msg(
                "The fund has set {committed} aside for this grant, so {given} cannot be released.",
                committed=Money.of(committed, fund.currency),
                given=Money.of(amount, fund.currency),
            )
        )
    return (FundReleased(fund=fund_id, grant=grant_id, amount=amount, reason=reason),)


def check_past(day: date, field: str, now: datetime) -> None:
    """Raise `Invalid` if `day` has not begun anywhere on Earth: banks use their own calendar, so a payment of today may
    have tomorrow's date in UTC."""
    if day > (now + _EARLIEST_ZONE).date():
        raise Invalid.field(field, msg("This day is in the future."))


def _pledge(fund: Fund, pledge_id: str) -> Pledge:
    found = fund.pledges.get(pledge_id)
    if found is None:
        raise NotFound(msg("This fund has no such pledge."), named=pledge_id)
    return found


def _check_funder(initiative: Initiative, funder: str, *, erased: bool) -> None:
    if erased or Role.FUNDER not in initiative.roles(funder):
        raise Invalid.field("funder", msg("Choose a member who holds the role of funder."))


def _restriction(restriction: str | None) -> str | None:
    if restriction is None or not restriction.strip():
        return None
    return check_text(restriction, "restriction", most=limits.RESTRICTION, long=True)
