"""The currencies in use."""

from __future__ import annotations

import pytest

from domain.currencies import DECIMALS
from domain.refusals import Invalid
from domain.values import Money, check_currency


@pytest.mark.parametrize(
    "code", ["EUR", "USD", "UAH", "BYN", "RUB", "KZT", "GEL", "AMD", "TRY", "JPY", "KWD", "XCG", "ZWG"]
)
def test_a_current_one_is_taken(code: str) -> None:
    """By its code."""
    check_currency(code, "currency")


@pytest.mark.parametrize(
    "code",
    [
        "EUE",
        "BYR",
        "XTS",
        "XXX",
        "XAU",
        "XDR",
        "CHE",
        "CLF",
        "UYI",
        "USN",
        "HRK",
        "BGN",
        "ANG",
        "DEM",
        "SLL",
        "ZWL",
    ],
)
def test_one_that_ended_or_is_no_money_is_refused(code: str) -> None:
    """Neither what was never one, nor metals, funds codes and codes for tests."""
    with pytest.raises(Invalid) as refused:
        check_currency(code, "currency")
    assert str(refused.value.errors[0].detail) == f"{code} is not a currency that is in use today."


@pytest.mark.parametrize("code", ["", "eur", "EU", "EURO", "€", "ЕUR"])
def test_it_is_written_as_its_code(code: str) -> None:
    """In three capital letters of the Latin script."""
    with pytest.raises(Invalid) as refused:
        check_currency(code, "currency")
    assert str(refused.value.errors[0].detail) == "Write the currency as its three-letter code, such as EUR."


def test_a_fund_outlives_its_currency() -> None:
    """What was opened in a currency is still paid in it when the list has moved on."""
    assert Money(amount="1.50", currency="HRK").minor("amount", currency="HRK") == 150
    with pytest.raises(Invalid):
        Money(amount="1.50", currency="HRK").minor("amount")


def test_the_list_has_the_decimals_of_iso_4217() -> None:
    """Not those in everyday use, which banks' messages do not go by."""
    assert {code for code, places in DECIMALS.items() if places == 3} == {
        "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND",
    }  # fmt: skip
    assert {code: DECIMALS[code] for code in ("RSD", "HUF", "ISK", "VND")} == {
        "RSD": 2,
        "HUF": 2,
        "ISK": 0,
        "VND": 0,
    }
    assert len(DECIMALS) == 155
