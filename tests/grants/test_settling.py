"""A payment is settled on a day on which the bank can have paid it: none before it was told to."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from domain.commands.grants.instalments import FailInstalment, InstructInstalment, SettleInstalment
from domain.deciding import Outcome
from domain.exchange import Exchange, typed_rate
from domain.grants.facts import GrantInstalmentSettled
from domain.grants.state import GRANT as GRANTS
from domain.older_facts import GrantInstalmentInstructedV1, instructed_v2
from domain.refusals import Invalid, NotFound
from domain.values import Money
from tests.driving import NOON, World
from tests.grants.scene import (
    FINANCE,
    GRANT,
    PAYMENTS,
    TODAY,
    approved,
    euros,
    instructed,
    kept,
    payable,
    requested,
    world_with_grant,
)

INSTRUCT = InstructInstalment(grant=GRANT, instalment=1, reference="BATCH-1")
LATER = NOON + timedelta(days=10)


def settle(settled_on: date) -> SettleInstalment:
    return SettleInstalment(grant=GRANT, instalment=1, amount=euros("600.00"), settled_on=settled_on)


def charged(*, fee: Money | None = None, exchange: Exchange | None = None) -> SettleInstalment:
    return SettleInstalment(
        grant=GRANT,
        instalment=1,
        amount=euros("600.00"),
        settled_on=TODAY,
        fee=fee,
        exchange=exchange,
    )


def told() -> World:
    """The bank was told at noon to pay the first instalment."""
    world = world_with_grant(*payable(), requested(), *approved())
    world.run(INSTRUCT, FINANCE)
    return world


def test_the_fact_says_when_the_bank_was_told_and_the_day_in_utc_counts() -> None:
    """Whatever the offset of the clock."""
    just_after_midnight = datetime(2026, 3, 3, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    world = world_with_grant(*payable(), requested(), *approved())
    assert world.run(INSTRUCT, FINANCE, just_after_midnight) == Outcome(
        facts={GRANT: (instructed(at=just_after_midnight),), PAYMENTS: (kept(),)}, answers=GRANT
    )
    assert world.run(settle(date(2026, 3, 1)), FINANCE, LATER).answers == GRANT


def test_of_an_instruction_stored_before_only_the_day_is_known() -> None:
    """Facts of the first shape hold no time."""
    stored = GrantInstalmentInstructedV1(
        grant=GRANT, instalment=1, setting=1, reference="BATCH-1", instructed_on=TODAY
    )
    world = world_with_grant(*payable(), requested(), *approved(), instructed_v2(stored))
    assert world.turned_down(settle(TODAY - timedelta(days=2)), FINANCE, LATER)[0] is Invalid
    assert world.run(settle(TODAY - timedelta(days=1)), FINANCE, LATER).answers == GRANT


@pytest.mark.parametrize("days", [-1, 0, 3])
def test_it_is_settled_from_the_day_before_on_for_the_bank_may_be_in_another_zone(days: int) -> None:
    """A bank's calendar lies at most a day behind ours."""
    assert told().run(settle(TODAY + timedelta(days=days)), FINANCE, LATER).answers == GRANT


def test_it_is_not_settled_on_an_earlier_day() -> None:
    """A typing error, or another payment."""
    assert told().turned_down(settle(date(2026, 2, 28)), FINANCE, LATER) == (
        Invalid,
        {
            "settled_on": "The payment was sent to the bank on 2026-03-02, so it cannot have been made before 2026-03-01.",
        },
    )


def test_it_is_instructed_again_on_the_same_day() -> None:
    """As after a failure."""
    world = told()
    world.run(FailInstalment(grant=GRANT, instalment=1, reason="held_by_bank"), FINANCE)
    assert world.run(INSTRUCT, FINANCE) == Outcome(facts={GRANT: (instructed(),)}, answers=GRANT)


def test_the_latest_instruction_counts() -> None:
    """The first one failed."""
    world = told()
    world.run(FailInstalment(grant=GRANT, instalment=1, reason="held_by_bank"), FINANCE)
    world.run(INSTRUCT, FINANCE, LATER)
    assert world.turned_down(settle(TODAY), FINANCE, LATER) == (
        Invalid,
        {
            "settled_on": "The payment was sent to the bank on 2026-03-12, so it cannot have been made before 2026-03-11.",
        },
    )


@pytest.mark.parametrize("grant", ["grant", "grant-\x00", "x\x00"])
def test_what_is_no_grant_is_not_found(grant: str) -> None:
    """Whatever text stands in its place."""
    command = SettleInstalment(grant=grant, instalment=1, amount=euros("600.00"), settled_on=TODAY)
    assert told().turned_down(command, FINANCE)[0] is NotFound


class TestWhatTheBankTookAndChanged:
    def test_a_fee_and_a_rate_are_recorded_exactly_and_change_no_sum(self) -> None:
        world = told()
        command = charged(
            fee=Money(amount="1250", currency="AMD"), exchange=Exchange(currency="GEL", rate="2.91500")
        )
        assert world.run(command, FINANCE).facts == {
            GRANT: (
                GrantInstalmentSettled(
                    grant=GRANT,
                    instalment=1,
                    amount=60_000,
                    currency="EUR",
                    settled_on=TODAY,
                    fee=125_000,
                    fee_currency="AMD",
                    rate="2.91500",
                    rate_currency="GEL",
                ),
            )
        }
        assert world.state(GRANTS, GRANT).settled == 60_000

    def test_a_fee_of_nothing_is_a_fee(self) -> None:
        world = told()
        world.run(charged(fee=euros("0")), FINANCE)
        assert getattr(world.facts(GRANT)[-1], "fee", None) == 0

    @pytest.mark.parametrize(
        "rate",
        [
            "0",
            "0.000",
            "",
            ".5",
            "2,915",
            "2.",
            "1e3",
            "-1",
            "+1",
            "01.5",
            " 1.5",
            "1.5\n",
            "NaN",
            "٣",
            "1.0000000000001",
        ],
    )
    def test_a_rate_is_a_plain_decimal_above_nothing(self, rate: str) -> None:
        assert told().turned_down(charged(exchange=Exchange(currency="GEL", rate=rate)), FINANCE) == (
            Invalid,
            {"exchange.rate": "Write the rate as a plain number with a point, such as 0.9215."},
        )

    @pytest.mark.parametrize("rate", ["1", "0.000000000001", "999999999999.5", "93.1000"])
    def test_such_a_rate_is_kept_as_it_was_written(self, rate: str) -> None:
        world = told()
        world.run(charged(exchange=Exchange(currency="RUB", rate=rate)), FINANCE)
        assert getattr(world.facts(GRANT)[-1], "rate", None) == rate

    @pytest.mark.parametrize(
        ("command", "field", "sentence"),
        [
            (
                charged(exchange=Exchange(currency="EUR", rate="1")),
                "exchange.currency",
                "The payment was sent in EUR; write the other currency here.",
            ),
            (
                charged(exchange=Exchange(currency="Euro", rate="1")),
                "exchange.currency",
                "Write the currency as its three-letter code, such as EUR.",
            ),
            (
                charged(fee=Money(amount="1.5055", currency="EUR")),
                "fee.amount",
                "An amount in EUR has at most 2 decimals; this has 4.",
            ),
        ],
    )
    def test_each_in_a_currency(self, command: SettleInstalment, field: str, sentence: str) -> None:
        assert told().turned_down(command, FINANCE) == (Invalid, {field: sentence})


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2,91", "2.91"),
        ("93,1000", "93.1000"),
        (" 2.915 ", "2.915"),
        ("2,915", "2,915"),
        ("1 234,5", "1 234,5"),
    ],
)
def test_a_typed_comma_is_a_point_where_it_cannot_part_thousands(typed: str, read: str) -> None:
    assert typed_rate(typed) == read
