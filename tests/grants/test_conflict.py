"""A conflict of interest lasts beyond the award: whoever declared one has no hand in the grant."""

from __future__ import annotations

import pytest

from domain.commands.grants.ending import CompleteGrant
from domain.commands.grants.instalments import (
    ApproveInstalment,
    FailInstalment,
    InstructInstalment,
    SettleInstalment,
)
from domain.commands.grants.offering import OfferGrant
from domain.commands.grants.payee import ConfirmGrantPayee
from domain.commands.grants.reports import AcceptGrantReport, ReturnGrantReport
from domain.commands.grants.scheduling import ScheduleGrant
from domain.deciding import Command
from domain.grants.rules import PlannedInstalment
from domain.indexes import conflicts_of
from domain.refusals import Forbidden
from tests.access.moments import fork
from tests.driving import NOON, World
from tests.grants.scene import (
    APPLICATION,
    BOTH,
    GRANT,
    RESPOND_BY,
    ROUND,
    TODAY,
    accepted,
    approved,
    euros,
    instructed,
    member_too,
    paid,
    payable,
    payee_set,
    report_submitted,
    requested,
    world_with_grant,
)
from tests.scene import OTHER_APPLICATION

ONE = {"grant": GRANT, "instalment": 1}
CONFLICTED = (Forbidden, "You declared a conflict of interest with this application.")


def conflicted(world: World, application: str = APPLICATION) -> World:
    """Somebody who does everything for the initiative declared a conflict as a juror of the application."""
    member_too(world, BOTH)
    world.indexes.setdefault(conflicts_of(BOTH, ROUND), set()).add(application)
    return world


ACTS: dict[str, tuple[World, Command]] = {
    "offer": (world_with_grant(), OfferGrant(application=APPLICATION, respond_by=RESPOND_BY)),
    "confirm_payee": (
        world_with_grant(*accepted(), payee_set()),
        ConfirmGrantPayee(grant=GRANT, setting=1),
    ),
    "schedule": (
        world_with_grant(*payable()),
        ScheduleGrant(grant=GRANT, instalments=(PlannedInstalment(amount=euros("1000.00"), due=TODAY),)),
    ),
    "accept_report": (
        world_with_grant(*payable(), report_submitted()),
        AcceptGrantReport(grant=GRANT, report=1),
    ),
    "return_report": (
        world_with_grant(*payable(), report_submitted()),
        ReturnGrantReport(grant=GRANT, report=1, reason="unclear"),
    ),
    "approve first": (world_with_grant(*payable(), requested()), ApproveInstalment(**ONE)),
    "approve second": (
        world_with_grant(*payable(), requested(), *approved()[:1]),
        ApproveInstalment(**ONE),
    ),
    "instruct": (
        world_with_grant(*payable(), requested(), *approved()),
        InstructInstalment(**ONE, reference="BATCH-1"),
    ),
    "settle": (
        world_with_grant(*payable(), requested(), *approved(), instructed()),
        SettleInstalment(**ONE, amount=euros("600.00"), settled_on=TODAY),
    ),
    "fail": (
        world_with_grant(*payable(), requested(), *approved(), instructed()),
        FailInstalment(**ONE, reason="held_by_bank"),
    ),
    "complete": (
        world_with_grant(*payable((60_000, "none")), *paid(1, 60_000)),
        CompleteGrant(grant=GRANT),
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_neither_offers_runs_nor_pays_the_grant(act: str) -> None:
    """Whichever roles they hold."""
    world, command = ACTS[act]
    assert conflicted(fork(world)).turned_down(command, BOTH, NOON) == CONFLICTED


@pytest.mark.parametrize("act", ACTS)
def test_a_conflict_with_another_application_stands_in_no_way(act: str) -> None:
    """It is with one application, not with the round."""
    world, command = ACTS[act]
    conflicted(fork(world), OTHER_APPLICATION).run(command, BOTH, NOON)
