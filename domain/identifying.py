"""Finds in an applicant's texts what could tell a blind jury who they are, so that they can be warned before they submit.

It cannot find everything: a project that only one person would do gives that person away without a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

# It is only looked for where a run of its characters begins: a very long word would keep the server busy for minutes.
_ADDRESS: Final = re.compile(r"(?<![^\s@<>()])[^\s@<>()]+@[^\s@<>()]+\.[^\s@<>()]+")
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_ACCOUNT: Final = re.compile(r"(?<![\w@.])@[\w.]{3,}")
_NUMBER: Final = re.compile(r"\+[\d\s().-]{7,}\d")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_LONG: Final = 5
"""Names of so many letters are also found with another ending, as Russian cases have."""


class Clue(StrEnum):
    """What gives somebody away: their name, an e-mail address, a link, the name of an account, or a telephone number."""

    NAME = "name"
    ADDRESS = "address"
    LINK = "link"
    ACCOUNT = "account"
    NUMBER = "number"


def clues_in(text: str, names: Iterable[str]) -> tuple[Clue, ...]:
    """What in a text gives its author away. `names` are how the person and those who apply with them are called; of each the
    words of at least three letters count, in any case, and the longer ones with any ending."""
    found = []
    if _names_in(text, names):
        found.append(Clue.NAME)
    addresses = _ADDRESS.findall(text)
    if addresses:
        found.append(Clue.ADDRESS)
    if _LINK.search(text):
        found.append(Clue.LINK)
    if _ACCOUNT.search(_ADDRESS.sub(" ", text)):
        found.append(Clue.ACCOUNT)
    if _NUMBER.search(text):
        found.append(Clue.NUMBER)
    return tuple(found)


def _names_in(text: str, names: Iterable[str]) -> bool:
    wanted = {word for name in names for word in _WORD.findall(_plain(name)) if len(word) >= 3}
    # Of "Ivanova" also "Ivanov" and "Ivanovoj" are found: the beginning without the last letter is compared.
    beginnings = tuple(word[:-1] for word in wanted if len(word) >= _LONG)
    return any(word in wanted or word.startswith(beginnings) for word in _WORD.findall(_plain(text)))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
