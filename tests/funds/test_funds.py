"""A fund: money comes in as pledged, and no more leaves than is available."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from domain import funds
from domain.commands.funds import OpenFund, PledgeToFund, ReceiveIntoFund
from domain.deciding import Outcome
from domain.funds import (
    Fund,
    FundCommitted,
    FundOpened,
    FundPledged,
    FundReceived,
    FundReleased,
    FundStatus,
    Pledge,
)
from domain.limits import MAX_MINOR
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import Money
from tests.driving import NOON, World
from tests.grants.scene import (
    ADMINISTRATOR,
    APPROVER,
    BOTH,
    FINANCE,
    FUND,
    FUNDER,
    GRANT,
    INITIATIVE,
    OFFICER,
    PLEDGE,
    STRANGER,
    committed,
    euros,
    initiative,
    opened,
    pledged,
    received,
    world_with_fund,
)

NOT_FOUND = (NotFound, "Not found, or you have no access.")


class TestBeforeAFundIsOpened:
    def test_an_officer_opens_it(self) -> None:
        world = World()
        world.given(INITIATIVE, *initiative())
        fund = World().new("fund")
        command = OpenFund(initiative=INITIATIVE, name=" Winter Fund ", currency="EUR", basis="pledged")
        assert world.run(command, OFFICER) == Outcome(
            facts={
                fund: (
                    FundOpened(
                        fund=fund, initiative=INITIATIVE, name="Winter Fund", currency="EUR", basis="pledged"
                    ),
                )
            },
            answers=fund,
        )

    def test_what_is_available_counts_from_the_money_received_unless_said_otherwise(self) -> None:
        world = World()
        world.given(INITIATIVE, *initiative())
        outcome = world.run(OpenFund(initiative=INITIATIVE, name="Winter Fund", currency="JPY"), OFFICER)
        assert world.state(funds.FUND, outcome.answers) == Fund(
            status=FundStatus.OPENED, initiative=INITIATIVE, currency="JPY", basis="received"
        )

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, FINANCE, APPROVER, FUNDER])
    def test_no_other_member_opens_it(self, actor: str) -> None:
        command = OpenFund(initiative=INITIATIVE, name="Winter Fund", currency="EUR")
        world = world_with_fund()
        assert world.turned_down(command, actor) == (
            Forbidden,
            "In this initiative, only people with this role can do this: officer.",
        )

    def test_a_stranger_does_not_learn_of_the_initiative(self) -> None:
        command = OpenFund(initiative=INITIATIVE, name="Winter Fund", currency="EUR")
        assert world_with_fund().turned_down(command, STRANGER) == NOT_FOUND

    @pytest.mark.parametrize("currency", ["euro", "eur", "", "EU", "EURO"])
    def test_a_currency_is_a_code(self, currency: str) -> None:
        command = OpenFund(initiative=INITIATIVE, name="Winter Fund", currency=currency)
        assert world_with_fund().turned_down(command, OFFICER) == (
            Invalid,
            {"currency": "Write the currency as its three-letter code, such as EUR."},
        )

    def test_a_fund_has_a_name(self) -> None:
        command = OpenFund(initiative=INITIATIVE, name="  ", currency="EUR")
        assert world_with_fund().turned_down(command, OFFICER) == (
            Invalid,
            {"name": "This cannot be left empty."},
        )


class TestAnOpenFund:
    @pytest.mark.parametrize("actor", [FUNDER, FINANCE])
    def test_a_pledge_is_recorded_by_the_funder_or_by_finance(self, actor: str) -> None:
        world = world_with_fund(opened())
        pledge = World().new("pledge")
        command = PledgeToFund(
            fund=FUND, funder=FUNDER, amount=euros("2500.5"), restriction=" For translations. "
        )
        assert world.run(command, actor) == Outcome(
            facts={
                FUND: (
                    FundPledged(
                        fund=FUND,
                        pledge=pledge,
                        funder=FUNDER,
                        name=None,
                        amount=250_050,
                        restriction="For translations.",
                    ),
                )
            },
            answers=FUND,
        )

    def test_an_empty_restriction_is_none(self) -> None:
        world = world_with_fund(opened())
        world.run(PledgeToFund(fund=FUND, funder=FUNDER, amount=euros("1"), restriction="  "), FUNDER)
        assert world.facts(FUND) == (opened(), pledged(100, World().new("pledge")))

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, OFFICER, APPROVER])
    def test_nobody_else_records_a_pledge(self, actor: str) -> None:
        world = world_with_fund(opened())
        command = PledgeToFund(fund=FUND, funder=FUNDER, amount=euros("1"))
        assert world.turned_down(command, actor) == (
            Forbidden,
            "In this initiative, only people with this role can do this: finance.",
        )

    def test_a_funder_does_not_pledge_for_somebody_else(self) -> None:
        world = world_with_fund(opened())
        command = PledgeToFund(fund=FUND, funder=FINANCE, amount=euros("1"))
        assert world.turned_down(command, FUNDER) == (
            Forbidden,
            "In this initiative, only people with this role can do this: finance.",
        )

    def test_a_stranger_does_not_pledge_for_themself(self) -> None:
        world = world_with_fund(opened())
        assert (
            world.turned_down(PledgeToFund(fund=FUND, funder=STRANGER, amount=euros("1")), STRANGER)
            == NOT_FOUND
        )

    @pytest.mark.parametrize("funder", [STRANGER, OFFICER, "", "somebody"])
    def test_a_funder_is_a_member_in_that_role(self, funder: str) -> None:
        world = world_with_fund(opened())
        command = PledgeToFund(fund=FUND, funder=funder, amount=euros("1"))
        assert world.turned_down(command, FINANCE) == (
            Invalid,
            {"funder": "Choose a member who holds the role of funder."},
        )

    @pytest.mark.parametrize(
        ("amount", "field", "detail"),
        [
            (euros("0"), "amount.amount", "The amount must be at least 0.01 EUR."),
            (
                euros("-1"),
                "amount.amount",
                "Write an amount as a plain number, such as 1250.00.",
            ),
            (
                euros("1.001"),
                "amount.amount",
                "Is this 1001.00 or 1.001? Write it with a point and 2 decimals, such as 1001.00.",
            ),
            (
                euros("10000000000000.01"),
                "amount.amount",
                "An amount can be at most 10000000000000.00 EUR.",
            ),
            (Money(amount="1", currency="USD"), "amount.currency", "The amount must be in EUR."),
        ],
    )
    def test_a_pledge_is_a_positive_amount_in_the_funds_currency(
        self, amount: Money, field: str, detail: str
    ) -> None:
        world = world_with_fund(opened())
        command = PledgeToFund(fund=FUND, funder=FUNDER, amount=amount)
        assert world.turned_down(command, FUNDER) == (Invalid, {field: detail})

    def test_all_pledges_together_stay_an_exact_number(self) -> None:
        world = world_with_fund(opened(), pledged(MAX_MINOR))
        assert world.turned_down(PledgeToFund(fund=FUND, funder=FUNDER, amount=euros("0.01")), FUNDER) == (
            Refused,
            "All pledges to one fund can add up to at most 10000000000000.00 EUR; with this one they would exceed it.",
        )

    def test_nothing_is_pledged_to_a_fund_that_does_not_exist(self) -> None:
        command = PledgeToFund(fund=FUND, funder=FUNDER, amount=euros("1"))
        assert World().turned_down(command, FUNDER) == (NotFound, "Not found, or you have no access.")


class TestAPledgedFund:
    def test_finance_records_what_arrived(self) -> None:
        world = world_with_fund(opened(), pledged(10_000))
        command = ReceiveIntoFund(
            fund=FUND, pledge=PLEDGE, amount=euros("60.00"), received_on=date(2026, 3, 1)
        )
        assert world.run(command, FINANCE) == Outcome(
            facts={
                FUND: (FundReceived(fund=FUND, pledge=PLEDGE, amount=6_000, received_on=date(2026, 3, 1)),)
            },
            answers=FUND,
        )

    def test_a_pledge_can_arrive_in_parts_to_its_last_cent(self) -> None:
        world = world_with_fund(opened(), pledged(10_000), received(6_000))
        world.run(_receive("40.00"), BOTH)
        assert world.state(funds.FUND, FUND) == Fund(
            status=FundStatus.OPENED,
            initiative=INITIATIVE,
            currency="EUR",
            pledges={PLEDGE: Pledge(funder=FUNDER, amount=10_000, received=10_000)},
        )

    def test_no_more_arrives_than_was_pledged(self) -> None:
        world = world_with_fund(opened(), pledged(10_000), pledged(99_999, "pledge-two"), received(6_000))
        assert world.turned_down(_receive("40.01"), FINANCE) == (
            Refused,
            "40.01 EUR is more than the 40.00 EUR still expected from this pledge.",
        )

    def test_money_arrives_for_a_pledge_that_was_made(self) -> None:
        assert world_with_fund(opened()).turned_down(_receive("1"), FINANCE) == (
            NotFound,
            "This fund has no such pledge.",
        )

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, OFFICER, APPROVER, FUNDER])
    def test_nobody_else_records_it(self, actor: str) -> None:
        world = world_with_fund(opened(), pledged(10_000))
        assert world.turned_down(_receive("1"), actor) == (
            Forbidden,
            "In this initiative, only people with this role can do this: finance.",
        )

    def test_it_arrives_in_the_funds_currency(self) -> None:
        world = world_with_fund(opened(), pledged(10_000))
        command = ReceiveIntoFund(
            fund=FUND, pledge=PLEDGE, amount=Money(amount="1", currency="GBP"), received_on=NOON.date()
        )
        assert world.turned_down(command, FINANCE) == (
            Invalid,
            {"amount.currency": "The amount must be in EUR."},
        )

    def test_it_did_not_arrive_in_the_future(self) -> None:
        world = world_with_fund(opened(), pledged(10_000))
        command = ReceiveIntoFund(fund=FUND, pledge=PLEDGE, amount=euros("1"), received_on=date(2026, 3, 4))
        assert world.turned_down(command, FINANCE) == (
            Invalid,
            {"received_on": "This day is in the future."},
        )

    def test_a_bank_east_of_utc_may_be_a_day_ahead(self) -> None:
        world = world_with_fund(opened(), pledged(10_000))
        command = ReceiveIntoFund(fund=FUND, pledge=PLEDGE, amount=euros("1"), received_on=date(2026, 3, 3))
        in_the_morning = datetime(2026, 3, 2, 9, 59, tzinfo=UTC)
        assert world.turned_down(command, FINANCE, in_the_morning)[0] is Invalid
        world.run(command, FINANCE, in_the_morning + timedelta(minutes=1))


class TestCommitting:
    def test_money_received_can_be_committed_to_its_last_cent(self) -> None:
        fund = Fund(currency="EUR", pledges={PLEDGE: Pledge(funder=FUNDER, amount=900, received=500)})
        assert funds.commit(FUND, fund, grant_id=GRANT, amount=500) == (
            FundCommitted(fund=FUND, grant=GRANT, amount=500),
        )

    def test_no_more_is_committed_than_was_received(self) -> None:
        fund = Fund(
            currency="EUR",
            pledges={PLEDGE: Pledge(funder=FUNDER, amount=900, received=500)},
            commitments={"grant-before": 100},
        )
        with pytest.raises(Refused) as refused:
            funds.commit(FUND, fund, grant_id=GRANT, amount=401)
        assert str(refused.value.detail) == (
            "The fund has 4.00 EUR available, which does not cover the grant of 4.01 EUR."
        )

    def test_a_fund_may_count_from_what_was_pledged(self) -> None:
        fund = Fund(
            currency="EUR",
            basis="pledged",
            pledges={PLEDGE: Pledge(funder=FUNDER, amount=900, received=500)},
            commitments={"grant-before": 100},
        )
        assert funds.commit(FUND, fund, grant_id=GRANT, amount=800) == (
            FundCommitted(fund=FUND, grant=GRANT, amount=800),
        )
        with pytest.raises(Refused) as refused:
            funds.commit(FUND, fund, grant_id=GRANT, amount=801)
        assert str(refused.value.detail) == (
            "The fund has 8.00 EUR available, which does not cover the grant of 8.01 EUR."
        )

    def test_no_more_is_released_than_is_committed_to_that_grant(self) -> None:
        fund = Fund(currency="EUR", commitments={GRANT: 300, "grant-other": 500})
        assert funds.release(FUND, fund, grant_id=GRANT, amount=300, reason="grant_declined") == (
            FundReleased(fund=FUND, grant=GRANT, amount=300, reason="grant_declined"),
        )
        with pytest.raises(Refused) as refused:
            funds.release(FUND, fund, grant_id=GRANT, amount=301, reason="grant_declined")
        assert str(refused.value.detail) == (
            "The fund has set 3.00 EUR aside for this grant, so 3.01 EUR cannot be released."
        )

    def test_the_sums_follow_the_facts(self) -> None:
        world = world_with_fund(
            opened(),
            pledged(10_000),
            pledged(5_000, "pledge-two"),
            received(9_000),
            committed(4_000),
            committed(2_000, "grant-two"),
            FundReleased(fund=FUND, grant=GRANT, amount=1_500, reason="grant_completed"),
        )
        fund = world.state(funds.FUND, FUND)
        assert fund == Fund(
            status=FundStatus.OPENED,
            initiative=INITIATIVE,
            currency="EUR",
            pledges={
                PLEDGE: Pledge(funder=FUNDER, amount=10_000, received=9_000),
                "pledge-two": Pledge(funder=FUNDER, amount=5_000),
            },
            commitments={GRANT: 2_500, "grant-two": 2_000},
        )
        assert (fund.pledged, fund.received, fund.committed, fund.available) == (15_000, 9_000, 4_500, 4_500)


def _receive(amount: str) -> ReceiveIntoFund:
    return ReceiveIntoFund(fund=FUND, pledge=PLEDGE, amount=euros(amount), received_on=NOON.date())
