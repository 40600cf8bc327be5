"""Amounts and whole numbers as people type them: read if they have one meaning, and never guessed if they have two.

Pages use `typed_amount` and `typed_whole`. JSON is strict: it accepts only the spelling that
`domain.values.minor_units` reads.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from domain.currencies import decimals, written_as
from domain.messages import AsTyped, Message, counted, msg

_SIGNS: Final[Mapping[str, str]] = {
    "．": ".",
    "٫": ".",
    "，": ",",
    "٬": "'",
    "’": "'",
    "‘": "'",
    "＇": "'",
    "＋": "+",
    "－": "-",
    "\N{MINUS SIGN}": "-",
    "\N{ZERO WIDTH SPACE}": " ",
}
"""Characters for the signs of numbers in other scripts and on other keyboards. The Arabic thousands separator is never
a decimal point."""
_TURNS: Final = frozenset("\u061c\u200e\u200f\u2066\u2067\u2068\u2069\ufeff")
"""Direction marks, which are copied along with a number from a page in Arabic or Hebrew."""

_AROUND: Final = re.compile(r"([^0-9+]*?) ?\+?([0-9](?:[0-9 .,']*[0-9])?) ?([^0-9]*)\Z", re.ASCII)
_WHOLE: Final = re.compile(r"([+-]?)([0-9]{1,3}(?:[ '][0-9]{3})+|[0-9]+)(?:[.,]0{1,2})?\Z", re.ASCII)
_MOST_DIGITS: Final = 9
_MOST_TYPED: Final = 100
"""Longer texts are not searched for a number."""
# The spellings of a number: the whole part with thousands separators, and the decimals.
_BY_BLANKS: Final = re.compile(r"([0-9]+|[0-9]{1,3}(?:[ '][0-9]{3})+)(?:([.,])([0-9]+))?\Z", re.ASCII)
_BY_POINTS: Final = re.compile(r"([1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:(,)([0-9]+))?\Z", re.ASCII)
# Also the Indian grouping, such as 1,00,000.
_BY_COMMAS: Final = re.compile(r"([1-9][0-9]{0,2}(?:,[0-9]{2,3})*,[0-9]{3})(?:(\.)([0-9]+))?\Z", re.ASCII)


def typed_amount(text: str, currency: str) -> str:
    """An amount in the spelling that `minor_units` reads, if the text has one meaning; otherwise the text unchanged,
    for which `why_unreadable` returns the error.

    Thousands may be separated by white space of any kind, points, commas or apostrophes, decimals by a point or a
    comma. Digits may be of any script. The currency may be written beside the number if it is this one.
    """
    found = _AROUND.match(_plain(text))
    if not found or any(sign and currency not in written_as(sign) for sign in _beside(found)):
        return text
    readings = _readings(found[2], decimals(currency))
    return readings[0] if len(readings) == 1 else text


def typed_whole(text: str) -> int | str:
    """A whole number, such as ``8``, ``+8``, ``8.0``, ``1 000`` or in the digits of any script; otherwise the text
    unchanged. ``1.000`` has two meanings and is not read."""
    found = _WHOLE.match(_plain(text))
    if not found:
        return text
    digits = found[2].replace(" ", "").replace("'", "").lstrip("0") or "0"
    if len(digits) > _MOST_DIGITS:
        return text
    return -int(digits) if found[1] == "-" else int(digits)


def why_unreadable(text: str, currency: str) -> Message:
    """The error for an amount that `minor_units` cannot read. It does not repeat the text, except the number if it has
    two meanings."""
    example = AsTyped(example_amount(currency))
    if not text.strip():
        return msg("Write an amount, such as {example}.", example=example)
    found = _AROUND.match(_plain(text))
    if found:
        for sign in _beside(found):
            meant = written_as(sign)
            if meant and currency not in meant:
                return msg(
                    "This amount is written in {given}; it must be in {currency}.",
                    given=sign.upper(),
                    currency=currency,
                )
        places = decimals(currency)
        readings = _readings(found[2], places)
        if len(readings) == 2:
            thousands, decimal = (AsTyped(_in_full(each, places)) for each in readings)
            return counted(
                "Is this {thousands} or {decimal}? Write it with a point and {count} decimal, such as {thousands}.",
                "Is this {thousands} or {decimal}? Write it with a point and {count} decimals, such as {thousands}.",
                count=places,
                thousands=thousands,
                decimal=decimal,
            )
        if readings and "." in readings[0]:
            given = len(readings[0].partition(".")[2])
            if given > places:
                return too_many_decimals(given, currency)
    return msg("Write an amount as a plain number, such as {example}.", example=example)


def too_many_decimals(given: int, currency: str) -> Message:
    """The error for an amount with `given` decimals, more than its currency has."""
    places = decimals(currency)
    if not places:
        return msg(
            "An amount in {currency} has no decimals; this has {given}.", currency=currency, given=given
        )
    return counted(
        "An amount in {currency} has at most {count} decimal; this has {given}.",
        "An amount in {currency} has at most {count} decimals; this has {given}.",
        count=places,
        currency=currency,
        given=given,
    )


def _beside(found: re.Match[str]) -> tuple[str, str]:
    return found[1].strip(), found[3].strip()


def _plain(text: str) -> str:
    """The text with ASCII digits, one kind of space and no direction marks, without white space at its ends."""
    if len(text) > _MOST_TYPED:
        return ""
    written = []
    for character in text:
        digit = unicodedata.decimal(character, None)
        if digit is not None:
            written.append(str(digit))
        elif character.isspace():
            written.append(" ")
        elif character not in _TURNS:
            written.append(_SIGNS.get(character, character))
    return "".join(written).strip()


def _readings(number: str, places: int) -> tuple[str, ...]:
    """The meanings of a number as plain decimal strings: one, two (first the one with thousands separators), or
    none."""
    thousands, decimal = None, None
    if found := _BY_POINTS.match(number) or _BY_COMMAS.match(number):
        thousands = _joined(found[1], found[3])
    if found := _BY_BLANKS.match(number):
        decimal = _joined(found[1], found[3])
        # Not ambiguous: decimals that the currency does not have, and what our own pages print.
        if thousands is not None and places == 0:
            decimal = None
        elif thousands is not None and found[2] == "." and len(found[3]) == places:
            thousands = None
    return tuple(each for each in (thousands, decimal) if each is not None)


def _joined(whole: str, fraction: str | None) -> str:
    digits = re.sub("[^0-9]", "", whole).lstrip("0") or "0"
    return digits if fraction is None else f"{digits}.{fraction}"


def _in_full(reading: str, places: int) -> str:
    """A number with as many decimals as its currency has, or more if it has more."""
    whole, _, fraction = reading.partition(".")
    fraction = fraction.rstrip("0").ljust(places, "0")
    return f"{whole}.{fraction}" if fraction else whole


def example_amount(currency: str) -> str:
    """An example amount with the decimals of its currency: ``1250.00``."""
    places = decimals(currency)
    return f"1250.{'0' * places}" if places else "1250"
