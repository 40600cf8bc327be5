"""Accounts of payees: an IBAN is normalised and checked, and nothing that looks like one is kept unchecked."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from string import ascii_uppercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban

from domain.grants import accounts
from domain.grants.accounts import check_account
from domain.refusals import Invalid

KEPT = "DE89370400440532013000"
NO_COUNTRY = "An IBAN begins with the two letters of its country, such as DE; this does not. For another kind of account, write its number here, and say which country the bank is in and what its code is."


def refusal(account: str) -> str:
    """The sentence that refuses an account."""
    with pytest.raises(Invalid) as refused:
        check_account(account)
    (error,) = refused.value.errors
    assert error.field == "account"
    return str(error.detail)


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
    assert (
        refusal(written)
        == "This IBAN has a typing error; compare it with a letter or statement from the bank."
    )


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
            "Character 2 is Ε (U+0395), which only looks like E; type it with a Latin keyboard.",
        ),
        (
            "Ｄe89 3704 0044 0532 0130 00",
            "Character 1 is Ｄ (U+FF24), which only looks like D; type it with a Latin keyboard.",
        ),
        (
            "IBAN: DE８9 3704 0044 0532 0130 00",
            "Character 9 is ８ (U+FF18), which only looks like 8; type it with a Latin keyboard.",
        ),
        (
            "IBAN: DE89 Ж704 0044 0532 0130 00",
            "Character 12 is Ж (U+0416), which is neither a Latin letter nor a digit from 0 to 9; type it with a Latin keyboard.",
        ),
    ],
)
def test_a_letter_that_only_looks_like_a_latin_one_is_named(written: str, detail: str) -> None:
    """With its place, as nobody can see it."""
    assert refusal(written) == detail


@pytest.mark.parametrize(
    ("written", "detail"),
    [
        ("DE89 3704 0044 05", "An IBAN of this country has 22 letters and digits, with nothing after them; this has 14."),
        ("DE89 3704 0044 0532 0130 0", "An IBAN of this country has 22 letters and digits, with nothing after them; this has 21."),
        ("DE89 3704 0044 0532 0130 00 Bank", "An IBAN of this country has 22 letters and digits, with nothing after them; this has 26."),
        ("IBAN 12345678", NO_COUNTRY),
        ("IBAN", NO_COUNTRY),
        ("IBAN:", NO_COUNTRY),
        ("Winter Bank DE8O 3704 0044 0532 0130 00", "Write only the IBAN, without the bank's name or other words."),
        ("Winter Bank D3 88 3704 0044 0532 0130 00", "Write only the IBAN, without the bank's name or other words."),
        ("Winter Bank DЕ88 3704 0044 0532 0130 00", "Write only the IBAN, without the bank's name or other words."),
        ("Winter Bank DE88 3704 0044 0532 0130 00", "Write only the IBAN, without the bank's name or other words."),
        ("Winter Bank, DE89370400440532013000", "Write only the IBAN, without the bank's name or other words."),
        (
            "US12345678901234567",
            NO_COUNTRY,
        ),
    ],
)  # fmt: skip
def test_nothing_that_looks_like_an_iban_is_kept_unchecked(written: str, detail: str) -> None:
    """Too short, too long, or among other words."""
    assert refusal(written) == detail


@pytest.mark.parametrize(
    ("written", "detail"),
    [
        ("DE8O370400440532013000", "Character 4 is the letter O, where an IBAN of this country has a digit."),
        ("DEB8370400440532013000", "Character 3 is the letter B, where an IBAN of this country has a digit."),
        (
            "DEBo 3704 0044 0532 0130 00",
            "Character 3 is the letter B, where an IBAN of this country has a digit.",
        ),
        (
            "D3 88 3704 0044 0532 0130 00",
            "Character 2 is the digit 3, where an IBAN of this country has a letter.",
        ),
        (
            "DE89 37O4 0044 0532 0130 00",
            "Character 8 is the letter O, where an IBAN of this country has a digit.",
        ),
        (
            "DE B837 0400 4405 3201 30",
            "Character 4 is the letter B, where an IBAN of this country has a digit.",
        ),
    ],
)
def test_a_letter_in_the_place_of_a_digit_is_named(written: str, detail: str) -> None:
    """And a digit in that of a letter."""
    assert refusal(written) == detail


@pytest.mark.parametrize(
    ("letter", "place", "written"),
    [
        ("Ð", 1, "ÐE88370400440532013000"),
        ("Ꭰ", 1, "ᎠE88370400440532013000"),
        ("ԁ", 1, "ԁe88370400440532013000"),
        ("Ҽ", 2, "DҼ88370400440532013000"),
        ("Ж", 2, "DЖ88370400440532013000"),
        ("€", 2, "D€88370400440532013000"),
        ("О", 4, "DE8О370400440532013000"),
    ],
)
def test_a_letter_of_any_script_may_be_meant_as_a_latin_one(letter: str, place: int, written: str) -> None:
    """Whether it looks like one or not; it is named with its place."""
    detail = refusal(written)
    assert detail.startswith(f"Character {place} is ")
    assert f"{letter} (U+{ord(letter):04X})" in detail


def country_ibans() -> st.SearchStrategy[str]:
    """Valid IBANs of every country, with digits wherever digits may stand."""
    countries = [a + b for a in ascii_uppercase for b in ascii_uppercase if accounts._length(a + b)]

    @st.composite
    def made(draw: st.DrawFn) -> str:
        country = draw(st.sampled_from(countries))
        bban = "".join(
            draw(st.sampled_from(ascii_uppercase if kind == "a" else digits))
            for kind in accounts._bban(country)
        )
        return f"{country}{iban.calc_check_digits(f'{country}00{bban}')}{bban}"

    # Some countries have check digits of their own, too.
    return made().filter(iban.is_valid)


FOREIGN = st.characters(categories=["L", "N", "So", "Sc"], min_codepoint=0xA1).filter(
    lambda each: len(unicodedata.normalize("NFKC", each)) == 1
)


@given(country_ibans(), st.data())
def test_an_iban_with_look_alikes_is_never_another_account(written: str, data: st.DataObject) -> None:
    """One or two characters are replaced: by letters of any script, letters by digits that look like them or the other way
    round. Digits alone are no IBAN to anybody, so of the country's letters one stays."""
    kept = list(written)
    places = data.draw(st.sets(st.integers(0, len(written) - 1), min_size=1, max_size=2))
    for place in sorted(places):
        alike = [
            digit
            for digit, letters in accounts._LETTERS_LIKE.items()
            if written[place] in letters and not (place < 2 and kept[1 - place].isdigit())
        ]
        alike += accounts._LETTERS_LIKE.get(written[place], "")
        one = st.sampled_from(alike) | FOREIGN if alike else FOREIGN
        kept[place] = data.draw(one)
    changed = "".join(kept)
    with suppress(Invalid):
        assert check_account(changed) == iban.validate(changed)


@given(country_ibans(), st.integers(0, 33), st.sampled_from(digits))
def test_an_iban_with_another_digit_is_never_another_account(written: str, place: int, digit: str) -> None:
    """Nor is one of a country in which it stands for a letter."""
    place = 2 + place % (len(written) - 2)
    changed = f"{written[:place]}{digit}{written[place + 1 :]}"
    if iban.is_valid(changed):
        assert check_account(changed) == changed
    else:
        refusal(changed)


@pytest.mark.parametrize(
    "written",
    [
        "Account US12345678901234567",
        "Счёт 40817 в банке «Зима»",
        "021000021 / 9876 5432",
        "12345678, sort code 20-00-00",
        "Счёт 40817810099910004312",
        "№ 40817810099910004312",
        "40817810099910004312",
        "Solebank 1234567890",
        "DE00 EXAMPLE",
        "Ibank of Winter 4711",
        "1234",
    ],
)
def test_other_accounts_are_kept_as_they_are_written(written: str) -> None:
    """Not every country has IBANs."""
    assert check_account(f" {written} ") == written
