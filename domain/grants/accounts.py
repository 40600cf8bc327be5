"""The account of a payee, as it is written in a payment order.

A text that looks like an IBAN must be a valid IBAN. A character that is neither a Latin letter nor a digit may look
like any of them, and no table of look-alikes can be complete: so every text in the shape of an IBAN counts as one, even
with such characters in place of letters or digits. The Unicode names of characters, and a short table of our own, are
used only to say which letter they look like.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from stdnum import iban, numdb
from stdnum.exceptions import ValidationError

from domain import limits
from domain.messages import Message, msg
from domain.refusals import Invalid
from domain.texts import check_line

_SAYS_IBAN: Final = re.compile(r"IBAN(?:[\W_]+(?:NO|NR|NUMBER)\b)?[\W_]*(?=[A-Z]{2}[0-9]{2}|[^A-Z]|\Z)")
_PART: Final = re.compile(r"([0-9]+)!([a-z])")
_LENGTHS: Final = range(15, 35)
"""The longest IBAN of any country."""
_FEWEST_DIGITS: Final = 6
"""Words that start like an IBAN by chance have fewer digits."""
_MOST_FOREIGN: Final = 2
"""A word in another script, such as that for a Russian account, has more foreign letters in the first four places."""

_LETTERS_LIKE: Final = {
    "0": "ODQ", "1": "IL", "2": "Z", "3": "E", "4": "A", "5": "S", "6": "G", "7": "T", "8": "B", "9": "GP",
}  # fmt: skip
_LIKE_DIGITS: Final = frozenset("ODQUILJZEASGBTYP")
_LETTER_NAME: Final = re.compile(
    r"(?:.* )?(?:LATIN|SYMBOL) (?:(?:CAPITAL|SMALL) )?(?:LETTER )?(?:(?:DOTLESS|SMALL CAPITAL|CAPITAL) )?([A-Z])(?: WITH .*)?\Z"
)
_ALIKE: Final = (
    dict(
        zip("АВЕКМНОРСТУХІЈЅԀԁԌԛԜҮӀҼҽ", "ABEKMHOPCTYXIJSDDGQWYIEE", strict=True)  # Cyrillic
    )
    | dict(
        zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)  # Greek
    )
    | dict(
        zip(
            "ᎠᎡᎢᎪᎬᎳᎷᎻᏀᏃᏎᏏᏒᏔᏚᏞᏟᏢᏦᏴՕՍᎥᏙᏤᏩÐ", "DRTAEWMHGZ4BRWSLCPKBOUIVVGD", strict=True
        )  # Cherokee, Armenian, eth
    )
)
"""Letters that look like a Latin one to our eyes; used only for the wording of a refusal."""


class _Character(NamedTuple):
    """A letter or a digit of an account: its place in the text, counting from 1, and what it is or looks like: a
    capital Latin letter, a digit, or ``?``."""

    place: int
    like: str


def check_account(account: str, *, national: bool = False) -> str:
    """`account` trimmed, within its limits. A text that looks like an IBAN must be valid, and is returned without
    spaces, hyphens and other separators, and without the word IBAN before it. `national`: it may be an
    account number of a country without IBANs, so one that is short, or begins with no other country, is kept. Raises
    `Invalid`, without the account in the error."""
    least = 1 if national else limits.ACCOUNT_LEAST
    text = check_line(account, "account", least=least, most=limits.ACCOUNT)
    like = [_like(character) for character in text]
    said = _SAYS_IBAN.match("".join(each or " " for each in like))
    begin = said.end() if said else 0
    compact = [_Character(place, each) for place, each in enumerate(like, 1) if each and place > begin]
    other = national and not said and not _countries("".join(each.like for each in compact[:2]))
    if said or (_is_meant_as_iban(text, compact) and not other):
        return _check_iban(text, compact)
    if _holds_iban(like):
        raise Invalid.field("account", msg("Write only the IBAN, without the bank's name or other words."))
    return text


def _like(character: str) -> str:
    """The capital Latin letter or digit that a character is or looks like; ``?`` for other letters and signs, which may
    look like any of them; empty for separators."""
    if character.isascii():
        return character.upper() if character.isalnum() else "?" if character == "$" else ""
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    plain = unicodedata.normalize("NFKC", character).upper()
    known = _ALIKE.get(character) or _ALIKE.get(plain) or unicodedata.normalize("NFKD", plain)[:1]
    if len(plain) == 1 and known.isascii() and known.isalnum():
        return known
    named = _LETTER_NAME.match(unicodedata.name(character, ""))
    if named:
        return named[1]
    if character.isalnum():
        return "?"
    # A sign for more than one letter, such as №, counts as a word.
    return "?" if unicodedata.category(character) in ("So", "Sc") and len(plain) == 1 else ""


def _is_meant_as_iban(text: str, compact: Sequence[_Character]) -> bool:
    """Whether a text is one IBAN, right or wrong: also if it is too short or too long, or of a country without
    IBANs."""
    like = "".join(each.like for each in compact)
    beginning, check, behind = like[:2], like[2:4], like[4:]
    # A foreign letter or sign may stand for any digit.
    if beginning.isdigit() or not all(
        _may_be_digit(each.like) or not _is_plain(text[each.place - 1]) for each in compact[2:4]
    ):
        return False
    countries = _countries(beginning)
    foreign = sum(not _is_plain(text[each.place - 1]) for each in compact[:4])
    if any(_length(country) == len(like) for country in countries) and foreign <= _MOST_FOREIGN:
        return _digits(behind) >= _FEWEST_DIGITS - _MOST_FOREIGN
    if _digits(check) == 0 or _digits(behind) < _FEWEST_DIGITS:
        return False
    return len(like) in _LENGTHS or (beginning in countries and check.isdigit())


def _begins_with_check_digit(text: str) -> bool:
    """Whether there is a digit in the places of the check digits, and nothing there that cannot be meant as one."""
    return any(each.isdigit() for each in text[2:4]) and all(_may_be_digit(each) for each in text[2:4])


def _may_be_digit(like: str) -> bool:
    return like.isdigit() or like == "?" or like in _LIKE_DIGITS


@cache
def _countries(beginning: str) -> tuple[str, ...]:
    """The countries with IBANs that the first two characters may mean."""
    if len(beginning) != 2:
        return ()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    first, second = (letters if each == "?" else _LETTERS_LIKE.get(each, each) for each in beginning)
    return tuple(one + other for one in first for other in second if _length(one + other) is not None)


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _check_iban(text: str, compact: Sequence[_Character]) -> str:
    written = "".join(each.like for each in compact)
    foreign = [each for each in compact if not _is_plain(text[each.place - 1])]
    countries = _countries(written[:2])
    likely = [country for country in countries if _length(country) == len(written)] or countries
    if foreign and (likely or not any(each in foreign for each in compact[:2])):
        raise Invalid.field("account", _look_alike(text[foreign[0].place - 1], foreign[0]))
    country = likely[0] if likely else ""
    if not country:
        raise Invalid.field(
            "account",
            msg(
                "An IBAN begins with the two letters of its country, such as DE; this does not. "
                "For another kind of account, write its number here, and say which country the bank is in and what its code is."
            ),
        )
    length = _length(country)
    for each, kind in zip(
        compact, f"aann{_bban(country)}" if len(written) == length else "aann", strict=False
    ):
        character = text[each.place - 1]
        if kind == "a" and each.like.isdigit():
            raise Invalid.field(
                "account",
                msg(
                    "Character {place} is the digit {character}, where an IBAN of this country has a letter.",
                    place=each.place,
                    character=character,
                ),
            )
        if kind == "n" and not each.like.isdigit():
            raise Invalid.field(
                "account",
                msg(
                    "Character {place} is the letter {character}, where an IBAN of this country has a digit.",
                    place=each.place,
                    character=character,
                ),
            )
    if len(written) != length:
        raise Invalid.field(
            "account",
            msg(
                "An IBAN of this country has {length} letters and digits, with nothing after them; this has {given}.",
                length=length,
                given=len(written),
            ),
        )
    try:
        return iban.validate(written)
    except ValidationError:
        raise Invalid.field(
            "account",
            msg("This IBAN has a typing error; compare it with a letter or statement from the bank."),
        ) from None


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _look_alike(character: str, found: _Character) -> Message:
    """The error that names a character that is neither a Latin letter nor a digit from 0 to 9."""
    code = f"U+{ord(character):04X}"
    if found.like == "?":
        return msg(
            "Character {place} is {character} ({code}), which is neither a Latin letter nor a digit from 0 to 9; "
            "type it with a Latin keyboard.",
            place=found.place,
            character=character,
            code=code,
        )
    if unicodedata.name(character, "").startswith("CYRILLIC"):
        return msg(
            "Character {place} is the Cyrillic letter {character} ({code}), which only looks like {like}; "
            "type it with a Latin keyboard.",
            place=found.place,
            character=character,
            code=code,
            like=found.like,
        )
    return msg(
        "Character {place} is {character} ({code}), which only looks like {like}; type it with a Latin keyboard.",
        place=found.place,
        character=character,
        code=code,
        like=found.like,
    )


@cache
def _bban(country: str) -> str:
    """The kinds of the characters after the check digits in a country's IBANs, one letter for each: ``n`` digit, ``a``
    letter, ``c`` either; empty for a country without IBANs."""
    found = numdb.get("iban").info(country)
    bban = found[0][1].get("bban") if found else None
    return "".join(kind * int(count) for count, kind in _PART.findall(bban)) if bban else ""


def _length(country: str) -> int | None:
    """The length of a country's IBANs; None if it has none."""
    bban = _bban(country)
    return 4 + len(bban) if bban else None


def _holds_iban(like: Sequence[str]) -> bool:
    """Whether an IBAN, right or wrong, stands among other words."""
    for start, each in enumerate(like):
        if not each or (start and like[start - 1]):
            continue
        text = "".join(like[start:])
        if text[:2].isdigit() or not _begins_with_check_digit(text):
            continue
        for country in _countries(text[:2]):
            length = 4 + len(_bban(country))
            behind = text[4:length]
            # All IBANs have more digits than letters. If one digit is missing, it is still a mistyped IBAN and not
            # another account.
            if len(behind) >= length - 5 and 2 * _digits(behind) > len(behind):
                return True
    return False
