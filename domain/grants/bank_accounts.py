"""Accounts without an IBAN: an account number and a bank code, as they are written in the bank's country.

A bank code is the bank's BIC or, in the countries of `_NATIONAL`, the code that is used there. Check digits are checked
where a country has them, so that typing errors are found before money is sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

import msgspec
from babel.core import get_global
from stdnum import bic, iban
from stdnum.exceptions import ValidationError
from stdnum.nz import bankaccount
from stdnum.us import rtn

from domain.currencies import DECIMALS
from domain.grants.accounts import check_account
from domain.messages import Message, msg
from domain.refusals import FieldError, Invalid

_COUNTRY: Final = re.compile(r"[A-Z]{2}\Z", re.ASCII)
_PLAIN: Final = re.compile(r"[A-Z0-9]*\Z", re.ASCII)
_BETWEEN: Final = re.compile(r"[ \-./]+")
_FEWEST, _MOST = 4, 34
"""The length of an account number in any country."""
_NUMBER: Final = re.compile(r"(?:[^\s0-9+]+\s*)?(?:[0-9][ \-./]*){4,}\Z")
"""An account number and nothing else, or after one word. Nobody can pay to it without the bank's country and code. A number after
a plus is a telephone's, to which money can be sent in some countries."""
_WHICH_COUNTRY: Final = msg("Say in which country the bank is.")


class BankAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account as it is written in a payment order: only an IBAN or words; or a number with the bank's code and
    country."""

    account: str
    bank_code: str | None = None
    country: str | None = None


class _National(NamedTuple):
    """How accounts are written in a country. `checks` gets code and number together, for check digits."""

    code: re.Pattern[str]
    what_code: Message
    number: re.Pattern[str]
    what_number: Message
    checks: Callable[[str, str], bool] = lambda _code, _number: True


def _is_routing_number(code: str, _number: str) -> bool:
    return rtn.is_valid(code)


def _is_russian(code: str, number: str) -> bool:
    """The account number's check digit, over the last three digits of the bank's code (BIK) and the whole number."""
    weights = (7, 1, 3)
    digits = code[-3:] + number
    return sum(int(digit) * weights[place % 3] for place, digit in enumerate(digits)) % 10 == 0


def _is_of_new_zealand(code: str, number: str) -> bool:
    return bankaccount.is_valid(code + number)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text + r"\Z", re.ASCII)


_NATIONAL: Final = {
    "AU": _National(
        _pattern(r"[0-9]{6}"),
        msg("The bank code is a BSB of 6 digits, or a BIC."),
        _pattern(r"[0-9]{5,10}"),
        msg("An account number in this country has 5 to 10 digits."),
    ),
    "CA": _National(
        _pattern(r"0?[0-9]{8}"),
        msg("The bank code has 8 or 9 digits, those of the institution and of the branch, or it is a BIC."),
        _pattern(r"[0-9]{7,12}"),
        msg("An account number in this country has 7 to 12 digits."),
    ),
    "GB": _National(
        _pattern(r"[0-9]{6}"),
        msg("The bank code is a sort code of 6 digits, or a BIC."),
        _pattern(r"[0-9]{8}"),
        msg("An account number in this country has 8 digits."),
    ),
    "IN": _National(
        _pattern(r"[A-Z]{4}0[A-Z0-9]{6}"),
        msg("The bank code is an IFSC of 11 letters and digits, such as SBIN0000001, or a BIC."),
        _pattern(r"[0-9]{9,18}"),
        msg("An account number in this country has 9 to 18 digits."),
    ),
    "NZ": _National(
        _pattern(r"[0-9]{6}"),
        msg("The bank code has 6 digits, those of the bank and of the branch, or it is a BIC."),
        _pattern(r"[0-9]{9,10}"),
        msg("Write the account number without the bank's 6 digits; it then has 9 or 10 digits."),
        _is_of_new_zealand,
    ),
    "RU": _National(
        _pattern(r"04[0-9]{7}"),
        msg("The bank code is a BIK of 9 digits that begin with 04, or a BIC."),
        _pattern(r"[0-9]{20}"),
        msg("An account number in this country has 20 digits."),
        _is_russian,
    ),
    "US": _National(
        _pattern(r"[0-9]{9}"),
        msg("The bank code is a routing number of 9 digits, or a BIC."),
        _pattern(r"[0-9]{4,17}"),
        msg("An account number in this country has 4 to 17 digits."),
        _is_routing_number,
    ),
}
"""The countries whose own bank codes are accepted."""


def check_bank_account(account: str, *, bank_code: str | None, country: str | None) -> BankAccount:
    """An account in its normal form: an IBAN, which needs nothing else; with a `country`, an account number there, at the
    bank of `bank_code`; or words. Spaces, points and hyphens are removed from numbers, and a number needs both, also after one
    word (Account 12345678). Raises `Invalid`, without any of them in the error."""
    country, bank_code = _written(country), _written(bank_code)
    paid = check_account(account, national=bool(country))
    if iban.is_valid(paid):
        # Country and code may be left over from another account; they are part of the IBAN.
        return BankAccount(account=paid)
    if not country:
        if bank_code:
            raise Invalid.field("country", _WHICH_COUNTRY)
        if _NUMBER.match(paid):
            raise Invalid(_incomplete(paid))
        return BankAccount(account=paid)
    if not _COUNTRY.match(country) or country not in countries():
        raise Invalid.field(
            "country", msg("Write the country of the bank as its two letters, such as US or AM.")
        )
    number = _written(paid)
    national = _NATIONAL.get(country)
    errors = [
        FieldError(field, why)
        for field, why in (
            ("bank_code", _wrong_code(bank_code, country, national)),
            ("account", _wrong_number(number, national)),
        )
        if why is not None
    ]
    if errors:
        raise Invalid(tuple(errors))
    if national is not None and national.code.match(bank_code) and not national.checks(bank_code, number):
        raise Invalid.field(
            "account",
            msg(
                "The account number and the bank code do not match, so one of them has a typing "
                "error; compare them with a letter or statement from the bank."
            ),
        )
    return BankAccount(account=number, bank_code=bank_code, country=country)


def _incomplete(number: str) -> tuple[FieldError, ...]:
    """What is said of an account number without country and bank code."""
    wrong = (
        FieldError("country", _WHICH_COUNTRY),
        FieldError("bank_code", msg("Write the code of the bank, too.")),
    )
    if number[0].isdigit():
        return wrong
    doubt = msg(
        "This reads as the number of a bank account. If it is not, say in a sentence how you can be paid."
    )
    return (FieldError("account", doubt), *wrong)


@cache
def countries() -> frozenset[str]:
    """The codes (ISO 3166-1) of the countries and territories in which something is paid today."""
    return frozenset(
        code
        for code, currencies in get_global("territory_currencies").items()
        if any(currency in DECIMALS and end is None and tender for currency, _, end, tender in currencies)
    ) - {"EU"}


def _wrong_code(code: str, country: str, national: _National | None) -> Message | None:
    if national is not None and national.code.match(code):
        return None
    if not code:
        return msg("Write the code of the bank, too.") if national is None else national.what_code
    try:
        bic.validate(code)
    except ValidationError:
        return (
            national.what_code
            if national is not None
            else msg("The bank code is a BIC (SWIFT code) of 8 or 11 letters and digits, such as AGRIFRPP.")
        )
    if code[4:6] != country:
        return msg("This BIC belongs to a bank in another country.")
    return None


def _wrong_number(number: str, national: _National | None) -> Message | None:
    if national is not None:
        return None if national.number.match(number) else national.what_number
    if not _PLAIN.match(number) or not _FEWEST <= len(number) <= _MOST:
        return msg("Use only the letters A to Z and digits for the account number, 4 to 34 of them.")
    return None


def _written(text: str | None) -> str:
    return _BETWEEN.sub("", text or "").upper()
