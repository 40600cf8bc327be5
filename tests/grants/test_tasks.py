"""What waits to be done on a grant, and for whom: for exactly those whose command would be done."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest

from domain import access
from domain.commands.grants.ending import CompleteGrant
from domain.commands.grants.instalments import ApproveInstalment, InstructInstalment, SettleInstalment
from domain.commands.grants.payee import ConfirmGrantPayee
from domain.commands.grants.reports import AcceptGrantReport
from domain.commands.grants.scheduling import ScheduleGrant
from domain.commands.screening import RecordScreening
from domain.deciding import Allowed, Command, Fact
from domain.grants.facts import (
    GrantAmendmentProposed,
    GrantInstalmentApproved,
    GrantInstalmentFailed,
    GrantScreened,
    GrantSuspended,
    GrantTerminated,
)
from domain.grants.rules.scheduling import PlannedInstalment
from domain.grants.state import GRANT as GRANTS
from domain.grants.tasks import (
    RecipientTask,
    RecipientTaskKind,
    Task,
    TaskKind,
    may_have_tasks,
    tasks_of_recipient,
    tasks_on,
)
from domain.initiatives.facts import MemberAdded
from domain.initiatives.state import INITIATIVE as INITIATIVES
from domain.parties import Actor
from domain.refusals import CommandRejected
from domain.values import Role
from tests.grants.scene import (
    APPLICATION,
    APPROVER,
    ARTIST,
    AWARD,
    BOTH,
    FINANCE,
    FUNDER,
    GRANT,
    INITIATIVE,
    NOON,
    OFFICER,
    OTHER_FINANCE,
    PAYMENTS,
    TODAY,
    accepted,
    approved,
    euros,
    instructed,
    offered,
    paid,
    payable,
    payee_confirmed,
    payee_set,
    report_submitted,
    reported,
    requested,
    world_with_grant,
)

ONE: Final = ((AWARD, "none"),)
TWO: Final = ((AWARD // 2, "none"), (AWARD // 2, "report"))
EVERYBODY: Final = (OFFICER, FINANCE, OTHER_FINANCE, APPROVER, BOTH, FUNDER, ARTIST)
PAYING: Final = {FINANCE, OTHER_FINANCE, BOTH}
FIRST_BY_BOTH = GrantInstalmentApproved(grant=GRANT, instalment=1, approver=BOTH, approval=1)
FAILED = GrantInstalmentFailed(grant=GRANT, instalment=1, reason="account_closed", approvals_ended=0)
AMENDMENT = GrantAmendmentProposed(
    grant=GRANT,
    dossier=PAYMENTS,
    amendment=1,
    amount=AWARD,
    ends_on=TODAY,
    instalments=None,
    unscheduled=0,
    explanation=None,
)


def screened(result: str) -> GrantScreened:
    """A screening of the payee."""
    return GrantScreened(
        grant=GRANT,
        dossier=PAYMENTS,
        setting=1,
        result=result,
        reference="S",
        screened_on=TODAY,
        screener=FINANCE,
        note=None,
    )


def command_for(task: Task) -> Command | None:
    """The command with which a task is done; None where there is only waiting."""
    number = task.number or 0
    match task.kind:
        case TaskKind.CONFIRM_PAYEE:
            return ConfirmGrantPayee(grant=GRANT, setting=1)
        case TaskKind.SCHEDULE:
            plan = PlannedInstalment(amount=euros("1000.00"), due=TODAY + timedelta(days=9))
            return ScheduleGrant(grant=GRANT, instalments=(plan,))
        case TaskKind.APPROVE:
            return ApproveInstalment(grant=GRANT, instalment=number)
        case TaskKind.RECORD_SCREENING:
            return RecordScreening(
                grant=GRANT, setting=1, result="no_match", reference="S", screened_on=TODAY
            )
        case TaskKind.INSTRUCT:
            return InstructInstalment(grant=GRANT, instalment=number, reference="RUN-1")
        case TaskKind.SETTLE:
            amount = euros("1000.00")
            return SettleInstalment(grant=GRANT, instalment=number, amount=amount, settled_on=TODAY)
        case TaskKind.ANSWER_REPORT:
            return AcceptGrantReport(grant=GRANT, report=number)
        case TaskKind.COMPLETE:
            return CompleteGrant(grant=GRANT)
        case _:
            return None


@pytest.mark.parametrize(
    ("facts", "tasks"),
    [
        pytest.param((*accepted(), payee_set()), {Task(TaskKind.CONFIRM_PAYEE): PAYING, Task(TaskKind.SCHEDULE): {OFFICER}}, id="payee"),
        pytest.param(accepted(), {Task(TaskKind.SCHEDULE): {OFFICER}}, id="no schedule"),
        pytest.param((*payable(*ONE), requested()), {Task(TaskKind.APPROVE, 1): PAYING}, id="requested"),
        pytest.param(
            (*payable(*ONE), requested(), approved()[0]),
            {Task(TaskKind.APPROVE, 1): {APPROVER, BOTH}},
            id="approved once",
        ),
        pytest.param(
            (*payable(*ONE), requested(), FIRST_BY_BOTH),
            {Task(TaskKind.APPROVE, 1): {APPROVER}},
            id="approved once by somebody of both roles",
        ),
        pytest.param(
            (*payable(*ONE), requested(), *approved()), {Task(TaskKind.INSTRUCT, 1): PAYING}, id="approved"
        ),
        pytest.param(
            (*payable(*ONE), requested(), *approved(), instructed()),
            {Task(TaskKind.SETTLE, 1): PAYING},
            id="sent to the bank",
        ),
        pytest.param(
            (*payable(*ONE), requested(), *approved(), instructed(), FAILED),
            {Task(TaskKind.INSTRUCT, 1): PAYING},
            id="failed",
        ),
        pytest.param(
            (*payable(*ONE), requested(), *approved(), instructed(), FAILED, payee_set(2), payee_confirmed(2)),
            {Task(TaskKind.APPROVE, 1): PAYING},
            id="failed, and paid to somebody else",
        ),
        pytest.param(
            (*payable(), report_submitted()), {Task(TaskKind.ANSWER_REPORT, 1): {OFFICER}}, id="report"
        ),
        pytest.param((*payable(*ONE), *paid(1, AWARD)), {Task(TaskKind.COMPLETE): {OFFICER}}, id="all paid"),
        pytest.param(
            (*payable(*ONE), *paid(1, AWARD), report_submitted()),
            {Task(TaskKind.ANSWER_REPORT, 1): {OFFICER}},
            id="all paid, and a report",
        ),
        pytest.param(
            (
                *payable(*ONE), requested(), *approved(), instructed(), report_submitted(),
                GrantSuspended(grant=GRANT, dossier=PAYMENTS, reason="other", explanation=None),
            ),
            {Task(TaskKind.SETTLE, 1): PAYING, Task(TaskKind.ANSWER_REPORT, 1): {OFFICER}},
            id="suspended: what the bank was told, and a report",
        ),
        pytest.param(
            (*payable(*ONE), AMENDMENT), {Task(TaskKind.AWAIT_ANSWER, 1): {OFFICER}}, id="amendment"
        ),
    ],
)  # fmt: skip
def test_it_waits_for_exactly_those_who_can_do_it(
    facts: tuple[Fact, ...], tasks: dict[Task, set[str]]
) -> None:
    world = world_with_grant(*facts)
    grant, initiative = world.state(GRANTS, GRANT), world.state(INITIATIVES, INITIATIVE)
    assert set(tasks_on(grant, screening=False, now=NOON)) == set(tasks)
    for task, people in tasks.items():
        listed = {
            who
            for who in EVERYBODY
            if isinstance(access.does_task(Actor(who), initiative, grant, task, conflicts=()), Allowed)
        }
        assert listed == people
        if (command := command_for(task)) is None:
            continue
        for who in EVERYBODY:
            if who in listed:
                world_with_grant(*facts).run(command, who)
            else:
                with pytest.raises(CommandRejected):
                    world_with_grant(*facts).run(command, who)


@pytest.mark.parametrize(
    "facts",
    [
        offered(),
        payable(*ONE),
        (*payable(), *reported()),
        (*payable(*ONE), requested(), GrantSuspended(grant=GRANT, dossier=PAYMENTS, reason="other", explanation=None)),
        (*accepted(), payee_set(), GrantTerminated(grant=GRANT, dossier=PAYMENTS, reason="recipient_asked", explanation=None)),
    ],
    ids=["offered", "nothing asked for yet", "report accepted", "suspended", "ended"],
)  # fmt: skip
def test_nothing_waits_for_the_house_where_it_is_the_recipients_turn(facts: tuple[Fact, ...]) -> None:
    assert tasks_on(world_with_grant(*facts).state(GRANTS, GRANT), screening=False, now=NOON) == ()


def test_a_screening_that_is_required_comes_before_the_bank_and_a_match_stops_it() -> None:
    ready = (*payable(*ONE), requested(), *approved())

    def found(*more: Fact) -> tuple[Task, ...]:
        return tasks_on(world_with_grant(*ready, *more).state(GRANTS, GRANT), screening=True, now=NOON)

    assert found() == (Task(TaskKind.RECORD_SCREENING),)
    assert found(screened("no_match")) == (Task(TaskKind.INSTRUCT, 1),)
    assert found(screened("match")) == ()


def test_nobody_is_told_to_pay_until_the_waiting_time_after_a_change_of_bank_details_is_over() -> None:
    changed = (*payable(*ONE), payee_set(2, waits=True), payee_confirmed(2), requested(), *approved())
    grant = world_with_grant(*changed).state(GRANTS, GRANT)
    day_after = NOON + timedelta(hours=24)
    assert tasks_on(grant, screening=False, now=day_after - timedelta(seconds=1)) == ()
    assert tasks_on(grant, screening=False, now=day_after) == (Task(TaskKind.INSTRUCT, 1),)
    assert may_have_tasks(grant)


def test_nothing_is_paid_once_the_recipient_was_erased_but_what_the_bank_was_told() -> None:
    grant = world_with_grant(*payable(), requested(), *approved(), instructed()).state(GRANTS, GRANT)
    assert tasks_on(grant, screening=False, now=NOON, erased=True) == (Task(TaskKind.SETTLE, 1),)
    for nothing_more in ((*payable(), requested()), accepted(), (*payable(*ONE), AMENDMENT)):
        grant = world_with_grant(*nothing_more).state(GRANTS, GRANT)
        assert tasks_on(grant, screening=False, now=NOON, erased=True) == ()


def test_no_task_is_for_whoever_declared_a_conflict_or_receives_the_grant() -> None:
    world = world_with_grant(*payable(*ONE), requested())
    world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=ARTIST, roles=(Role.FINANCE,)))
    grant, initiative = world.state(GRANTS, GRANT), world.state(INITIATIVES, INITIATIVE)
    for who, conflicts in ((FINANCE, (APPLICATION,)), (ARTIST, ())):
        verdict = access.does_task(
            Actor(who), initiative, grant, Task(TaskKind.APPROVE, 1), conflicts=conflicts
        )
        assert not isinstance(verdict, Allowed)


@pytest.mark.parametrize(
    ("facts", "due"),
    [
        (offered(), ()),
        (accepted(), (RecipientTask(RecipientTaskKind.ADD_PAYEE),)),
        ((*accepted(), payee_set()), ()),
        ((*accepted(), payee_set(), payee_confirmed()), ()),
        (payable(*ONE), (RecipientTask(RecipientTaskKind.REQUEST, 1),)),
        ((*payable(*ONE), requested()), ()),
        (payable(*TWO), (RecipientTask(RecipientTaskKind.REQUEST, 1),)),
        ((*payable(*TWO), requested()), (RecipientTask(RecipientTaskKind.REPORT, 2),)),
        ((*payable(*TWO), requested(), report_submitted()), ()),
        ((*payable(*TWO), requested(), *reported()), (RecipientTask(RecipientTaskKind.REQUEST, 2),)),
        ((*payable(*ONE), AMENDMENT), ()),
        ((*payable(*ONE), GrantSuspended(grant=GRANT, dossier=PAYMENTS, reason="other", explanation=None)), ()),
    ],
    ids=[
        "offered", "accepted", "checked by a second person", "to be divided", "ready", "requested", "the first is ready",
        "report due", "report read", "report accepted", "amendment", "suspended",
    ],
)  # fmt: skip
def test_the_recipient_is_told_what_to_do_before_money_is_paid(
    facts: tuple[Fact, ...], due: tuple[RecipientTask, ...]
) -> None:
    assert tasks_of_recipient(world_with_grant(*facts).state(GRANTS, GRANT)) == due
