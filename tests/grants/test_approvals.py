"""An approval counts for the payee who was set when it was given, and for no other."""

from __future__ import annotations

import pytest

from domain.commands.grants.instalments import ApproveInstalment, FailInstalment, InstructInstalment
from domain.commands.grants.payee import ConfirmGrantPayee, SetGrantPayee
from domain.deciding import Fact
from domain.grants.facts import (
    Approval,
    GrantInstalmentApproved,
    GrantInstalmentFailed,
)
from domain.grants.state import GRANT as GRANTS
from domain.grants.statuses import InstalmentStatus
from domain.refusals import Refused
from tests.driving import NOON, World
from tests.grants.scene import (
    APPROVER,
    ARTIST,
    BOTH,
    FINANCE,
    GRANT,
    OTHER_FINANCE,
    PAYMENTS,
    approved,
    instructed,
    kept,
    payable,
    payee_confirmed,
    payee_set,
    requested,
    settled,
    world_with_grant,
)

APPROVE = ApproveInstalment(grant=GRANT, instalment=1)
ACCOUNT = SetGrantPayee(grant=GRANT, kind="other", name="Other Holder", account="In cash, by hand")
UNCONFIRMED = (
    Refused,
    "The bank details are not confirmed yet. Confirm them first; then this instalment can be approved.",
)
INSTRUCT = InstructInstalment(grant=GRANT, instalment=1, reference="BATCH-1")
FAILED = GrantInstalmentFailed(grant=GRANT, instalment=1, reason="account_not_found", approvals_ended=0)
AGAIN = (
    Refused,
    ("The payee was changed after this instalment was approved, so it needs both approvals again."),
)


def requesting(*facts: Fact) -> World:
    """The first instalment was requested, and then…"""
    return world_with_grant(*payable(), requested(), *facts)


def status(world: World) -> InstalmentStatus:
    return world.state(GRANTS, GRANT).instalments[1].status


def approval(approver: str, number: Approval) -> GrantInstalmentApproved:
    return GrantInstalmentApproved(grant=GRANT, instalment=1, approver=approver, approval=number)


CHANGED = (payee_set(2), payee_confirmed(2))


class TestWhenThePayeeIsChangedAfterAnApproval:
    @pytest.mark.parametrize("given", [approved()[:1], approved()])
    def test_the_instalment_is_requested_anew(self, given: tuple[Fact, ...]) -> None:
        world = requesting(*given)
        world.run(ACCOUNT, ARTIST)
        assert status(world) is InstalmentStatus.REQUESTED

    def test_it_is_not_instructed_before_both_approve_again(self) -> None:
        world = requesting(*approved(), *CHANGED)
        assert world.turned_down(INSTRUCT, FINANCE) == AGAIN
        assert world.run(APPROVE, FINANCE).facts == {GRANT: (approval(FINANCE, 1),)}
        assert world.turned_down(INSTRUCT, FINANCE) == (
            Refused,
            "Only an instalment approved twice can be sent to the bank; this one is approved once.",
        )
        assert world.run(APPROVE, APPROVER).facts == {GRANT: (approval(APPROVER, 2),)}
        assert world.run(INSTRUCT, FINANCE).facts == {GRANT: (instructed(setting=2),), PAYMENTS: (kept(),)}

    def test_the_first_to_approve_again_may_be_another_and_is_then_the_one_who_counts(self) -> None:
        world = requesting(*approved()[:1], *CHANGED, approval(BOTH, 1))
        assert world.turned_down(APPROVE, BOTH) == (
            Refused,
            "You gave the first approval; the second must come from somebody else.",
        )
        assert world.run(APPROVE, APPROVER).facts == {GRANT: (approval(APPROVER, 2),)}

    @pytest.mark.parametrize("since", [(), (approval(FINANCE, 1),)], ids=["first", "second"])
    def test_it_is_not_approved_before_the_new_payee_is_confirmed(self, since: tuple[Fact, ...]) -> None:
        world = requesting(*approved(), payee_set(2), *since)
        assert status(world) is (InstalmentStatus.APPROVED_ONCE if since else InstalmentStatus.REQUESTED)
        actor = APPROVER if since else OTHER_FINANCE
        assert world.turned_down(APPROVE, actor) == UNCONFIRMED
        world.run(ConfirmGrantPayee(grant=GRANT, setting=2), FINANCE)
        world.run(APPROVE, actor)


class TestTheFactThatSetsThePayee:
    """It says how many approvals no longer count, so that the timeline can."""

    @pytest.mark.parametrize(
        ("facts", "ended"),
        [
            ((), 0),
            (approved()[:1], 1),
            (approved(), 2),
            ((*approved(), instructed()), 0),
            ((*approved(), instructed(), settled(1, 60_000)), 0),
            ((*approved(), instructed(), FAILED), 2),
            ((*approved(), instructed(), FAILED, payee_set(2)), 0),
        ],
        ids=["none", "one", "both", "instructed", "settled", "failed", "failed for an earlier payee"],
    )
    def test_counts_those_on_which_a_payment_could_still_be_sent(
        self, facts: tuple[Fact, ...], ended: int
    ) -> None:
        world = requesting(*facts)
        world.run(ACCOUNT, ARTIST)
        assert getattr(world.facts(GRANT)[-1], "approvals_ended", None) == ended

    def test_counts_those_of_all_instalments(self) -> None:
        world = world_with_grant(
            *payable((60_000, "none"), (40_000, "none")),
            requested(1),
            *approved(1),
            requested(2),
            *approved(2)[:1],
        )
        world.run(ACCOUNT, ARTIST)
        assert getattr(world.facts(GRANT)[-1], "approvals_ended", None) == 3

    def test_those_of_a_payment_that_is_with_the_bank_are_counted_when_it_fails(self) -> None:
        world = requesting(*approved(), instructed(), *CHANGED)
        world.run(FailInstalment(grant=GRANT, instalment=1, reason="held_by_bank"), FINANCE)
        assert getattr(world.facts(GRANT)[-1], "approvals_ended", None) == 2


class TestWhenAPaymentFailed:
    def test_it_is_instructed_again_on_the_approvals_it_had(self) -> None:
        world = requesting(*approved(), instructed(), FAILED)
        assert world.turned_down(APPROVE, FINANCE) == (
            Refused,
            "This instalment failed but is still approved, so it can be sent to the bank again.",
        )
        assert world.run(INSTRUCT, FINANCE).facts == {GRANT: (instructed(),)}

    @pytest.mark.parametrize(
        "facts",
        [(instructed(), FAILED, *CHANGED), (instructed(), *CHANGED, FAILED)],
        ids=["after", "before"],
    )
    def test_a_payee_changed_for_it_needs_approvals_of_its_own(self, facts: tuple[Fact, ...]) -> None:
        """Whether it was changed after the failure or while the bank was at it."""
        world = requesting(*approved(), *facts)
        assert status(world) is InstalmentStatus.FAILED
        assert world.turned_down(INSTRUCT, FINANCE) == AGAIN
        world.run(APPROVE, FINANCE)
        world.run(APPROVE, APPROVER)
        assert world.run(INSTRUCT, FINANCE).facts == {GRANT: (instructed(setting=2),)}


class TestWhatWasInstructedOrPaid:
    def test_stays_so_when_the_payee_is_changed(self) -> None:
        sent = (*approved(), instructed())
        assert status(requesting(*sent, *CHANGED)) is InstalmentStatus.INSTRUCTED
        assert status(requesting(*sent, settled(1, 60_000), *CHANGED)) is InstalmentStatus.SETTLED

    def test_an_older_history_that_paid_on_such_approvals_is_read_as_it_was(self) -> None:
        """A rule that is tightened later makes no old stream unreadable."""
        later = instructed(setting=2)
        assert status(requesting(*approved(), *CHANGED, later)) is InstalmentStatus.INSTRUCTED


def test_what_is_not_on_its_way_is_not_touched() -> None:
    """A scheduled and a requested instalment stay what they are."""
    world = world_with_grant(*payable(), requested(), *CHANGED)
    found = world.state(GRANTS, GRANT).instalments
    assert {number: each.status for number, each in found.items()} == {
        1: InstalmentStatus.REQUESTED,
        2: InstalmentStatus.SCHEDULED,
    }
    world.run(APPROVE, FINANCE, NOON)
