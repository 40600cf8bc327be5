"""Amounts and whole numbers: read where they have one meaning, asked about where they have two, exact to the minor unit."""

from __future__ import annotations

import pytest

from api.locales import LANGUAGES, Locale
from domain.amounts import typed_amount, typed_whole, why_unreadable
from domain.answers import check_answers
from domain.forms import BudgetLine, Form, Question
from domain.limits import MAX_MINOR
from domain.refusals import Invalid
from domain.values import Money, decimal_string, minor_units

PLAIN = "Write an amount as a plain number, such as 1250.00."


def refusal(amount: str, currency: str = "EUR") -> str:
    """The sentence that refuses an amount as JSON sends it."""
    with pytest.raises(Invalid) as refused:
        minor_units(amount, currency, "amount")
    (error,) = refused.value.errors
    assert error.field == "amount"
    return str(error.detail)


def on_a_page(typed: str, currency: str = "EUR") -> int | str:
    """What becomes of an amount that was typed on a page: its minor units, or the sentence that refuses it."""
    amount = typed_amount(typed, currency)
    try:
        return minor_units(amount, currency, "amount")
    except Invalid as invalid:
        assert amount == typed, "it comes back as it was typed"
        return str(invalid.errors[0].detail)


@pytest.mark.parametrize(
    "typed",
    [
        "1250.00",
        "1250.00 ",
        "\t1250.00",
        "1 250.00",
        "1 250,00",
        "1\u00a0250.00",
        "1\u202f250,00",
        "1\u2009250.00",
        "1'250.00",
        "1’250.00",
        "1,250.00",
        "1.250,00",
        "1250,00",
        "1250",
        "1250.0",
        "01250",
        "+1250",
        "€1250",
        "€ 1 250.00",
        "1250 €",
        "1250 EUR",
        "EUR 1250",
        "1250 eur",
        "1250 евро",
        "１２５０",
        "１２５０．００",
        "١٢٥٠",
        "١٬٢٥٠٫٠٠",
        "\u200e1250\u200e",
    ],
)
def test_what_has_one_meaning_is_taken_on_a_page(typed: str) -> None:
    """Thousands by blanks of every kind, decimals by point or comma, the currency beside it, digits of any script."""
    assert on_a_page(typed) == 125_000


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("1,250,000", 125_000_000),
        ("1.250.000,5", 125_000_050),
        ("1,25,000", 12_500_000),
        ("0,5", 50),
        ("0", 0),
    ],
)
def test_millions_and_cents_are_read_too(typed: str, minor: int) -> None:
    """Also thousands as they are written in India."""
    assert on_a_page(typed) == minor


@pytest.mark.parametrize("minor", [0, 1, 50, 12_345, 125_000, 100_000_000, MAX_MINOR])
@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
def test_all_that_our_pages_print_is_taken(minor: int, currency: str) -> None:
    """With its thousands apart and its currency, and as it stands in a field that is filled in beforehand."""
    for language in LANGUAGES:
        assert on_a_page(Locale(language).money(Money.of(minor, currency)), currency) == minor
    assert on_a_page(decimal_string(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("typed", "question"),
    [
        ("1.250", "Is this 1250.00 or 1.25?"),
        ("1,250", "Is this 1250.00 or 1.25?"),
        ("1.500", "Is this 1500.00 or 1.50?"),
        ("12.500", "Is this 12500.00 or 12.50?"),
        ("€1.250", "Is this 1250.00 or 1.25?"),
        ("1.255", "Is this 1255.00 or 1.255?"),
    ],
)
def test_what_has_two_meanings_is_asked_about(typed: str, question: str) -> None:
    """Both are spelled out; the same is said to a program."""
    told = on_a_page(typed)
    assert isinstance(told, str)
    assert told.startswith(f"{question} Write it with a point and 2 decimals, such as ")
    assert refusal(typed) == told


def test_it_is_asked_with_the_decimal_sign_of_the_reader_s_language() -> None:
    """As in the hint beside the field."""
    asked = Locale("ru").say(why_unreadable("1.250", "EUR"))
    assert asked.startswith("Это 1250,00 или 1,25?")
    assert asked.endswith("например 1250,00.")
    assert Locale("ru").say(why_unreadable("", "EUR")).endswith("1250,00.")


@pytest.mark.parametrize(
    ("typed", "currency", "detail"),
    [
        ("1250.000", "EUR", "An amount in EUR has at most 2 decimals; this has 3."),
        ("1 250.500", "EUR", "An amount in EUR has at most 2 decimals; this has 3."),
        ("0.125", "EUR", "An amount in EUR has at most 2 decimals; this has 3."),
        ("1000.00", "JPY", "An amount in JPY has no decimals; this has 2."),
        ("1000.5", "JPY", "An amount in JPY has no decimals; this has 1."),
        ("1250 USD", "EUR", "This amount is written in USD; it must be in EUR."),
        ("$1250", "EUR", "This amount is written in $; it must be in EUR."),
        ("1250 kr", "EUR", "This amount is written in KR; it must be in EUR."),
        ("", "EUR", "Write an amount, such as 1250.00."),
        ("", "JPY", "Write an amount, such as 1250."),
        *(
            (text, "EUR", PLAIN)
            for text in ("-5", "1e5", "12 50", "1.250.00", "1250 apples", "1..5", "9" * 101 + "x")
        ),
    ],
)
def test_the_rest_is_told_and_comes_back_as_typed(typed: str, currency: str, detail: str) -> None:
    """Decimals beyond those of the currency are never dropped, also if they are zeros."""
    if typed == "1 250.500":
        # What was read so far is told; the field keeps what was typed, which the page sends back itself.
        assert refusal(typed_amount(typed, currency), currency) == detail
        return
    assert on_a_page(typed, currency) == detail


@pytest.mark.parametrize(
    "amount", ["1250.00 ", "1 250.00", "1250,00", "€1250", "1250 EUR", "01250", "+1250", "１２５０"]
)
def test_json_is_strict(amount: str) -> None:
    """A program knows how it writes numbers."""
    assert refusal(amount) == PLAIN


def test_every_currency_has_its_own_decimals() -> None:
    """Exactly, also in a sum of many."""
    assert minor_units("0.125", "KWD", "amount") == 125
    assert minor_units("1000", "JPY", "amount") == 1000
    assert sum(minor_units("0.10", "EUR", "amount") for _ in range(10)) == minor_units(
        "1.00", "EUR", "amount"
    )
    assert on_a_page("1,000", "JPY") == 1000, "there is no other meaning without decimals"
    assert on_a_page("1.250", "KWD") == 1250, "as our pages print it"
    assert on_a_page("1,250", "KWD") == (
        "Is this 1250.000 or 1.250? Write it with a point and 3 decimals, such as 1250.000."
    )


def test_ten_lines_of_a_tenth_are_one() -> None:
    """A budget adds up in whole minor units."""
    form = Form(questions=(Question(id="costs", kind="budget", label={"en": "Costs"}),))
    lines = (BudgetLine(item="Air", amount="0.10"),) * 10
    assert check_answers(form, {"costs": lines}, requested=100, currency="EUR") == {"costs": lines}
    with pytest.raises(Invalid):
        check_answers(form, {"costs": lines}, requested=99, currency="EUR")


def test_the_largest_amount_is_taken_and_one_more_is_not() -> None:
    """Both numbers are told."""
    assert minor_units("10000000000000.00", "EUR", "amount") == MAX_MINOR
    assert refusal("10000000000000.01") == ("An amount can be at most 10000000000000.00 EUR.")
    assert refusal("9" * 40) == "An amount can be at most 10000000000000.00 EUR."


@pytest.mark.parametrize("typed", ["8", " 8 ", "+8", "8.0", "8,00", "08", "８", "٨", "\u00a08"])
def test_a_whole_number_is_read_as_people_write_it(typed: str) -> None:
    """In the digits of any script."""
    assert typed_whole(typed) == 8


def test_thousands_of_a_whole_number_are_read_and_two_meanings_are_not() -> None:
    """The text that stays is refused by the field's own rule."""
    assert (typed_whole("1 000"), typed_whole("-3")) == (1000, -3)
    for typed in ("1.000", "1,000", "8.5", "eight", "", "8-", "9" * 10):
        assert typed_whole(typed) == typed
