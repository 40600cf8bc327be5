"""A pledge of somebody without an account: recorded under a public name, and assigned to a member once."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from domain import funds
from domain.commands.funds import AssignPledge, PledgeToFund, ReceiveIntoFund
from domain.funds import (
    FundPledgeAssigned,
    FundPledged,
    Pledge,
)
from domain.older_facts import FundPledgedV1
from domain.persons.facts import PersonErased
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.topics import newest
from tests.driving import NOON, World
from tests.grants.scene import (
    ADMINISTRATOR,
    APPROVER,
    FINANCE,
    FUND,
    FUNDER,
    OFFICER,
    PLEDGE,
    STRANGER,
    euros,
    opened,
    pledged,
    received,
    world_with_fund,
)

FOUNDATION = "Invented Foundation"


def by_name(amount: int = 100) -> FundPledged:
    """A pledge of somebody without an account."""
    return FundPledged(
        fund=FUND, pledge=PLEDGE, funder=None, name=FOUNDATION, amount=amount, restriction=None
    )


class TestAPledgeOfSomebodyWithoutAnAccount:
    """It has a public name instead of a funder."""

    def test_is_recorded_by_finance(self) -> None:
        world = world_with_fund(opened())
        world.run(PledgeToFund(fund=FUND, name=f" {FOUNDATION} ", amount=euros("1")), FINANCE)
        expected = replace(by_name(), pledge=World().new("pledge"))
        assert world.facts(FUND) == (opened(), expected)

    @pytest.mark.parametrize("actor", [FUNDER, ADMINISTRATOR, OFFICER, APPROVER])
    def test_is_recorded_by_nobody_else(self, actor: str) -> None:
        command = PledgeToFund(fund=FUND, name=FOUNDATION, amount=euros("1"))
        assert world_with_fund(opened()).turned_down(command, actor) == (
            Forbidden,
            "In this initiative, only people with this role can do this: finance.",
        )

    @pytest.mark.parametrize(
        ("whose", "field", "sentence"),
        [
            (
                {},
                "funder",
                "Choose the member who pledges, or give the name of somebody without an account.",
            ),
            (
                {"funder": FUNDER, "name": FOUNDATION},
                "name",
                "Choose a member or give a name, not both.",
            ),
            ({"name": " "}, "name", "This cannot be left empty."),
            ({"name": "x" * 201}, "name", "At most 200 characters; this has 201."),
        ],
    )
    def test_has_exactly_one_of_the_two(self, whose: dict[str, str], field: str, sentence: str) -> None:
        command = PledgeToFund(fund=FUND, amount=euros("1"), **whose)
        refused = world_with_fund(opened()).turned_down(command, FINANCE)
        assert refused == (Invalid, {field: sentence})

    def test_pays_in_like_any_other(self) -> None:
        world = world_with_fund(opened(), by_name(5_000))
        world.run(
            ReceiveIntoFund(fund=FUND, pledge=PLEDGE, amount=euros("50.00"), received_on=NOON.date()), FINANCE
        )
        assert world.state(funds.FUND, FUND).available == 5_000

    def test_is_assigned_to_a_member_by_finance_and_keeps_what_arrived(self) -> None:
        world = world_with_fund(opened(), by_name(5_000), received(2_000))
        world.run(AssignPledge(fund=FUND, pledge=PLEDGE, funder=FUNDER), FINANCE)
        assert world.facts(FUND)[-1] == FundPledgeAssigned(fund=FUND, pledge=PLEDGE, funder=FUNDER)
        (pledge,) = world.state(funds.FUND, FUND).pledges.values()
        assert pledge == Pledge(funder=FUNDER, amount=5_000, received=2_000)

    @pytest.mark.parametrize("before", [by_name(), pledged(100)], ids=["assigned", "a member's"])
    def test_is_assigned_once(self, before: FundPledged) -> None:
        world = world_with_fund(opened(), before)
        command = AssignPledge(fund=FUND, pledge=PLEDGE, funder=FUNDER)
        if before.funder is None:
            world.run(command, FINANCE)
        assert world.turned_down(command, FINANCE) == (Refused, "This pledge already belongs to a member.")

    @pytest.mark.parametrize("funder", [STRANGER, OFFICER, FINANCE])
    def test_is_assigned_to_a_member_in_the_role_of_funder(self, funder: str) -> None:
        command = AssignPledge(fund=FUND, pledge=PLEDGE, funder=funder)
        assert world_with_fund(opened(), by_name()).turned_down(command, FINANCE) == (
            Invalid,
            {"funder": "Choose a member who holds the role of funder."},
        )

    def test_is_never_that_of_somebody_who_was_erased(self) -> None:
        world = world_with_fund(opened(), by_name())
        world.given(FUNDER, PersonErased(person=FUNDER, reason="safety", dossiers=(), kept=()))
        for command in (
            AssignPledge(fund=FUND, pledge=PLEDGE, funder=FUNDER),
            PledgeToFund(fund=FUND, funder=FUNDER, amount=euros("1")),
        ):
            assert world.turned_down(command, FINANCE) == (
                Invalid,
                {"funder": "Choose a member who holds the role of funder."},
            )

    def test_is_one_of_this_fund(self) -> None:
        command = AssignPledge(fund=FUND, pledge="another", funder=FUNDER)
        assert world_with_fund(opened(), by_name()).turned_down(command, FINANCE) == (
            NotFound,
            "This fund has no such pledge.",
        )


def test_a_pledge_of_the_former_shape_is_that_of_a_member() -> None:
    """It was recorded when every pledge was; it has no name."""
    stored = FundPledgedV1(fund=FUND, pledge=PLEDGE, funder=FUNDER, amount=100, restriction="Books")
    expected = replace(pledged(100), restriction="Books")
    assert newest("fund.pledged.v1", stored) == expected
