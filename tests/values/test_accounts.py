"""Accounts of payees: an IBAN is normalised and checked, and nothing that looks like one is kept unchecked."""

from __future__ import annotations

import pytest

from domain.grants.accounts import check_account
from domain.refusals import Invalid

KEPT = "DE89370400440532013000"


def refusal(account: str) -> str:
    """The sentence that refuses an account."""
    with pytest.raises(Invalid) as refused:
        check_account(account)
    (error,) = refused.value.errors
    assert error.field == "account"
    return error.detail


@pytest.mark.parametrize(
    "written",
    [
        "DE89 3704 0044 0532 0130 00",
        "DE89-3704-0044-0532-0130-00",
        "DE89\u20113704\u20130044\u22120532\u00b70130.00",
        "DE89\u00a03704\u202f0044\u20090532\u30000130\t00",
        "IBAN: DE89 3704 0044 0532 0130 00",
        "iban de89370400440532013000",
        "IBANDE89370400440532013000",
        "IBAN-Nr. DE89 3704 0044 0532 0130 00",
        "IBAN No: DE89 3704 0044 0532 0130 00",
    ],
)
def test_an_iban_is_kept_in_one_spelling(written: str) -> None:
    """Without the word before it, hyphens, blanks of every kind; in capitals."""
    assert check_account(written) == KEPT


@pytest.mark.parametrize(
    "written",
    [
        "DE88-3704-0044-0532-0130-00",
        "IBAN: DE88 3704 0044 0532 0130 00",
        "IBANde88370400440532013000",
        "DE88.3704.0044.0532.0130.00",
    ],
)
def test_a_wrong_digit_is_found_in_every_spelling(written: str) -> None:
    """Or money would go to nobody."""
    assert refusal(written) == "The check digits of this IBAN do not fit; compare it with the bank's letter."


@pytest.mark.parametrize(
    ("written", "detail"),
    [
        (
            "DЕ89 3704 0044 0532 0130 00",
            "Character 2 is the Cyrillic letter Е (U+0415), which only looks like E; type it with a Latin keyboard.",
        ),
        (
            "DЕ88 3704 0044 0532 0130 00",
            "Character 2 is the Cyrillic letter Е (U+0415), which only looks like E; type it with a Latin keyboard.",
        ),
        (
            "DΕ89 3704 0044 0532 0130 00",
            "Character 2 is the Greek letter Ε (U+0395), which only looks like E; type it with a Latin keyboard.",
        ),
        (
            "Ｄe89 3704 0044 0532 0130 00",
            "Character 1 is the full-width letter Ｄ (U+FF24), which only looks like D; type it with a Latin keyboard.",
        ),
        (
            "IBAN: DE８9 3704 0044 0532 0130 00",
            "Character 9 is the full-width digit ８ (U+FF18), which only looks like 8; type it with a Latin keyboard.",
        ),
        (
            "IBAN: DE89 Ж704 0044 0532 0130 00",
            "Character 12 is the Cyrillic letter Ж (U+0416); type it with a Latin keyboard.",
        ),
    ],
)
def test_a_letter_that_only_looks_like_a_latin_one_is_named(written: str, detail: str) -> None:
    """With its place, as nobody can see it."""
    assert refusal(written) == detail


@pytest.mark.parametrize(
    ("written", "detail"),
    [
        ("DE89 3704 0044 05", "An IBAN of this country has 22 letters and digits, and no words behind it; this has 14."),
        ("DE89 3704 0044 0532 0130 0", "An IBAN of this country has 22 letters and digits, and no words behind it; this has 21."),
        ("DE89 3704 0044 0532 0130 00 Bank", "An IBAN of this country has 22 letters and digits, and no words behind it; this has 26."),
        ("Winter Bank DE88 3704 0044 0532 0130 00", "Write the IBAN alone, without the bank's name or other words."),
        ("Winter Bank, DE89370400440532013000", "Write the IBAN alone, without the bank's name or other words."),
        (
            "US12345678901234567",
            (
                "This looks like an IBAN, but none begins with these two letters; write another kind of account with a word "
                "before it, such as Account."
            ),
        ),
    ],
)  # fmt: skip
def test_nothing_that_looks_like_an_iban_is_kept_unchecked(written: str, detail: str) -> None:
    """Too short, too long, or among other words."""
    assert refusal(written) == detail


@pytest.mark.parametrize(
    "written",
    [
        "Account US12345678901234567",
        "Счёт 40817 в банке «Зима»",
        "021000021 / 9876 5432",
        "12345678, sort code 20-00-00",
        "DE00 EXAMPLE",
        "Ibank of Winter 4711",
        "1234",
    ],
)
def test_other_accounts_are_kept_as_they_are_written(written: str) -> None:
    """Not every country has IBANs."""
    assert check_account(f" {written} ") == written
