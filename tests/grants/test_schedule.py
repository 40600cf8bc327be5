"""A grant's schedule: at most twelve instalments that never exceed it, and that stand once one was requested."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.commands.grants.scheduling import ScheduleGrant
from domain.deciding import Fact, Outcome
from domain.grants.facts import Condition, GrantCompleted, GrantInstalmentsScheduled, GrantLapsed, Instalment
from domain.grants.rules import PlannedInstalment
from domain.grants.state import GRANT as GRANTS
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import Money
from tests.driving import NOON
from tests.grants.scene import (
    ADMINISTRATOR,
    APPROVER,
    ARTIST,
    FINANCE,
    FUNDER,
    GRANT,
    OFFICER,
    STRANGER,
    accepted,
    approved,
    euros,
    instructed,
    member_too,
    offered,
    paid,
    payable,
    requested,
    scheduled,
    world_with_grant,
)

DUE = date(2026, 6, 1)


PAST = "This day is in the past. Change it, or confirm that the dates in the past are right."


def plan(
    *amounts: str,
    condition: Condition = "none",
    left: str | None = None,
    due: date = DUE,
    confirm: bool = False,
) -> ScheduleGrant:
    """So many instalments in EUR, all due on one day."""
    return ScheduleGrant(
        grant=GRANT,
        instalments=tuple(
            PlannedInstalment(amount=euros(amount), due=due, condition=condition) for amount in amounts
        ),
        unscheduled=None if left is None else euros(left),
        confirm_past_due=confirm,
    )


class TestAnAcceptedGrant:
    def test_the_officer_divides_it_in_the_order_given(self) -> None:
        command = ScheduleGrant(
            grant=GRANT,
            instalments=(
                PlannedInstalment(amount=euros("600"), due=DUE),
                PlannedInstalment(amount=euros("399.99"), due=date(2026, 4, 1), condition="report"),
            ),
            unscheduled=euros("0.01"),
        )
        assert world_with_grant(*accepted()).run(command, OFFICER) == Outcome(
            facts={
                GRANT: (
                    GrantInstalmentsScheduled(
                        grant=GRANT,
                        instalments=(
                            Instalment(number=1, amount=60_000, condition="none", due=DUE),
                            Instalment(number=2, amount=39_999, condition="report", due=date(2026, 4, 1)),
                        ),
                        unscheduled=1,
                    ),
                )
            },
            answers=GRANT,
        )

    def test_the_instalments_may_add_up_to_the_whole_grant(self) -> None:
        assert world_with_grant(*accepted()).run(plan("999.99", "0.01"), OFFICER) == Outcome(
            facts={GRANT: (scheduled((99_999, "none"), (1, "none")),)}, answers=GRANT
        )

    @pytest.mark.parametrize(
        ("amounts", "total"), [(("1000.01",), "1000.01"), (("600", "400", "0.01"), "1000.01")]
    )
    def test_they_never_add_up_to_more(self, amounts: tuple[str, ...], total: str) -> None:
        assert world_with_grant(*accepted()).turned_down(plan(*amounts), OFFICER) == (
            Refused,
            f"The instalments add up to {total} EUR, which is more than the grant of 1000.00 EUR.",
        )

    def test_there_are_twelve_at_most(self) -> None:
        world = world_with_grant(*accepted())
        assert world.turned_down(plan(*["1"] * 13), OFFICER) == (
            Invalid,
            {"instalments": "A grant is paid in 1 to 12 instalments; this schedule has 13."},
        )
        assert world.run(plan(*["1"] * 12, left="988"), OFFICER) == Outcome(
            facts={GRANT: (scheduled(*[(100, "none")] * 12),)}, answers=GRANT
        )

    def test_there_is_one_at_least(self) -> None:
        assert world_with_grant(*accepted()).turned_down(plan(), OFFICER) == (
            Invalid,
            {"instalments": "A grant is paid in 1 to 12 instalments; this schedule has 0."},
        )

    def test_each_wrong_sum_is_told_by_its_place(self) -> None:
        command = ScheduleGrant(
            grant=GRANT,
            instalments=(
                PlannedInstalment(amount=euros("0"), due=DUE),
                PlannedInstalment(amount=euros("1"), due=DUE),
                PlannedInstalment(amount=Money(amount="1", currency="USD"), due=DUE),
            ),
        )
        assert world_with_grant(*accepted()).turned_down(command, OFFICER) == (
            Invalid,
            {
                "instalments[0].amount.amount": "The amount must be at least 0.01 EUR.",
                "instalments[2].amount.currency": "The amount must be in EUR.",
            },
        )

    @pytest.mark.parametrize("left", [None, "0", "100.01", "99.99"])
    def test_what_they_leave_has_to_be_said_to_the_cent(self, left: str | None) -> None:
        """An instalment that was forgotten is not found when the grant is completed."""
        assert world_with_grant(*accepted()).turned_down(plan("600", "300", left=left), OFFICER) == (
            Invalid,
            {
                "unscheduled.amount": (
                    "These instalments leave 100.00 EUR of the grant unscheduled. Add an instalment, or write this sum "
                    "here to leave it."
                )
            },
        )

    def test_nothing_is_left_by_instalments_that_cover_the_grant(self) -> None:
        world = world_with_grant(*accepted())
        assert world.turned_down(plan("600", "400", left="0.01"), OFFICER) == (
            Invalid,
            {"unscheduled.amount": "The instalments cover the whole grant, so nothing is left unscheduled."},
        )
        assert world.run(plan("600", "400", left="0"), OFFICER) == Outcome(
            facts={GRANT: (scheduled((60_000, "none"), (40_000, "none")),)}, answers=GRANT
        )

    def test_what_is_left_is_in_the_currency_of_the_grant(self) -> None:
        command = ScheduleGrant(
            grant=GRANT,
            instalments=(PlannedInstalment(amount=euros("600"), due=DUE),),
            unscheduled=Money(amount="400", currency="USD"),
        )
        assert world_with_grant(*accepted()).turned_down(command, OFFICER) == (
            Invalid,
            {"unscheduled.currency": "The amount must be in EUR."},
        )

    def test_a_day_in_the_past_is_asked_about_together_with_what_else_is_wrong(self) -> None:
        command = ScheduleGrant(
            grant=GRANT,
            instalments=(
                PlannedInstalment(amount=euros("600"), due=DUE),
                PlannedInstalment(amount=euros("0"), due=date(2025, 6, 1)),
            ),
        )
        assert world_with_grant(*accepted()).turned_down(command, OFFICER) == (
            Invalid,
            {
                "instalments[1].due": PAST,
                "instalments[1].amount.amount": "The amount must be at least 0.01 EUR.",
            },
        )

    def test_a_day_in_the_past_is_taken_if_it_is_meant(self) -> None:
        """As of a payment that is recorded late."""
        world = world_with_grant(*accepted())
        world.run(plan("1000", due=date(2025, 6, 1), confirm=True), OFFICER)
        assert world.state(GRANTS, GRANT).instalments[1].plan.due == date(2025, 6, 1)

    def test_a_day_is_past_when_it_has_ended_everywhere(self) -> None:
        """At noon in UTC the day before has just ended in the last time zone, twelve hours behind."""
        command = plan("1000", due=NOON.date() - timedelta(days=1))
        before = NOON - timedelta(minutes=1)
        assert world_with_grant(*accepted()).turned_down(command, OFFICER, NOON) == (
            Invalid,
            {"instalments[0].due": PAST},
        )
        assert world_with_grant(*accepted()).run(command, OFFICER, before).answers == GRANT

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, FINANCE, APPROVER, FUNDER])
    def test_no_other_member_divides_it(self, actor: str) -> None:
        assert world_with_grant(*accepted()).turned_down(plan("1"), actor) == (
            Forbidden,
            "In this initiative, only people with this role can do this: officer.",
        )

    @pytest.mark.parametrize("actor", [ARTIST, STRANGER])
    def test_nobody_from_outside_divides_it(self, actor: str) -> None:
        assert world_with_grant(*accepted()).turned_down(plan("1"), actor) == (
            NotFound,
            "Not found, or you have no access.",
        )

    def test_an_officer_does_not_divide_their_own(self) -> None:
        world = world_with_grant(*accepted())
        member_too(world, ARTIST)
        assert world.turned_down(plan("1"), ARTIST) == (
            Forbidden,
            "This is your own grant, so somebody else must do this.",
        )


class TestAScheduledGrant:
    def test_another_schedule_takes_the_place_of_the_first(self) -> None:
        """The sums of the first count no more, and neither do its conditions."""
        world = world_with_grant(*payable((100_000, "report")))
        assert world.run(plan("700", "300"), OFFICER) == Outcome(
            facts={GRANT: (scheduled((70_000, "none"), (30_000, "none")),)}, answers=GRANT
        )

    @pytest.mark.parametrize(
        "since",
        [
            (requested(),),
            (requested(), *approved()),
            (requested(), *approved(), instructed()),
            paid(1, 60_000),
        ],
        ids=["requested", "approved", "instructed", "settled"],
    )
    def test_it_stands_once_an_instalment_was_requested(self, since: tuple[Fact, ...]) -> None:
        assert world_with_grant(*payable(), *since).turned_down(plan("1"), OFFICER) == (
            Refused,
            "The schedule can no longer be changed, because an instalment was already requested.",
        )


class TestAGrantThatIsNotAccepted:
    @pytest.mark.parametrize(
        ("facts", "status"),
        [
            (offered(), "offered"),
            ((*offered(), GrantLapsed(grant=GRANT)), "lapsed"),
            ((*accepted(), GrantCompleted(grant=GRANT)), "completed"),
        ],
    )
    def test_it_is_not_divided(self, facts: tuple[Fact, ...], status: str) -> None:
        assert world_with_grant(*facts).turned_down(plan("1"), OFFICER) == (
            Refused,
            f"This is possible only for an accepted grant; this one is {status}.",
        )
