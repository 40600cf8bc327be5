"""What ends when a person begins to act for an organisation: what they decided before on its money no longer counts."""

from datetime import timedelta

import pytest

from domain.commands.grants.instalments import (
    ApproveInstalment,
    FailInstalment,
    InstructInstalment,
    RequestInstalment,
)
from domain.commands.grants.payee import ConfirmGrantPayee, SetGrantPayee
from domain.commands.grants.scheduling import ScheduleGrant
from domain.commands.organisations import InviteToOrganisation, JoinOrganisation
from domain.commands.screening import RecordScreening
from domain.deciding import Command, Fact
from domain.grants.facts import GrantDecisionsEnded, GrantScreeningEnded, ScreeningResult
from domain.grants.rules import PlannedInstalment
from domain.grants.state import GRANT, InstalmentStatus
from domain.initiatives import MemberAdded
from domain.refusals import Refused
from domain.values import Role
from tests.driving import NOON, World
from tests.organisations.scene import (
    COLLECTIVE,
    HOST,
    PAYEE,
    begins_to_act,
    granted,
    leaves,
    paid_to_host,
    with_open_round,
)
from tests.scene import (
    APPROVER,
    ARTIST,
    CHAIR,
    FINANCE,
    FUNDER,
    INITIATIVE,
    OFFICER,
    OTHER_ARTIST,
    STRANGER,
    euros,
)

OTHERS = {FINANCE: CHAIR, APPROVER: FUNDER}
"""Another person with the same role."""
DAY_AFTER = NOON + timedelta(days=2)


def steps(grant: str) -> list[tuple[Command, str]]:
    """What leads from the bank details to a payment that failed, and who does it."""
    return [
        (ConfirmGrantPayee(grant=grant, setting=1), FINANCE),
        (RequestInstalment(grant=grant, instalment=1), ARTIST),
        (ApproveInstalment(grant=grant, instalment=1), FINANCE),
        (ApproveInstalment(grant=grant, instalment=1), APPROVER),
        (InstructInstalment(grant=grant, instalment=1, reference="OW-1"), FINANCE),
        (FailInstalment(grant=grant, instalment=1, reason="held_by_bank"), FINANCE),
    ]


REQUESTED, ONCE, TWICE, SENT, FAILED = range(2, 7)
"""How many of these steps lead there."""


def paying(count: int, *, host: bool = False) -> tuple[World, str]:
    """A grant of the collective, paid to itself or to a fiscal host, after some `steps`. For each role in a payment there are
    two people."""
    world = with_open_round()
    for one, other in OTHERS.items():
        role = Role.FINANCE if one == FINANCE else Role.APPROVER
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=other, roles=(role,)))
    if host:
        grant = paid_to_host(world, colleagues=())
    else:
        grant = granted(world)
        plan = (PlannedInstalment(amount=euros("500.00"), due=NOON.date()),)
        world.run(ScheduleGrant(grant=grant, instalments=plan), OFFICER)
        world.run(SetGrantPayee(grant=grant, kind="recipient", **PAYEE), ARTIST)
    for command, actor in steps(grant)[:count]:
        world.run(command, actor)
    return world, grant


def joins(world: World, person: str, *, host: bool = False) -> None:
    """A person begins to act for the collective, or for its fiscal host."""
    begins_to_act(world, HOST if host else COLLECTIVE, STRANGER if host else ARTIST, person)


def ended(world: World, grant: str) -> tuple[Fact, ...]:
    """What ended of a grant's decisions."""
    return tuple(
        fact for fact in world.facts(grant) if isinstance(fact, GrantDecisionsEnded | GrantScreeningEnded)
    )


class TestWhoeverDecidedOnAPaymentAndThenActsForWhoIsPaid:
    @pytest.mark.parametrize("host", [False, True])
    @pytest.mark.parametrize("left", [False, True])
    @pytest.mark.parametrize(
        ("after", "person"), [(ONCE, FINANCE), (TWICE, FINANCE), (TWICE, APPROVER), (FAILED, APPROVER)]
    )
    def test_has_approved_nothing(self, after: int, person: str, left: bool, host: bool) -> None:
        """Both approvals are needed again, also if they leave again."""
        world, grant = paying(after, host=host)
        joins(world, person, host=host)
        if left:
            leaves(world, HOST if host else COLLECTIVE, person)
        assert ended(world, grant) == (
            GrantDecisionsEnded(grant=grant, instalments=(1,), payee=person == FINANCE),
        )
        payer = OTHERS[FINANCE]
        instruct = InstructInstalment(grant=grant, instalment=1, reference="OW-2")
        assert world.turned_down(instruct, payer) == (
            Refused,
            (
                "Somebody who approved this instalment has begun to act for the recipient or the payee since. So it needs "
                "both approvals again, from people who act for neither."
            ),
        )
        if person == FINANCE:
            world.run(ConfirmGrantPayee(grant=grant, setting=1), payer)
        first, second = (OTHERS[FINANCE], APPROVER) if person == FINANCE else (FINANCE, OTHERS[APPROVER])
        world.run(ApproveInstalment(grant=grant, instalment=1), first)
        world.run(ApproveInstalment(grant=grant, instalment=1), second)
        world.run(instruct, payer)

    def test_nothing_else_is_approved_by_one_person_alone(self) -> None:
        """The other approval falls, too, but that person may give it again."""
        world, grant = paying(TWICE)
        joins(world, APPROVER)
        instalment = world.state(GRANT, grant).instalments[1]
        assert (instalment.status, instalment.first_approver, instalment.second_approver) == (
            InstalmentStatus.REQUESTED,
            None,
            None,
        )

    def test_ends_the_approvals_of_what_the_bank_was_asked_for_once_it_is_not_paid(self) -> None:
        world, grant = paying(SENT)
        joins(world, APPROVER)
        world.run(FailInstalment(grant=grant, instalment=1, reason="held_by_bank"), FINANCE)
        instruct = InstructInstalment(grant=grant, instalment=1, reference="OW-2")
        assert world.turned_down(instruct, FINANCE)[0] is Refused
        world.run(ApproveInstalment(grant=grant, instalment=1), FINANCE)
        world.run(ApproveInstalment(grant=grant, instalment=1), OTHERS[APPROVER])
        world.run(instruct, FINANCE)

    def test_has_confirmed_no_bank_details(self) -> None:
        """Somebody else confirms the same ones; the approvals of others stand."""
        world, grant = paying(1)
        world.run(RequestInstalment(grant=grant, instalment=1), ARTIST)
        world.run(ApproveInstalment(grant=grant, instalment=1), OTHERS[FINANCE])
        world.run(ApproveInstalment(grant=grant, instalment=1), APPROVER)
        joins(world, FINANCE)
        assert ended(world, grant) == (GrantDecisionsEnded(grant=grant, instalments=(), payee=True),)
        instruct = InstructInstalment(grant=grant, instalment=1, reference="OW-1")
        assert world.turned_down(instruct, OTHERS[FINANCE]) == (
            Refused,
            "The bank details are not confirmed. They must be confirmed before a payment.",
        )
        world.run(ConfirmGrantPayee(grant=grant, setting=1), OTHERS[FINANCE])
        world.run(instruct, OTHERS[FINANCE])

    @pytest.mark.parametrize(
        ("result", "counts"), [("no_match", False), ("match_ruled_out", False), ("match", True)]
    )
    def test_has_screened_nobody(self, result: ScreeningResult, counts: bool) -> None:
        """Only a match stays, so that nobody can remove it by inviting the person who found it."""
        world, grant = paying(0)
        screening = RecordScreening(
            grant=grant, setting=1, result=result, reference="S-1", screened_on=NOON.date()
        )
        world.run(screening, FINANCE)
        joins(world, FINANCE)
        assert ended(world, grant) == (() if counts else (GrantScreeningEnded(grant=grant, setting=1),))
        assert world.state(GRANT, grant).screened == ("match" if counts else None)

    def test_decided_on_other_parties_as_before(self) -> None:
        world, grant = paying(TWICE)
        begins_to_act(world, HOST, STRANGER, FINANCE, APPROVER)
        assert ended(world, grant) == ()
        world.run(InstructInstalment(grant=grant, instalment=1, reference="OW-1"), OTHERS[FINANCE])

    def test_decided_on_what_was_paid_to_them_by_a_former_payee_no_more(self) -> None:
        """The collective named another payee since; the host's people may decide on its money, but nothing that was approved
        for the host counts for the new payee."""
        world, grant = paying(TWICE, host=True)
        world.run(SetGrantPayee(grant=grant, kind="recipient", **PAYEE), ARTIST)
        joins(world, FINANCE, host=True)
        assert ended(world, grant) == ()

    def test_is_invited_first(self) -> None:
        """An invitation alone ends nothing, so that nobody can undo approvals by inviting people."""
        world, grant = paying(TWICE)
        world.run(InviteToOrganisation(organisation=COLLECTIVE, person=FINANCE), ARTIST)
        assert ended(world, grant) == ()
        outcome = world.run(JoinOrganisation(organisation=COLLECTIVE), FINANCE)
        assert set(outcome.facts) == {COLLECTIVE, FINANCE, grant}
        assert outcome.initiatives == {grant: INITIATIVE}


def test_people_who_decided_on_nothing_end_nothing() -> None:
    world, grant = paying(TWICE)
    joins(world, OTHER_ARTIST)
    assert ended(world, grant) == ()
