"""The account of a payee, as it is written in a payment."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from stdnum import iban, numdb
from stdnum.exceptions import ValidationError

from domain import limits
from domain.refusals import Invalid
from domain.values import check_line

_SAYS_IBAN: Final = re.compile(r"IBAN(?:[\W_]+(?:NO|NR|NUMBER)\b)?[\W_]*(?=[A-Z]{2}[0-9]{2}|[^A-Z])")
_IBAN: Final = re.compile(r"([A-Z]{2})[0-9]{2}([A-Z0-9]+)\Z", re.ASCII)
_BEGINNING: Final = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[0-9]{2}", re.ASCII)
_APART: Final = re.compile(r"[\W_]+")
_PART: Final = re.compile(r"([0-9]+)!")
_LENGTHS: Final = range(11, 31)
"""How long the part of an IBAN behind the check digits can be in any country."""
_FEWEST_DIGITS: Final = 6
"""Words that happen to begin like an IBAN have fewer digits behind."""

_CYRILLIC: Final = "АВЕКМНОРСТУХІЈЅ"
_GREEK: Final = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
_LATIN: Final = dict(zip(_CYRILLIC, "ABEKMHOPCTYXIJS", strict=True)) | dict(
    zip(_GREEK, "ABEZHIKMNOPTYX", strict=True)
)
"""Capital letters that only look like Latin ones."""


def check_account(account: str) -> str:
    """`account` trimmed, within its limits. What looks like an IBAN must be one, and loses blanks, hyphens and whatever
    else stands between its groups, and the word IBAN before it. Raises `Invalid`, without the account in it."""
    text = check_line(account, "account", least=limits.ACCOUNT_LEAST, most=limits.ACCOUNT)
    latin = "".join(_latin(character) for character in text)
    said = _SAYS_IBAN.match(latin)
    compact = _APART.sub("", latin[said.end() :] if said else latin)
    if said or _looks_like_iban(compact):
        _refuse_look_alikes(text)
        return _check_iban(compact)
    if _holds_iban(latin):
        raise Invalid.field("account", "Write the IBAN alone, without the bank's name or other words.")
    return text


def _latin(character: str) -> str:
    """A character as a capital Latin letter or a digit, if it is one or looks like one."""
    # An account is as long as before: a ligature or ß, which would become two letters, stays.
    upper = unicodedata.normalize("NFKC", character).upper()
    upper = _LATIN.get(upper, upper)
    digit = unicodedata.decimal(character, None)
    return str(digit) if digit is not None else upper if len(upper) == 1 else character


def _looks_like_iban(compact: str) -> bool:
    """Whether a text is one IBAN, right or wrong: also one too short or too long, of a country that has them."""
    found = _IBAN.match(compact)
    if not found or _digits(found[2]) < _FEWEST_DIGITS:
        return False
    return len(found[2]) in _LENGTHS or _length(found[1]) is not None


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _refuse_look_alikes(text: str) -> None:
    for number, character in enumerate(text, 1):
        if character.isalnum() and not character.isascii():
            script = unicodedata.name(character, "foreign").partition(" ")[0].capitalize()
            kind = {"Fullwidth": "full-width"}.get(script, script)
            what = "letter" if character.isalpha() else "digit"
            latin = _latin(character)
            like = f", which only looks like {latin}" if latin.isascii() else ""
            raise Invalid.field(
                "account",
                f"Character {number} is the {kind} {what} {character} (U+{ord(character):04X}){like}; "
                "type it with a Latin keyboard.",
            )


def _check_iban(compact: str) -> str:
    length = _length(compact[:2])
    if length is None:
        raise Invalid.field(
            "account",
            "This looks like an IBAN, but none begins with these two letters; write another kind of account with a word "
            "before it, such as Account.",
        )
    if len(compact) != length:
        raise Invalid.field(
            "account",
            f"An IBAN of this country has {length} letters and digits, and no words behind it; this has {len(compact)}.",
        )
    try:
        return iban.validate(compact)
    except ValidationError:
        raise Invalid.field(
            "account", "The check digits of this IBAN do not fit; compare it with the bank's letter."
        ) from None


def _length(country: str) -> int | None:
    """How long the IBANs of a country are; None if it has none."""
    found = numdb.get("iban").info(country)
    bban = found[0][1].get("bban") if found else None
    return 4 + sum(int(part) for part in _PART.findall(bban)) if bban else None


def _holds_iban(latin: str) -> bool:
    """Whether an IBAN, right or wrong, stands among other words."""
    for found in _BEGINNING.finditer(latin):
        length = _length(found[0][:2])
        if length is not None:
            behind = _APART.sub("", latin[found.end() :])[: length - 4]
            # All have more digits than letters; one that was left out is a mistake in an IBAN, and no other account.
            if len(behind) >= length - 5 and 2 * _digits(behind) > len(behind):
                return True
    return False
