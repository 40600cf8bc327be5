"""A grant's end: all settled, every report answered, and what was not scheduled returned to the fund."""

from __future__ import annotations

import pytest

from domain import funds
from domain.commands.grants.ending import CompleteGrant
from domain.deciding import Fact, Outcome
from domain.funds import FundReleased
from domain.grants.facts import GrantCompleted, GrantDeclined, GrantInstalmentFailed, GrantLapsed
from domain.refusals import Forbidden, NotFound, Refused
from tests.grants.scene import (
    ADMINISTRATOR,
    APPROVER,
    ARTIST,
    FINANCE,
    FUND,
    FUNDER,
    GRANT,
    OFFICER,
    PAYMENTS,
    STRANGER,
    accepted,
    approved,
    instructed,
    member_too,
    offered,
    paid,
    payable,
    report_submitted,
    reported,
    requested,
    world_with_grant,
)

COMPLETE = CompleteGrant(grant=GRANT)
PAID = (*payable(), *paid(1, 60_000), *reported(), *paid(2, 40_000, report=1))
"""Both instalments settled, which are the whole grant, and the report answered."""
PARTLY = (*payable((30_000, "none"), (20_000, "none")), *paid(1, 30_000), *paid(2, 20_000))
"""Both instalments settled, which are half of the grant."""


class TestAGrantThatIsPaid:
    def test_the_officer_completes_it(self) -> None:
        world = world_with_grant(*PAID)
        assert world.run(COMPLETE, OFFICER) == Outcome(
            facts={GRANT: (GrantCompleted(grant=GRANT),)}, answers=GRANT
        )
        assert world.state(funds.FUND, FUND).available == 900_000

    def test_what_was_not_scheduled_returns_to_the_fund(self) -> None:
        world = world_with_grant(*PARTLY)
        assert world.run(COMPLETE, OFFICER) == Outcome(
            facts={
                GRANT: (GrantCompleted(grant=GRANT),),
                FUND: (FundReleased(fund=FUND, grant=GRANT, amount=50_000, reason="grant_completed"),),
            },
            answers=GRANT,
        )
        assert world.state(funds.FUND, FUND).available == 950_000

    def test_not_while_a_report_waits_for_its_answer(self) -> None:
        assert world_with_grant(*PAID, report_submitted(2)).turned_down(COMPLETE, OFFICER) == (
            Refused,
            "Report 2 must be accepted or returned first.",
        )

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, FINANCE, APPROVER, FUNDER])
    def test_no_other_member_completes_it(self, actor: str) -> None:
        assert world_with_grant(*PAID).turned_down(COMPLETE, actor) == (
            Forbidden,
            "In this initiative, only people with this role can do this: officer.",
        )

    @pytest.mark.parametrize("actor", [ARTIST, STRANGER])
    def test_nobody_from_outside_completes_it(self, actor: str) -> None:
        assert world_with_grant(*PAID).turned_down(COMPLETE, actor) == (
            NotFound,
            "Not found, or you have no access.",
        )

    def test_an_officer_does_not_complete_their_own(self) -> None:
        world = world_with_grant(*PAID)
        member_too(world, ARTIST)
        assert world.turned_down(COMPLETE, ARTIST) == (
            Forbidden,
            "This is your own grant, so somebody else must do this.",
        )


class TestAGrantThatIsNotPaid:
    def test_one_without_a_schedule_is_not_completed(self) -> None:
        assert world_with_grant(*accepted()).turned_down(COMPLETE, OFFICER) == (
            Refused,
            "A grant can be completed once all its instalments are paid; none is scheduled yet.",
        )

    @pytest.mark.parametrize(
        ("since", "number", "status"),
        [
            ((), 1, "scheduled"),
            (paid(1, 60_000), 2, "scheduled"),
            ((*reported(), *paid(2, 40_000, report=1)), 1, "scheduled"),
            ((requested(),), 1, "requested"),
            ((requested(), *approved()[:1]), 1, "approved once"),
            ((requested(), *approved()), 1, "approved"),
            ((requested(), *approved(), instructed()), 1, "instructed"),
            (
                (
                    requested(),
                    *approved(),
                    instructed(),
                    GrantInstalmentFailed(grant=GRANT, instalment=1, reason="other", approvals_ended=0),
                ),
                1,
                "failed",
            ),
        ],
    )
    def test_it_is_completed_once_all_is_settled(
        self, since: tuple[Fact, ...], number: int, status: str
    ) -> None:
        """The sentence names the first instalment that is not."""
        assert world_with_grant(*payable(), *since).turned_down(COMPLETE, OFFICER) == (
            Refused,
            f"A grant can be completed once all its instalments are paid; instalment {number} is {status}.",
        )


class TestAGrantThatIsNotAccepted:
    @pytest.mark.parametrize(
        ("facts", "status"),
        [
            (offered(), "offered"),
            (
                (
                    *offered(),
                    GrantDeclined(grant=GRANT, dossier=PAYMENTS, reason="terms", explanation=None),
                ),
                "declined",
            ),
            ((*offered(), GrantLapsed(grant=GRANT)), "lapsed"),
            ((*PAID, GrantCompleted(grant=GRANT)), "completed"),
        ],
    )
    def test_it_is_not_completed(self, facts: tuple[Fact, ...], status: str) -> None:
        assert world_with_grant(*facts).turned_down(COMPLETE, OFFICER) == (
            Refused,
            f"This is possible only for an accepted grant; this one is {status}.",
        )
