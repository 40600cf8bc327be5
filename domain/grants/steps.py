"""The next step towards the payment of an instalment: the one place that says what a rule would accept now, from the right person."""

from __future__ import annotations

import enum
from datetime import datetime

from domain.grants.state import Grant
from domain.grants.statuses import GrantStatus, InstalmentStatus, ReportStatus


class Step(enum.Enum):
    """What has to happen next so that an instalment is paid."""

    ANSWER_AMENDMENT = enum.auto()
    """By the recipient; until then nothing more can be requested."""
    ADD_PAYEE = enum.auto()
    REQUEST_EARLIER = enum.auto()
    """An instalment after a report is requested only after those before it."""
    REPORT = enum.auto()
    ANSWER_REPORT = enum.auto()
    CONFIRM_PAYEE = enum.auto()
    REQUEST = enum.auto()
    APPROVE_FIRST = enum.auto()
    APPROVE_SECOND = enum.auto()
    SCREEN = enum.auto()
    WAIT = enum.auto()
    """The bank details were changed, and the waiting time is not over."""
    INSTRUCT = enum.auto()
    SETTLE = enum.auto()
    RESUME = enum.auto()
    """By the staff; the grant is suspended."""
    ERASED = enum.auto()
    """Nothing can be done: the recipient was erased."""
    ON_A_LIST = enum.auto()
    """Nothing can be paid: the payee was found on a sanctions list."""
    NONE = enum.auto()
    """It was paid or cancelled, or the grant was not accepted or has ended."""


def step_of(grant: Grant, number: int, *, screening: bool, erased: bool, now: datetime) -> Step:
    """The next step for an instalment. `screening`: the payee is screened before a payment; `erased`: the recipient was erased."""
    status = grant.instalments[number].status
    if status in (InstalmentStatus.SETTLED, InstalmentStatus.CANCELLED):
        return Step.NONE
    if status is InstalmentStatus.INSTRUCTED:
        return Step.SETTLE
    if grant.status not in (GrantStatus.ACCEPTED, GrantStatus.SUSPENDED):
        return Step.NONE
    if erased:
        return Step.ERASED
    if grant.status is GrantStatus.SUSPENDED:
        return Step.RESUME
    if status is InstalmentStatus.SCHEDULED:
        return step_to_request(grant, number)
    if grant.payee is None or not grant.payee.confirmed:
        return Step.CONFIRM_PAYEE
    match grant.next_approval(number):
        case 1:
            return Step.APPROVE_FIRST
        case 2:
            return Step.APPROVE_SECOND
        case None:
            return _step_to_order(grant, screening=screening, now=now)


def step_to_request(grant: Grant, number: int) -> Step:
    """The next step for a scheduled instalment of an accepted grant."""
    if grant.amendment is not None:
        return Step.ANSWER_AMENDMENT
    if grant.payee is None:
        return Step.ADD_PAYEE
    if grant.instalments[number].plan.condition == "report":
        if earliest_scheduled(grant) != number:
            return Step.REQUEST_EARLIER
        if not grant.unused_reports:
            being_read = ReportStatus.SUBMITTED in grant.reports.values()
            return Step.ANSWER_REPORT if being_read else Step.REPORT
    return Step.REQUEST if grant.payee.confirmed else Step.CONFIRM_PAYEE


def earliest_scheduled(grant: Grant) -> int | None:
    """The number of the first instalment that was not requested yet; None if all were."""
    return min(grant.instalments.keys() - grant.begun.keys(), default=None)


def _step_to_order(grant: Grant, *, screening: bool, now: datetime) -> Step:
    """The next step for an instalment that is approved twice."""
    assert grant.payee is not None
    if grant.screened == "match":
        return Step.ON_A_LIST
    if screening and grant.screened is None:
        return Step.SCREEN
    if grant.payee.payable_from is not None and now < grant.payee.payable_from:
        return Step.WAIT
    return Step.INSTRUCT
